import { Binds } from './binds.ts'
import { type Catalog, type Columns, conditionOf, type Selection, viewOf } from './catalog.ts'
import type { Statement } from './session.ts'

/** What one arm of a statement says of its rows. */
interface Arm extends Columns {
  readonly kind: string
  readonly view: string
  /** The column of the database, and whether dropped objects are in the view too. */
  readonly database: string
  readonly deleted?: string
  readonly position?: string
  readonly type?: string
  readonly body: Readonly<Record<string, string>>
  readonly where?: string
}

type Arms = (catalog: Catalog) => readonly Arm[]

const stamp = (column: string) => `TO_VARCHAR(DATE_PART('epoch_nanosecond', ${column}))`
const whole = (column: string) => `TO_VARCHAR(${column})`
const live = (late: boolean): Pick<Arm, 'deleted'> => (late ? { deleted: 'DELETED' } : {})
/** Keeps the compiler from making one type of several bodies. */
const armsOf = (...arms: readonly Arm[]): readonly Arm[] => arms

/** https://docs.snowflake.com/en/sql-reference/info-schema/tables and /account-usage/tables */
const tables: Arms = (catalog) => [
  {
    kind: 'table',
    view: viewOf(catalog, 'TABLES'),
    database: 'TABLE_CATALOG',
    ...live(catalog.late),
    schema: 'TABLE_SCHEMA',
    name: 'TABLE_NAME',
    filtered: true,
    type: 'TABLE_TYPE',
    body: {
      owner: 'TABLE_OWNER',
      transient: 'IS_TRANSIENT',
      clustering: 'CLUSTERING_KEY',
      retention: 'RETENTION_TIME',
      comment: 'COMMENT',
      iceberg: 'IS_ICEBERG',
      dynamic: 'IS_DYNAMIC',
      hybrid: 'IS_HYBRID',
      created: stamp('CREATED'),
      ddl: stamp('LAST_DDL'),
      ...(catalog.late ? { id: whole('TABLE_ID') } : {}),
    },
    where: "TABLE_TYPE NOT IN ('TEMPORARY TABLE', 'LOCAL TEMPORARY')",
  },
]

const columns: Arms = (catalog) => [
  {
    kind: 'column',
    view: viewOf(catalog, 'COLUMNS'),
    database: 'TABLE_CATALOG',
    ...live(catalog.late),
    schema: 'TABLE_SCHEMA',
    name: 'TABLE_NAME',
    position: 'ORDINAL_POSITION',
    body: {
      name: 'COLUMN_NAME',
      default: 'COLUMN_DEFAULT',
      nullable: 'IS_NULLABLE',
      ...typeBody,
      identity: 'IS_IDENTITY',
      generation: 'IDENTITY_GENERATION',
      start: whole('IDENTITY_START'),
      increment: whole('IDENTITY_INCREMENT'),
      comment: 'COMMENT',
      dtd: 'DTD_IDENTIFIER',
    },
  },
]

const typeBody = {
  type: 'DATA_TYPE',
  length: 'CHARACTER_MAXIMUM_LENGTH',
  precision: 'NUMERIC_PRECISION',
  scale: 'NUMERIC_SCALE',
  collation: 'COLLATION_NAME',
}

/** https://docs.snowflake.com/en/sql-reference/info-schema/fields and /element_types */
const structures: Arms = (catalog) =>
  armsOf(
    {
      kind: 'field',
      view: viewOf(catalog, 'FIELDS', 'database'),
      database: 'OBJECT_CATALOG',
      schema: 'OBJECT_SCHEMA',
      name: 'OBJECT_NAME',
      position: 'ORDINAL_POSITION',
      body: { of: 'ROW_IDENTIFIER', name: 'FIELD_NAME', ...typeBody, dtd: 'DTD_IDENTIFIER' },
    },
    {
      kind: 'element',
      view: viewOf(catalog, 'ELEMENT_TYPES', 'database'),
      database: 'OBJECT_CATALOG',
      schema: 'OBJECT_SCHEMA',
      name: 'OBJECT_NAME',
      body: { of: 'COLLECTION_TYPE_IDENTIFIER', ...typeBody, dtd: 'DTD_IDENTIFIER' },
    },
  )

const texts: Arms = (catalog) =>
  armsOf(
    {
      kind: 'view',
      view: viewOf(catalog, 'VIEWS'),
      database: 'TABLE_CATALOG',
      ...live(catalog.late),
      schema: 'TABLE_SCHEMA',
      name: 'TABLE_NAME',
      body: { definition: 'VIEW_DEFINITION', secure: 'IS_SECURE' },
    },
    {
      kind: 'external',
      view: viewOf(catalog, 'EXTERNAL_TABLES', 'database'),
      database: 'TABLE_CATALOG',
      schema: 'TABLE_SCHEMA',
      name: 'TABLE_NAME',
      body: { location: 'LOCATION', format: 'FILE_FORMAT_NAME', formatType: 'FILE_FORMAT_TYPE' },
    },
  )

/** With `texts` their bodies too, which nobody needs for telling whether they moved. */
function routines(catalog: Catalog, texts: boolean): readonly Arm[] {
  const arm = (word: 'FUNCTION' | 'PROCEDURE', more: Arm['body']): Arm => ({
    kind: word.toLowerCase(),
    view: viewOf(catalog, `${word}S`),
    database: `${word}_CATALOG`,
    ...live(catalog.late),
    schema: `${word}_SCHEMA`,
    name: `${word}_NAME`,
    body: {
      owner: `${word}_OWNER`,
      arguments: 'ARGUMENT_SIGNATURE',
      returns: 'DATA_TYPE',
      language: `${word}_LANGUAGE`,
      comment: 'COMMENT',
      altered: stamp('LAST_ALTERED'),
      ...more,
      ...(catalog.late ? { id: whole(`${word}_ID`) } : {}),
      ...(texts ? { definition: `${word}_DEFINITION` } : {}),
    },
  })
  return [
    arm('FUNCTION', {
      volatility: 'VOLATILITY',
      nullCall: 'IS_NULL_CALL',
      secure: 'IS_SECURE',
      external: 'IS_EXTERNAL',
      aggregate: 'IS_AGGREGATE',
      runtime: 'RUNTIME_VERSION',
      packages: 'PACKAGES',
      handler: 'HANDLER',
      imports: 'IMPORTS',
    }),
    arm('PROCEDURE', {}),
  ]
}

const schemas: Arms = (catalog) => [
  {
    kind: 'schema',
    view: viewOf(catalog, 'SCHEMATA'),
    database: 'CATALOG_NAME',
    ...live(catalog.late),
    schema: 'SCHEMA_NAME',
    body: {
      owner: 'SCHEMA_OWNER',
      transient: 'IS_TRANSIENT',
      managed: 'IS_MANAGED_ACCESS',
      retention: 'RETENTION_TIME',
      comment: 'COMMENT',
      ...(catalog.late ? { id: whole('SCHEMA_ID') } : {}),
    },
  },
]

/** What is small enough to be read whole each time. */
const others: Arms = (catalog) => {
  const arm = (kind: string, view: string, word: string, body: Arm['body']): Arm => ({
    kind,
    view: viewOf(catalog, view),
    database: `${word}_CATALOG`,
    ...live(catalog.late),
    schema: `${word}_SCHEMA`,
    name: `${word}_NAME`,
    body: { owner: `${word}_OWNER`, comment: 'COMMENT', ...body },
  })
  return [
    arm('sequence', 'SEQUENCES', 'SEQUENCE', {
      type: 'DATA_TYPE',
      start: whole('START_VALUE'),
      min: whole('MINIMUM_VALUE'),
      max: whole('MAXIMUM_VALUE'),
      increment: whole('"INCREMENT"'),
      cycle: 'CYCLE_OPTION',
    }),
    arm('stage', 'STAGES', 'STAGE', { url: 'STAGE_URL', region: 'STAGE_REGION', type: 'STAGE_TYPE' }),
    arm('file format', 'FILE_FORMATS', 'FILE_FORMAT', {
      type: 'FILE_FORMAT_TYPE',
      recordDelimiter: 'RECORD_DELIMITER',
      fieldDelimiter: 'FIELD_DELIMITER',
      skipHeader: 'SKIP_HEADER',
      compression: 'COMPRESSION',
      dateFormat: 'DATE_FORMAT',
      timeFormat: 'TIME_FORMAT',
      timestampFormat: 'TIMESTAMP_FORMAT',
      binaryFormat: 'BINARY_FORMAT',
    }),
    arm('pipe', 'PIPES', 'PIPE', {
      definition: 'DEFINITION',
      autoIngest: 'IS_AUTOINGEST_ENABLED',
      channel: 'NOTIFICATION_CHANNEL_NAME',
      pattern: 'PATTERN',
    }),
  ]
}

/** Objects of schemas stand under their names, schemas under theirs with an empty name, the database under none. */
const placed = (type: string, schema: string, name: string) => ({
  schema: `CASE ${type} WHEN 'DATABASE' THEN '' WHEN 'SCHEMA' THEN ${name} ELSE COALESCE(${schema}, '') END`,
  name: `CASE WHEN ${type} IN ('DATABASE', 'SCHEMA') THEN '' ELSE ${name} END`,
})

/** Functions are granted on with their signature. */
const plainName = (column: string) => `SPLIT_PART(${column}, '(', 1)`

/** https://docs.snowflake.com/en/sql-reference/info-schema/object_privileges and /account-usage/grants_to_roles */
const grants: Arms = (catalog) => [
  catalog.late
    ? {
        kind: 'grant',
        view: 'SNOWFLAKE.ACCOUNT_USAGE.GRANTS_TO_ROLES',
        database: "COALESCE(TABLE_CATALOG, CASE GRANTED_ON WHEN 'DATABASE' THEN NAME END)",
        deleted: 'DELETED_ON',
        ...placed('GRANTED_ON', 'TABLE_SCHEMA', plainName('NAME')),
        type: 'GRANTED_ON',
        body: {
          grantee: 'GRANTEE_NAME',
          to: 'GRANTED_TO',
          privilege: 'PRIVILEGE',
          grantable: 'GRANT_OPTION',
          name: 'NAME',
        },
        where: "PRIVILEGE <> 'OWNERSHIP'",
      }
    : {
        kind: 'grant',
        view: viewOf(catalog, 'OBJECT_PRIVILEGES'),
        database: "COALESCE(OBJECT_CATALOG, CASE OBJECT_TYPE WHEN 'DATABASE' THEN OBJECT_NAME END)",
        ...placed('OBJECT_TYPE', 'OBJECT_SCHEMA', plainName('OBJECT_NAME')),
        type: 'OBJECT_TYPE',
        body: {
          grantee: 'GRANTEE',
          to: 'GRANTED_TO',
          privilege: 'PRIVILEGE_TYPE',
          grantable: 'IS_GRANTABLE',
          name: 'OBJECT_NAME',
        },
        where: "PRIVILEGE_TYPE <> 'OWNERSHIP'",
      },
]

/** Only ACCOUNT_USAGE lists these for more than one object at a time, two hours late at most. */
const governance: Arms = () =>
  armsOf(
    {
      kind: 'tag',
      view: 'SNOWFLAKE.ACCOUNT_USAGE.TAG_REFERENCES',
      database: "COALESCE(OBJECT_DATABASE, CASE DOMAIN WHEN 'DATABASE' THEN OBJECT_NAME END)",
      deleted: 'OBJECT_DELETED',
      ...placed('DOMAIN', 'OBJECT_SCHEMA', plainName('OBJECT_NAME')),
      type: 'DOMAIN',
      body: {
        tagDatabase: 'TAG_DATABASE',
        tagSchema: 'TAG_SCHEMA',
        tag: 'TAG_NAME',
        value: 'TAG_VALUE',
        column: 'COLUMN_NAME',
        method: 'APPLY_METHOD',
        name: 'OBJECT_NAME',
      },
    },
    {
      kind: 'policy',
      view: 'SNOWFLAKE.ACCOUNT_USAGE.POLICY_REFERENCES',
      database: 'REF_DATABASE_NAME',
      ...placed('REF_ENTITY_DOMAIN', 'REF_SCHEMA_NAME', 'REF_ENTITY_NAME'),
      type: 'REF_ENTITY_DOMAIN',
      body: {
        policyDatabase: 'POLICY_DB',
        policySchema: 'POLICY_SCHEMA',
        policy: 'POLICY_NAME',
        kind: 'POLICY_KIND',
        column: 'REF_COLUMN_NAME',
        arguments: 'REF_ARG_COLUMN_NAMES',
        throughTag: 'TAG_NAME',
        status: 'POLICY_STATUS',
      },
    },
    {
      kind: 'clone',
      view: `(SELECT c.TABLE_CATALOG AS D, c.TABLE_SCHEMA AS CS, c.TABLE_NAME AS CN, o.TABLE_CATALOG AS OD,
        o.TABLE_SCHEMA AS OS, o.TABLE_NAME AS OTN
      FROM SNOWFLAKE.ACCOUNT_USAGE.TABLE_STORAGE_METRICS c JOIN SNOWFLAKE.ACCOUNT_USAGE.TABLE_STORAGE_METRICS o
        ON o.ID = c.CLONE_GROUP_ID
      WHERE c.ID <> c.CLONE_GROUP_ID AND c.TABLE_DROPPED IS NULL)`,
      database: 'D',
      schema: 'CS',
      name: 'CN',
      type: "'TABLE'",
      body: { database: 'OD', schema: 'OS', name: 'OTN' },
    },
  )

/** Everything that an inventory asks of the catalogue's views, in one statement. */
export function listingOf(catalog: Catalog, selection: Selection): Statement {
  return union(catalog, selection, [
    ...schemas(catalog),
    ...tables(catalog),
    ...routines(catalog, false),
    ...others(catalog),
    ...factArms(catalog),
  ])
}

/** Everything about some relations and routines, in one statement. */
export function descriptionOf(catalog: Catalog, selection: Selection): Statement {
  return union(catalog, selection, [
    ...tables(catalog),
    ...columns(catalog),
    ...structures(catalog),
    ...texts(catalog),
    ...routines(catalog, true),
    ...factArms(catalog),
  ])
}

/** Rows and bytes as of now. */
export function sizesOf(catalog: Catalog, selection: Selection): Statement {
  return union(
    catalog,
    selection,
    tables(catalog).map((arm) => ({ ...arm, body: { rows: whole('ROW_COUNT'), bytes: whole('BYTES') } })),
  )
}

function factArms(catalog: Catalog): readonly Arm[] {
  const { config } = catalog
  return [...(config.grants ? grants(catalog) : []), ...(config.governance ? governance(catalog) : [])]
}

function union(catalog: Catalog, selection: Selection, arms: readonly Arm[]): Statement {
  const binds = new Binds()
  const database = binds.add(catalog.database)
  const selects = arms.map((arm) => {
    const body = Object.entries(arm.body).map(([key, value]) => `'${key}', ${value}`)
    const conditions = [
      `${arm.database} = ${database}`,
      ...(arm.deleted === undefined ? [] : [`${arm.deleted} IS NULL`]),
      ...(arm.where === undefined ? [] : [arm.where]),
      conditionOf(catalog, selection, arm, binds),
    ]
    return `SELECT '${arm.kind}' AS K, ${arm.schema} AS S, ${arm.name ?? "''"} AS N, ${arm.position ?? '0'} AS P,
  ${arm.type ?? "''"} AS T, TO_JSON(OBJECT_CONSTRUCT(${body.join(', ')})) AS BODY
FROM ${arm.view} WHERE ${conditions.join(' AND ')}`
  })
  return { text: `${selects.join('\nUNION ALL\n')}\nORDER BY S, N, K, P`, binds: binds.values }
}

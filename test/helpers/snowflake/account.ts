import { DatabaseSync, type SQLInputValue } from 'node:sqlite'

export interface ResultColumn {
  readonly name: string
  readonly type: 'text' | 'fixed'
}

export interface Result {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly (string | null)[])[]
}

/**
 * The catalogue of a Snowflake account as its documentation describes it: the views of INFORMATION_SCHEMA and of
 * ACCOUNT_USAGE, and what SHOW commands list. SQLite holds the rows and answers the SELECTs of the connector, so that
 * their conditions and orders are really evaluated. Times are nanoseconds as text.
 */
export interface Account {
  readonly database: DatabaseSync
  /** A time later than every one before. */
  tick(): string
  run(sql: string, ...values: SQLInputValue[]): void
  insert(table: string, row: Readonly<Record<string, SQLInputValue>>): void
  /** Rights that the role of the source has lost: `DB`, `DB.SCHEMA` or `DB.SCHEMA.NAME`. */
  readonly hidden: Set<string>
  /** Views of ACCOUNT_USAGE that may be read; a role without the database roles reads none. */
  accountUsage: boolean
  /** What statements with LATERAL FLATTEN answer, by a word in them. */
  readonly flattened: { readonly contains: string; readonly result: Result }[]
}

/** Columns of each view; the first three say where an object is. */
const VIEWS: Readonly<Record<string, string>> = {
  SCHEMATA:
    'CATALOG_NAME, SCHEMA_NAME, PLACE, SCHEMA_OWNER, IS_TRANSIENT, IS_MANAGED_ACCESS, RETENTION_TIME, COMMENT, SCHEMA_ID, DELETED',
  TABLES: `TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, TABLE_OWNER, IS_TRANSIENT, CLUSTERING_KEY, ROW_COUNT, BYTES,
    RETENTION_TIME, COMMENT, IS_ICEBERG, IS_DYNAMIC, IS_HYBRID, CREATED, LAST_DDL, TABLE_ID, DELETED`,
  COLUMNS: `TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, DATA_TYPE,
    CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, COLLATION_NAME, IS_IDENTITY, IDENTITY_GENERATION,
    IDENTITY_START, IDENTITY_INCREMENT, COMMENT, DTD_IDENTIFIER, DELETED`,
  VIEWS: 'TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION, IS_SECURE, DELETED',
  EXTERNAL_TABLES: 'TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, LOCATION, FILE_FORMAT_NAME, FILE_FORMAT_TYPE, DELETED',
  FIELDS: `OBJECT_CATALOG, OBJECT_SCHEMA, OBJECT_NAME, ROW_IDENTIFIER, FIELD_NAME, ORDINAL_POSITION, DATA_TYPE,
    CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, COLLATION_NAME, DTD_IDENTIFIER, DELETED`,
  ELEMENT_TYPES: `OBJECT_CATALOG, OBJECT_SCHEMA, OBJECT_NAME, COLLECTION_TYPE_IDENTIFIER, DATA_TYPE,
    CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE, COLLATION_NAME, DTD_IDENTIFIER, DELETED`,
  FUNCTIONS: `FUNCTION_CATALOG, FUNCTION_SCHEMA, FUNCTION_NAME, FUNCTION_OWNER, ARGUMENT_SIGNATURE, DATA_TYPE, FUNCTION_LANGUAGE,
    FUNCTION_DEFINITION, COMMENT, LAST_ALTERED, VOLATILITY, IS_NULL_CALL, IS_SECURE, IS_EXTERNAL, IS_AGGREGATE, RUNTIME_VERSION,
    PACKAGES, HANDLER, IMPORTS, FUNCTION_ID, DELETED`,
  PROCEDURES: `PROCEDURE_CATALOG, PROCEDURE_SCHEMA, PROCEDURE_NAME, PROCEDURE_OWNER, ARGUMENT_SIGNATURE, DATA_TYPE,
    PROCEDURE_LANGUAGE, PROCEDURE_DEFINITION, COMMENT, LAST_ALTERED, PROCEDURE_ID, DELETED`,
  SEQUENCES: `SEQUENCE_CATALOG, SEQUENCE_SCHEMA, SEQUENCE_NAME, SEQUENCE_OWNER, DATA_TYPE, START_VALUE, MINIMUM_VALUE,
    MAXIMUM_VALUE, "INCREMENT", CYCLE_OPTION, COMMENT, DELETED`,
  STAGES: 'STAGE_CATALOG, STAGE_SCHEMA, STAGE_NAME, STAGE_OWNER, STAGE_URL, STAGE_REGION, STAGE_TYPE, COMMENT, DELETED',
  FILE_FORMATS: `FILE_FORMAT_CATALOG, FILE_FORMAT_SCHEMA, FILE_FORMAT_NAME, FILE_FORMAT_OWNER, FILE_FORMAT_TYPE,
    RECORD_DELIMITER, FIELD_DELIMITER, SKIP_HEADER, COMPRESSION, DATE_FORMAT, TIME_FORMAT, TIMESTAMP_FORMAT, BINARY_FORMAT,
    COMMENT, DELETED`,
  PIPES: `PIPE_CATALOG, PIPE_SCHEMA, PIPE_NAME, PIPE_OWNER, DEFINITION, IS_AUTOINGEST_ENABLED, NOTIFICATION_CHANNEL_NAME, PATTERN,
    COMMENT, DELETED`,
  OBJECT_PRIVILEGES:
    'OBJECT_CATALOG, OBJECT_SCHEMA, OBJECT_NAME, OBJECT_TYPE, GRANTEE, GRANTED_TO, PRIVILEGE_TYPE, IS_GRANTABLE, DELETED',
}

/** What only ACCOUNT_USAGE has. */
const USAGE_VIEWS: Readonly<Record<string, string>> = {
  TAG_REFERENCES: `OBJECT_DATABASE, OBJECT_SCHEMA, OBJECT_NAME, DOMAIN, COLUMN_NAME, TAG_DATABASE, TAG_SCHEMA, TAG_NAME, TAG_VALUE,
    APPLY_METHOD, OBJECT_DELETED`,
  POLICY_REFERENCES: `REF_DATABASE_NAME, REF_SCHEMA_NAME, REF_ENTITY_NAME, REF_ENTITY_DOMAIN, REF_COLUMN_NAME,
    REF_ARG_COLUMN_NAMES, POLICY_DB, POLICY_SCHEMA, POLICY_NAME, POLICY_KIND, TAG_NAME, POLICY_STATUS`,
  TABLE_STORAGE_METRICS: 'TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, ID, CLONE_GROUP_ID, TABLE_DROPPED',
  QUERY_HISTORY: `QUERY_ID, QUERY_TEXT, USER_NAME, DATABASE_NAME, SCHEMA_NAME, QUERY_TYPE, QUERY_TAG, EXECUTION_STATUS, END_TIME,
    TOTAL_ELAPSED_TIME`,
  COPY_HISTORY: `TABLE_CATALOG_NAME, TABLE_SCHEMA_NAME, TABLE_NAME, PIPE_CATALOG_NAME, PIPE_SCHEMA_NAME, PIPE_NAME, STAGE_LOCATION,
    LAST_LOAD_TIME, STATUS`,
  OBJECT_DEPENDENCIES: `REFERENCED_DATABASE, REFERENCED_SCHEMA, REFERENCED_OBJECT_NAME, REFERENCED_OBJECT_DOMAIN,
    REFERENCING_DATABASE, REFERENCING_SCHEMA, REFERENCING_OBJECT_NAME, REFERENCING_OBJECT_DOMAIN, DEPENDENCY_TYPE`,
}

/** What SHOW commands list, with the documented columns that anybody reads. */
export const SHOWN: Readonly<Record<string, string>> = {
  DATABASES: 'created_on, name, database_name, schema_name, owner, comment, origin, options, retention_time, kind',
  SHARES:
    'created_on, kind, owner_account, name, database_name, schema_name, "to", owner, comment, listing_global_name',
  SCHEMAS: 'created_on, name, database_name, schema_name, dropped_on',
  TABLES: 'created_on, name, database_name, schema_name',
  VIEWS: 'created_on, name, database_name, schema_name, owner, comment, text, is_secure, is_materialized',
  'MATERIALIZED VIEWS': 'created_on, name, database_name, schema_name, owner, comment, text, is_secure',
  'DYNAMIC TABLES':
    'created_on, name, database_name, schema_name, owner, comment, text, target_lag, warehouse, refresh_mode, rows',
  'ICEBERG TABLES': `created_on, name, database_name, schema_name, owner, comment, external_volume_name, catalog_name,
    iceberg_table_type, base_location`,
  STREAMS: `created_on, name, database_name, schema_name, owner, comment, table_name, source_type, base_tables, type, stale, mode,
    stale_after`,
  TASKS: `created_on, name, id, database_name, schema_name, owner, comment, warehouse, schedule, predecessors, state, definition,
    condition, allow_overlapping_execution, last_committed_on`,
  'SEMANTIC VIEWS': 'created_on, name, database_name, schema_name, owner, comment',
  'SEMANTIC DIMENSIONS':
    'database_name, schema_name, semantic_view_name, table_name, name, data_type, synonyms, comment',
  'SEMANTIC FACTS': 'database_name, schema_name, semantic_view_name, table_name, name, data_type, synonyms, comment',
  'SEMANTIC METRICS': 'database_name, schema_name, semantic_view_name, table_name, name, data_type, synonyms, comment',
  'PRIMARY KEYS':
    'created_on, database_name, schema_name, table_name, column_name, key_sequence, constraint_name, rely, comment',
  'UNIQUE KEYS':
    'created_on, database_name, schema_name, table_name, column_name, key_sequence, constraint_name, rely, comment',
  'IMPORTED KEYS': `created_on, pk_database_name, pk_schema_name, pk_table_name, pk_column_name, fk_database_name, fk_schema_name,
    fk_table_name, fk_column_name, key_sequence, update_rule, delete_rule, fk_name, pk_name, deferrability, rely, comment`,
  INDEXES: 'created_on, name, database_name, schema_name, "table", is_unique, columns, included_columns, owner',
}

export const shownTable = (what: string): string => `show_${what.toLowerCase().replaceAll(' ', '_')}`

export function createAccount(): Account {
  const database = new DatabaseSync(':memory:')
  const hidden = new Set<string>()
  let clock = 1_700_000_000_000_000_000n
  defineFunctions(database, hidden, () => String(clock))
  for (const [view, columns] of Object.entries(VIEWS)) {
    const [catalog, schema, name] = columns.split(/,\s*/)
    database.exec(`create table all_${view} (${columns});
      create index all_${view}_place on all_${view} (${schema}, ${name});
      create view info_${view} as select * from all_${view} where DELETED is null and is_visible(${catalog}, ${schema}, ${name});
      create view usage_${view} as select * from all_${view}`)
  }
  for (const [view, columns] of Object.entries(USAGE_VIEWS)) database.exec(`create table usage_${view} (${columns})`)
  database.exec(`create view usage_GRANTS_TO_ROLES as select OBJECT_CATALOG as TABLE_CATALOG, OBJECT_SCHEMA as TABLE_SCHEMA,
    OBJECT_NAME as NAME, OBJECT_TYPE as GRANTED_ON, GRANTEE as GRANTEE_NAME, GRANTED_TO, PRIVILEGE_TYPE as PRIVILEGE,
    IS_GRANTABLE as GRANT_OPTION, DELETED as DELETED_ON from all_OBJECT_PRIVILEGES`)
  for (const [what, columns] of Object.entries(SHOWN))
    if (what !== 'TABLES') database.exec(`create table ${shownTable(what)} (${columns})`)
  database.exec(`create view show_tables as
    select CREATED as created_on, TABLE_NAME as name, TABLE_CATALOG as database_name, TABLE_SCHEMA as schema_name
    from all_TABLES where DELETED is null and TABLE_TYPE not like '%VIEW%'`)
  return {
    database,
    hidden,
    accountUsage: true,
    flattened: [],
    tick() {
      clock += 1_000_000_000n
      return String(clock)
    },
    run(sql, ...values) {
      database.prepare(sql).run(...values)
    },
    insert(table, row) {
      const names = Object.keys(row)
      const columns = names.map((name) => `"${name}"`).join(', ')
      database
        .prepare(`insert into ${table} (${columns}) values (${names.map(() => '?').join(', ')})`)
        .run(...Object.values(row))
    },
  }
}

const NANOSECONDS: Readonly<Record<string, bigint>> = {
  epoch_nanosecond: 1n,
  epoch_millisecond: 1_000_000n,
  epoch_second: 1_000_000_000n,
}

/** The functions of Snowflake's that the connector's statements use. */
function defineFunctions(database: DatabaseSync, hidden: ReadonlySet<string>, now: () => string): void {
  const scalar = (name: string, implement: (...values: SQLInputValue[]) => SQLInputValue) =>
    database.function(name, { varargs: true, deterministic: false }, implement)
  scalar('is_visible', (catalog, schema, name) => {
    const places = [String(catalog), `${catalog}.${schema}`, `${catalog}.${schema}.${name}`]
    return places.some((place) => hidden.has(place)) ? 0 : 1
  })
  scalar('DATE_PART', (unit, time) =>
    time === null ? null : String(BigInt(String(time)) / (NANOSECONDS[String(unit)] ?? 1n)),
  )
  scalar('TO_VARCHAR', (value) => (value === null ? null : String(value)))
  scalar('TO_JSON', (value) => value)
  scalar('TO_ARRAY', (value) => value)
  scalar('ST_ASTEXT', (value) => value)
  scalar('OBJECT_CONSTRUCT', (...values) => {
    const body: Record<string, SQLInputValue> = {}
    for (let index = 0; index < values.length; index += 2) {
      const value = values[index + 1] ?? null
      // A pair whose value is null is left out: https://docs.snowflake.com/en/sql-reference/functions/object_construct
      if (value !== null) body[String(values[index])] = value
    }
    return JSON.stringify(body)
  })
  scalar('SPLIT_PART', (value, separator, part) =>
    value === null ? null : (String(value).split(String(separator))[Number(part) - 1] ?? ''),
  )
  scalar('STARTSWITH', (value, start) =>
    value === null || start === null ? null : String(value).startsWith(String(start)) ? 1 : 0,
  )
  scalar('TO_TIMESTAMP_LTZ', (seconds) => String(BigInt(String(seconds)) * 1_000_000_000n))
  scalar('SYSDATE', () => now())
  scalar('CURRENT_USER', () => 'TIDEMARK')
  scalar('CURRENT_ROLE', () => 'TIDEMARK')
  scalar('CURRENT_WAREHOUSE', () => 'TIDEMARK_XS')
  scalar('CURRENT_VERSION', () => '9.34.1')
  scalar('LEFT', (value, length) => (value === null ? null : [...String(value)].slice(0, Number(length)).join('')))
  scalar('HEX_ENCODE', (value) => (value === null ? null : Buffer.from(String(value)).toString('hex')))
}

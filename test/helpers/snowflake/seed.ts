import type { Scene } from './scene.ts'

/** A small account with every kind of object, names that need quotes among them. */
export function seed(scene: Scene): void {
  const db = 'SHOP'
  scene.database(db, { comment: 'The shop' })
  scene.schema(db, 'APP', { COMMENT: 'What the shop runs on', IS_MANAGED_ACCESS: 'YES' })
  scene.schema(db, 'odd "schema".x')
  scene.database('PARTNER', { origin: 'ACME.PARTNERS.ORDERS_SHARE', kind: 'IMPORTED DATABASE' })
  scene.database('DEV_SCRATCH')
  scene.database('SNOWFLAKE', { kind: 'APPLICATION' })
  tables(scene, db)
  structured(scene, db)
  views(scene, db)
  routines(scene, db)
  others(scene, db)
  scene.table('PARTNER', 'PUBLIC', 'ORDERS', {
    columns: [
      { name: 'ID', type: 'NUMBER' },
      { name: 'AMOUNT', type: 'NUMBER', more: { NUMERIC_PRECISION: 12, NUMERIC_SCALE: 2 } },
    ],
  })
}

function tables(scene: Scene, db: string): void {
  scene.table(db, 'APP', 'CUSTOMER', {
    columns: [
      {
        name: 'ID',
        type: 'NUMBER',
        more: {
          IS_NULLABLE: 'NO',
          IS_IDENTITY: 'YES',
          IDENTITY_GENERATION: 'BY DEFAULT',
          IDENTITY_START: '1',
          IDENTITY_INCREMENT: '1',
        },
      },
      { name: 'EMAIL', more: { CHARACTER_MAXIMUM_LENGTH: 320, COMMENT: 'Where to write' } },
      { name: 'born on', type: 'DATE' },
      { name: 'SEEN', type: 'TIMESTAMP_LTZ', more: { COLUMN_DEFAULT: 'CURRENT_TIMESTAMP()' } },
    ],
    more: { COMMENT: 'Who buys', CLUSTERING_KEY: 'LINEAR(EMAIL)' },
  })
  scene.primaryKey(db, 'APP', 'CUSTOMER', ['ID'])
  scene.primaryKey(db, 'APP', 'CUSTOMER', ['EMAIL'], 'UNIQUE KEYS')
  scene.table(db, 'APP', 'ORDERS', {
    columns: [
      { name: 'ID', type: 'NUMBER' },
      { name: 'CUSTOMER_ID', type: 'NUMBER' },
      { name: 'TOTAL', type: 'NUMBER', more: { NUMERIC_PRECISION: 12, NUMERIC_SCALE: 2 } },
    ],
    more: { IS_TRANSIENT: 'YES' },
  })
  scene.foreignKey(db, 'APP', 'ORDERS', 'CUSTOMER_ID', ['APP', 'CUSTOMER', 'ID'])
  scene.load(db, 'APP', 'ORDERS', 1200)
  scene.table(db, 'odd "schema".x', 'a."b";--\' %_é😀', { columns: [{ name: 'c\\"d.e', type: 'BOOLEAN' }] })
  scene.table(db, 'PUBLIC', 'session_scratch', { type: 'TEMPORARY TABLE' })
  scene.table(db, 'APP', 'LANDING', { type: 'EXTERNAL TABLE', columns: [{ name: 'VALUE', type: 'VARIANT' }] })
  scene.account.insert('all_EXTERNAL_TABLES', {
    TABLE_CATALOG: db,
    TABLE_SCHEMA: 'APP',
    TABLE_NAME: 'LANDING',
    LOCATION: '@SHOP.APP.INBOX/orders/',
    FILE_FORMAT_NAME: null,
    FILE_FORMAT_TYPE: 'PARQUET',
    DELETED: null,
  })
  scene.table(db, 'APP', 'DAILY', {
    more: { IS_DYNAMIC: 'YES' },
    columns: [
      { name: 'DAY', type: 'DATE' },
      { name: 'TOTAL', type: 'NUMBER' },
    ],
  })
  scene.shown('DYNAMIC TABLES', {
    name: 'DAILY',
    database_name: db,
    schema_name: 'APP',
    text: "CREATE DYNAMIC TABLE DAILY TARGET_LAG = '1 hour' WAREHOUSE = WH AS SELECT CURRENT_DATE AS DAY, SUM(TOTAL) AS TOTAL FROM APP.ORDERS",
    target_lag: '1 hour',
    warehouse: 'WH',
    refresh_mode: 'INCREMENTAL',
    rows: '3',
  })
  scene.table(db, 'APP', 'SEATS', {
    more: { IS_HYBRID: 'YES' },
    columns: [
      { name: 'ID', type: 'NUMBER' },
      { name: 'ROW_NO', type: 'NUMBER' },
    ],
  })
  scene.primaryKey(db, 'APP', 'SEATS', ['ID'])
  scene.shown('INDEXES', {
    name: 'BY_ROW',
    database_name: db,
    schema_name: 'APP',
    table: 'SEATS',
    is_unique: 'N',
    columns: '[ROW_NO]',
    included_columns: '[ID]',
  })
  scene.table(db, 'APP', 'LAKE', { more: { IS_ICEBERG: 'YES' } })
  scene.shown('ICEBERG TABLES', {
    name: 'LAKE',
    database_name: db,
    schema_name: 'APP',
    external_volume_name: 'VOL',
    catalog_name: 'SNOWFLAKE',
    iceberg_table_type: 'MANAGED',
    base_location: 'lake/',
  })
  scene.table(db, 'APP', 'TRACES', {
    type: 'EVENT TABLE',
    columns: [
      { name: 'TIMESTAMP', type: 'TIMESTAMP_NTZ' },
      { name: 'VALUE', type: 'VARIANT' },
    ],
  })
  scene.grant('SELECT', 'TABLE', [db, 'APP', 'CUSTOMER'], 'ANALYST')
  scene.grant('USAGE', 'SCHEMA', [db, null, 'APP'], 'ANALYST')
  scene.grant('USAGE', 'DATABASE', [null, null, db], 'ANALYST')
  scene.tag([db, 'APP', 'CUSTOMER'], 'DOMAIN', 'sales')
  scene.tag([db, 'APP', 'CUSTOMER'], 'PII', 'email', 'EMAIL')
  scene.policy([db, 'APP', 'CUSTOMER'], 'MASKING_POLICY', 'MASK_EMAIL', 'EMAIL')
  scene.policy([db, 'APP', 'ORDERS'], 'ROW_ACCESS_POLICY', 'OWN_ROWS')
  scene.table(db, 'APP', 'CUSTOMER_COPY')
  for (const [name, id] of [
    ['CUSTOMER', 1],
    ['CUSTOMER_COPY', 2],
  ] as const) {
    scene.account.insert('usage_TABLE_STORAGE_METRICS', {
      TABLE_CATALOG: db,
      TABLE_SCHEMA: 'APP',
      TABLE_NAME: name,
      ID: id,
      CLONE_GROUP_ID: 1,
      TABLE_DROPPED: null,
    })
  }
}

/** ADDRESS OBJECT(city VARCHAR, point OBJECT(x FLOAT)), ITEMS ARRAY(OBJECT(sku VARCHAR)), NAMES MAP(VARCHAR, NUMBER). */
function structured(scene: Scene, db: string): void {
  const place = { OBJECT_CATALOG: db, OBJECT_SCHEMA: 'APP', OBJECT_NAME: 'NESTED', DELETED: null }
  scene.table(db, 'APP', 'NESTED', {
    columns: [
      { name: 'ADDRESS', type: 'OBJECT', more: { DTD_IDENTIFIER: '1' } },
      { name: 'ITEMS', type: 'ARRAY', more: { DTD_IDENTIFIER: '3' } },
      { name: 'NAMES', type: 'MAP', more: { DTD_IDENTIFIER: '5' } },
      { name: 'ANYTHING', type: 'OBJECT' },
      { name: 'EMBEDDING', type: 'VECTOR' },
    ],
  })
  const field = (of: string, name: string, position: number, type: string, dtd: string | null = null) =>
    scene.account.insert('all_FIELDS', {
      ...place,
      ROW_IDENTIFIER: of,
      FIELD_NAME: name,
      ORDINAL_POSITION: position,
      DATA_TYPE: type,
      DTD_IDENTIFIER: dtd,
    })
  field('1', 'city', 1, 'TEXT')
  field('1', 'point', 2, 'OBJECT', '2')
  field('2', 'x', 1, 'FLOAT')
  field('4', 'sku', 1, 'TEXT')
  field('5', 'KEY', 1, 'TEXT')
  field('5', 'VALUE', 2, 'NUMBER')
  scene.account.insert('all_ELEMENT_TYPES', {
    ...place,
    COLLECTION_TYPE_IDENTIFIER: '3',
    DATA_TYPE: 'OBJECT',
    DTD_IDENTIFIER: '4',
  })
}

function views(scene: Scene, db: string): void {
  const columns = [{ name: 'ID', type: 'NUMBER' }, { name: 'EMAIL' }]
  scene.table(db, 'APP', 'OPEN_ORDERS', {
    type: 'VIEW',
    columns,
    text: 'CREATE VIEW OPEN_ORDERS AS SELECT o.ID, c.EMAIL FROM ORDERS o JOIN CUSTOMER c ON c.ID = o.CUSTOMER_ID',
  })
  scene.table(db, 'APP', 'SECRETIVE', {
    type: 'VIEW',
    columns: [{ name: 'AMOUNT', type: 'NUMBER' }],
    text: 'CREATE SECURE VIEW SECRETIVE AS SELECT AMOUNT FROM PARTNER.PUBLIC.ORDERS',
    owned: false,
  })
  scene.account.run("update all_VIEWS set IS_SECURE = 'YES' where TABLE_NAME = 'SECRETIVE'")
  scene.table(db, 'APP', 'TOTALS', { type: 'MATERIALIZED VIEW', columns: [{ name: 'TOTAL', type: 'NUMBER' }] })
  scene.shown('MATERIALIZED VIEWS', {
    name: 'TOTALS',
    database_name: db,
    schema_name: 'APP',
    text: 'CREATE MATERIALIZED VIEW TOTALS AS SELECT SUM(TOTAL) AS TOTAL FROM ORDERS',
    is_secure: 'false',
  })
}

function routines(scene: Scene, db: string): void {
  const now = scene.account.tick()
  scene.object('FUNCTIONS', 'FUNCTION', [db, 'APP', 'NET'], {
    ARGUMENT_SIGNATURE: '(GROSS NUMBER, RATE NUMBER)',
    DATA_TYPE: 'NUMBER(38,0)',
    FUNCTION_LANGUAGE: 'SQL',
    FUNCTION_DEFINITION: 'GROSS / (1 + RATE)',
    LAST_ALTERED: now,
    IS_SECURE: 'NO',
    FUNCTION_ID: 31,
  })
  scene.object('FUNCTIONS', 'FUNCTION', [db, 'APP', 'NET'], {
    ARGUMENT_SIGNATURE: '(GROSS FLOAT)',
    DATA_TYPE: 'FLOAT',
    FUNCTION_LANGUAGE: 'JAVASCRIPT',
    FUNCTION_DEFINITION: 'return GROSS',
    LAST_ALTERED: now,
    IS_SECURE: 'NO',
    FUNCTION_ID: 32,
  })
  scene.object('PROCEDURES', 'PROCEDURE', [db, 'APP', 'FORGET'], {
    ARGUMENT_SIGNATURE: '(WHO NUMBER)',
    DATA_TYPE: 'VARCHAR',
    PROCEDURE_LANGUAGE: 'SQL',
    PROCEDURE_DEFINITION: 'BEGIN DELETE FROM CUSTOMER WHERE ID = :WHO; RETURN 1; END',
    LAST_ALTERED: now,
    PROCEDURE_ID: 33,
  })
}

function others(scene: Scene, db: string): void {
  scene.object('SEQUENCES', 'SEQUENCE', [db, 'APP', 'INVOICE'], {
    DATA_TYPE: 'NUMBER',
    START_VALUE: '1',
    MINIMUM_VALUE: '-9223372036854775808',
    MAXIMUM_VALUE: '9223372036854775807',
    INCREMENT: '1',
    CYCLE_OPTION: null,
  })
  scene.object('STAGES', 'STAGE', [db, 'APP', 'INBOX'], {
    STAGE_URL: 's3://acme-inbox/shop/?X-Amz-Signature=s3cretSignature',
    STAGE_REGION: 'eu-west-1',
    STAGE_TYPE: 'External Named',
  })
  scene.object('FILE_FORMATS', 'FILE_FORMAT', [db, 'APP', 'PIPED'], {
    FILE_FORMAT_TYPE: 'CSV',
    FIELD_DELIMITER: '|',
    SKIP_HEADER: '1',
  })
  scene.object('PIPES', 'PIPE', [db, 'APP', 'INTAKE'], {
    DEFINITION: 'COPY INTO SHOP.APP.ORDERS FROM @SHOP.APP.INBOX',
    IS_AUTOINGEST_ENABLED: 'YES',
  })
  scene.shown('STREAMS', {
    name: 'ORDER_CHANGES',
    database_name: db,
    schema_name: 'APP',
    table_name: 'SHOP.APP.ORDERS',
    source_type: 'Table',
    type: 'DELTA',
    stale: 'false',
    mode: 'DEFAULT',
    stale_after: '2026-11-21',
  })
  scene.shown('TASKS', {
    name: 'NIGHTLY',
    id: '01a',
    database_name: db,
    schema_name: 'APP',
    warehouse: 'WH',
    schedule: '60 MINUTE',
    predecessors: '[]',
    state: 'started',
    definition: 'INSERT INTO SHOP.APP.DAILY SELECT CURRENT_DATE, 1',
    last_committed_on: '2026-11-20',
  })
  scene.shown('TASKS', {
    name: 'AFTERWARDS',
    id: '01b',
    database_name: db,
    schema_name: 'APP',
    warehouse: 'WH',
    predecessors: '["SHOP.APP.NIGHTLY"]',
    state: 'suspended',
    definition: 'CALL FORGET(1)',
  })
  scene.shown('SHARES', {
    name: 'ACME.ANALYTICS.SHOP_SHARE',
    kind: 'OUTBOUND',
    owner_account: 'ACME.ANALYTICS',
    database_name: db,
    to: 'OTHER.TWO, OTHER.ONE',
    listing_global_name: '',
  })
  scene.shown('SEMANTIC VIEWS', { name: 'SALES', database_name: db, schema_name: 'APP', comment: 'Sales by customer' })
  scene.shown('SEMANTIC DIMENSIONS', {
    database_name: db,
    schema_name: 'APP',
    semantic_view_name: 'SALES',
    table_name: 'CUSTOMER',
    name: 'EMAIL',
    data_type: 'VARCHAR',
    synonyms: null,
  })
  scene.shown('SEMANTIC METRICS', {
    database_name: db,
    schema_name: 'APP',
    semantic_view_name: 'SALES',
    table_name: 'ORDERS',
    name: 'REVENUE',
    data_type: 'NUMBER(38,2)',
    synonyms: '["turnover"]',
  })
}

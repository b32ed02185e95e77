import { type AssetKind, type ConnectorManifest, PROTOCOL_VERSION } from '../kit/index.ts'
import { namespaceOf } from './account.ts'
import { configFromUrl, listedDatabases, type SnowflakeConfig, snowflakeConfig } from './config.ts'
import { sqlTexts } from './sql-texts.ts'

const RELATION_KINDS = [
  'table',
  'external table',
  'dynamic table',
  'hybrid table',
  'iceberg table',
  'event table',
  'view',
  'materialized view',
] as const

const kinds: readonly AssetKind[] = [
  { kind: 'database', group: 'container', levels: ['database'] },
  { kind: 'schema', group: 'container', levels: ['database', 'schema'] },
  ...RELATION_KINDS.map((kind): AssetKind => ({ kind, group: 'relation', levels: ['database', 'schema', 'table'] })),
  { kind: 'stream', group: 'relation', levels: ['database', 'schema', 'stream'] },
  { kind: 'function', group: 'routine', levels: ['database', 'schema', 'routine'] },
  { kind: 'procedure', group: 'routine', levels: ['database', 'schema', 'routine'] },
  { kind: 'sequence', group: 'sequence', levels: ['database', 'schema', 'sequence'] },
  { kind: 'stage', group: 'storage', levels: ['database', 'schema', 'stage'] },
  { kind: 'file format', group: 'type', levels: ['database', 'schema', 'format'] },
  { kind: 'pipe', group: 'other', levels: ['database', 'schema', 'pipe'] },
  { kind: 'task', group: 'job', levels: ['database', 'schema', 'task'] },
  { kind: 'semantic view', group: 'dataset', levels: ['database', 'schema', 'view'] },
  { kind: 'share', group: 'other', levels: ['share'] },
]

export const manifest: ConnectorManifest<SnowflakeConfig> = {
  type: 'snowflake',
  title: 'Snowflake',
  category: 'warehouse',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 1,
  config: snowflakeConfig,
  example: {
    account: 'acme-analytics',
    user: 'TIDEMARK',
    privateKey: '${env:SNOWFLAKE_KEY}',
    role: 'TIDEMARK',
    warehouse: 'TIDEMARK_XS',
    databases: { deny: ['DEV_*'] },
  },
  kinds,
  scopeNoun: 'database',
  grants: [
    {
      purpose: 'A role, and a user of type SERVICE that signs in with a key',
      statement: `CREATE ROLE {role}; CREATE USER {user} TYPE = SERVICE DEFAULT_ROLE = {role} RSA_PUBLIC_KEY = '…'; GRANT ROLE {role} TO USER {user};`,
    },
    {
      purpose: 'A warehouse for queries of the catalogue (SHOW commands need none)',
      statement:
        'CREATE WAREHOUSE {warehouse} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE; GRANT USAGE ON WAREHOUSE {warehouse} TO ROLE {role};',
    },
    {
      purpose: 'Seeing the schemas of a database, those to come too',
      statement:
        'GRANT USAGE ON DATABASE {database} TO ROLE {role}; GRANT USAGE ON ALL SCHEMAS IN DATABASE {database} TO ROLE {role}; GRANT USAGE ON FUTURE SCHEMAS IN DATABASE {database} TO ROLE {role};',
    },
    {
      purpose: 'Seeing tables and views without reading their rows',
      statement: [
        ...['TABLES', 'VIEWS', 'EXTERNAL TABLES', 'MATERIALIZED VIEWS'].flatMap((objects) =>
          ['ALL', 'FUTURE'].map(
            (which) => `GRANT REFERENCES ON ${which} ${objects} IN DATABASE {database} TO ROLE {role};`,
          ),
        ),
        ...['DYNAMIC TABLES', 'TASKS', 'PIPES'].flatMap((objects) =>
          ['ALL', 'FUTURE'].map(
            (which) => `GRANT MONITOR ON ${which} ${objects} IN DATABASE {database} TO ROLE {role};`,
          ),
        ),
      ].join(' '),
    },
    {
      purpose: 'Seeing routines, sequences, file formats and stages',
      statement: ['FUNCTIONS', 'PROCEDURES', 'SEQUENCES', 'FILE FORMATS', 'STAGES']
        .flatMap((objects) =>
          ['ALL', 'FUTURE'].map((which) => `GRANT USAGE ON ${which} ${objects} IN DATABASE {database} TO ROLE {role};`),
        )
        .join(' '),
    },
    {
      purpose: 'Tags, policies, clones (`governance`), lineage and usage, or `catalog: account_usage`',
      statement: ['OBJECT_VIEWER', 'GOVERNANCE_VIEWER', 'USAGE_VIEWER']
        .map((role) => `GRANT DATABASE ROLE SNOWFLAKE.${role} TO ROLE {role};`)
        .join(' '),
    },
    {
      purpose: 'A database imported from a share',
      statement: 'GRANT IMPORTED PRIVILEGES ON DATABASE {database} TO ROLE {role};',
    },
    {
      purpose: 'Previews of rows, where the source allows them',
      statement: 'GRANT SELECT ON TABLE {table} TO ROLE {role};',
    },
  ],
  capabilities: ['statistics', 'usage', 'queryLog', 'lineage', 'preview'],
  sql: sqlTexts,
  urlSchemes: ['snowflake'],
  fromUrl: configFromUrl,
  namespace: ({ account }) => namespaceOf(account),
  suggestName: (config) => {
    const [only, ...more] = listedDatabases(config)
    return (only !== undefined && more.length === 0 ? only : config.account).toLowerCase()
  },
  shape: ({ governance, grants }) => ({ governance, grants }),
  filter: ({ databases, schemas, tables }) => ({
    databases: Array.isArray(databases) ? [...databases].sort() : { ...databases },
    schemas: { ...schemas },
    tables: { ...tables },
  }),
}

import { type AssetKind, type ConnectorManifest, PROTOCOL_VERSION, serverNamespace } from '../kit/index.ts'
import { configFromUrl, type PostgresConfig, postgresConfig, readSettings } from './config.ts'
import { sqlTexts } from './sql-texts.ts'

const RELATION_KINDS = [
  'table',
  'partitioned table',
  'partition',
  'view',
  'materialized view',
  'foreign table',
] as const

const ROUTINE_KINDS = ['function', 'procedure', 'aggregate', 'window function'] as const
const TYPE_KINDS = ['enum', 'domain', 'composite type', 'range type', 'base type'] as const

const kinds: readonly AssetKind[] = [
  { kind: 'database', group: 'container', levels: ['database'] },
  { kind: 'schema', group: 'container', levels: ['database', 'schema'] },
  ...RELATION_KINDS.map((kind): AssetKind => ({ kind, group: 'relation', levels: ['database', 'schema', 'table'] })),
  { kind: 'sequence', group: 'sequence', levels: ['database', 'schema', 'sequence'] },
  ...TYPE_KINDS.map((kind): AssetKind => ({ kind, group: 'type', levels: ['database', 'schema', 'type'] })),
  ...ROUTINE_KINDS.map((kind): AssetKind => ({ kind, group: 'routine', levels: ['database', 'schema', 'routine'] })),
  { kind: 'collation', group: 'collation', levels: ['database', 'schema', 'collation'] },
  { kind: 'extension', group: 'extension', levels: ['database', 'extension'] },
  { kind: 'publication', group: 'publication', levels: ['database', 'publication'] },
  { kind: 'subscription', group: 'subscription', levels: ['database', 'subscription'] },
  { kind: 'event trigger', group: 'trigger', levels: ['database', 'trigger'] },
  { kind: 'foreign server', group: 'server', levels: ['database', 'server'] },
  { kind: 'foreign data wrapper', group: 'wrapper', levels: ['database', 'wrapper'] },
  { kind: 'role', group: 'principal', levels: ['role'] },
  { kind: 'tablespace', group: 'storage', levels: ['tablespace'] },
]

export const manifest: ConnectorManifest<PostgresConfig> = {
  type: 'postgres',
  title: 'PostgreSQL',
  category: 'database',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 3,
  config: postgresConfig,
  example: {
    host: 'db.example.com',
    port: 5432,
    user: 'tidemark',
    password: '${env:SHOP_DB_PASSWORD}',
    databases: { deny: ['test_*'] },
    schemas: { deny: ['tmp_*'] },
    ssl: 'verify-full',
  },
  kinds,
  scopeNoun: 'database',
  grants: [
    { purpose: 'A role that signs in', statement: "CREATE ROLE {user} LOGIN PASSWORD '…'" },
    { purpose: 'Reading the catalogue of a database', statement: 'GRANT CONNECT ON DATABASE {database} TO {user}' },
    { purpose: 'The query log, where pg_stat_statements keeps one', statement: 'GRANT pg_read_all_stats TO {user}' },
    { purpose: 'Previews of rows, where the source allows them', statement: 'GRANT SELECT ON {table} TO {user}' },
  ],
  capabilities: ['statistics', 'usage', 'queryLog', 'preview'],
  sql: sqlTexts,
  urlSchemes: ['postgres', 'postgresql'],
  fromUrl: configFromUrl,
  namespace: (config) => serverNamespace('postgres', readSettings(config), config.ssh?.host),
  suggestName: (config) => {
    const { databases, host, socket } = readSettings(config)
    const only = Array.isArray(databases) && databases.length === 1 ? String(databases[0]) : undefined
    return only ?? (socket === undefined ? host : 'postgres')
  },
  // No option changes what a record says, only which records there are.
  shape: () => ({}),
  filter: (config) => {
    const { databases, schemas, tables } = readSettings(config)
    return {
      databases: Array.isArray(databases) ? [...databases].sort() : { ...databases },
      schemas: { ...schemas },
      tables: { ...tables },
    }
  },
}

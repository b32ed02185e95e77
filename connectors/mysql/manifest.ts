import { type AssetKind, type ConnectorManifest, PROTOCOL_VERSION, serverNamespace } from '../kit/index.ts'
import { configFromUrl, type MysqlConfig, mysqlConfig, readSettings } from './config.ts'
import { isSystemDatabase } from './text.ts'

const RELATION_KINDS = ['table', 'partitioned table', 'view'] as const

const kinds: readonly AssetKind[] = [
  { kind: 'database', group: 'container', levels: ['database'] },
  ...RELATION_KINDS.map((kind): AssetKind => ({ kind, group: 'relation', levels: ['database', 'table'] })),
  { kind: 'sequence', group: 'sequence', levels: ['database', 'sequence'] },
  { kind: 'function', group: 'routine', levels: ['database', 'routine'] },
  // It may have the name of a function.
  { kind: 'procedure', group: 'procedure', levels: ['database', 'routine'] },
  { kind: 'package', group: 'code', levels: ['database', 'package'] },
  { kind: 'package body', group: 'code', levels: ['database', 'package', 'part'] },
  { kind: 'library', group: 'code', levels: ['database', 'library'] },
  { kind: 'event', group: 'job', levels: ['database', 'event'] },
]

export const manifest: ConnectorManifest<MysqlConfig> = {
  type: 'mysql',
  title: 'MySQL and MariaDB',
  category: 'database',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 1,
  config: mysqlConfig,
  example: {
    host: 'db.example.com',
    port: 3306,
    user: 'tidemark',
    password: '${env:SHOP_DB_PASSWORD}',
    databases: { deny: ['test_*'] },
    tables: { deny: ['tmp_*'] },
    ssl: 'verify-full',
  },
  kinds,
  scopeNoun: 'database',
  grants: [
    { purpose: 'An account that signs in', statement: "CREATE USER {user} IDENTIFIED BY '…' REQUIRE SSL" },
    {
      purpose: 'Tables, views, columns, keys and indexes of a database',
      statement: 'GRANT REFERENCES, SHOW VIEW ON {database}.* TO {user}',
    },
    { purpose: 'The texts of views, of each or of all', statement: 'GRANT SELECT ON {database}.{view} TO {user}' },
    { purpose: 'Triggers and events', statement: 'GRANT TRIGGER, EVENT ON {database}.* TO {user}' },
    { purpose: 'Routines with their texts, in MySQL from 8.0.20 on', statement: 'GRANT SHOW_ROUTINE ON *.* TO {user}' },
    {
      purpose: 'Routines with their texts, in MariaDB',
      statement: 'GRANT SELECT ON mysql.proc TO {user}; GRANT EXECUTE ON {database}.* TO {user}',
    },
    {
      purpose: 'Usage and the query log, where performance_schema is on',
      statement: 'GRANT SELECT ON performance_schema.* TO {user}',
    },
    { purpose: 'Previews of rows, where the source allows them', statement: 'GRANT SELECT ON {table} TO {user}' },
  ],
  capabilities: ['statistics', 'usage', 'queryLog', 'preview'],
  sql: {
    dialect: 'mysql',
    // Routines of MySQL's enterprise edition and libraries may be written in it.
    opaque: ['javascript'],
    defaults: ({ path: [database = ''] }) => ({ schemas: [database] }),
    logDefaults: (_scope, database) => (database === undefined ? {} : { schemas: [database] }),
    assetPath: (name) => (name.length === 2 ? name : undefined),
    isSystem: (name) => isSystemDatabase(name.at(-2) ?? ''),
  },
  urlSchemes: ['mysql', 'mariadb'],
  fromUrl: configFromUrl,
  namespace: (config) => serverNamespace('mysql', readSettings(config), config.ssh?.host),
  suggestName: (config) => {
    const { databases, host, socket } = readSettings(config)
    const only = Array.isArray(databases) && databases.length === 1 ? String(databases[0]) : undefined
    return only ?? (socket === undefined ? host : 'mysql')
  },
  // No option changes what a record says, only which records there are.
  shape: () => ({}),
  filter: (config) => {
    const { databases, tables } = readSettings(config)
    return { databases: Array.isArray(databases) ? [...databases].sort() : { ...databases }, tables: { ...tables } }
  },
}

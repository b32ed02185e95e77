import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Connection } from 'mysql2/promise'
import postgres from 'postgres'
import { FACT_NAMES, factSet } from '../connectors/mysql/facts/sets.ts'
import { stampsOf } from '../connectors/mysql/facts/statements.ts'
import { migrateStore } from '../db/migrate.ts'
import { openStore } from '../db/store.ts'
import type { MysqlServer } from '../test/mysql/servers.ts'
import { withDatabase } from './servers.ts'

const ID = (table: string) => `crc32(concat(${table}.TABLE_SCHEMA, '.', ${table}.TABLE_NAME))`
const OURS = (table: string) => `${table}.TABLE_SCHEMA like 'area%'`
const list = (names: string) => `concat('{', group_concat(${names} separator ','), '}')`

/** What the connector reads of a catalogue, one flat row each: into which table, which columns, by which query. */
const COPIES: readonly (readonly [table: string, columns: string, query: string])[] = [
  [
    'inventory',
    'scope_id, key, fingerprint',
    `select 1, concat(t.TABLE_SCHEMA, '.', t.TABLE_NAME), concat('\\\\x', sha2(t.TABLE_NAME, 256)) from information_schema.TABLES t where ${OURS('t')}`,
  ],
  [
    'asset',
    `id, namespace_id, kind_group, name_key, kind, path, display, name, database_name, parent_group, parent_key, comment,
     placeholder, properties`,
    `select ${ID('t')}, 1, 'relation', concat(t.TABLE_SCHEMA, '.', t.TABLE_NAME), t.TABLE_TYPE, concat('{', t.TABLE_SCHEMA, ',', t.TABLE_NAME, '}'),
      concat(t.TABLE_SCHEMA, '.', t.TABLE_NAME), t.TABLE_NAME, t.TABLE_SCHEMA, 'container', t.TABLE_SCHEMA, t.TABLE_COMMENT, 'f',
      json_object('engine', t.ENGINE, 'format', t.ROW_FORMAT, 'collation', t.TABLE_COLLATION, 'options', t.CREATE_OPTIONS)
    from information_schema.TABLES t where ${OURS('t')}`,
  ],
  [
    'field',
    'asset_id, name_key, name, path, position, native_type, type, nullable, default_value, generated, comment, properties',
    `select ${ID('c')}, c.COLUMN_NAME, c.COLUMN_NAME, concat('{', c.COLUMN_NAME, '}'), c.ORDINAL_POSITION, c.COLUMN_TYPE, c.DATA_TYPE,
      if(c.IS_NULLABLE = 'YES', 't', 'f'), c.COLUMN_DEFAULT, c.EXTRA, c.COLUMN_COMMENT,
      json_object('charset', c.CHARACTER_SET_NAME, 'collation', c.COLLATION_NAME)
    from information_schema.COLUMNS c where ${OURS('c')}`,
  ],
  [
    'asset_index',
    'asset_id, name, columns, is_unique, is_primary, definition',
    `select ${ID('s')}, s.INDEX_NAME, ${list('s.COLUMN_NAME')}, if(min(s.NON_UNIQUE) = 0, 't', 'f'), if(s.INDEX_NAME = 'PRIMARY', 't', 'f'),
      group_concat(concat(s.COLUMN_NAME, coalesce(s.SUB_PART, ''), s.INDEX_TYPE)) from information_schema.STATISTICS s
    where ${OURS('s')} group by s.TABLE_SCHEMA, s.TABLE_NAME, s.INDEX_NAME`,
  ],
  [
    'asset_constraint',
    `asset_id, kind, name, columns, referenced_namespace_id, referenced_group, referenced_key, referenced_display,
     referenced_columns, definition, origin, confidence`,
    `select ${ID('k')}, 'foreign key', k.CONSTRAINT_NAME, ${list('k.COLUMN_NAME')}, 1, 'relation',
      min(concat(k.REFERENCED_TABLE_SCHEMA, '.', k.REFERENCED_TABLE_NAME)), min(k.REFERENCED_TABLE_NAME), ${list('k.REFERENCED_COLUMN_NAME')},
      min(r.DELETE_RULE), 'declared', 1
    from information_schema.KEY_COLUMN_USAGE k join information_schema.REFERENTIAL_CONSTRAINTS r
      on r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA and r.CONSTRAINT_NAME = k.CONSTRAINT_NAME and r.TABLE_NAME = k.TABLE_NAME
    where ${OURS('k')} and k.REFERENCED_TABLE_NAME is not null group by k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME
    union all
    select ${ID('s')}, 'unique', s.INDEX_NAME, ${list('s.COLUMN_NAME')}, null, null, null, null, null, null, 'declared', 1
    from information_schema.STATISTICS s where ${OURS('s')} and s.NON_UNIQUE = 0 group by s.TABLE_SCHEMA, s.TABLE_NAME, s.INDEX_NAME`,
  ],
  [
    'definition',
    'asset_id, language, text',
    `select ${ID('v')}, 'sql', v.VIEW_DEFINITION from information_schema.VIEWS v where ${OURS('v')}`,
  ],
]
/** Which tables a view reads, where the server tells. */
const EDGES: (typeof COPIES)[number] = [
  'lineage_edge',
  `downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path, upstream_display, origin, source_id,
   valid_from, last_seen_at`,
  `select crc32(concat(u.VIEW_SCHEMA, '.', u.VIEW_NAME)), 1, 'relation', concat(u.TABLE_SCHEMA, '.', u.TABLE_NAME),
    concat('{', u.TABLE_SCHEMA, ',', u.TABLE_NAME, '}'), u.TABLE_NAME, 'catalogue', 1, '2026-01-01', '2026-01-01'
  from information_schema.VIEW_TABLE_USAGE u where u.VIEW_SCHEMA like 'area%'`,
]
/** Sorts of facts of which the source of the bench has none; that has to be asked for. */
const ASKED = [
  "TRIGGERS where TRIGGER_SCHEMA like 'area%'",
  "PARTITIONS where TABLE_SCHEMA like 'area%' and PARTITION_NAME is not null",
  "ROUTINES where ROUTINE_SCHEMA like 'area%'",
  "EVENTS where EVENT_SCHEMA like 'area%'",
]

/** How long it takes to read these facts and do nothing with them, in seconds. */
export async function readMysqlCatalogue(server: MysqlServer): Promise<number> {
  const sql = await server.connect()
  const started = performance.now()
  for (const [, , query] of COPIES.slice(1)) await sql.query({ sql: query, rowsAsArray: true })
  for (const from of ASKED) await sql.query(`select count(*) from information_schema.${from}`)
  const seconds = (performance.now() - started) / 1000
  await sql.end()
  return seconds
}

/** What the server hashes of its catalogue, as the connector asks for it: without that there is no incremental sync. */
async function readStamps(sql: Connection): Promise<void> {
  const [columns] = await sql.query(
    `select table_name as name, column_name as field from information_schema.columns where table_schema = 'information_schema'`,
  )
  const groups = Map.groupBy(columns as { name: string; field: string }[], ({ name }) => name.toUpperCase())
  const tables = new Map(
    [...groups].map(([name, fields]) => [name, new Set(fields.map(({ field }) => field.toUpperCase()))]),
  )
  const [databases] = await sql.query(
    "select schema_name as name from information_schema.schemata where schema_name like 'area%'",
  )
  const names = (databases as { name: string }[]).map(({ name }) => name)
  for (const fact of FACT_NAMES) {
    const set = factSet(fact, { tables })
    if (set !== undefined) await sql.query(stampsOf(set, { tables }, names, false))
  }
}

/**
 * The least that a crawl could cost: these facts read, hashed as they are for the next sync, and copied into tables with the same columns and indexes as the
 * store's. Nothing is compared, put together from several places or turned into records.
 */
export async function measureMysqlFloor(server: MysqlServer, storeServer: string, database: string): Promise<number> {
  const admin = postgres(storeServer, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${database}`)
  await admin.end()
  const url = withDatabase(storeServer, database)
  await migrateStore(url)
  await using store = openStore(url, { connections: 1 })
  await store.sql`create schema floor`
  for (const [table] of [...COPIES, EDGES]) {
    await store.sql.unsafe(`create table floor.${table} (like tidemark.${table} including all)`)
  }
  const sql = await server.connect()
  const started = performance.now()
  await readStamps(sql)
  for (const [table, columns, query] of server.mariadb ? COPIES : [...COPIES, EDGES]) {
    const [rows] = await sql.query({ sql: query, rowsAsArray: true })
    const lines = Readable.from((rows as unknown[][]).map((row) => `${row.map(copyText).join('\t')}\n`))
    await pipeline(lines, await store.sql.unsafe(`copy floor.${table} (${columns}) from stdin`).writable())
  }
  for (const from of ASKED) await sql.query(`select count(*) from information_schema.${from}`)
  const seconds = (performance.now() - started) / 1000
  await sql.end()
  return seconds
}

/** https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.2 */
function copyText(value: unknown): string {
  if (value === null || value === undefined) return '\\N'
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
}

import type { DatabaseSync } from 'node:sqlite'

/** Some are alike but for their case, which SQLite takes for the same name. */
const NAMES = ['t1', 'T1', 't2', 'orders', 'or"der; drop', 'a.b', 'ünï 表', '', 'v', "it's", 'select', 'x_data']
const COLUMNS = ['a', 'B', 'b', 'id', 'c "d"', 'e.f', 'ß', 'note']
const TYPES = ['', 'TEXT', 'INTEGER', 'DECIMAL(8,2)', 'BLOB', 'DATE', 'REAL', 'json']

export type Picks = readonly number[]

/** What a file's schema holds, as far as changes are aimed at it. */
interface Schema {
  readonly tables: readonly string[]
  readonly views: readonly string[]
  readonly indexes: readonly string[]
  readonly triggers: readonly string[]
  readonly columns: (relation: string) => readonly string[]
}

/** The statements of one change; undefined when the schema has nothing that it could be made on. */
export type Change = (schema: Schema, picks: Picks) => string | undefined

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`

export function pick<T>(list: readonly T[], number: number | undefined): T | undefined {
  return list[(number ?? 0) % Math.max(1, list.length)]
}

function chosen(list: readonly string[], number: number | undefined): string {
  return quote(pick(list, number) ?? '')
}

/** A change of one of the things listed, whose quoted name it gets. */
function onOne(
  kind: 'tables' | 'views' | 'indexes' | 'triggers',
  change: (name: string, schema: Schema, picks: Picks, raw: string) => string,
): Change {
  return (schema, picks) => {
    const raw = pick(schema[kind], picks[0])
    return raw === undefined ? undefined : change(quote(raw), schema, picks, raw)
  }
}

const columnOf = (schema: Schema, raw: string, number: number | undefined) => chosen(schema.columns(raw), number)
/** With it, ALTER TABLE leaves views and triggers alone, and does not fail where one is broken. */
const legacy = (number: number | undefined) => `PRAGMA legacy_alter_table = ${(number ?? 0) % 2 === 0 ? 'ON' : 'OFF'};`

export function columnList(number: number): string {
  const count = 1 + (number % 4)
  const columns = Array.from({ length: count }, (_, index) => {
    const name = COLUMNS[(number + index * 2) % COLUMNS.length] ?? ''
    return `${quote(name)} ${pick(TYPES, number + index) ?? ''}`
  })
  return columns.join(', ')
}

export const createTable: Change = (_, [name, columns = 0]) =>
  `CREATE TABLE ${chosen(NAMES, name)}(${columnList(columns)})`

const createRichTable: Change = (schema, [name, parent, variant = 0]) => {
  const target = chosen([...schema.tables, 'nowhere'], parent)
  const options = ['', 'STRICT', 'WITHOUT ROWID', 'WITHOUT ROWID, STRICT'][variant % 4]
  return `CREATE TABLE ${chosen(NAMES, name)}(key INTEGER PRIMARY KEY, up INTEGER REFERENCES ${target} ON DELETE CASCADE,
    n INTEGER DEFAULT ${variant % 5} CONSTRAINT ${quote(`c${variant % 3}`)} CHECK (n > ${variant % 7}), g INTEGER AS (n + 1) STORED,
    s TEXT COLLATE nocase UNIQUE, FOREIGN KEY (n, s) REFERENCES ${target}(${variant % 2 === 0 ? 'a, b' : 'key, s'})) ${options}`
}

const createView: Change = (schema, [name, first, second, variant = 0]) => {
  const sources = [...schema.tables, ...schema.views]
  if (sources.length === 0) return `CREATE VIEW ${chosen(NAMES, name)} AS SELECT 1 AS one`
  const [left, right] = [chosen(sources, first), chosen(sources, second)]
  const body = [`* FROM ${left}`, `count(*) AS n FROM ${left}, ${right}`, `x.* FROM ${left} x JOIN ${right} y ON 1`][
    variant % 3
  ]
  return `CREATE VIEW ${chosen(NAMES, name)} AS SELECT ${body}`
}

const swapTables: Change = ({ tables }, [first, second, mode]) => {
  const [left, right] = [chosen(tables, first), chosen(tables, second)]
  if (tables.length < 2 || left === right) return undefined
  const rename = (from: string, to: string) => `ALTER TABLE ${from} RENAME TO ${to};`
  return legacy(mode) + rename(left, 'swapping') + rename(right, left) + rename('swapping', right)
}

const replaceView: Change = (schema, picks) => {
  const view = pick(schema.views, picks[0])
  const others = { ...schema, views: schema.views.filter((name) => name !== view) }
  const created = createView(others, [0, ...picks.slice(1)])?.replace(/^CREATE VIEW .* AS SELECT/, 'AS SELECT')
  return view === undefined ? undefined : `DROP VIEW ${quote(view)}; CREATE VIEW ${quote(view)} ${created}`
}

const TABLE_CHANGES: Readonly<Record<string, Change>> = {
  'create table': createTable,
  'create rich table': createRichTable,
  'drop table': onOne('tables', (table) => `DROP TABLE ${table}`),
  'rename table': onOne(
    'tables',
    (table, _, [, name, mode]) => `${legacy(mode)} ALTER TABLE ${table} RENAME TO ${chosen(NAMES, name)}`,
  ),
  'swap tables': swapTables,
  'recreate table': onOne(
    'tables',
    (table, _, [, columns = 0]) => `DROP TABLE ${table}; CREATE TABLE ${table}(${columnList(columns)})`,
  ),
  'table becomes view': onOne('tables', (table) => `DROP TABLE ${table}; CREATE VIEW ${table} AS SELECT 1 AS a`),
  'add column': onOne(
    'tables',
    (table, _, [, name, type]) =>
      `ALTER TABLE ${table} ADD COLUMN ${chosen(COLUMNS, name)} ${pick(TYPES, type)} DEFAULT 0`,
  ),
  'rename column': onOne(
    'tables',
    (table, schema, [, column, name], raw) =>
      `ALTER TABLE ${table} RENAME COLUMN ${columnOf(schema, raw, column)} TO ${chosen(COLUMNS, name)}`,
  ),
  'drop column': onOne(
    'tables',
    (table, schema, [, column], raw) => `ALTER TABLE ${table} DROP COLUMN ${columnOf(schema, raw, column)}`,
  ),
  'virtual table': (_, [name, variant = 0]) =>
    `CREATE VIRTUAL TABLE ${quote(`vt${(name ?? 0) % 3}`)} USING ${['fts5(body, note)', 'rtree(id, x0, x1)', "fts5(body, content='')"][variant % 3]}`,
  'drop virtual table': (_, [name]) => `DROP TABLE ${quote(`vt${(name ?? 0) % 3}`)}`,
}

const OTHER_CHANGES: Readonly<Record<string, Change>> = {
  'create index': onOne(
    'tables',
    (table, schema, [, column, name, unique = 0], raw) =>
      `CREATE ${unique % 2 === 0 ? 'UNIQUE' : ''} INDEX ${quote(`i${(name ?? 0) % 6}`)} ON ${table}(${columnOf(schema, raw, column)} DESC)`,
  ),
  'create partial index': onOne(
    'tables',
    (table, schema, [, column, name, bound = 0], raw) =>
      `CREATE INDEX ${quote(`i${(name ?? 0) % 6}`)} ON ${table}(${columnOf(schema, raw, column)}) WHERE ${columnOf(schema, raw, name)} > ${bound % 9}`,
  ),
  'create expression index': onOne(
    'tables',
    (table, schema, [, column, name], raw) =>
      `CREATE INDEX ${quote(`i${(name ?? 0) % 6}`)} ON ${table}(lower(${columnOf(schema, raw, column)}) COLLATE nocase)`,
  ),
  'drop index': onOne('indexes', (index) => `DROP INDEX ${index}`),
  'create trigger': onOne(
    'tables',
    (table, _, [, name, body = 0]) =>
      `CREATE TRIGGER ${quote(`g${(name ?? 0) % 5}`)} AFTER INSERT ON ${table} BEGIN SELECT ${body % 9}; END`,
  ),
  'create view trigger': onOne(
    'views',
    (view, _, [, name]) =>
      `CREATE TRIGGER ${quote(`g${(name ?? 0) % 5}`)} INSTEAD OF DELETE ON ${view} BEGIN SELECT 1; END`,
  ),
  'replace trigger': onOne(
    'triggers',
    (trigger, schema, [, table, body = 0]) =>
      `DROP TRIGGER ${trigger}; CREATE TRIGGER ${trigger} BEFORE DELETE ON ${chosen(schema.tables, table)} WHEN ${body % 9} BEGIN SELECT 1; END`,
  ),
  'drop trigger': onOne('triggers', (trigger) => `DROP TRIGGER ${trigger}`),
  'create view': createView,
  'replace view': replaceView,
  'drop view': onOne('views', (view) => `DROP VIEW ${view}`),
  'insert rows': onOne('tables', (table) => `INSERT INTO ${table} DEFAULT VALUES`),
  'user version': (_, [version = 0]) => `PRAGMA user_version = ${version % 9}`,
}

/** These cannot run inside a transaction. */
export const BARE_CHANGES: Readonly<Record<string, Change>> = {
  vacuum: () => 'VACUUM',
  analyze: () => 'ANALYZE',
  'journal mode': (_, [mode = 0]) => `PRAGMA journal_mode = ${['WAL', 'DELETE', 'PERSIST'][mode % 3]}`,
}
export const CHANGES = { ...TABLE_CHANGES, ...OTHER_CHANGES }

function readSchema(database: DatabaseSync): Schema {
  const rows = database
    .prepare(
      `SELECT name, type FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all()
  const owned = database
    .prepare(
      `SELECT name, type FROM sqlite_schema WHERE type = 'trigger' OR type = 'index' AND sql IS NOT NULL ORDER BY name`,
    )
    .all()
  const named = (list: typeof rows, type: string) =>
    list.filter((row) => row.type === type).map(({ name }) => String(name))
  const columns = database.prepare(`SELECT name FROM pragma_table_xinfo(?, 'main') ORDER BY cid`)
  return {
    tables: named(rows, 'table'),
    views: named(rows, 'view'),
    indexes: named(owned, 'index'),
    triggers: named(owned, 'trigger'),
    columns: (relation) => columns.all(relation).map(({ name }) => String(name)),
  }
}

/** Makes a change whole or not at all, inside a transaction or outside one. */
export function makeChange(database: DatabaseSync, change: Change, picks: Picks, bare = false): void {
  const sql = change(readSchema(database), picks)
  if (sql === undefined) throw new Error('nothing to change')
  if (bare) {
    database.exec(sql)
    return
  }
  const inTransaction = database.isTransaction
  database.exec('SAVEPOINT change')
  try {
    database.exec(sql)
    database.exec('RELEASE change')
  } catch (error) {
    // Outside a transaction the release is a commit, which a reader can stop: no lock may stay behind.
    if (!inTransaction && database.isTransaction) database.exec('ROLLBACK')
    else if (database.isTransaction) database.exec('ROLLBACK TO change; RELEASE change')
    throw error
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { readCreateVirtualTable } from './create-other.ts'
import { foldName } from './tokens.ts'

export type RelationKind = 'table' | 'virtual table' | 'shadow table' | 'view'

/** A table or view, by its row in sqlite_schema. */
export interface Relation {
  readonly rowid: number
  /** As stored; told apart by its bytes where it is no valid text. */
  readonly name: string
  readonly kind: RelationKind
  /** Rows of its indexes and triggers. */
  readonly owned: readonly number[]
}

/** The names of a schema: what must be known as a whole, a few hundred bytes per object (SQLite itself keeps more). */
export interface Outline {
  readonly relations: readonly Relation[]
  /** The relation of a name, compared as SQLite does. */
  find(name: string): Relation | undefined
}

/** SQLite's own tables (sqlite_sequence, sqlite_stat1 …) and automatic indexes. */
const NOT_INTERNAL = String.raw`name NOT LIKE 'sqlite\_%' ESCAPE '\'`

export function readOutline(database: DatabaseSync): Outline {
  const relations: (Relation & { readonly owned: number[] })[] = []
  const byName = new Map<string, Relation & { readonly owned: number[] }>()
  const modules = new Map<string, string>()
  for (const row of database.prepare(RELATIONS).iterate()) {
    const name = distinctName(String(row.name), String(row.hex))
    const kind: RelationKind = row.type === 'view' ? 'view' : row.sql === null ? 'table' : 'virtual table'
    const entry = { rowid: Number(row.rowid), name, kind, owned: [] as number[] }
    relations.push(entry)
    if (!byName.has(foldName(name))) byName.set(foldName(name), entry)
    if (row.sql !== null) modules.set(foldName(name), foldName(readCreateVirtualTable(String(row.sql)).module))
  }
  for (const row of database.prepare(OWNED).iterate()) {
    byName.get(foldName(String(row.tbl_name)))?.owned.push(Number(row.rowid))
  }
  const marked = modules.size === 0 ? relations : relations.map((entry) => markShadow(entry, modules))
  return { relations: marked, find: (name) => byName.get(foldName(name)) }
}

/** SQLite lets names be any bytes; those that are no text read alike, with replacement characters. */
function distinctName(name: string, hex: string): string {
  const isText = !name.includes('\ufffd') || Buffer.from(name).toString('hex') === hex.toLowerCase()
  return isText ? name : `${name} (x'${hex}')`
}

const RELATIONS = `
  SELECT rowid, type, name, iif(type = 'table' AND coalesce(rootpage, 0) = 0, sql, NULL) AS sql,
         hex(name) AS hex
  FROM main.sqlite_schema WHERE type IN ('table', 'view') AND ${NOT_INTERNAL} ORDER BY rowid`
const OWNED = `
  SELECT rowid, tbl_name FROM main.sqlite_schema
  WHERE type = 'trigger' OR type = 'index' AND sql IS NOT NULL ORDER BY rowid`

/** https://www.sqlite.org/vtab.html#xshadowname, as the modules that Node's SQLite is built with define it. */
const FTS3_TABLES = ['content', 'docsize', 'segdir', 'segments', 'stat']
const RTREE_TABLES = ['node', 'parent', 'rowid']
const SHADOW_TABLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['fts3', FTS3_TABLES],
  ['fts4', FTS3_TABLES],
  ['fts5', ['config', 'content', 'data', 'docsize', 'idx']],
  ['rtree', RTREE_TABLES],
  ['rtree_i32', RTREE_TABLES],
  ['geopoly', RTREE_TABLES],
])

/** `pragma_table_list` would tell too, in time quadratic to the number of views. */
function markShadow<Entry extends Relation>(relation: Entry, modules: ReadonlyMap<string, string>): Entry {
  const name = foldName(relation.name)
  const underscore = name.lastIndexOf('_')
  const suffixes = SHADOW_TABLES.get(modules.get(name.slice(0, Math.max(underscore, 0))) ?? '')
  const isShadow = relation.kind === 'table' && suffixes?.includes(name.slice(underscore + 1)) === true
  return isShadow ? { ...relation, kind: 'shadow table' } : relation
}

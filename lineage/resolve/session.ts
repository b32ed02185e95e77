import { STRUCTS, type Traits } from '../dialects.ts'
import { candidates, shardFamily, tableKey } from '../names.ts'
import type { Path } from '../syntax/ast.ts'
import type { Defaults, SchemaLookup, TableName, TableSchema } from '../types.ts'
import { addDeps, type Dep, type Deps, mergeDeps, type TableRef } from './deps.ts'
import { type OutColumn, type Relation, tableRelation } from './relation.ts'

/** A table that lives as long as the session, and what has been put into it. */
interface TemporaryTable {
  readonly ref: TableRef
  relation: Relation
  /** Everything read by what filled it. */
  readonly feeds: Map<string, TableRef>
}

/** What a statement answered, and the tables it read for that. */
export interface Result {
  readonly relation: Relation
  readonly inputs: ReadonlyMap<string, TableRef>
}

/** What one statement leaves for the next: temporary tables, tables made or moved in the same text, rows of cursors. */
export interface Session {
  readonly temporary: Map<string, TemporaryTable>
  /** Columns of tables this text made, by key. `null`: made, columns unknown. */
  readonly made: Map<string, TableSchema | null>
  readonly rows: Map<string, Relation>
  /** What the statements of a pipe have given so far, the last one last. */
  results: readonly Result[]
  readonly variables: Set<string>
  /** Where unqualified names lead since the last USE. */
  defaults: Defaults
  readonly consulted: Map<string, TableName>
  readonly relations: Map<string, { readonly schema: TableSchema | undefined; readonly relation: Relation }>
}

export function createSession(defaults: Defaults): Session {
  return {
    temporary: new Map(),
    made: new Map(),
    rows: new Map(),
    results: [],
    variables: new Set(),
    defaults,
    consulted: new Map(),
    relations: new Map(),
  }
}

export interface Resolved {
  readonly ref: TableRef
  readonly columns: readonly string[] | undefined
  readonly relation: Relation
  /** What a temporary table was filled from. */
  readonly feeds: ReadonlyMap<string, TableRef> | undefined
}

interface Surroundings {
  readonly traits: Traits
  readonly defaults: Defaults
  readonly lookup: SchemaLookup
  readonly session: Session
}

export function isTemporaryName(path: Path, traits: Traits): boolean {
  const last = path.at(-1)
  if (last === undefined) return false
  if (last.text.startsWith('@')) return true
  if (traits.temporaryPrefix !== undefined && last.text.startsWith(traits.temporaryPrefix)) return true
  return path.length > 1 && /^pg_temp$/i.test(path[0]?.text ?? '')
}

/** A temporary table answers to its last part: sessions have one name space for them. */
function temporaryKey(path: Path): string {
  return (path.at(-1)?.text ?? '').toLowerCase()
}

export function findTemporary(
  session: Session,
  path: Path,
  traits: Traits,
  defaults: Defaults,
): TemporaryTable | undefined {
  const found = session.temporary.get(temporaryKey(path))
  if (found === undefined || path.length === 1 || isTemporaryName(path, traits)) return found
  return candidates(path, traits, defaults).some((name) => tableKey(name, false) === found.ref.key) ? found : undefined
}

/** The table a path names: temporary, made by this text, known to the catalogue, or none of them. */
export function resolveTable(around: Surroundings, path: Path): Resolved {
  const { session, traits, defaults } = around
  const temporary = findTemporary(session, path, traits, defaults)
  if (temporary !== undefined)
    return {
      ref: temporary.ref,
      columns: temporary.relation.columns.map((column) => column.name),
      relation: placeless(temporary.relation),
      feeds: temporary.feeds,
    }
  const assumed = defaults.assumed === true && path.length === 1
  const names = assumed
    ? [bareName(path, around), ...candidates(path, traits, defaults)]
    : candidates(path, traits, defaults)
  const [first = []] = names
  const known = names.map((name) => findSchema(around, name)).filter((schema) => schema !== undefined)
  const found = assumed && known.length > 1 ? undefined : known[0]
  const name = found?.name ?? (traits.dialect === 'bigquery' ? (shardFamily(first) ?? first) : first)
  const temporaryName = isTemporaryName(path, traits)
  const key = tableKey(name, found !== undefined)
  const cached = session.relations.get(key)
  if (cached !== undefined && cached.schema === found)
    return toResolved(cached.relation, { key, name, temporary: temporaryName, known: found !== undefined }, found)
  const ref: TableRef = { key, name, temporary: temporaryName, known: found !== undefined }
  const { columns, fields } = topLevel(found?.columns, traits)
  const relation = tableRelation(ref, columns, fields)
  session.relations.set(key, { schema: found, relation })
  return toResolved(relation, ref, found)
}

/** Its columns were computed by another statement. */
function placeless(relation: Relation): Relation {
  return { ...relation, columns: relation.columns.map(({ place: _, ...column }) => column) }
}

/** An unqualified name of which it is not known where it leads. */
function bareName(path: Path, { traits, defaults }: Surroundings): TableName {
  const [name = []] = candidates(path, traits, defaults.database === undefined ? {} : { database: defaults.database })
  return name
}

/** Catalogues of dialects with structs may list `a.b` beside `a`: a field, not a column. */
function topLevel(
  listed: readonly string[] | undefined,
  traits: Traits,
): { readonly columns: readonly string[] | undefined; readonly fields: readonly string[] } {
  if (listed === undefined || !STRUCTS.has(traits.dialect) || !listed.some((name) => name.includes('.')))
    return { columns: listed, fields: [] }
  const names = new Set(listed)
  const isField = (name: string): boolean => names.has(name.slice(0, Math.max(0, name.indexOf('.'))))
  return { columns: listed.filter((name) => !isField(name)), fields: listed.filter(isField) }
}

function toResolved(relation: Relation, ref: TableRef, schema: TableSchema | undefined): Resolved {
  const columns = relation.fields === undefined ? schema?.columns : relation.columns.map((column) => column.name)
  return { ref, columns, relation, feeds: undefined }
}

function findSchema(around: Surroundings, name: TableName): TableSchema | undefined {
  const { session, lookup, traits } = around
  const made = session.made.get(tableKey(name, false))
  if (made !== undefined) return made ?? undefined
  const found = consult(session, lookup, name)
  if (found !== undefined || traits.dialect !== 'bigquery') return found
  const family = shardFamily(name)
  return family === undefined ? undefined : consult(session, lookup, family)
}

/** Names that differ in case alone may be two tables: each is asked for by itself. */
function consult(session: Session, lookup: SchemaLookup, name: TableName): TableSchema | undefined {
  session.consulted.set(name.join('\u0000'), name)
  return lookup(name)
}

export function makeTemporary(
  session: Session,
  path: Path,
  ref: TableRef,
  relation: Relation,
  feeds: ReadonlyMap<string, TableRef>,
): void {
  session.temporary.set(temporaryKey(path), { ref, relation, feeds: new Map(feeds) })
}

/** Adds rows: each column now also holds what the rows put there. */
export function fillTemporary(
  session: Session,
  path: Path,
  fills: readonly OutColumn[],
  influences: Deps,
  feeds: ReadonlyMap<string, TableRef>,
): void {
  const table = session.temporary.get(temporaryKey(path))
  if (table === undefined) return
  for (const [key, ref] of feeds) table.feeds.set(key, ref)
  const { relation } = table
  const byName = new Map(fills.map((column) => [column.name.toLowerCase(), column]))
  const columns = relation.columns.map((column): OutColumn => {
    const fill = byName.get(column.name.toLowerCase())
    byName.delete(column.name.toLowerCase())
    if (fill === undefined) return column
    const transformation = column.deps.size === 0 ? fill.transformation : column.transformation
    return { ...column, deps: mergeDeps([column.deps, fill.deps]), transformation }
  })
  const all = [...columns, ...byName.values()]
  const merged = new Map<string, Dep>(relation.influences)
  addDeps(merged, influences)
  table.relation = {
    ...relation,
    columns: all,
    placed: relation.open.length === 0 ? all.length : relation.placed,
    influences: merged,
  }
}

export function dropTable(session: Session, path: Path, name: TableName): void {
  session.temporary.delete(temporaryKey(path))
  session.made.delete(tableKey(name, false))
}

/** Notes that a statement reads a table: of a temporary one, what it was filled from. */
export function noteRead(inputs: Map<string, TableRef>, resolved: Resolved): void {
  if (resolved.feeds === undefined) inputs.set(resolved.ref.key, resolved.ref)
  else for (const [key, ref] of resolved.feeds) inputs.set(key, ref)
}

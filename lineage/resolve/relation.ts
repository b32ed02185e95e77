import type { Traits } from '../dialects.ts'
import { comparable, foldName } from '../names.ts'
import type { Name, Span } from '../syntax/ast.ts'
import type { Transformation } from '../types.ts'
import { type Deps, lowered, mergeDeps, NO_DEPS, oneDep, SUPPOSED, type TableRef, transformed } from './deps.ts'

/** What a value reads, and how it comes out of it. */
export interface Value {
  readonly deps: Deps
  readonly transformation: Transformation
  /** Where it is computed, however often it was passed on since. */
  readonly place?: Span
}

/** A column that a relation gives. */
export interface OutColumn extends Value {
  /** Folded. */
  readonly name: string
  /** Where the expression stands in the text. */
  readonly span?: Span
}

/** Columns a relation has that nobody listed: those of an unknown table, or whatever a function makes of its arguments. */
export interface OpenPart {
  readonly table?: TableRef
  readonly deps?: Deps
  /** In lower case: names that a star left out. */
  readonly except: ReadonlySet<string>
  /** Whether `*` brings them: fields of an unnested struct do not come. */
  readonly starred: boolean
  /** What the other branches of a UNION of stars have in the same places: very likely columns of the same names. */
  readonly also?: readonly TableRef[]
}

export interface Relation {
  readonly columns: readonly OutColumn[]
  readonly open: readonly OpenPart[]
  /** Columns before this index stand where they are listed; behind it, unknown ones may stand between. */
  readonly placed: number
  /** What chose the rows. */
  readonly influences: Deps
  /** Fields of structs that the catalogue lists by dotted names: found by name, not brought by a star. */
  readonly fields?: readonly OutColumn[]
}

export const EMPTY_RELATION: Relation = { columns: [], open: [], placed: 0, influences: NO_DEPS }

export function closed(columns: readonly OutColumn[], influences: Deps = NO_DEPS): Relation {
  return { columns, open: [], placed: columns.length, influences }
}

const NOTHING: ReadonlySet<string> = new Set()

export function tableRelation(
  table: TableRef,
  columns: readonly string[] | undefined,
  fields: readonly string[] = [],
): Relation {
  if (columns === undefined)
    return { columns: [], open: [{ table, except: NOTHING, starred: true }], placed: 0, influences: NO_DEPS }
  const read = (name: string): OutColumn => ({ name, deps: oneDep(table, name), transformation: 'identity' })
  const relation = closed(columns.map(read))
  return fields.length === 0 ? relation : { ...relation, fields: fields.map(read) }
}

/** A relation whose columns all come out of the same values: a table function. */
export function functionRelation(names: readonly string[], deps: Deps, open: boolean): Relation {
  const made = transformed(deps)
  const columns = names.map(
    (name): OutColumn => ({ name, deps: made, transformation: made.size === 0 ? 'constant' : 'expression' }),
  )
  return {
    columns,
    open: open ? [{ deps: made, except: NOTHING, starred: false }] : [],
    placed: columns.length,
    influences: NO_DEPS,
  }
}

interface Index {
  readonly exact: ReadonlyMap<string, OutColumn | null>
  readonly lower: ReadonlyMap<string, OutColumn | null>
}

const INDEXES = new WeakMap<Relation, Index>()

function indexOf(relation: Relation): Index {
  let index = INDEXES.get(relation)
  if (index === undefined) {
    const exact = new Map<string, OutColumn | null>()
    const lower = new Map<string, OutColumn | null>()
    for (const column of relation.fields === undefined ? relation.columns : [...relation.columns, ...relation.fields]) {
      put(exact, column.name, column)
      put(lower, column.name.toLowerCase(), column)
    }
    index = { exact, lower }
    INDEXES.set(relation, index)
  }
  return index
}

/** Two columns of a name cannot be told apart, unless they are the same value. */
function put(map: Map<string, OutColumn | null>, key: string, column: OutColumn): void {
  const old = map.get(key)
  map.set(key, old === undefined || (old !== null && sameDeps(old.deps, column.deps)) ? column : null)
}

export function sameDeps(a: Deps, b: Deps): boolean {
  if (a.size !== b.size) return false
  for (const key of a.keys()) if (!b.has(key)) return false
  return true
}

/** The listed column of a name; `null` where several answer to it. Without `loose`, case counts where it does in the dialect. */
export function findColumn(
  relation: Relation,
  name: Name,
  traits: Traits,
  loose: boolean,
): OutColumn | null | undefined {
  const { exact, lower } = indexOf(relation)
  const folded = foldName(name, traits)
  const found = exact.get(folded)
  if (found !== undefined || (!loose && traits.fold !== 'keep') || traits.fold === 'exact') return found
  return lower.get(comparable(folded, traits).toLowerCase())
}

/** A column that only the open part of a relation can have: the one unlisted source there is. */
export function findOpen(
  relation: Relation,
  name: Name,
  traits: Traits,
  confidence: number,
): OutColumn | 'many' | undefined {
  const folded = foldName(name, traits)
  const parts = relation.open.filter((part) => !part.except.has(folded.toLowerCase()))
  const [first] = parts
  if (first === undefined) return undefined
  if (parts.some((part) => part.table === undefined || part.table.key !== first.table?.key) && parts.length > 1)
    return 'many'
  const own = first.table === undefined ? (first.deps ?? NO_DEPS) : lowered(oneDep(first.table, folded), confidence)
  const deps =
    first.also === undefined
      ? own
      : mergeDeps([own, ...first.also.map((table) => oneDep(table, folded, Math.min(confidence, SUPPOSED)))])
  return { name: folded, deps, transformation: first.table === undefined ? 'expression' : 'identity' }
}

import type { EdgeSubtype, TableName } from '../types.ts'

/** A relation that is read or written, by its full name. */
export interface TableRef {
  /** Equal for equal tables. */
  readonly key: string
  readonly name: TableName
  readonly temporary: boolean
  readonly known: boolean
}

/** One column read and in which ways, as bits. */
export interface Dep {
  readonly table: TableRef
  readonly column: string
  readonly ways: number
  readonly confidence: number
}

export type Deps = ReadonlyMap<string, Dep>

/** The confidence of what is likely and no more. */
export const SUPPOSED = 0.6

export const NO_DEPS: Deps = new Map()

const IDENTITY = 1
const TRANSFORMATION = 2
const AGGREGATION = 4
export const WINDOW = 8
export const CONDITIONAL = 16
/** Order inside an aggregate: part of the value. */
export const VALUE_SORT = 32
/** The rest is about rows, not about one value. */
export const FILTER = 64
export const JOIN = 128
export const GROUP = 256
export const SORT = 512

const DIRECT = IDENTITY | TRANSFORMATION | AGGREGATION

const SUBTYPES: readonly (readonly [number, EdgeSubtype])[] = [
  [AGGREGATION, 'AGGREGATION'],
  [CONDITIONAL, 'CONDITIONAL'],
  [FILTER, 'FILTER'],
  [GROUP, 'GROUP_BY'],
  [IDENTITY, 'IDENTITY'],
  [JOIN, 'JOIN'],
  [SORT | VALUE_SORT, 'SORT'],
  [TRANSFORMATION, 'TRANSFORMATION'],
  [WINDOW, 'WINDOW'],
]

export function subtypesOf(ways: number): EdgeSubtype[] {
  return SUBTYPES.filter(([bits]) => (ways & bits) !== 0).map(([, subtype]) => subtype)
}

export function oneDep(table: TableRef, column: string, confidence = 1): Deps {
  return new Map([[`${table.key}\u0001${column}`, { table, column, ways: IDENTITY, confidence }]])
}

/** Adds deps to a map that the caller owns. */
export function addDeps(into: Map<string, Dep>, deps: Deps): void {
  for (const [key, dep] of deps) {
    const old = into.get(key)
    if (old === undefined) into.set(key, dep)
    else if (old.ways !== (old.ways | dep.ways) || old.confidence < dep.confidence) {
      into.set(key, { ...old, ways: old.ways | dep.ways, confidence: Math.max(old.confidence, dep.confidence) })
    }
  }
}

export function mergeDeps(list: readonly Deps[]): Deps {
  const [first = NO_DEPS] = list
  if (list.length < 2) return first
  const merged = new Map(first)
  for (const deps of list.slice(1)) addDeps(merged, deps)
  return merged
}

function mapWays(deps: Deps, change: (ways: number) => number): Deps {
  if (deps.size === 0) return deps
  const mapped = new Map<string, Dep>()
  for (const [key, dep] of deps) {
    const ways = change(dep.ways)
    mapped.set(key, ways === dep.ways ? dep : { ...dep, ways })
  }
  return mapped
}

/** The value is computed from these. */
export function transformed(deps: Deps): Deps {
  return mapWays(deps, (ways) => ((ways & IDENTITY) === 0 ? ways : (ways & ~IDENTITY) | TRANSFORMATION))
}

export function aggregated(deps: Deps): Deps {
  return mapWays(deps, (ways) => ((ways & DIRECT) === 0 ? ways : (ways & ~DIRECT) | AGGREGATION))
}

/** The value depends on these without holding them: a condition, a window's partition. */
export function steered(deps: Deps, way: number): Deps {
  return mapWays(deps, (ways) => ((ways & DIRECT) === 0 ? ways | way : (ways & ~DIRECT) | way))
}

/** Reads of the rows' choice: whatever the way was, it is this one now. */
export function asInfluence(deps: Deps, way: number): Deps {
  return mapWays(deps, () => way)
}

export function lowered(deps: Deps, confidence: number): Deps {
  const mapped = new Map<string, Dep>()
  for (const [key, dep] of deps) mapped.set(key, { ...dep, confidence: Math.min(dep.confidence, confidence) })
  return mapped
}

import type { FoundAsset } from '../db/queries-assets.ts'
import {
  type ColumnEdgeRow,
  type ColumnSourceRow,
  listColumnEdgesAmong,
  listColumnSources,
  listReachedColumns,
  type ReachedColumn,
} from '../db/queries-column-lineage.ts'
import { type EdgeRow, type LineageDirection, listEdgesAmong } from '../db/queries-lineage.ts'
import type { Query } from '../db/store.ts'
import type { ServiceContext } from './context.ts'

/** A column of an asset. */
interface Start {
  readonly asset: FoundAsset
  readonly column: string
}

export interface ColumnGraph extends Start {
  readonly upstream: readonly ReachedColumn[]
  readonly downstream: readonly ReachedColumn[]
  readonly edges: readonly EdgeRow[]
  readonly columnEdges: readonly ColumnEdgeRow[]
  /** Columns that decide which rows the column's asset has. */
  readonly rows: readonly ColumnSourceRow[]
}

/** What a column is made from and what is made from it, with the edges that lead there. */
export async function readColumnGraph(
  { store: { sql } }: Pick<ServiceContext, 'store'>,
  start: Start,
  wish: { readonly upstream: boolean; readonly downstream: boolean; readonly depth: number },
): Promise<ColumnGraph> {
  const [up, down, sources] = await Promise.all([
    wish.upstream ? readSide(sql, start, 'upstream', wish.depth) : NOTHING,
    wish.downstream ? readSide(sql, start, 'downstream', wish.depth) : NOTHING,
    wish.upstream ? listColumnSources(sql, start.asset.assetId) : [],
  ])
  return {
    ...start,
    upstream: up.reached,
    downstream: down.reached,
    edges: [...up.edges, ...down.edges],
    columnEdges: [...up.columnEdges, ...down.columnEdges],
    rows: sources.filter(({ downstreamColumn }) => downstreamColumn === null),
  }
}

interface Side {
  readonly reached: readonly ReachedColumn[]
  readonly edges: readonly EdgeRow[]
  readonly columnEdges: readonly ColumnEdgeRow[]
}

const NOTHING: Side = { reached: [], edges: [], columnEdges: [] }

async function readSide(sql: Query, start: Start, direction: LineageDirection, depth: number): Promise<Side> {
  const { assetId } = start.asset
  const reached = await listReachedColumns(sql, { assetId, column: start.column }, direction, depth)
  if (reached.length === 0) return NOTHING
  const ids = [...new Set([assetId, ...reached.map((one) => one.assetId)])]
  const [among, between] = await Promise.all([listEdgesAmong(sql, ids), listColumnEdgesAmong(sql, ids)])
  const nodes = new Nodes(start, reached)
  const columnEdges = between.filter((edge) => {
    // What decides rows is followed downward alone.
    if (edge.downstreamColumn === null && direction === 'upstream') return false
    return nodes.has(edge.upstreamId, edge.upstreamColumn) && nodes.has(edge.downstreamId, edge.downstreamColumn)
  })
  const [near, far] = ends(direction)
  const known = among.filter((edge) => nodes.has(edge[far], null) && nodes.hasAny(edge[near]))
  const followed = known.filter((edge) => nodes.has(edge[near], null) || !edge.columnsKnown)
  // A routine that moves the column is reached by its text, whose columns are all known.
  const led = new Set([
    ...followed.map((edge) => edge[far]),
    ...columnEdges.filter((edge) => edge.downstreamColumn === null).map((edge) => edge.downstreamId),
  ])
  return { reached, columnEdges, edges: [...followed, ...known.filter((edge) => !led.has(edge[far]))] }
}

const ends = (direction: LineageDirection) =>
  direction === 'upstream' ? (['downstreamId', 'upstreamId'] as const) : (['upstreamId', 'downstreamId'] as const)

/** What was reached, and where it began: a column there stands for what is nested in it and what it is nested in. */
class Nodes {
  readonly #start: Start
  readonly #pairs: ReadonlySet<string>
  readonly #assets: ReadonlySet<number>

  constructor(start: Start, reached: readonly ReachedColumn[]) {
    this.#start = start
    this.#pairs = new Set(reached.map(({ assetId, column }) => pairKey(assetId, column)))
    this.#assets = new Set([start.asset.assetId, ...reached.map(({ assetId }) => assetId)])
  }

  has(assetId: number, column: string | null): boolean {
    if (this.#pairs.has(pairKey(assetId, column))) return true
    return column !== null && assetId === this.#start.asset.assetId && isNested(column, this.#start.column)
  }

  hasAny(assetId: number): boolean {
    return this.#assets.has(assetId)
  }
}

const pairKey = (assetId: number, column: string | null) => JSON.stringify([assetId, column])

/** Whether two dotted paths are the same, or one is within the other. */
export function isNested(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)
}

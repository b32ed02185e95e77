import type { FoundAsset } from '../db/queries-assets.ts'
import {
  type ColumnEdgeRow,
  type ColumnSourceRow,
  listColumnEdgesAmong,
  type ReachedColumn,
} from '../db/queries-column-lineage.ts'
import { type EdgeRow, type ImpactRow, listEdgesAmong, listImpact, listReached } from '../db/queries-lineage.ts'
import { readColumnGraph } from './column-graph.ts'
import type { ServiceContext } from './context.ts'
import { type LineagePlace, requireColumn, requirePlace } from './lineage-place.ts'

export type { ColumnEdgeRow, ReachedColumn } from '../db/queries-column-lineage.ts'
export type { ImpactRow } from '../db/queries-lineage.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

/** What an asset or a column is made from and what is made from it, with the edges between. */
export interface LineageGraph {
  readonly asset: FoundAsset
  readonly column: string | null
  readonly upstream: readonly ReachedColumn[]
  readonly downstream: readonly ReachedColumn[]
  /** Of a column: those by which an asset is reached as a whole. */
  readonly edges: readonly EdgeRow[]
  /** Null where they were not asked for. */
  readonly columnEdges: readonly ColumnEdgeRow[] | null
  /** Of a column: those that decide which rows its asset has. */
  readonly rows: readonly ColumnSourceRow[]
}

export interface LineageWish {
  /** A column may stand behind its asset, after a dot or a `#`. */
  readonly asset: string
  readonly upstream: boolean
  readonly downstream: boolean
  /** Steps away, at most. */
  readonly depth: number
  /** The edges between columns too. */
  readonly columns: boolean
}

export interface FoundLineage extends LineageGraph {
  /** What else the name could mean. */
  readonly also: readonly LineagePlace[]
}

export async function readLineage(context: Reading, wish: LineageWish): Promise<FoundLineage> {
  const { sql } = context.store
  const { asset, column, also } = await requirePlace(context, wish.asset)
  if (column !== null) return { ...(await readColumnGraph(context, { asset, column }, wish)), also }
  const { assetId } = asset
  const reach = async (wanted: boolean, side: 'upstream' | 'downstream') =>
    (wanted ? await listReached(sql, assetId, side, wish.depth) : []).map((one) => ({ ...one, column: null }))
  const [upstream, downstream] = await Promise.all([
    reach(wish.upstream, 'upstream'),
    reach(wish.downstream, 'downstream'),
  ])
  // Each side by itself: an edge from something upstream straight to something downstream is no way through the asset.
  const ids = [upstream, downstream].map((side) => [assetId, ...side.map((reached) => reached.assetId)])
  const among = async <Edge>(list: (side: readonly number[]) => Promise<readonly Edge[]>): Promise<readonly Edge[]> =>
    unique((await Promise.all(ids.map((side) => (side.length > 1 ? list(side) : [])))).flat())
  const edges = await among((side) => listEdgesAmong(sql, side))
  const columnEdges = wish.columns ? await among((side) => listColumnEdgesAmong(sql, side)) : null
  return { asset, column, upstream, downstream, edges, columnEdges, rows: [], also }
}

/** Rows that say the same, once: in a circle an edge is on both sides. */
function unique<Row>(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()]
}

export interface Impact extends LineagePlace {
  readonly impact: readonly ImpactRow[]
}

/** What a change of an asset, or of one of its columns, may reach. The column may be part of the name. */
export async function readImpact(
  context: Reading,
  name: string,
  column?: string,
): Promise<Impact & { readonly also: readonly LineagePlace[] }> {
  const place = await requirePlace(context, name)
  const meant = column === undefined ? place : await requireColumn(context, place.asset, column)
  const { asset } = place
  const impact = await listImpact(context.store.sql, asset.assetId, meant.column)
  return { asset, column: meant.column, impact, also: column === undefined ? place.also : [] }
}

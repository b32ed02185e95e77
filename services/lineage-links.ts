import { isNested } from './column-graph.ts'
import type { ColumnEdgeRow, LineageGraph } from './lineage.ts'

/** An asset, or a column of one. */
export interface LinkEnd {
  readonly assetId: number
  readonly column: string | null
}

/** One arrow of a lineage. */
export interface Link {
  readonly from: LinkEnd
  readonly to: LinkEnd
  /** What a text tells of it; absent between assets as such. */
  readonly edge?: ColumnEdgeRow
  /** Between assets: whether every column between them is known. */
  readonly columnsKnown: boolean
  /** Its source leaves it out by now. */
  readonly stale: boolean
}

/** The arrows of a lineage, each between ends that it has reached. */
export function listLinks(graph: LineageGraph): readonly Link[] {
  const columns = (graph.columnEdges ?? []).map(
    (edge): Link => ({
      from: atStart(graph, { assetId: edge.upstreamId, column: edge.upstreamColumn }),
      to: atStart(graph, { assetId: edge.downstreamId, column: edge.downstreamColumn }),
      edge,
      columnsKnown: true,
      stale: edge.staleSince !== null,
    }),
  )
  const ends = listEnds(graph)
  const assets = graph.edges.flatMap(({ upstreamId, downstreamId, columnsKnown, stale }) =>
    (ends.get(upstreamId) ?? []).flatMap((from) =>
      (ends.get(downstreamId) ?? [])
        // One end is the whole of its asset: between columns texts alone tell.
        .filter((to) => from.column === null || to.column === null)
        .map((to): Link => ({ from, to, columnsKnown, stale })),
    ),
  )
  return [...columns, ...assets]
}

/** What stands for each asset: itself where it was reached as a whole, else its columns. */
function listEnds(graph: LineageGraph): ReadonlyMap<number, readonly LinkEnd[]> {
  const start: LinkEnd = { assetId: graph.asset.assetId, column: graph.column }
  const all = [start, ...graph.upstream, ...graph.downstream].map(({ assetId, column }) => ({ assetId, column }))
  const byAsset = Map.groupBy(all, ({ assetId }) => assetId)
  return new Map(
    [...byAsset].map(([assetId, ends]) => {
      const whole = ends.find(({ column }) => column === null)
      return [assetId, whole === undefined || assetId === start.assetId ? ends : [whole]]
    }),
  )
}

/** What is nested in the column asked for, and what it is nested in, stands for it. */
function atStart({ asset, column }: LineageGraph, end: LinkEnd): LinkEnd {
  const meant = column !== null && end.column !== null && end.assetId === asset.assetId && isNested(end.column, column)
  return meant ? { assetId: end.assetId, column } : end
}

/** How one column makes another, in a few words; nothing for a plain copy that is sure. */
export function howText(edge: ColumnEdgeRow): string {
  const words = [
    wayText(edge),
    edge.confidence < 1 ? `confidence ${edge.confidence.toFixed(2)}` : '',
    edge.staleSince === null ? '' : 'stale',
  ]
  return words.filter(Boolean).join(', ')
}

function wayText({ influence, transformation, subtypes, expression, downstreamColumn }: ColumnEdgeRow): string {
  if (influence === 'indirect') {
    const ways = subtypes.map((subtype) => subtype.toLowerCase().replaceAll('_', ' ')).join(', ')
    return downstreamColumn === null ? `rows: ${ways}` : ways
  }
  if (expression === null) return transformation === 'identity' ? '' : transformation
  return transformation === 'expression' ? expression : `${transformation}: ${expression}`
}

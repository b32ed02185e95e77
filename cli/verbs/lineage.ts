import { dotLineage } from '../../services/diagrams/dot.ts'
import { mermaidFlowchart } from '../../services/diagrams/mermaid.ts'
import { type LineageGraph, type ReachedAsset, readLineage } from '../../services/lineage.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession } from '../session.ts'
import { count } from '../text.ts'
import { type Branch, drawTree } from '../tree.ts'

interface Options {
  readonly up?: true
  readonly down?: true
  readonly depth: number
  readonly mermaid?: true
  readonly dot?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const { up, down, depth } = options
  // Without a direction: both.
  const upstream = up === true || down !== true
  const downstream = down === true || up !== true
  const graph = await readLineage(session, { asset: args[0] ?? '', upstream, downstream, depth })
  io.data(graph)
  if (options.mermaid === true) return void io.print(mermaidFlowchart(graph).trimEnd())
  if (options.dot === true) return void io.print(dotLineage(graph).trimEnd())
  if (upstream) printSide(io, graph, 'upstream')
  if (upstream && downstream) io.print()
  if (downstream) printSide(io, graph, 'downstream')
}

function printSide(io: Io, graph: LineageGraph, side: 'upstream' | 'downstream'): void {
  const reached = new Map(graph[side].map((asset) => [asset.assetId, asset]))
  const [here, there] =
    side === 'upstream' ? (['downstreamId', 'upstreamId'] as const) : (['upstreamId', 'downstreamId'] as const)
  const next = Map.groupBy(graph.edges, (edge) => edge[here])
  const branches = (id: number): readonly Branch[] =>
    (next.get(id) ?? [])
      .flatMap((edge) => {
        const asset = reached.get(edge[there])
        return asset === undefined ? [] : [toBranch(asset)]
      })
      .sort((one, other) => (one.label < other.label ? -1 : 1))
  const title = side === 'upstream' ? 'is made from' : 'is read by'
  io.print(io.style('bold', `${graph.asset.asset} ${title} ${count(reached.size, 'asset')}`))
  for (const line of drawTree(toBranch(graph.asset), branches)) io.print(`  ${line}`)
}

const toBranch = ({ assetId, asset, kind }: Omit<ReachedAsset, 'depth' | 'path'>): Branch => ({
  id: assetId,
  label: `${asset}  (${kind ?? 'not crawled'})`,
})

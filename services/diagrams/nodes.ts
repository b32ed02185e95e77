import type { FoundAsset } from '../../db/queries-assets.ts'
import type { LineageGraph } from '../lineage.ts'
import { type Link, type LinkEnd, listLinks } from '../lineage-links.ts'

/** Every asset of a lineage once: in a circle one may be upstream and downstream. */
export function listNodes({ asset, upstream, downstream }: LineageGraph): readonly FoundAsset[] {
  const nodes = new Map([asset, ...upstream, ...downstream].map((node) => [node.assetId, node]))
  return [...nodes.values()]
}

export interface ColumnNode extends FoundAsset {
  /** Those that a line begins or ends at. */
  readonly columns: readonly string[]
}

/** The assets of a lineage with their columns, and the lines between them: of assets where none of their columns has one. */
export function listColumnNodes(graph: LineageGraph): {
  readonly nodes: readonly ColumnNode[]
  readonly links: readonly Link[]
} {
  const all = listLinks(graph)
  const pair = ({ from, to }: Link) => `${from.assetId} ${to.assetId}`
  const told = new Set(all.filter(({ edge }) => edge !== undefined).map(pair))
  const links = all.filter((link) => link.edge !== undefined || graph.column !== null || !told.has(pair(link)))
  const start: LinkEnd = { assetId: graph.asset.assetId, column: graph.column }
  const ends = Map.groupBy([start, ...links.flatMap(({ from, to }) => [from, to])], ({ assetId }) => assetId)
  const nodes = listNodes(graph).map((node) => ({
    assetId: node.assetId,
    asset: node.asset,
    kind: node.kind,
    columns: [
      ...new Set((ends.get(node.assetId) ?? []).flatMap(({ column }) => (column === null ? [] : [column]))),
    ].sort(),
  }))
  return { nodes, links }
}

import type { FoundAsset } from '../../db/queries-assets.ts'
import type { LineageGraph } from '../lineage.ts'

/** Every asset of a lineage once: in a circle one may be upstream and downstream. */
export function listNodes({ asset, upstream, downstream }: LineageGraph): readonly FoundAsset[] {
  const nodes = new Map([asset, ...upstream, ...downstream].map((node) => [node.assetId, node]))
  return [...nodes.values()]
}

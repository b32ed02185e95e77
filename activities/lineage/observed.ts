import type { NamedAsset, ObservedLineage } from '../../connectors/kit/index.ts'
import type { DerivedFieldEdge, DerivedText, EdgeEnd } from '../../db/lineage/stage.ts'
import type { SourceRow } from '../../db/sources.ts'
import { canonicalHash } from '../../model/hash.ts'
import { displayName, nameKey } from '../../model/names.ts'

/**
 * What a source has recorded of one asset, as the store keeps what was derived from a statement. Sources record which
 * columns fill which, and not which ones filter or join: where a column has no edge nothing follows from that.
 */
export function toText(
  { downstream, upstreams, columns }: ObservedLineage,
  { namespaceId }: Pick<SourceRow, 'namespaceId'>,
  sourceId: number,
): DerivedText {
  const endOf = ({ group, path }: NamedAsset): EdgeEnd => ({
    namespaceId,
    group,
    key: nameKey(path),
    path,
    display: displayName(path),
  })
  const into = endOf(downstream)
  const identity = (asset: NamedAsset) => [asset.group, asset.path]
  const textHash = canonicalHash([
    'observed',
    identity(downstream),
    upstreams.map(identity),
    columns.map(({ upstream, from, to }) => [identity(upstream), from, to]),
  ])
  return {
    sourceId,
    textHash,
    outcome: 'resolved',
    statements: 1,
    resolved: 1,
    partial: 0,
    failed: 0,
    unresolvedReferences: 0,
    gaps: [],
    references: [],
    edges: upstreams.map((upstream) => ({ upstream: endOf(upstream), downstream: into, columnsKnown: false })),
    fieldEdges: columns.map(
      ({ upstream, from, to }): DerivedFieldEdge => ({
        upstream: endOf(upstream),
        upstreamField: nameKey(from),
        downstream: into,
        downstreamField: nameKey(to),
        influence: 'direct',
        // That it flows is known, not how.
        transformation: 'expression',
        subtypes: ['TRANSFORMATION'],
        expression: undefined,
        confidence: 1,
        statementHash: textHash,
      }),
    ),
  }
}

import { findColumn } from '../db/annotations.ts'
import type { FoundAsset } from '../db/queries-assets.ts'
import {
  type EntityRow,
  listEntities,
  listReferences,
  listTablesWithin,
  type ReferenceRow,
} from '../db/queries-keys.ts'
import {
  type EdgeRow,
  type ImpactRow,
  listEdgesAmong,
  listImpact,
  listReached,
  type ReachedAsset,
} from '../db/queries-lineage.ts'
import { IngestError } from '../model/errors.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'

export type { ImpactRow, ReachedAsset } from '../db/queries-lineage.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

/** What an asset is made from and what is made from it, with the edges between. */
export interface LineageGraph {
  readonly asset: FoundAsset
  readonly upstream: readonly ReachedAsset[]
  readonly downstream: readonly ReachedAsset[]
  readonly edges: readonly EdgeRow[]
}

export interface LineageWish {
  readonly asset: string
  readonly upstream: boolean
  readonly downstream: boolean
  /** Steps away, at most. */
  readonly depth: number
}

export async function readLineage(context: Reading, wish: LineageWish): Promise<LineageGraph> {
  const { sql } = context.store
  const asset = await requireAsset(context, wish.asset)
  const { assetId } = asset
  const [upstream, downstream] = await Promise.all([
    wish.upstream ? listReached(sql, assetId, 'upstream', wish.depth) : [],
    wish.downstream ? listReached(sql, assetId, 'downstream', wish.depth) : [],
  ])
  // Each side by itself: an edge from something upstream straight to something downstream is no way through the asset.
  const ids = [upstream, downstream].map((side) => [assetId, ...side.map((reached) => reached.assetId)])
  const edges = (await Promise.all(ids.map((side) => (side.length > 1 ? listEdgesAmong(sql, side) : [])))).flat()
  const unique = new Map(edges.map((edge) => [`${edge.upstreamId} ${edge.downstreamId}`, edge]))
  return { asset, upstream, downstream, edges: [...unique.values()] }
}

export interface Impact {
  readonly asset: FoundAsset
  readonly column: string | null
  readonly impact: readonly ImpactRow[]
}

/** What a change of an asset, or of one of its columns, may reach. */
export async function readImpact(context: Reading, name: string, column?: string): Promise<Impact> {
  const { sql } = context.store
  const asset = await requireAsset(context, name)
  if (column === undefined) return { asset, column: null, impact: await listImpact(sql, asset.assetId, null) }
  const found = await findColumn(sql, asset.assetId, column)
  if (found === undefined) {
    throw new IngestError('invalid_config', `${asset.asset} has no column ${JSON.stringify(column)}`, {
      hint: `See its columns: tidemark show ${asset.asset}`,
    })
  }
  return { asset, column: found.path, impact: await listImpact(sql, asset.assetId, found.path) }
}

/** Tables and the foreign keys between them. */
export interface EntityGraph {
  readonly asset: FoundAsset
  readonly entities: readonly EntityRow[]
  readonly references: readonly ReferenceRow[]
}

/**
 * Of a schema or the like: its tables, with what they refer to outside of it. Of a table: itself and its neighbours.
 * @throws IngestError `invalid_config` when there is no table to draw.
 */
export async function readEntities(context: Reading, name: string): Promise<EntityGraph> {
  const { sql } = context.store
  const asset = await requireAsset(context, name)
  const within = await listTablesWithin(sql, asset.assetId)
  if (within.length === 0) {
    throw new IngestError('invalid_config', `there are no tables in ${asset.asset} to draw`, {
      hint: 'Name a schema, a database or a table.',
    })
  }
  const inside = new Set(within)
  const alone = within.length === 1 && inside.has(asset.assetId)
  const references = (await listReferences(sql, within)).filter(({ fromId }) => alone || inside.has(fromId))
  const ids = new Set([...within, ...references.flatMap(({ fromId, toId }) => [fromId, toId])])
  return { asset, entities: await listEntities(sql, [...ids]), references }
}

import type { FoundAsset } from '../db/queries-assets.ts'
import {
  type EntityRow,
  listEntities,
  listReferences,
  listTablesWithin,
  type ReferenceRow,
} from '../db/queries-keys.ts'
import { IngestError } from '../model/errors.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

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

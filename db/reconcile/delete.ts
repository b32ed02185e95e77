import type { Transaction } from '../store.ts'

const PARTS = [
  'field',
  'asset_constraint',
  'asset_index',
  'facet',
  'definition',
  'asset_version',
  'asset_statistic',
  'usage',
  'search_document',
  'ownership',
  'tag_assignment',
] as const

/**
 * Deletes assets with all that lives inside them. Their own rows go first: that waits for whoever is writing to them,
 * and what was written is then seen.
 */
export async function deleteAssets(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const gone = [...ids]
  await tx`delete from tidemark.asset where id = any (${gone}::bigint[])`
  for (const part of PARTS) await tx`delete from tidemark.${tx(part)} where asset_id = any (${gone}::bigint[])`
  await tx`delete from tidemark.lineage_edge where downstream_id = any (${gone}::bigint[])`
  await deleteTexts(tx, gone)
}

/** Live rows alone: past ones lead nowhere, and go with their time. */
async function deleteTexts(tx: Transaction, assetIds: readonly number[]): Promise<void> {
  const gone = [...assetIds]
  const texts = await tx<{ id: number }[]>`
    delete from tidemark.lineage_text where asset_id = any (${gone}::bigint[]) returning id`
  const ids = texts.map(({ id }) => id)
  await tx`delete from tidemark.lineage_edge where text_id = any (${ids}::bigint[]) and valid_to is null`
  await tx`delete from tidemark.lineage_field_edge where text_id = any (${ids}::bigint[]) and valid_to is null`
  await tx`delete from tidemark.lineage_field_edge where downstream_id = any (${gone}::bigint[]) and valid_to is null`
  await tx`delete from tidemark.lineage_field_edge where upstream_id = any (${gone}::bigint[]) and valid_to is null`
  await tx`delete from tidemark.lineage_reference where text_id = any (${ids}::bigint[])`
}

import type { Transaction } from '../store.ts'

/**
 * Ends the texts of assets that are gone, are placeholders, or have no definition and tell nothing any more, with all that was derived
 * from them. Returns how many.
 */
export async function endOrphanTexts(tx: Transaction, namespaceId: number): Promise<number> {
  const orphans = await tx<{ id: number }[]>`
    select t.id from tidemark.lineage_text t
    where t.asset_id is not null
      and t.source_id in (select id from tidemark.source where namespace_id = ${namespaceId})
      and not exists (select 1 from tidemark.asset a
                      where a.id = t.asset_id and a.removed_at is null and not a.placeholder
                        and (a.tells_lineage or exists (select 1 from tidemark.definition d where d.asset_id = a.id)))
    order by t.id for update`
  await endTexts(
    tx,
    orphans.map(({ id }) => id),
  )
  return orphans.length
}

/** Ends texts: their edges keep their past, what they referred to is forgotten. */
export async function endTexts(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const gone = [...ids]
  const ended = await tx<{ id: number }[]>`
    update tidemark.lineage_edge set valid_to = now() where text_id = any (${gone}::bigint[]) and valid_to is null
    returning id`
  await releaseEdges(
    tx,
    ended.map(({ id }) => id),
  )
  await tx`update tidemark.lineage_field_edge set valid_to = now()
           where text_id = any (${gone}::bigint[]) and valid_to is null`
  await tx`delete from tidemark.lineage_reference where text_id = any (${gone}::bigint[])`
  await tx`delete from tidemark.lineage_text where id = any (${gone}::bigint[])`
}

/**
 * An edge that a view reads from what writes to it stands in two texts and is kept by one: when that one no longer has it,
 * the other is read again.
 */
export async function releaseEdges(tx: Transaction, ended: readonly number[]): Promise<void> {
  if (ended.length === 0) return
  await tx`
    update tidemark.lineage_text t set content_hash = null
    from tidemark.lineage_edge e join tidemark.asset u on u.id = e.upstream_id and u.kind_group <> 'relation'
    where e.id = any (${[...ended]}::bigint[]) and t.asset_id in (e.downstream_id, e.upstream_id) and t.id <> e.text_id
      and t.content_hash is not null`
}

/** Ends the texts of assets about to be removed, so that nothing they wrote to keeps them. */
export async function endTextsOfRemoved(tx: Transaction): Promise<void> {
  const texts = await tx<{ id: number }[]>`
    select t.id from tidemark.lineage_text t join removed r on r.asset_id = t.asset_id order by t.id`
  await endTexts(
    tx,
    texts.map(({ id }) => id),
  )
}

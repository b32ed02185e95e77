import type { Transaction } from '../store.ts'
import { deleteAssets } from './delete.ts'

/**
 * Leads every unresolved name, of a parent or of an edge's upstream, to its asset. Names that nobody has crawled get a
 * placeholder; placeholders that nothing refers to any more go.
 */
export async function resolveReferences(tx: Transaction): Promise<void> {
  await makePlaceholders(tx)
  await tx`
    update tidemark.asset a set parent_id = p.id from tidemark.asset p
    where a.parent_id is null and a.parent_key is not null and a.removed_at is null
      and p.namespace_id = a.namespace_id and p.kind_group = a.parent_group and p.name_key = a.parent_key`
  await tx`
    update tidemark.lineage_edge e set upstream_id = a.id from tidemark.asset a
    where e.valid_to is null and e.upstream_id is null
      and a.namespace_id = e.upstream_namespace_id and a.kind_group = e.upstream_group and a.name_key = e.upstream_key`
  await dropIdlePlaceholders(tx)
}

async function makePlaceholders(tx: Transaction): Promise<void> {
  await tx`
    insert into tidemark.asset (namespace_id, kind_group, name_key, path, display, name, placeholder)
    select distinct on (e.upstream_namespace_id, e.upstream_group, e.upstream_key)
           e.upstream_namespace_id, e.upstream_group, e.upstream_key, e.upstream_path, e.upstream_display,
           e.upstream_path[cardinality(e.upstream_path)], true
    from tidemark.lineage_edge e
    where e.valid_to is null and e.upstream_id is null
      and not exists (select 1 from tidemark.asset live
                      where live.namespace_id = e.upstream_namespace_id and live.kind_group = e.upstream_group
                        and live.name_key = e.upstream_key and live.removed_at is null)
    order by e.upstream_namespace_id, e.upstream_group, e.upstream_key
    on conflict (namespace_id, kind_group, name_key) do ${revival(tx)}`
}

/** What a name does that was removed and is referred to again: it lives on as a placeholder. */
export const revival = (tx: Transaction) => tx`
  update set placeholder = true, removed_at = null, removed_reason = null, kind = null, content_hash = null,
    native_id = null, owner = null, comment = null, url = null, properties = '{}', parent_group = null, parent_key = null,
    parent_id = null
  where asset.removed_at is not null`

export async function dropIdlePlaceholders(tx: Transaction): Promise<void> {
  await tx`
    create temp table idle on commit drop as
    select a.id, exists (select 1 from tidemark.asset_version v where v.asset_id = a.id) as existed
    from tidemark.asset a
    where a.placeholder
      and not exists (select 1 from tidemark.lineage_edge e where e.upstream_id = a.id and e.valid_to is null)
      and not exists (select 1 from tidemark.lineage_edge e where e.downstream_id = a.id and e.valid_to is null)
      and not exists (select 1 from tidemark.claim c where c.asset_id = a.id)`
  await tx`update tidemark.asset a set placeholder = false, removed_at = now(), removed_reason = 'dropped'
           from idle where a.id = idle.id and idle.existed and a.placeholder`
  const unused = await tx<{ id: number }[]>`
    select a.id from tidemark.asset a join idle on idle.id = a.id where not idle.existed and a.placeholder
    order by a.id for update of a`
  await deleteAssets(
    tx,
    unused.map((row) => row.id),
  )
}

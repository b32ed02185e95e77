import type { PendingQuery, Row } from 'postgres'
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
  await placehold(
    tx,
    tx`
      select distinct on (e.upstream_namespace_id, e.upstream_group, e.upstream_key)
             e.upstream_namespace_id as namespace_id, e.upstream_group as kind_group, e.upstream_key as name_key,
             e.upstream_path as path, e.upstream_display as display
      from tidemark.lineage_edge e
      where e.valid_to is null and e.upstream_id is null
      order by e.upstream_namespace_id, e.upstream_group, e.upstream_key`,
  )
}

/**
 * Makes placeholders of those of the names (namespace_id, kind_group, name_key, path, display) that no live asset has. A
 * removed asset that is named again lives on as one, without what lived inside it.
 */
export async function placehold(tx: Transaction, names: PendingQuery<Row[]>): Promise<void> {
  const made = await tx<{ id: number; existed: boolean }[]>`
    insert into tidemark.asset (namespace_id, kind_group, name_key, path, display, name, placeholder)
    select n.namespace_id, n.kind_group, n.name_key, n.path, n.display, n.path[cardinality(n.path)], true
    from (${names}) n
    where not exists (select 1 from tidemark.asset live
                      where live.namespace_id = n.namespace_id and live.kind_group = n.kind_group
                        and live.name_key = n.name_key and live.removed_at is null)
    order by n.namespace_id, n.kind_group, n.name_key
    on conflict (namespace_id, kind_group, name_key) do update set placeholder = true, removed_at = null,
      removed_reason = null, kind = null, content_hash = null, tells_lineage = false, omitted_lineage = null,
      native_id = null, owner = null, comment = null, url = null, properties = '{}', parent_group = null, parent_key = null,
      parent_id = null, database_name = null, schema_name = null
    where asset.removed_at is not null
    returning id, xmax <> 0 as existed`
  await stripParts(
    tx,
    made.filter(({ existed }) => existed).map(({ id }) => id),
  )
}

/** Takes away what lives inside assets that become placeholders; fields keep their rows, as removed. */
export async function stripParts(tx: Transaction, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return
  const gone = [...ids]
  await tx`update tidemark.field set removed_at = now() where asset_id = any (${gone}::bigint[]) and removed_at is null`
  for (const part of ['asset_constraint', 'asset_index', 'facet', 'definition'])
    await tx`delete from tidemark.${tx(part)} where asset_id = any (${gone}::bigint[])`
}

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

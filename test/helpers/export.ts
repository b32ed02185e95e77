import type { Store } from '../../db/store.ts'

export interface ExportedAsset {
  readonly asset: string
  readonly [part: string]: unknown
}

/**
 * Everything live in the store by name, without ids and times, in a fixed order: what two equal stores agree on. Stale edges,
 * which only one that has seen more can have, are left out, with the empty placeholders that they lead to.
 */
export async function exportStore(store: Store): Promise<ExportedAsset[]> {
  const rows = await store.sql<{ body: ExportedAsset }[]>`
    select jsonb_strip_nulls(jsonb_build_object(
      'asset', n.name || ' ' || a.kind_group || ' ' || a.name_key, 'kind', a.kind, 'display', a.display, 'path', a.path,
      'name', a.name, 'database', a.database_name, 'schema', a.schema_name, 'placeholder', a.placeholder,
      'parent', parent.name_key, 'parentKey', a.parent_key, 'nativeId', a.native_id, 'owner', a.owner, 'comment', a.comment,
      'url', a.url, 'properties', a.properties, 'hash', encode(a.content_hash, 'hex'),
      'record', (select v.record from tidemark.asset_version v where v.asset_id = a.id and v.valid_to is null),
      'definition', (select jsonb_build_array(d.language, d.text) from tidemark.definition d where d.asset_id = a.id),
      'fields', (select jsonb_agg(to_jsonb(f) - array['id', 'asset_id', 'removed_at'] order by f.name_key)
                 from tidemark.field f where f.asset_id = a.id and f.removed_at is null),
      'constraints', (select jsonb_agg(to_jsonb(c) - array['asset_id', 'referenced_namespace_id'] order by c.kind, c.name collate "C")
                      from tidemark.asset_constraint c where c.asset_id = a.id),
      'indexes', (select jsonb_agg(to_jsonb(i) - array['asset_id'] order by i.name collate "C")
                  from tidemark.asset_index i where i.asset_id = a.id),
      'facets', (select jsonb_agg(to_jsonb(f) - array['asset_id'] order by f.kind, f.name collate "C")
                 from tidemark.facet f where f.asset_id = a.id),
      'found', (select jsonb_build_array(d.kind, d.words::text) from tidemark.search_document d where d.asset_id = a.id),
      'upstreams', (select jsonb_agg(jsonb_build_array(e.origin, un.name, e.upstream_group, e.upstream_key, u.name_key, u.placeholder,
                                                       e.columns_known, e.matched_by, e.line, e.end_line)
                                     order by e.origin, un.name, e.upstream_group, e.upstream_key)
                    from tidemark.lineage_edge e join tidemark.namespace un on un.id = e.upstream_namespace_id
                    left join tidemark.asset u on u.id = e.upstream_id
                    where e.downstream_id = a.id and e.valid_to is null and e.stale_since is null),
      'fieldUpstreams', (select jsonb_agg(jsonb_build_array(e.downstream_field, un.name, u.kind_group, u.name_key, e.upstream_field,
                                            e.influence, e.transformation, e.subtypes, e.expression, e.confidence,
                                            encode(e.statement_hash, 'hex'), e.line, e.end_line, owner.name_key)
                                          order by e.downstream_field, un.name, u.kind_group, u.name_key, e.upstream_field,
                                            e.influence, owner.name_key)
                         from tidemark.lineage_field_edge e join tidemark.asset u on u.id = e.upstream_id
                         join tidemark.namespace un on un.id = u.namespace_id
                         join tidemark.lineage_text t on t.id = e.text_id left join tidemark.asset owner on owner.id = t.asset_id
                         where e.downstream_id = a.id and e.valid_to is null and e.stale_since is null),
      'text', (select jsonb_build_array(t.outcome, t.statements, t.resolved, t.partial, t.failed, t.unresolved_references,
                                        t.gaps, s.name, encode(t.content_hash, 'hex'))
               from tidemark.lineage_text t join tidemark.source s on s.id = t.source_id where t.asset_id = a.id),
      'references', (select jsonb_agg(jsonb_build_array(rn.name, r.kind_group, r.name_key, r.folded_key, ra.name_key, encode(r.content_hash, 'hex'))
                                      order by rn.name, r.name_key)
                     from tidemark.lineage_reference r join tidemark.lineage_text t on t.id = r.text_id
                     join tidemark.namespace rn on rn.id = r.namespace_id
                     left join tidemark.asset ra on ra.id = r.asset_id where t.asset_id = a.id and not exists (
                       select 1 from tidemark.lineage_edge e
                       where e.downstream_id = a.id and e.valid_to is null and e.stale_since is not null
                         and e.upstream_namespace_id = r.namespace_id and e.upstream_group = r.kind_group
                         and starts_with(r.name_key, e.upstream_key))
                     and not coalesce((
                       select bool_and(f.stale_since is not null)
                       from tidemark.lineage_field_edge f join tidemark.asset u on u.id = f.upstream_id
                       where f.text_id = t.id and f.valid_to is null
                         and (u.namespace_id, u.kind_group, u.name_key) = (r.namespace_id, r.kind_group, r.name_key)), false))
    )) as body
    from tidemark.asset a
    join tidemark.namespace n on n.id = a.namespace_id
    left join tidemark.asset parent on parent.id = a.parent_id and parent.removed_at is null
    where a.removed_at is null and not (
      -- A placeholder that only stale edges name is empty.
      a.placeholder and exists (select 1 from tidemark.lineage_edge e
                                where e.upstream_id = a.id and e.valid_to is null and e.stale_since is not null)
      and not exists (select 1 from tidemark.lineage_edge e
                      where a.id in (e.upstream_id, e.downstream_id) and e.valid_to is null and e.stale_since is null))
    order by n.name, a.kind_group, a.name_key`
  return rows.map((row) => row.body)
}

/** The first difference between two exports, in words; undefined when they agree. */
export function firstDifference(left: readonly ExportedAsset[], right: readonly ExportedAsset[]): string | undefined {
  const other = new Map(right.map((entry) => [entry.asset, entry]))
  for (const entry of left) {
    const match = other.get(entry.asset)
    if (match === undefined) return `only in the first: ${entry.asset}`
    const parts = new Set([...Object.keys(entry), ...Object.keys(match)])
    for (const part of parts) {
      const [one, two] = [JSON.stringify(entry[part]), JSON.stringify(match[part])]
      if (one !== two) return `${entry.asset}: ${part}: ${one} <> ${two}`
    }
    other.delete(entry.asset)
  }
  const [extra] = other.keys()
  return extra === undefined ? undefined : `only in the second: ${extra}`
}

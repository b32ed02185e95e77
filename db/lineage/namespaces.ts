import type { Query } from '../store.ts'

/** Ids of the namespaces that sources' texts name, by `<source id> <name>`, made when new; aliases count. */
export async function namespaceIds(
  sql: Query,
  wanted: readonly { readonly sourceId: number; readonly name: string }[],
): Promise<ReadonlyMap<string, number>> {
  if (wanted.length === 0) return new Map()
  const names = sql`
    select distinct w.source_id, w.name, n.organization_id
    from unnest(${wanted.map(({ sourceId }) => sourceId)}::bigint[], ${wanted.map(({ name }) => name)}::text[]) as w (source_id, name)
    join tidemark.source s on s.id = w.source_id
    join tidemark.namespace n on n.id = s.namespace_id`
  await sql`
    insert into tidemark.namespace (organization_id, name)
    select distinct w.organization_id, w.name from (${names}) w
    where not exists (select 1 from tidemark.namespace n
                      where n.organization_id = w.organization_id and (n.name = w.name or w.name = any (n.aliases)))
    order by 1, 2
    on conflict (organization_id, name) do nothing`
  const rows = await sql<{ sourceId: number; name: string; id: number }[]>`
    select w.source_id as "sourceId", w.name, n.id from (${names}) w
    join tidemark.namespace n on n.organization_id = w.organization_id and (n.name = w.name or w.name = any (n.aliases))`
  return new Map(rows.map(({ sourceId, name, id }) => [`${sourceId} ${name}`, id]))
}

import type { Query, Transaction } from './store.ts'

/** An asset, or one of its columns. */
export interface Place {
  readonly assetId: number
  /** The column's key in the store; empty for the asset itself. */
  readonly fieldKey: string
}

/** Key and path of a live column, in whatever letter case it is written where only one is meant. */
export async function findColumn(
  sql: Query,
  assetId: number,
  path: string,
): Promise<{ readonly key: string; readonly path: string } | undefined> {
  const rows = await sql<{ key: string; path: string }[]>`
    select name_key as key, array_to_string(path, '.') as path from tidemark.field
    where asset_id = ${assetId} and removed_at is null and lower(array_to_string(path, '.')) = lower(${path})
    order by array_to_string(path, '.') <> ${path}`
  const exact = rows.find((row) => row.path === path)
  return exact ?? (rows.length === 1 ? rows[0] : undefined)
}

/** Puts tags on a place; returns those that were not there. */
export async function addTags(
  tx: Transaction,
  input: Place & { readonly organization: string; readonly tags: readonly string[]; readonly actorId: number },
): Promise<string[]> {
  const tags = [...input.tags].sort()
  await tx`
    insert into tidemark.tag (organization_id, name)
    select o.id, wanted.name from tidemark.organization o, unnest(${tags}::text[]) as wanted (name)
    where o.name = ${input.organization} and not exists (
      select 1 from tidemark.tag t where t.organization_id = o.id and t.name = wanted.name)
    order by wanted.name on conflict (organization_id, name) do nothing`
  const added = await tx<{ tagId: number }[]>`
    insert into tidemark.tag_assignment (asset_id, field_key, tag_id, set_by)
    select ${input.assetId}, ${input.fieldKey}, t.id, ${input.actorId}
    from tidemark.tag t join tidemark.organization o on o.id = t.organization_id and o.name = ${input.organization}
    where t.name = any (${tags}::text[]) order by t.id
    on conflict do nothing returning tag_id as "tagId"`
  return await nameTags(
    tx,
    added.map(({ tagId }) => tagId),
  )
}

/** Takes tags off a place; returns those that were there. */
export async function removeTags(
  tx: Transaction,
  {
    organization,
    assetId,
    fieldKey,
    tags,
  }: Place & { readonly organization: string; readonly tags: readonly string[] },
): Promise<string[]> {
  const removed = await tx<{ tagId: number }[]>`
    delete from tidemark.tag_assignment g using tidemark.tag t, tidemark.organization o
    where g.tag_id = t.id and t.organization_id = o.id and o.name = ${organization}
      and g.asset_id = ${assetId} and g.field_key = ${fieldKey} and t.name = any (${[...tags]}::text[])
    returning g.tag_id as "tagId"`
  return await nameTags(
    tx,
    removed.map(({ tagId }) => tagId),
  )
}

async function nameTags(tx: Transaction, ids: readonly number[]): Promise<string[]> {
  const rows = await tx<{ name: string }[]>`
    select name from tidemark.tag where id = any (${[...ids]}::bigint[]) order by name collate "C"`
  return rows.map(({ name }) => name)
}

/** Adds owners set by hand; returns those that were not there. */
export async function addOwners(
  tx: Transaction,
  input: { readonly assetId: number; readonly owners: readonly string[]; readonly actorId: number },
): Promise<string[]> {
  const rows = await tx<{ owner: string }[]>`
    insert into tidemark.ownership (asset_id, owner, set_by)
    select ${input.assetId}, owner, ${input.actorId} from unnest(${[...input.owners]}::text[]) as owner order by owner
    on conflict do nothing returning owner`
  return rows.map(({ owner }) => owner)
}

/** Takes owners set by hand away; returns those that were there. */
export async function removeOwners(
  tx: Transaction,
  { assetId, owners }: { readonly assetId: number; readonly owners: readonly string[] },
): Promise<string[]> {
  const rows = await tx<{ owner: string }[]>`
    delete from tidemark.ownership where asset_id = ${assetId} and owner = any (${[...owners]}::text[]) returning owner`
  return rows.map(({ owner }) => owner).sort()
}

export interface OwnerRow {
  readonly owner: string
  /** `catalogue`: as the source says; `manual`: set by hand. */
  readonly origin: 'catalogue' | 'manual'
}

export async function listOwners(sql: Query | Transaction, assetId: number): Promise<OwnerRow[]> {
  return [
    ...(await sql<OwnerRow[]>`
      select owner, origin from catalog.owners where asset_id = ${assetId} order by origin, owner collate "C"`),
  ]
}

export interface TagRow {
  readonly tag: string
  /** Null where the asset itself is tagged. */
  readonly column: string | null
}

export async function listTags(sql: Query | Transaction, assetId: number): Promise<TagRow[]> {
  return [
    ...(await sql<TagRow[]>`
      select tag, column_name as "column" from catalog.tags
      where asset_id = ${assetId} order by column_name collate "C" nulls first, tag collate "C"`),
  ]
}

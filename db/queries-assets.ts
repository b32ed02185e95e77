import type { Query } from './store.ts'

export interface FoundAsset {
  readonly assetId: number
  readonly asset: string
  readonly kind: string | null
}

/** The live assets that a name fits best, as the functions of schema catalog understand it, up to a limit. */
export async function findAssets(sql: Query, name: string, limit: number): Promise<FoundAsset[]> {
  return [
    ...(await sql<FoundAsset[]>`
      select asset_id as "assetId", asset, kind from tidemark.find_assets(${name}) with ordinality
      order by ordinality limit ${limit}`),
  ]
}

/** The live asset of an id. */
export async function findAsset(sql: Query, assetId: number): Promise<FoundAsset | undefined> {
  const [row] = await sql<FoundAsset[]>`
    select id as "assetId", display as asset, kind from tidemark.asset where id = ${assetId} and removed_at is null`
  return row
}

/** The record of an asset as observed at a time; undefined when the catalog did not have it then. */
export async function readRecordAt(
  sql: Query,
  assetId: number,
  time: Date,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const [version] = await sql<{ record: Readonly<Record<string, unknown>> }[]>`
    select record from tidemark.asset_version
    where asset_id = ${assetId} and valid_from <= ${time} and (valid_to is null or valid_to > ${time})`
  return version?.record
}

/** Names for suggestions: the live assets whose last part begins alike, then others, up to a limit. */
export async function listNames(sql: Query, like: string, limit: number): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from (select distinct name from tidemark.asset where removed_at is null) names
    order by left(lower(name), 2) <> left(lower(${like}), 2), abs(length(name) - length(${like})), name limit ${limit}`
  return rows.map((row) => row.name)
}

export interface AssetRow extends FoundAsset {
  readonly source: string | null
  readonly namespace: string
  readonly parent: string | null
  readonly owner: string | null
  readonly comment: string | null
  readonly url: string | null
  readonly properties: Readonly<Record<string, unknown>>
  readonly placeholder: boolean
  readonly firstSeenAt: Date
  readonly changedAt: Date
  readonly definition: string | null
}

export async function readAsset(sql: Query, assetId: number): Promise<AssetRow | undefined> {
  const [row] = await sql<AssetRow[]>`
    select a.asset_id as "assetId", a.asset, a.kind, a.source, a.namespace, a.parent, a.owner, a.comment, a.url, a.properties,
           a.placeholder, a.first_seen_at as "firstSeenAt", a.changed_at as "changedAt", d.text as definition
    from catalog.assets a left join tidemark.definition d on d.asset_id = a.asset_id where a.asset_id = ${assetId}`
  return row
}

export interface ColumnRow {
  readonly column: string
  readonly nativeType: string
  readonly type: string
  readonly nullable: boolean
  readonly default: string | null
  readonly generated: string | null
  readonly primaryKey: boolean
  readonly comment: string | null
}

export async function listColumns(sql: Query, assetId: number): Promise<ColumnRow[]> {
  return [
    ...(await sql<ColumnRow[]>`
      select path as "column", native_type as "nativeType", type, nullable, default_value as "default", generated,
             is_primary_key as "primaryKey", comment
      from catalog.columns where asset_id = ${assetId} order by position`),
  ]
}

export interface ConstraintRow {
  readonly name: string
  readonly kind: string
  readonly columns: readonly string[]
  readonly references: string | null
  readonly referencedColumns: readonly string[] | null
  readonly definition: string | null
}

export async function listConstraints(sql: Query, assetId: number): Promise<ConstraintRow[]> {
  return [
    ...(await sql<ConstraintRow[]>`
      select constraint_name as name, kind, columns, referenced_asset as "references",
             referenced_columns as "referencedColumns", definition
      from catalog.constraints where asset_id = ${assetId} and kind <> 'not null'
      order by array_position(array['primary key', 'unique', 'foreign key'], kind) nulls last, constraint_name collate "C"`),
  ]
}

export interface IndexRow {
  readonly name: string
  readonly columns: readonly string[]
  readonly unique: boolean
  readonly primary: boolean
  readonly definition: string | null
}

export async function listIndexes(sql: Query, assetId: number): Promise<IndexRow[]> {
  return [
    ...(await sql<IndexRow[]>`
      select index_name as name, columns, is_unique as "unique", is_primary as "primary", definition
      from catalog.indexes where asset_id = ${assetId} order by is_primary desc, index_name collate "C"`),
  ]
}

export interface FacetRow {
  readonly kind: string
  readonly name: string
}

export async function listFacets(sql: Query, assetId: number): Promise<FacetRow[]> {
  return [
    ...(await sql<FacetRow[]>`
      select kind, name from tidemark.facet where asset_id = ${assetId} order by kind, name collate "C"`),
  ]
}

/** What lives directly in an asset, by kind. */
export async function countChildren(sql: Query, assetId: number): Promise<KindCount[]> {
  return [
    ...(await sql<KindCount[]>`
      select kind, count(*)::int as count from tidemark.asset
      where parent_id = ${assetId} and removed_at is null and not placeholder group by kind order by count(*) desc, kind`),
  ]
}

export interface KindCount {
  readonly kind: string
  readonly count: number
}

/** Live assets of a source by kind, the most frequent first, with the number of their columns. */
export async function countKinds(sql: Query, source: string): Promise<(KindCount & { readonly columns: number })[]> {
  return [
    ...(await sql<(KindCount & { columns: number })[]>`
      select a.kind, count(*)::int as count, sum(f.columns)::int as columns
      from tidemark.asset a
      join tidemark.claim c on c.asset_id = a.id and c.writes
      join tidemark.source s on s.id = c.source_id and s.name = ${source}
      cross join lateral (select count(*) as columns from tidemark.field
                          where asset_id = a.id and removed_at is null) f
      where a.removed_at is null and not a.placeholder group by a.kind order by count(*) desc, a.kind`),
  ]
}

/** The best-described plain table of a source: the one with most comments, keys and columns to show. */
export async function pickTable(sql: Query, source: string): Promise<FoundAsset | undefined> {
  const [row] = await sql<FoundAsset[]>`
    select t.asset_id as "assetId", t.asset, t.kind from catalog.tables t
    where t.source = ${source} and t.kind in ('table', 'partitioned table')
    order by (select count(*) from tidemark.field f where f.asset_id = t.asset_id and f.removed_at is null and f.comment is not null)
             + (select count(*) from tidemark.asset_constraint k where k.asset_id = t.asset_id and k.kind = 'foreign key') desc,
             t.columns desc, t.asset collate "C" limit 1`
  return row
}

/** Words to look for, and where a match counts: in the name, a column, a comment. */
export interface SearchQuery {
  readonly words: readonly string[]
  readonly kinds: readonly string[]
  readonly limit: number
}

export interface SearchHit extends FoundAsset {
  readonly source: string | null
  /** Where the words were found. */
  readonly matched: 'name' | 'column' | 'comment'
  readonly comment: string | null
  /** Of a match in columns: which. */
  readonly columns: readonly string[] | null
}

/** What catalog.search finds, with what there is to show of it. */
export async function searchAssets(sql: Query, { words, kinds, limit }: SearchQuery): Promise<SearchHit[]> {
  const query = words.join(' ')
  return [
    ...(await sql<SearchHit[]>`
      with hit as materialized (
        select * from catalog.search(${query}, ${[...kinds]}::text[], ${limit}) with ordinality
      ), term as materialized (
        select tidemark.search_query(tidemark.search_terms(${query}, true), '|', '') as query
      )
      select h.asset_id as "assetId", h.asset, h.kind, s.name as source, a.comment, h.matched,
             case when h.matched = 'column' then array(
               select array_to_string(f.path, '.') from tidemark.field f, term
               where f.asset_id = h.asset_id and f.removed_at is null and tidemark.word_vector(f.name) @@ term.query
               order by f.position) end as columns
      from hit h
      join tidemark.asset a on a.id = h.asset_id
      left join tidemark.claim c on c.asset_id = h.asset_id and c.writes
      left join tidemark.source s on s.id = c.source_id
      order by h.ordinality`),
  ]
}

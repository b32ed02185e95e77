import type { Query } from '../store.ts'

/** A definition to derive, with the asset it defines. */
export interface DefinitionRow {
  readonly assetId: number
  /** Of the source that writes the asset's record. */
  readonly sourceId: number
  readonly connector: string
  readonly namespaceId: number
  readonly group: string
  readonly kind: string
  readonly key: string
  readonly path: readonly string[]
  readonly display: string
  readonly properties: Readonly<Record<string, unknown>>
  /** Hex. */
  readonly contentHash: string
  readonly language: string
  readonly text: string
  /** Of the text as derived last, hex. */
  readonly textHash: string | null
  /** Keys of the relations it then referred to. */
  readonly referred: readonly string[] | null
  /** To be derived whatever it said last. */
  readonly forced: boolean
}

export async function readDefinitions(sql: Query, assetIds: readonly number[]): Promise<DefinitionRow[]> {
  return [
    ...(await sql<DefinitionRow[]>`
      select a.id as "assetId", c.source_id as "sourceId", s.connector, a.namespace_id as "namespaceId",
             a.kind_group as group, a.kind, a.name_key as key, a.path, a.display, a.properties,
             encode(a.content_hash, 'hex') as "contentHash", d.language, d.text, encode(t.text_hash, 'hex') as "textHash",
             t.id is not null and t.content_hash is null as forced,
             (select array_agg(r.name_key order by r.name_key) from tidemark.lineage_reference r where r.text_id = t.id) as referred
      from unnest(${[...assetIds]}::bigint[]) as wanted (id)
      join tidemark.asset a on a.id = wanted.id and a.removed_at is null and not a.placeholder
      join tidemark.definition d on d.asset_id = a.id
      join tidemark.claim c on c.asset_id = a.id and c.writes
      join tidemark.source s on s.id = c.source_id
      left join tidemark.lineage_text t on t.asset_id = a.id
      order by a.id`),
  ]
}

/** A relation's name as a text means it, and where to look for it. */
export interface WantedRelation {
  readonly namespaceId: number
  readonly key: string
  /** The last part of the name. */
  readonly name: string
  /** Whether one that differs in case alone will do. */
  readonly loose: boolean
  /** Whether it matters that others of its database have the name, in other schemas. */
  readonly counted?: boolean
}

/** What the catalogue knows of a relation. */
export interface FoundRelation {
  readonly assetId: number
  readonly key: string
  readonly path: readonly string[]
  readonly display: string
  /** Hex. */
  readonly contentHash: string
  /** Dotted names of the columns, in order; nested fields among them. */
  readonly columns: readonly string[]
  readonly columnKeys: readonly string[]
  /** Of those counted: whether another one of its database has the name. */
  readonly shared: boolean
}

/** Relations by their keys, in the order asked for; undefined for those that nobody has crawled. */
export async function findRelations(
  sql: Query,
  wanted: readonly WantedRelation[],
): Promise<(FoundRelation | undefined)[]> {
  if (wanted.length === 0) return []
  const rows = await sql<({ ordinal: number } & FoundRelation)[]>`
    with wanted as (
      select * from unnest(${wanted.map(({ namespaceId }) => namespaceId)}::bigint[], ${wanted.map(({ key }) => key)}::text[],
        ${wanted.map(({ name }) => name)}::text[], ${wanted.map(({ loose }) => String(loose))}::text[]::boolean[],
        ${wanted.map(({ counted = false }) => String(counted))}::text[]::boolean[])
        with ordinality as w (namespace_id, name_key, name, loose, counted, ordinal)
    ), exact as (
      select w.ordinal, a.id from wanted w
      join tidemark.asset a on a.namespace_id = w.namespace_id and a.kind_group = 'relation' and a.name_key = w.name_key
      where a.removed_at is null and not a.placeholder
    ), alike as (
      select w.ordinal, min(a.id) as id from wanted w
      join tidemark.asset a on lower(a.name) = lower(w.name) and a.namespace_id = w.namespace_id
        and a.kind_group = 'relation' and lower(a.name_key) = lower(w.name_key collate "C")
      where w.loose and a.removed_at is null and not a.placeholder
        and not exists (select 1 from exact where exact.ordinal = w.ordinal)
      group by w.ordinal having count(*) = 1
    ), found as (
      select * from exact union all select * from alike
    ), columns as (
      select f.asset_id, array_agg(array_to_string(f.path, '.') order by f.position, f.name_key) as names,
             array_agg(f.name_key order by f.position, f.name_key) as keys
      from tidemark.field f
      where f.asset_id = any (array(select id from found)) and f.removed_at is null
      group by f.asset_id
    )
    select found.ordinal::int, a.id as "assetId", a.name_key as key, a.path, a.display,
           encode(a.content_hash, 'hex') as "contentHash", coalesce(c.names, '{}') as columns,
           coalesce(c.keys, '{}') as "columnKeys",
           w.counted and exists (
             select 1 from tidemark.asset o
             where lower(o.name) = lower(a.name) and o.namespace_id = a.namespace_id and o.kind_group = a.kind_group
               and o.database_name is not distinct from a.database_name and o.id <> a.id and o.removed_at is null
               and not o.placeholder) as shared
    from found join wanted w using (ordinal) join tidemark.asset a on a.id = found.id left join columns c on c.asset_id = a.id`
  const byOrdinal = new Map(rows.map(({ ordinal, ...row }) => [ordinal, row]))
  return wanted.map((_, index) => byOrdinal.get(index + 1))
}

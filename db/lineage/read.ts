import type { FieldUpstreamRecord, GapRecord } from '../../model/records.ts'
import type { OmittedLineage } from '../../model/told-lineage.ts'
import type { Query } from '../store.ts'
import { referredKey } from './due.ts'

/** What the record of an asset tells of lineage, beside the asset's upstreams. */
export interface ToldRow {
  readonly fields: readonly { readonly path: readonly string[]; readonly upstreams: readonly FieldUpstreamRecord[] }[]
  readonly influences: readonly FieldUpstreamRecord[]
  readonly gaps: readonly GapRecord[]
  readonly omitted: OmittedLineage | null
}

/** A relation, or another asset, that a text looked up when it was derived. */
export interface ReferredRow {
  readonly namespaceId: number
  readonly group: string
  readonly key: string
  readonly loose: boolean
}

/** A definition to derive, or what a record tells, with the asset it is about. */
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
  /** Null, like its text, where the asset has no definition. */
  readonly language: string | null
  readonly text: string | null
  readonly told: ToldRow | null
  /** Of the text as derived last, hex. */
  readonly textHash: string | null
  /** What it then referred to. */
  readonly referred: readonly ReferredRow[] | null
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
             (select json_agg(json_build_object('namespaceId', r.namespace_id, 'group', r.kind_group, 'key', ${referredKey(sql)},
                                                'loose', r.folded_key <> '') order by r.namespace_id, r.name_key)
              from tidemark.lineage_reference r where r.text_id = t.id) as referred,
             case when a.tells_lineage then (
               select jsonb_build_object(
                 'fields', (select coalesce(jsonb_agg(jsonb_build_object(
                              'path', coalesce(f.body -> 'path', jsonb_build_array(f.body -> 'name')),
                              'upstreams', f.body -> 'upstreams') order by f.place), '[]')
                            from jsonb_array_elements(v.record -> 'fields') with ordinality as f (body, place)
                            where f.body ? 'upstreams'),
                 'influences', coalesce(v.record -> 'influences', '[]'), 'gaps', coalesce(v.record -> 'gaps', '[]'),
                 'omitted', a.omitted_lineage)
               from tidemark.asset_version v where v.asset_id = a.id and v.valid_to is null) end as told
      from unnest(${[...assetIds]}::bigint[]) as wanted (id)
      join tidemark.asset a on a.id = wanted.id and a.removed_at is null and not a.placeholder
      left join tidemark.definition d on d.asset_id = a.id
      join tidemark.claim c on c.asset_id = a.id and c.writes
      join tidemark.source s on s.id = c.source_id
      left join tidemark.lineage_text t on t.asset_id = a.id
      where d.asset_id is not null or a.tells_lineage
      order by a.id`),
  ]
}

/** A relation's name as a text means it, and where to look for it. */
export interface WantedRelation {
  readonly namespaceId: number
  /** Absent: `relation`. Columns of others are not looked up. */
  readonly group?: string
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
        ${wanted.map(({ counted = false }) => String(counted))}::text[]::boolean[],
        ${wanted.map(({ group = 'relation' }) => group)}::text[])
        with ordinality as w (namespace_id, name_key, name, loose, counted, kind_group, ordinal)
    ), exact as (
      select w.ordinal, a.id from wanted w
      join tidemark.asset a on a.namespace_id = w.namespace_id and a.kind_group = w.kind_group and a.name_key = w.name_key
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
      where f.asset_id = any (array(select id from found join wanted w using (ordinal) where w.kind_group = 'relation'))
        and f.removed_at is null
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

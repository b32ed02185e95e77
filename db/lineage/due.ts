import { IngestError } from '../../model/errors.ts'
import type { RunRow } from '../runs.ts'
import type { Query, Transaction } from '../store.ts'

export interface LineageState {
  /** Something was written since lineage was derived to its end. */
  readonly due: boolean
  /** Of the engine, and of how the connector's texts are read, that it was derived by. */
  readonly version: number | null
  readonly connector: string
  readonly namespaceId: number
}

export async function readLineageState(sql: Query, sourceId: number): Promise<LineageState> {
  const [state] = await sql<LineageState[]>`
    select lineage_due as due, lineage_version as version, connector, namespace_id as "namespaceId"
    from tidemark.source where id = ${sourceId}`
  if (state === undefined) throw new IngestError('not_found', `source ${sourceId} no longer exists`)
  return state
}

/** Notes that the source's assets have moved. Part of the transaction that moves them or decides on them. */
export async function markLineageDue(tx: Transaction, sourceId: number): Promise<void> {
  await tx`update tidemark.source set lineage_due = true where id = ${sourceId} and not lineage_due`
}

/** Another version than the last one reads every text of the source again. */
export async function adoptVersion(sql: Query, sourceId: number, version: number): Promise<void> {
  await sql.begin(async (tx) => {
    const [source] = await tx<{ version: number | null }[]>`
      select lineage_version as version from tidemark.source where id = ${sourceId} for update`
    if (source === undefined || source.version === version) return
    await tx`update tidemark.lineage_text set content_hash = null where source_id = ${sourceId} and asset_id is not null`
    await tx`update tidemark.source set lineage_version = ${version}, lineage_due = true where id = ${sourceId}`
  })
}

/** Nothing was left to derive. */
export async function settleLineage(sql: Query, sourceId: number): Promise<void> {
  await sql`update tidemark.source set lineage_due = false where id = ${sourceId} and lineage_due`
}

export interface StaleText {
  readonly assetId: number
  /** As stored, compressed. */
  readonly bytes: number
}

export interface StaleInput {
  readonly run: RunRow
  readonly namespaceId: number
  /** Whether the source's own definitions are read at all. */
  readonly readable: boolean
  /** Languages of definitions that are not read. */
  readonly opaque: readonly string[]
}

/**
 * The assets whose definition, or what their record tells, is to be derived (again), by ascending id: the source's own that are
 * new or moved, and any source's that refer to something of this namespace that moved, went, or is there at last. A full run also tries those
 * again that took too long.
 */
export async function findStaleTexts(sql: Query, input: StaleInput): Promise<StaleText[]> {
  const { run, namespaceId, readable, opaque } = input
  return [
    ...(await sql<StaleText[]>`
      with moved as (
        select a.id from tidemark.claim c
        join tidemark.asset a on a.id = c.asset_id and a.removed_at is null and not a.placeholder
        join tidemark.definition d on d.asset_id = a.id and d.language <> all (${[...opaque]}::text[])
        left join tidemark.lineage_text t on t.asset_id = a.id
        where ${readable} and c.source_id = ${run.sourceId} and c.writes and (t.source_id, t.content_hash) is distinct from (c.source_id, a.content_hash)
        union
        select a.id from tidemark.claim c
        join tidemark.asset a on a.id = c.asset_id and a.tells_lineage and a.removed_at is null and not a.placeholder
        left join tidemark.lineage_text t on t.asset_id = a.id
        where c.source_id = ${run.sourceId} and c.writes and (t.source_id, t.content_hash) is distinct from (c.source_id, a.content_hash)
      ), referring as (
        select r.text_id from tidemark.lineage_reference r left join tidemark.asset a on a.id = r.asset_id
        where r.namespace_id = ${namespaceId} and r.asset_id is not null
          and (a.id is null or a.content_hash is distinct from r.content_hash or a.removed_at is not null or a.placeholder
               or a.name_key <> ${referredKey(sql)} and ${isFoundOtherwise(sql)})
        union
        select r.text_id from tidemark.lineage_reference r
        where r.namespace_id = ${namespaceId} and r.asset_id is null
          and exists (select 1 from tidemark.asset a
                      where a.namespace_id = r.namespace_id and a.kind_group = r.kind_group and a.name_key = ${referredKey(sql)}
                        and a.removed_at is null and not a.placeholder)
        union
        select r.text_id from tidemark.lineage_reference r
        join tidemark.asset a on a.namespace_id = r.namespace_id and a.kind_group = 'relation'
          and lower(a.name_key) = r.folded_key and a.removed_at is null and not a.placeholder
        where r.namespace_id = ${namespaceId} and r.asset_id is null and r.folded_key <> ''
        group by r.text_id, r.name_key having count(*) = 1
      )
      select a.id as "assetId",
             coalesce(pg_column_size(d.text), 0) + case when a.tells_lineage then coalesce(pg_column_size(v.record), 0) else 0 end as bytes
      from (select id from moved
            union
            select t.asset_id from referring join tidemark.lineage_text t on t.id = referring.text_id
            where t.asset_id is not null
            union
            select t.asset_id from tidemark.lineage_text t
            where ${run.mode === 'full'} and t.source_id = ${run.sourceId} and t.asset_id is not null
              and t.gaps @> '[{"reason": "timeout"}]' and t.derived_at < ${started(sql, run)}) stale
      join tidemark.asset a on a.id = stale.id
      left join tidemark.definition d on d.asset_id = a.id
      left join tidemark.asset_version v on v.asset_id = a.id and v.valid_to is null
      where d.asset_id is not null or a.tells_lineage
      order by a.id`),
  ]
}

const started = (sql: Query, run: RunRow) => sql`(select started_at from tidemark.sync_run where id = ${run.id})`

/** The name of a reference `r`, without what sets it apart from those of other groups. */
export const referredKey = (sql: Query) =>
  sql`case when r.kind_group = 'relation' then r.name_key else left(r.name_key, -(length(r.kind_group) + 2)) end`

/** What a name that was found in another case leads to now: its exact bearer, or no longer a single one. */
const isFoundOtherwise = (sql: Query) => sql`(
  select count(*) <> 1 from tidemark.asset o
  where o.namespace_id = r.namespace_id and o.kind_group = 'relation' and lower(o.name) = lower(a.name)
    and lower(o.name_key) = r.folded_key and o.removed_at is null and not o.placeholder)`

import { endTexts } from '../lineage/end.ts'
import { deleteAssets } from '../reconcile/delete.ts'
import { inTransaction, type Query } from '../store.ts'

/** Rows taken at a time: a transaction of some tens of milliseconds. */
const BATCH = 5_000
/** An asset goes with all its parts. */
const ASSET_BATCH = 500

export interface Pruned {
  readonly deleted: number
  /** Whether there may be more of it. */
  readonly more: boolean
}

const pruned = (deleted: number, batch = BATCH): Pruned => ({ deleted, more: deleted === batch })

/** Versions that ended more than `days` ago. An asset's current version has no end. */
export async function pruneVersions(sql: Query, days: number): Promise<Pruned> {
  const { count } = await sql`
    delete from tidemark.asset_version where ctid = any (array(
      select ctid from tidemark.asset_version where valid_to < now() - make_interval(days => ${days}) limit ${BATCH}))`
  return pruned(count)
}

/** Edges that ended more than `days` ago, between assets and between columns. */
export async function pruneEdges(sql: Query, days: number): Promise<Pruned> {
  const assets = await sql`
    delete from tidemark.lineage_edge where ctid = any (array(
      select ctid from tidemark.lineage_edge where valid_to < now() - make_interval(days => ${days}) limit ${BATCH}))`
  if (assets.count === BATCH) return pruned(assets.count)
  const columns = await sql`
    delete from tidemark.lineage_field_edge where ctid = any (array(
      select ctid from tidemark.lineage_field_edge where valid_to < now() - make_interval(days => ${days}) limit ${BATCH}))`
  return { deleted: assets.count + columns.count, more: columns.count === BATCH }
}

/** Ends what query logs told of statements that nobody has run for `days`: the edges, then the texts with their columns. */
export async function endLogLineage(sql: Query, days: number): Promise<Pruned> {
  return await inTransaction(sql, async (tx) => {
    const edges = await tx`
      update tidemark.lineage_edge set valid_to = now() where id = any (array(
        select id from tidemark.lineage_edge
        where origin = 'log' and valid_to is null and last_seen_at < now() - make_interval(days => ${days})
        limit ${BATCH} for update skip locked))`
    const texts = await tx<{ id: number }[]>`
      select id from tidemark.lineage_text
      where origin = 'log' and last_seen_at < now() - make_interval(days => ${days}) limit ${BATCH} for update skip locked`
    await endTexts(
      tx,
      texts.map(({ id }) => id),
    )
    return { deleted: edges.count + texts.length, more: edges.count === BATCH || texts.length === BATCH }
  })
}

/**
 * Contents of files that no branch read holds any more: what connectors keep under `blob/<sha>` and `head/<sha>`, where neither an
 * asset of the source has the SHA nor a watermark of its scopes names it. A source that is being synced is left for next time.
 */
export async function pruneContents(sql: Query): Promise<Pruned> {
  const { count } = await sql`
    with content as (
      select m.source_id, m.key, substr(m.key, 6) as sha from tidemark.source_memory m
      where m.key ~ '^(blob|head)/'
        and not exists (select 1 from tidemark.sync_run r where r.source_id = m.source_id and r.completed_at is null)
    ), held as (
      select c.source_id, a.properties ->> 'sha' as sha
      from tidemark.claim c join tidemark.asset a on a.id = c.asset_id
      where a.removed_at is null and a.properties ? 'sha' and c.source_id in (select source_id from content)
      union all
      select s.source_id, named[1]
      from tidemark.scope s, regexp_matches(s.watermark, '[0-9a-f]{40,64}', 'g') as named
      where s.source_id in (select source_id from content)
    ), idle as (
      select source_id, key from content
      where not exists (select 1 from held where held.source_id = content.source_id and held.sha = content.sha)
      limit ${BATCH}
    )
    delete from tidemark.source_memory m using idle where m.source_id = idle.source_id and m.key = idle.key`
  return pruned(count)
}

/** Fields removed more than `days` ago. Whoever revives one at this moment goes first. */
export async function pruneFields(sql: Query, days: number): Promise<Pruned> {
  const { count } = await sql`
    delete from tidemark.field where ctid = any (array(
      select ctid from tidemark.field where removed_at < now() - make_interval(days => ${days})
      limit ${BATCH} for update skip locked))`
  return pruned(count)
}

/** Assets removed more than `days` ago, with their parts; none that anybody claims or an edge that lives leads to. */
export async function pruneAssets(sql: Query, days: number): Promise<Pruned> {
  const deleted = await inTransaction(sql, async (tx) => {
    const old = await tx<{ id: number }[]>`
      select a.id from tidemark.asset a
      where a.removed_at < now() - make_interval(days => ${days})
        and not exists (select 1 from tidemark.claim c where c.asset_id = a.id)
        and not exists (select 1 from tidemark.lineage_edge e where e.upstream_id = a.id and e.valid_to is null)
        and not exists (select 1 from tidemark.asset child where child.parent_id = a.id)
      order by a.id limit ${ASSET_BATCH} for update of a skip locked`
    const ids = old.map((row) => row.id)
    await deleteAssets(tx, ids)
    await tx`delete from tidemark.removal_proposal where asset_id = any (${ids}::bigint[])`
    return ids.length
  })
  return pruned(deleted, ASSET_BATCH)
}

/**
 * Closed runs begun more than `days` ago, with their scopes and requests. Kept, whatever their age: a source's latest
 * `keep` runs, its last complete sync and all since its last reconciliation, and runs that a version, an asset, a claim,
 * a scope or a proposal that waits still names.
 */
export async function pruneRuns(sql: Query, days: number, keep: number): Promise<Pruned> {
  const deleted = await inTransaction(sql, async (tx) => {
    await tx`
      create temp table old_run on commit drop as
      with latest as (
        select source_id, max(id) filter (where outcome = 'succeeded' and mode <> 'plan') as succeeded,
               max(id) filter (where completed_at is not null and mode <> 'plan') as ended,
               max(id) filter (where reconciled_at is not null) as reconciled
        from tidemark.sync_run group by source_id
      ), ranked as (
        select id, source_id, started_at, completed_at,
               row_number() over (partition by source_id order by id desc) as place
        from tidemark.sync_run
      )
      select r.id from ranked r join latest l using (source_id)
      where r.completed_at < now() - make_interval(days => ${days}) and r.place > ${keep}
        and r.id is distinct from l.succeeded and r.id is distinct from l.ended and r.id < coalesce(l.reconciled, 0)
        and not exists (select 1 from tidemark.asset_version v where v.run_id = r.id)
        and not exists (select 1 from tidemark.asset a where a.appeared_run_id = r.id and a.removed_at is null)
        and not exists (select 1 from tidemark.claim c where r.id in (c.run_id, c.dropped_run_id))
        and not exists (select 1 from tidemark.inventory i where i.absent_run_id = r.id)
        and not exists (select 1 from tidemark.scope s where s.last_complete_run_id = r.id)
        and not exists (select 1 from tidemark.removal_proposal p
                        where r.id in (p.run_id, p.renewed_run_id) and p.status in ('open', 'approved', 'rejected'))
      order by r.id limit ${BATCH}`
    await tx`delete from tidemark.sync_request q using old_run o where q.run_id = o.id`
    const gone = await tx`delete from tidemark.sync_run r using old_run o where r.id = o.id`
    return gone.count
  })
  return pruned(deleted)
}

/** A lock that is not had within this is left to the next round: a sync is writing. */
const LOCK_WAIT = '500ms'
const LOCK_NOT_AVAILABLE = '55P03'
const UNUSED = `not exists (
  select 1 from tidemark.search_document d where d.words @@ tidemark.quote_word(w.word)::tsquery)`

/**
 * Words of the search that no document has any more, `days` or not. They are looked for beside syncs; deleting them keeps
 * documents from being written for a moment, since one that uses such a word again takes it for written.
 */
export async function pruneWords(sql: Query): Promise<Pruned> {
  const unused = await sql<{ word: string }[]>`
    select w.word from tidemark.search_word w where ${sql.unsafe(UNUSED)} limit ${BATCH}`
  if (unused.length === 0) return pruned(0)
  try {
    return await inTransaction(sql, async (tx) => {
      await tx.unsafe(`set local lock_timeout = '${LOCK_WAIT}'; lock table tidemark.search_document in share mode`)
      const { count } = await tx`
        delete from tidemark.search_word w
        where w.word = any (${unused.map(({ word }) => word)}::text[]) and ${tx.unsafe(UNUSED)}`
      return { deleted: count, more: unused.length === BATCH && count > 0 }
    })
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error
    return pruned(0)
  }
}

import { endTexts } from './lineage/end.ts'
import { lockReferences } from './reconcile/lock.ts'
import { promoteWriters, removeAssets } from './reconcile/removals.ts'
import { resolveReferences } from './reconcile/resolve.ts'
import type { RunRow } from './runs.ts'
import type { Query, Transaction } from './store.ts'

/**
 * Takes a source out of the catalog, in the caller's transaction: the assets that no other source claims are marked
 * removed (`source removed`), its schedule of work, proposals and history of runs go with it; versions and changes stay.
 * Returns how many assets were removed.
 */
export async function deleteSource(tx: Transaction, sourceId: number): Promise<number> {
  await lockReferences(tx)
  await stopRuns(tx, sourceId)
  await tx`delete from tidemark.removal_proposal where source_id = ${sourceId}`
  await tx`
    create temp table lapsed on commit drop as
    select item_id, asset_id, scope_id, 'filtered'::text as reason from tidemark.claim where source_id = ${sourceId}`
  const run = await lastRun(tx, sourceId)
  // The same rules as when a filter leaves everything out: nothing is over budget, as a person decided.
  const { removed } = await removeAssets(tx, run, () => true)
  await promoteWriters(tx, run)
  await leaveLineage(tx, sourceId)
  await resolveReferences(tx)
  await tellRemoved(tx)
  await tx`delete from tidemark.source where id = ${sourceId}`
  return removed
}

/** What its logs told ends with it; texts that others bring too, and those that refer to what is gone, are theirs to derive. */
async function leaveLineage(tx: Transaction, sourceId: number): Promise<void> {
  const texts = await tx<{ id: number }[]>`
    select id from tidemark.lineage_text where source_id = ${sourceId} order by id for update`
  await endTexts(
    tx,
    texts.map(({ id }) => id),
  )
  await tx`update tidemark.lineage_edge set valid_to = now()
           where source_id = ${sourceId} and origin = 'log' and valid_to is null`
  await tx`
    update tidemark.source o set lineage_due = true from tidemark.source s
    where s.id = ${sourceId} and o.organization_id = s.organization_id and o.id <> s.id`
}

/** Waits for the batch being merged, if any; whoever runs the sync finds its run closed and writes no more. */
async function stopRuns(tx: Transaction, sourceId: number): Promise<void> {
  await tx`
    select 1 from tidemark.sync_scope
    where run_id in (select id from tidemark.sync_run where source_id = ${sourceId} and completed_at is null)
    order by run_id, scope_id for update`
  await tx`update tidemark.sync_run set completed_at = now(), outcome = 'cancelled'
           where source_id = ${sourceId} and completed_at is null`
}

async function lastRun(tx: Transaction, sourceId: number): Promise<RunRow> {
  const [run] = await tx<
    { id: number }[]
  >`select coalesce(max(id), 0) as id from tidemark.sync_run where source_id = ${sourceId}`
  return { id: (run as { id: number }).id, sourceId, mode: 'incremental', shape: '', filter: '', onlyScopes: null }
}

/** Nothing was dropped where it lives: it only left the catalog. */
async function tellRemoved(tx: Transaction): Promise<void> {
  await tx`update tidemark.asset a set removed_reason = 'source removed' from removed r
           where a.id = r.asset_id and a.removed_at is not null`
  await tx`
    update tidemark.change c set severity = 'safe', before = c.before || '{"reason": "source removed"}'::jsonb
    from removed r where c.asset_id = r.asset_id and c.operation = 'removed' and c.changed_at = now()`
}

/** Takes back a request that no run has claimed; false when one has. */
export async function withdrawRequest(sql: Query, requestId: number): Promise<boolean> {
  const gone = await sql`delete from tidemark.sync_request where id = ${requestId} and run_id is null`
  return gone.count > 0
}

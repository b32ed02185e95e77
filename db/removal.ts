import { promoteWriters, removeAssets } from './reconcile/removals.ts'
import { resolveReferences } from './reconcile/resolve.ts'
import type { RunRow } from './runs.ts'
import type { Query, Transaction } from './store.ts'

/** The lock of reconciliations: what crosses sources is decided by one at a time. */
const RECONCILE_LOCK = 7_215_309_005

/**
 * Takes a source out of the catalog, in the caller's transaction: the assets that no other source claims are marked
 * removed (`source removed`), its schedule of work, proposals and history of runs go with it; versions and changes stay.
 * Returns how many assets were removed.
 */
export async function deleteSource(tx: Transaction, sourceId: number): Promise<number> {
  await tx`select pg_advisory_xact_lock(${RECONCILE_LOCK})`
  await stopRuns(tx, sourceId)
  await tx`delete from tidemark.removal_proposal where source_id = ${sourceId}`
  await tx`
    create temp table lapsed on commit drop as
    select item_id, asset_id, scope_id, 'filtered'::text as reason from tidemark.claim where source_id = ${sourceId}`
  const run = await lastRun(tx, sourceId)
  // The same rules as when a filter leaves everything out: nothing is over budget, as a person decided.
  const { removed } = await removeAssets(tx, run, () => true)
  await promoteWriters(tx, run)
  await resolveReferences(tx)
  await tellRemoved(tx)
  await tx`delete from tidemark.source where id = ${sourceId}`
  return removed
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

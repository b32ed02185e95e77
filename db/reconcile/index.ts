import { IngestError } from '../../model/errors.ts'
import { markLineageDue } from '../lineage/due.ts'
import type { RunRow } from '../runs.ts'
import { inTransaction, type Query, type Transaction } from '../store.ts'
import { findLapsed } from './lapsed.ts'
import { lockReferences } from './lock.ts'
import { forgetItems, promoteWriters, removeAssets } from './removals.ts'
import { mergeRenames } from './renames.ts'
import { resolveReferences } from './resolve.ts'

export interface ReconcileInput {
  readonly run: RunRow
  /** Absent items that the source's own filters leave out now. */
  readonly filteredItems: readonly number[]
  /** Whether a run may remove so many of a scope's assets without asking. */
  readonly withinBudget: (absent: number, base: number) => boolean
}

export interface ReconcileResult {
  readonly renamed: number
  readonly removed: number
  readonly proposed: number
  readonly rescan: number
}

/**
 * What crosses items, decided once per run after all scopes: renames, removals within the budget, proposals, parents,
 * edges and placeholders. One transaction; running it again finds nothing left to do.
 */
export async function reconcile(sql: Query, input: ReconcileInput): Promise<ReconcileResult> {
  const { run } = input
  return await inTransaction(sql, async (tx) => {
    await lockReferences(tx)
    const lapsed = await findLapsed(tx, run, input.filteredItems)
    const renamed = lapsed > 0 ? await mergeRenames(tx, run) : 0
    const { removed, proposed } =
      lapsed > 0 ? await removeAssets(tx, run, input.withinBudget) : { removed: 0, proposed: 0 }
    await forgetItems(tx, run)
    await withdrawProposals(tx, run)
    const rescan = lapsed > 0 ? await promoteWriters(tx, run) : 0
    if (lapsed > 0 || (await describedAny(tx, run))) {
      await resolveReferences(tx)
      await markLineageDue(tx, run.sourceId)
    }
    await recordReconciliation(tx, run, { renamed, removed, proposed })
    return { renamed, removed, proposed, rescan }
  })
}

/** Whether this run has described anything, or an earlier one that died before it came so far. */
async function describedAny(tx: Transaction, run: RunRow): Promise<boolean> {
  const rows = await tx`
    select 1 from tidemark.sync_scope ss join tidemark.sync_run r on r.id = ss.run_id
    where ss.described > 0 and r.source_id = ${run.sourceId} and r.reconciled_at is null
      and r.id > (select coalesce(max(id), 0) from tidemark.sync_run
                  where source_id = ${run.sourceId} and id < ${run.id} and reconciled_at is not null)
    union all
    select 1 from tidemark.sync_scope where run_id = ${run.id} and described > 0
    limit 1`
  return rows.length > 0
}

/** What came back is no longer proposed; a later absence is a new question. */
async function withdrawProposals(tx: Transaction, run: RunRow): Promise<void> {
  await tx`
    update tidemark.removal_proposal p set status = 'withdrawn', decided_at = now()
    where p.source_id = ${run.sourceId} and p.status in ('open', 'approved', 'rejected')
      and not exists (select 1 from lapsed where lapsed.asset_id = p.asset_id)
      and exists (select 1 from tidemark.sync_scope ss
                  where ss.run_id = ${run.id} and ss.scope_id = p.scope_id and ss.status = 'completed'
                    and ss.listing in ('complete', 'unchanged'))`
}

async function recordReconciliation(
  tx: Transaction,
  run: RunRow,
  { renamed, removed, proposed }: { renamed: number; removed: number; proposed: number },
): Promise<void> {
  const open = await tx`
    update tidemark.sync_run set reconciled_at = now(), renamed = renamed + ${renamed}, removed = removed + ${removed},
      added = added - ${renamed}, proposed = ${proposed}
    where id = ${run.id} and completed_at is null`
  if (open.count === 0)
    throw new IngestError('cancelled', `run ${run.id} is closed: another process took the source over`)
  // Only a run that brought new names moves the mark: an unchanged source is not rewritten.
  await tx`
    update tidemark.source set reconciled_run_id = ${run.id}
    where id = ${run.sourceId} and reconciled_run_id < ${run.id}
      and exists (select 1 from tidemark.claim
                  where source_id = ${run.sourceId} and run_id > source.reconciled_run_id)`
}

const BULK = 1000

/**
 * After a run that wrote much, has the planner look again: autovacuum would come a minute later, and people query at
 * once.
 */
export async function refreshPlannerStatistics(sql: Query, runId: number): Promise<void> {
  const [run] = await sql<{ written: number }[]>`
    select coalesce(sum(added + changed), 0)::int as written from tidemark.sync_scope where run_id = ${runId}`
  if ((run as { written: number }).written < BULK) return
  await sql`select gin_clean_pending_list('tidemark.search_document_words')`
  // Texts that nobody joins or filters by would take most of the time; autovacuum gets to them.
  await sql`
    analyze tidemark.asset (id, namespace_id, kind_group, name_key, kind, name, database_name, schema_name, parent_id,
                            native_id, placeholder, removed_at),
            tidemark.field (asset_id, name_key, name, type, native_type, removed_at),
            tidemark.asset_constraint (asset_id, kind, name, referenced_namespace_id, referenced_group, referenced_key),
            tidemark.asset_index (asset_id, name), tidemark.asset_version (asset_id, valid_from, valid_to, run_id),
            tidemark.search_document (asset_id, kind), tidemark.search_word, tidemark.claim, tidemark.lineage_edge, tidemark.inventory`
}

import { type ChangeRow, listChanges } from '../db/queries-changes.ts'
import { findRun, listRunScopes, listRuns, type RunHistoryRow, type RunScopeRow } from '../db/queries-runs.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { requireSourceHead } from './lookup.ts'

export type { RunHistoryRow, RunScopeRow } from '../db/queries-runs.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

/** Past syncs and those under way, the latest first. */
export async function readRuns(
  context: Reading,
  filter: { readonly source?: string; readonly limit: number },
): Promise<RunHistoryRow[]> {
  if (filter.source !== undefined) await requireSourceHead(context, filter.source)
  return await listRuns(context.store.sql, filter)
}

export async function requireRun(context: Pick<ServiceContext, 'store'>, runId: number): Promise<RunHistoryRow> {
  const run = await findRun(context.store.sql, runId)
  if (run !== undefined) return run
  throw new IngestError('invalid_config', `there is no run ${runId}`, { hint: 'See them with: tidemark runs' })
}

export interface RunDetails {
  readonly run: RunHistoryRow
  /** Those with trouble first. */
  readonly scopes: readonly RunScopeRow[]
  readonly changes: readonly ChangeRow[]
}

export async function readRunDetails(
  context: Reading,
  runId: number,
  limits: { readonly scopes: number; readonly changes: number },
): Promise<RunDetails> {
  const run = await requireRun(context, runId)
  const { sql } = context.store
  const [scopes, changes] = await Promise.all([
    listRunScopes(sql, runId, limits.scopes),
    listChanges(sql, { runId, baseline: true, limit: limits.changes }),
  ])
  return { run, scopes, changes }
}

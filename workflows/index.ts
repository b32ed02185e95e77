import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  continueAsNew,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { IngestError } from '../model/errors.ts'
import { type HealthInput, type HealthResult, checkHealth as probeSources } from '../sync/health.ts'
import { type MaintenanceInput, maintain, type Tally } from '../sync/maintenance.ts'
import { syncSource as orchestrate, type SyncResult } from '../sync/orchestrate.ts'
import type { Env, SyncInput } from '../sync/steps.ts'
import { proxyHealthSteps, proxyMaintenanceSteps } from './care.ts'
import { proxySteps } from './steps.ts'

/** One sync of one source; started by its schedule, the CLI, an approval or a webhook. A wire name. */
export async function syncSource(input: SyncInput): Promise<SyncResult> {
  const info = workflowInfo()
  const env: Env = {
    owner: `${info.workflowId}/${info.firstExecutionRunId}`,
    workflowId: info.workflowId,
    patched,
    historyIsLong: () => workflowInfo().continueAsNewSuggested,
    continueAsNew: (next) => continueAsNew<typeof syncSource>(next),
    uncancellable: (work) => CancellationScope.nonCancellable(work),
    tell: setCurrentDetails,
  }
  const result = await orchestrate(input, proxySteps(input), env).catch(leave)
  if (input.searchable === true) upsertSearchAttributes({ TidemarkOutcome: [result.outcome] })
  if (result.outcome === 'cancelled') throw new CancelledFailure(`run ${result.runId} was cancelled`)
  if (result.outcome === 'failed') {
    // Shown as failed where people look; everything is stored already, so there is nothing to try again.
    const message = result.error?.message ?? `run ${result.runId} failed: tidemark run ${result.runId}`
    throw ApplicationFailure.nonRetryable(message, result.error?.category ?? 'failed')
  }
  return result
}

/** Probes every active source once; started by its schedule. A wire name. */
export async function checkHealth(input: HealthInput): Promise<HealthResult> {
  return await probeSources(input, proxyHealthSteps(input), {
    historyIsLong: () => workflowInfo().continueAsNewSuggested,
    continueAsNew: (next) => continueAsNew<typeof checkHealth>(next),
    tell: setCurrentDetails,
  }).catch(leave)
}

/** Retention, partitions and statistics of the store; started by its schedule. A wire name. */
export async function maintainStore(input: MaintenanceInput): Promise<Tally> {
  return await maintain(input, proxyMaintenanceSteps(input), {
    patched,
    historyIsLong: () => workflowInfo().continueAsNewSuggested,
    continueAsNew: (next) => continueAsNew<typeof maintainStore>(next),
    tell: setCurrentDetails,
  }).catch(leave)
}

/** Nothing but a Temporal failure may leave: any other error would be taken for a bug in the code and wait for a fix. */
function leave(error: unknown): never {
  if (!(error instanceof IngestError)) throw error
  if (error.category === 'cancelled') throw new CancelledFailure(error.message)
  throw ApplicationFailure.nonRetryable(error.message, error.category)
}

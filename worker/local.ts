import type { ActivityDeps } from '../activities/deps.ts'
import { createActivities } from '../activities/index.ts'
import { IngestError } from '../model/errors.ts'
import { type SyncResult, syncSource } from '../sync/orchestrate.ts'
import { DEFAULT_RETRY, STEP_PROFILES } from '../sync/retry.ts'
import type { Env, RetryProfiles, Steps, SyncInput } from '../sync/steps.ts'
import { retrySteps } from './retry.ts'

export interface LocalSyncOptions {
  readonly deps: Omit<ActivityDeps, 'control' | 'startSync'>
  readonly request: Pick<SyncInput, 'organization' | 'source' | 'sourceId'> & { readonly requestId: number }
  readonly window: number
  readonly retry?: RetryProfiles
  /** Cancels the sync; what is merged stays. */
  readonly signal: AbortSignal
  readonly tell?: (progress: string) => void
}

/**
 * Runs a sync in this process, without Temporal, through the same orchestration and steps; then those of requests that
 * came in meanwhile. Resolves to the result of the request asked for.
 */
export async function runLocalSync(options: LocalSyncOptions): Promise<SyncResult> {
  const queue = [options.request]
  const { signal } = options
  const deps: ActivityDeps = {
    ...options.deps,
    control: () => ({ signal, heartbeat: () => {} }),
    startSync: async (next) => {
      queue.push(next)
    },
  }
  const steps = retrySteps({
    steps: createActivities(deps),
    names: STEP_PROFILES,
    profiles: options.retry ?? DEFAULT_RETRY,
    signal,
    uncancellable: UNCANCELLABLE,
  })
  let first: SyncResult | undefined
  for (let request = queue.shift(); request !== undefined; request = signal.aborted ? undefined : queue.shift()) {
    const result = await syncSource({ ...request, window: options.window }, steps, localEnv(request, options))
    first ??= result
  }
  // Set: the queue began with one request.
  return first as SyncResult
}

function localEnv({ organization, source, requestId }: LocalSyncOptions['request'], options: LocalSyncOptions): Env {
  return {
    owner: `local/${process.pid}/${requestId}`,
    workflowId: `sync/${organization}/${source}/${requestId}`,
    patched: () => true,
    historyIsLong: () => false,
    continueAsNew: () => Promise.reject(new IngestError('internal', 'a local sync has no history to cut')),
    uncancellable: (work) => work(),
    tell: options.tell ?? (() => {}),
  }
}

/** Steps of closing a run go on after cancellation; all others end with it. */
const UNCANCELLABLE: ReadonlySet<keyof Steps> = new Set(['closeRun', 'startSync'])

import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow'
import { type ErrorCategory, IngestError } from '../model/errors.ts'
import { DEFAULT_RETRY, STEP_PROFILES } from '../sync/retry.ts'
import type { Steps, SyncInput } from '../sync/steps.ts'

type StepName = keyof Steps

/** A step may take as long as its source is large; heartbeats tell that it lives. */
const START_TO_CLOSE = '24 hours'
const HEARTBEAT_MS = 30_000

/** Temporal proxies of the steps, whose failures come back as the IngestErrors that the activities threw. */
export function proxySteps(input: SyncInput): Steps {
  const names = Object.keys(STEP_PROFILES) as StepName[]
  // Same names, same signatures: each entry forwards to the activity of that name.
  return Object.fromEntries(names.map((name) => [name, proxyStep(name, input)])) as unknown as Steps
}

function proxyStep(name: StepName, input: SyncInput): (argument: { readonly name?: string }) => Promise<unknown> {
  const profile = (input.retry ?? DEFAULT_RETRY)[STEP_PROFILES[name]]
  return async (argument) => {
    const activities = proxyActivities<Record<StepName, (argument: unknown) => Promise<unknown>>>({
      startToCloseTimeout: START_TO_CLOSE,
      heartbeatTimeout: input.heartbeatMs ?? HEARTBEAT_MS,
      summary: argument.name === undefined ? input.source : `${input.source}: ${argument.name}`.slice(0, 200),
      priority: { fairnessKey: `${input.organization}/${input.source}`.slice(0, 64) },
      retry: {
        initialInterval: profile.initialIntervalMs,
        backoffCoefficient: profile.backoff,
        maximumInterval: profile.maximumIntervalMs,
        maximumAttempts: profile.maximumAttempts,
      },
    })
    try {
      return await activities[name](argument)
    } catch (error) {
      throw toStepError(error, name)
    }
  }
}

function toStepError(error: unknown, step: string): unknown {
  if (isCancellation(error)) return new IngestError('cancelled', 'the sync was cancelled')
  if (!(error instanceof ActivityFailure)) return error
  const { cause } = error
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0] as { hint?: string; code?: string } | undefined
    // The activity interceptor puts the category there.
    return new IngestError((cause.type ?? 'internal') as ErrorCategory, cause.message, details ?? {})
  }
  if (cause instanceof TimeoutFailure) return new IngestError('timeout', `${step}: no worker has been heard of in time`)
  return new IngestError('internal', `${step}: ${cause?.message ?? error.message}`)
}

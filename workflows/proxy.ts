import {
  ActivityFailure,
  type ActivityOptions,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow'
import { type ErrorCategory, IngestError } from '../model/errors.ts'
import { NO_WORKER } from '../sync/health.ts'
import { DEFAULT_RETRY } from '../sync/retry.ts'
import type { RetryProfiles } from '../sync/steps.ts'

/** What a step is called with, as far as its call is concerned. */
export interface StepArgument {
  readonly name?: string
  readonly source?: string
  readonly what?: string
  readonly taskQueue?: string
}

type StepOptions = Pick<
  ActivityOptions,
  'taskQueue' | 'scheduleToStartTimeout' | 'startToCloseTimeout' | 'heartbeatTimeout' | 'summary' | 'priority'
>

export interface Proxies<Name extends string> {
  /** The steps, and which retry profile each is tried again under. */
  readonly profiles: Readonly<Record<Name, keyof RetryProfiles>>
  readonly retry?: RetryProfiles
  /** How one call of a step is scheduled. */
  readonly options: (name: Name, argument: StepArgument) => StepOptions
}

/**
 * Temporal proxies of steps, whose failures come back as the IngestErrors that the activities threw. The caller names
 * the interface: same names, same signatures.
 */
export function proxyAll<Name extends string>(
  proxies: Proxies<Name>,
): Record<Name, (argument: StepArgument) => Promise<unknown>> {
  const names = Object.keys(proxies.profiles) as Name[]
  // Each entry forwards to the activity of that name.
  return Object.fromEntries(names.map((name) => [name, proxyStep(name, proxies)])) as never
}

function proxyStep<Name extends string>(
  name: Name,
  { profiles, retry, options }: Proxies<Name>,
): (argument?: StepArgument) => Promise<unknown> {
  const profile = (retry ?? DEFAULT_RETRY)[profiles[name]]
  return async (argument) => {
    const scheduled = options(name, argument ?? {})
    const activities = proxyActivities<Record<string, (argument: unknown) => Promise<unknown>>>({
      ...scheduled,
      retry: {
        initialInterval: profile.initialIntervalMs,
        backoffCoefficient: profile.backoff,
        maximumInterval: profile.maximumIntervalMs,
        maximumAttempts: profile.maximumAttempts,
      },
    })
    try {
      return await activities[name]?.(argument)
    } catch (error) {
      throw toStepError(error, name, scheduled.taskQueue)
    }
  }
}

function toStepError(error: unknown, step: string, taskQueue: string | undefined): unknown {
  if (isCancellation(error)) return new IngestError('cancelled', 'the workflow was cancelled')
  if (!(error instanceof ActivityFailure)) return error
  const { cause } = error
  if (cause instanceof ApplicationFailure) {
    const details = cause.details?.[0] as { hint?: string; code?: string } | undefined
    // The activity interceptor puts the category there.
    return new IngestError((cause.type ?? 'internal') as ErrorCategory, cause.message, details ?? {})
  }
  if (cause instanceof TimeoutFailure) return timeoutError(cause, step, taskQueue)
  return new IngestError('internal', `${step}: ${cause?.message ?? error.message}`)
}

function timeoutError({ timeoutType }: TimeoutFailure, step: string, taskQueue: string | undefined): IngestError {
  if (timeoutType !== 'SCHEDULE_TO_START' || taskQueue === undefined) {
    return new IngestError('timeout', `${step}: no worker has been heard of in time`)
  }
  return new IngestError('dependency_unavailable', `no worker serves task queue ${taskQueue}`, {
    code: NO_WORKER,
    hint: `Start one where the source can be reached: tidemark worker --queue ${taskQueue}`,
  })
}

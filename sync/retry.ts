import type { IngestError } from '../model/errors.ts'
import type { RetryProfile, RetryProfiles, Steps } from './steps.ts'

export const DEFAULT_RETRY: RetryProfiles = {
  source: { initialIntervalMs: 1_000, backoff: 2, maximumIntervalMs: 60_000, maximumAttempts: 5 },
  store: { initialIntervalMs: 500, backoff: 2, maximumIntervalMs: 30_000, maximumAttempts: 20 },
}

/** Which profile each step is tried again under. */
export const STEP_PROFILES: Readonly<Record<keyof Steps, keyof RetryProfiles>> = {
  requestSync: 'store',
  openRun: 'store',
  openUnserved: 'store',
  planScopes: 'source',
  listPendingScopes: 'store',
  syncScope: 'source',
  failScope: 'store',
  reconcile: 'source',
  deriveLineage: 'store',
  readQueryLogs: 'source',
  takeStatistics: 'source',
  closeRun: 'store',
  startSync: 'store',
}

/** The steps that need the source itself, or what of its config only a worker near it can resolve. */
export const STEPS_AT_SOURCE: ReadonlySet<keyof Steps> = new Set([
  'openRun',
  'planScopes',
  'syncScope',
  'reconcile',
  'readQueryLogs',
  'takeStatistics',
])

/** Bugs do not mend themselves; one more try rules out a fluke. */
const INTERNAL_ATTEMPTS = 2

/** How long to wait before the next attempt, in milliseconds; undefined when there shall be none. `attempt` counts from 1. */
export function retryDelayMs(error: IngestError, attempt: number, profile: RetryProfile): number | undefined {
  if (!worthRetrying(error, attempt) || attempt >= profile.maximumAttempts) return undefined
  const backOff = profile.initialIntervalMs * profile.backoff ** (attempt - 1)
  return Math.max(error.retryAfterMs ?? 0, Math.min(backOff, profile.maximumIntervalMs))
}

/** Whether the failed attempt, counted from 1, may be followed by another at all. */
export function worthRetrying(error: IngestError, attempt: number): boolean {
  return error.retryable && (error.category !== 'internal' || attempt < INTERNAL_ATTEMPTS)
}

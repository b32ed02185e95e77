import { setTimeout as delay } from 'node:timers/promises'
import { IngestError, toIngestError } from '../model/errors.ts'
import { retryDelayMs } from '../sync/retry.ts'
import type { RetryProfiles } from '../sync/steps.ts'

export interface RetryOptions<Steps> {
  readonly steps: Steps
  /** Which profile each step is tried again under. */
  readonly names: Readonly<Record<keyof Steps, keyof RetryProfiles>>
  readonly profiles: RetryProfiles
  readonly signal: AbortSignal
  /** Steps that go on after cancellation; all others end with it. */
  readonly uncancellable?: ReadonlySet<keyof Steps>
}

/** The steps, each tried again as Temporal would. */
export function retrySteps<Steps extends object>(options: RetryOptions<Steps>): Steps {
  const { steps, names, profiles, signal, uncancellable } = options
  const wrapped = (Object.keys(steps) as (keyof Steps)[]).map((name) => {
    const profile = profiles[names[name]]
    const call = steps[name] as (input: unknown) => Promise<unknown>
    const run = async (input: unknown) => {
      for (let attempt = 1; ; attempt += 1) {
        if (signal.aborted && uncancellable?.has(name) !== true) throw new IngestError('cancelled', 'cancelled')
        try {
          return await call(input)
        } catch (thrown) {
          const error = toIngestError(thrown)
          const wait = retryDelayMs(error, attempt, profile)
          if (wait === undefined) throw error
          await delay(wait, undefined, { signal }).catch(() => {})
        }
      }
    }
    return [name, run]
  })
  // Same names, same signatures: only failures are tried again.
  return Object.fromEntries(wrapped) as Steps
}

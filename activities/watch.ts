import { LEASE_SECONDS, renewLease } from '../db/runs.ts'
import { IngestError } from '../model/errors.ts'
import type { ActivityDeps } from './deps.ts'

/** Watches over a long step: heartbeats and the run's lease tell that it lives, `progress` that it moves. */
export interface Watch extends Disposable {
  /** Aborted when the step is cancelled, stalls, or its run has been taken over. */
  readonly signal: AbortSignal
  /** Tells that something was read or written. */
  progress(): void
}

const HEARTBEAT_MS = 5_000

export function startWatch(deps: ActivityDeps, runId: number): Watch {
  const { signal, heartbeat } = deps.control()
  const own = new AbortController()
  let lastProgress = Date.now()
  let lastRenewal = Date.now()
  let renewing = false
  const beat = () => {
    heartbeat()
    const now = Date.now()
    if (now - lastProgress > deps.limits.noProgressMs) {
      own.abort(new IngestError('timeout', `nothing moved for ${deps.limits.noProgressMs / 1000} s`))
    }
    if (renewing || now - lastRenewal < (LEASE_SECONDS * 1000) / 4) return
    renewing = true
    lastRenewal = now
    // A store that is briefly away shows in the step's own writes; only a lost lease ends the step here.
    renewLease(deps.store.sql, runId)
      .catch((error: unknown) => {
        if (error instanceof IngestError) own.abort(error)
      })
      .finally(() => {
        renewing = false
      })
  }
  const timer = setInterval(beat, Math.min(HEARTBEAT_MS, deps.limits.noProgressMs))
  return {
    signal: AbortSignal.any([signal, own.signal]),
    progress: () => {
      lastProgress = Date.now()
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type BigqueryConfig, endpointOf } from './config.ts'

/** Keeps requests below the quota of an account: so many at a time, so many a second, all of them paused when told to. */
export interface Throttle {
  /** Runs the work when its turn has come. @throws the signal's reason when it is aborted meanwhile. */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>
  /** Nothing begins before so many milliseconds have passed. */
  pause(ms: number): void
}

function createThrottle(limits: { readonly concurrency: number; readonly perSecond: number }): Throttle {
  const interval = 1000 / limits.perSecond
  const waiting: (() => void)[] = []
  let running = 0
  let next = 0

  const enter = async (signal: AbortSignal) => {
    signal.throwIfAborted()
    if (running < limits.concurrency) {
      running += 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        waiting.splice(waiting.indexOf(begin), 1)
        reject(signal.reason)
      }
      // The place of the one that leaves is handed over: `running` stands.
      const begin = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      waiting.push(begin)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
  const leave = () => {
    const begin = waiting.shift()
    if (begin === undefined) running -= 1
    else begin()
  }
  const takeTurn = async (signal: AbortSignal) => {
    // A pause that began meanwhile holds those up too that had a turn before it.
    for (let turn = reserve(); turn > Date.now(); turn = Math.max(turn, pausedUntil)) {
      await delay(Math.max(0, turn - Date.now()), undefined, { signal })
    }
  }
  let pausedUntil = 0
  const reserve = () => {
    const turn = Math.max(Date.now(), next, pausedUntil)
    next = turn + interval
    return turn
  }
  return {
    async run(signal, work) {
      await enter(signal)
      try {
        await takeTurn(signal)
        return await work()
      } finally {
        leave()
      }
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, Date.now() + ms)
    },
  }
}

const shared = new Map<string, Throttle>()

/** Google counts by account: the handles of all scopes that sign in alike share one throttle in a process. */
export function throttleFor(config: BigqueryConfig): Throttle {
  const { credentials, accessToken, impersonate, quotaProject, concurrency, requestsPerSecond } = config
  const account = [endpointOf(config, 'bigquery'), credentials, accessToken, impersonate, quotaProject]
  const key = createHash('sha256')
    .update(JSON.stringify([account, concurrency, requestsPerSecond]))
    .digest('hex')
  const found = shared.get(key) ?? createThrottle({ concurrency, perSecond: requestsPerSecond })
  shared.set(key, found)
  return found
}

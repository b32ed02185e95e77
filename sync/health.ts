import { type ErrorSummary, IngestError } from '../model/errors.ts'
import type { RetryProfiles } from './steps.ts'

/** A page of sources held in the orchestration. */
const PAGE = 200

/** What a round of probes starts from. */
export interface HealthInput {
  readonly organization: string
  /** The sources probed at a time. */
  readonly window: number
  readonly retry?: RetryProfiles
  /** How long a probe waits for a worker of its source's task queue, in milliseconds; 2 minutes when absent. */
  readonly queueWaitMs?: number
  /** Leaves sources that name a task queue to its workers. */
  readonly mainOnly?: boolean
  /** The last source of the execution before, when a long round goes on in a new one. */
  readonly after?: number
}

export interface ProbeTarget {
  readonly sourceId: number
  readonly source: string
  /** Of the workers that reach the source; absent: any. */
  readonly taskQueue?: string
}

/** How a probe ended; `turned` when the source is not as the store had it. */
export interface ProbeResult {
  readonly healthy: boolean
  readonly turned: boolean
}

/** What the activities implement; wire names. None of them touches what is catalogued. */
export interface HealthSteps {
  /** Active sources by ascending id. */
  listProbes(input: {
    readonly organization: string
    readonly after: number
    readonly limit: number
  }): Promise<readonly ProbeTarget[]>
  /** Runs the source's checks and stores a transition. A failed check is a result; only the store's failures are thrown. */
  probeSource(input: ProbeTarget): Promise<ProbeResult>
  /** Stores that a source could not be probed, as nobody serves its task queue. */
  recordUnserved(input: ProbeTarget & { readonly error: ErrorSummary }): Promise<ProbeResult>
}

export const HEALTH_PROFILES: Readonly<Record<keyof HealthSteps, keyof RetryProfiles>> = {
  listProbes: 'store',
  probeSource: 'store',
  recordUnserved: 'store',
}

/** What a round needs of its surroundings. */
export interface HealthEnv {
  historyIsLong(): boolean
  continueAsNew(input: HealthInput): Promise<never>
  tell(progress: string): void
}

export interface HealthResult {
  readonly probed: number
  readonly unhealthy: number
  readonly turned: number
}

/** The code of the error that a step ends with when no worker takes it. */
export const NO_WORKER = 'NO_WORKER'

/** Probes every active source, `input.window` at a time. What one source's probe comes to is no matter to the others. */
export async function checkHealth(input: HealthInput, steps: HealthSteps, env: HealthEnv): Promise<HealthResult> {
  const results: ProbeResult[] = []
  const underWay = new Set<Promise<void>>()
  let after = input.after ?? 0
  while (true) {
    const page = await steps.listProbes({ organization: input.organization, after, limit: PAGE })
    for (const target of page) {
      if (input.mainOnly === true && target.taskQueue !== undefined) {
        after = target.sourceId
        continue
      }
      if (underWay.size >= input.window) await Promise.race(underWay)
      if (env.historyIsLong()) {
        await Promise.all(underWay)
        return await env.continueAsNew({ ...input, after })
      }
      const work = probe(target, steps).then((result) => {
        underWay.delete(work)
        if (result !== undefined) results.push(result)
      })
      // Awaited later; until then a failure must not count as unhandled.
      work.catch(() => {})
      underWay.add(work)
      after = target.sourceId
    }
    if (page.length < PAGE) break
  }
  await Promise.all(underWay)
  const unhealthy = results.filter(({ healthy }) => !healthy).length
  env.tell(`${results.length} sources probed, ${unhealthy} unhealthy`)
  return { probed: results.length, unhealthy, turned: results.filter(({ turned }) => turned).length }
}

/** Undefined when nothing could be learnt about the source: what the store says of it then stands. */
async function probe(target: ProbeTarget, steps: HealthSteps): Promise<ProbeResult | undefined> {
  try {
    return await steps.probeSource(target)
  } catch (error) {
    if (!(error instanceof IngestError) || error.category === 'cancelled') throw error
    if (error.code !== NO_WORKER) return undefined
    const { category, message, hint } = error
    return await steps.recordUnserved({
      ...target,
      error: { category, message, ...(hint === undefined ? {} : { hint }) },
    })
  }
}

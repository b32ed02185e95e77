import { setTimeout as delay } from 'node:timers/promises'
import type { ServiceContext } from '../../services/context.ts'
import { readRuns } from '../../services/runs.ts'
import type { Io } from '../io.ts'
import { runSummary, runTrouble } from '../run-text.ts'
import { timestamp } from '../text.ts'

const EVERY_MS = 2_000
const LATEST = 50

/** Tells of every sync that ends, until aborted: what a person who leaves `up` in a terminal wants to see. */
export async function tellRuns(io: Io, context: ServiceContext, signal: AbortSignal): Promise<void> {
  const told = new Set(
    (await readRuns(context, { limit: LATEST })).filter((run) => run.outcome !== null).map((run) => run.runId),
  )
  while (!signal.aborted) {
    await delay(EVERY_MS, undefined, { signal }).catch(() => {})
    if (signal.aborted) return
    // A store that is briefly away is told by those who need it.
    const runs = await readRuns(context, { limit: LATEST }).catch(() => [])
    for (const run of runs.toReversed()) {
      if (run.outcome === null || told.has(run.runId)) continue
      told.add(run.runId)
      io.note(`${timestamp(run.completedAt ?? run.startedAt)}  ${run.source}: ${runSummary(run)}`)
      for (const line of runTrouble(run)) io.note(`  ${line}`)
    }
  }
}

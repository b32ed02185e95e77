import { type ErrorSummary, IngestError, summarizeError } from '../model/errors.ts'
import type { SyncOutcome } from '../model/sync.ts'
import { NO_WORKER } from './health.ts'
import type { Env, Steps, SyncInput } from './steps.ts'

/** A page of scope ids held in the orchestration; far below Temporal's payload limit. */
const PAGE = 200

export interface SyncResult {
  readonly outcome: SyncOutcome | 'skipped'
  readonly runId?: number
  /** Why it was skipped. */
  readonly reason?: string
  /** What ended it. */
  readonly error?: ErrorSummary
}

/**
 * One run of one source, from the opened history row to the closed one. Deterministic: everything it knows comes from
 * the steps, and it waits for nothing else.
 */
export async function syncSource(input: SyncInput, steps: Steps, env: Env): Promise<SyncResult> {
  // Opened even when the cancellation comes meanwhile: what is open is then closed in order.
  const run =
    input.resume === undefined ? await env.uncancellable(() => open(input, steps, env)) : { runId: input.resume.runId }
  if ('reason' in run) return { outcome: 'skipped', reason: run.reason }
  const { runId } = run
  let error: ErrorSummary | undefined
  try {
    if ('failure' in run) throw run.failure
    if (input.resume === undefined) await plan(runId, steps, env)
    const running = { input, runId, steps, env }
    const reached = (await syncScopes(running)) ?? (await settle(running))
    if (reached !== undefined) return await env.continueAsNew({ ...input, resume: { runId, afterScope: reached } })
    await deriveLineage(running)
    await takeStatistics(running)
  } catch (failure) {
    if (!(failure instanceof IngestError)) throw failure
    error = summarizeError(failure)
  }
  const ended = error === undefined ? {} : { error }
  return { runId, outcome: await close({ input, runId, steps, env, ...ended }), ...ended }
}

interface Opened {
  readonly runId: number
  /** Why nothing more can be done than to record the run. */
  readonly failure?: IngestError
}

async function open(input: SyncInput, steps: Steps, env: Env): Promise<Opened | { readonly reason: string }> {
  const { sourceId } = input
  const requestId = input.requestId ?? (await steps.requestSync({ sourceId, workflowId: env.workflowId })).requestId
  const request = { sourceId, requestId, owner: env.owner }
  try {
    const opened = await steps.openRun(request)
    return opened.status === 'skipped' ? { reason: opened.reason } : { runId: opened.runId }
  } catch (failure) {
    const unserved = failure instanceof IngestError && failure.code === NO_WORKER
    if (!unserved || !env.patched('unserved')) throw failure
    const opened = await steps.openUnserved(request)
    return opened.status === 'skipped' ? { reason: opened.reason } : { runId: opened.runId, failure }
  }
}

async function plan(runId: number, steps: Steps, env: Env): Promise<void> {
  const planned = await steps.planScopes({ runId })
  const notes = [`${planned.unchanged} unchanged`, ...(planned.leftOut > 0 ? [`${planned.leftOut} left out`] : [])]
  env.tell(`${planned.scopes} scopes (${notes.join(', ')})`)
}

interface Running {
  readonly input: SyncInput
  readonly runId: number
  readonly steps: Steps
  readonly env: Env
}

/**
 * Works through the pending scopes, `input.window` at a time. Returns the last scope begun when the history has become
 * too long to go on, after the window has drained; undefined when all are done.
 */
async function syncScopes(running: Running): Promise<number | undefined> {
  const underWay = new Set<Promise<void>>()
  try {
    return await workThroughScopes(running, underWay)
  } finally {
    // Whatever ended it, no scope may still be writing when the run is closed.
    await Promise.allSettled(underWay)
  }
}

async function workThroughScopes(
  { input, runId, steps, env }: Running,
  underWay: Set<Promise<void>>,
): Promise<number | undefined> {
  let after = input.resume?.afterScope ?? 0
  let done = 0
  while (true) {
    const page = await steps.listPendingScopes({ runId, after, limit: PAGE })
    for (const { scopeId, name } of page) {
      if (underWay.size >= input.window) await Promise.race(underWay)
      if (env.historyIsLong()) {
        await Promise.all(underWay)
        return after
      }
      const work = syncOneScope({ runId, scopeId, name }, steps).then(() => {
        underWay.delete(work)
        done += 1
        env.tell(`${done} scopes synced, last ${name}`)
      })
      // Awaited later; until then a failure must not count as unhandled.
      work.catch(() => {})
      underWay.add(work)
      after = scopeId
    }
    if (page.length < PAGE) break
  }
  await Promise.all(underWay)
  return undefined
}

/** A scope that fails is a gap of that scope alone; only cancellation and a lost lease end the run. */
async function syncOneScope(
  { runId, scopeId, name }: { readonly runId: number; readonly scopeId: number; readonly name: string },
  steps: Steps,
): Promise<void> {
  try {
    await steps.syncScope({ runId, scopeId, name })
  } catch (error) {
    if (!(error instanceof IngestError) || error.category === 'cancelled') throw error
    await steps.failScope({ runId, scopeId, error: summarizeError(error) })
  }
}

/** Decides what crosses scopes. Returns the scope reached when the history became too long while some were read again. */
async function settle(running: Running): Promise<number | undefined> {
  const { runId, steps, env } = running
  const first = await steps.reconcile({ runId })
  env.tell(`${first.renamed} renamed, ${first.removed} removed, ${first.proposed} proposed for removal`)
  if (first.rescan === 0) return undefined
  const reached = await syncScopes({ ...running, input: { ...running.input, resume: { runId, afterScope: 0 } } })
  if (reached === undefined) await steps.reconcile({ runId })
  return reached
}

/**
 * Lineage is derived from what has been merged; failing to is told, and leaves it due for the next run. Logs are read
 * afterwards, when what they name has been catalogued.
 */
async function deriveLineage({ runId, steps, env }: Running): Promise<void> {
  if (!env.patched('lineage')) return
  await attempt(env, 'lineage not derived', async () => {
    const { texts, partial, failed } = await steps.deriveLineage({ runId })
    if (texts > 0)
      env.tell(`lineage: ${texts} texts derived, ${partial} partial${failed === 0 ? '' : `, ${failed} failed`}`)
  })
  await attempt(env, 'query logs not read', async () => {
    const { scopes, statements, failures } = await steps.readQueryLogs({ runId })
    if (scopes > 0) env.tell(`query logs of ${scopes} scopes: ${statements} statements${refused(failures)}`)
  })
}

const refused = (failures: number): string => (failures === 0 ? '' : `, ${failures} refused`)

/** Runs what a sync does beside its catalogue: its failure is told, and the run is as good as without. */
async function attempt(env: Env, trouble: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof IngestError) || error.category === 'cancelled') throw error
    env.tell(`${trouble}: ${error.message}`)
  }
}

async function takeStatistics({ runId, steps, env }: Running): Promise<void> {
  if (!env.patched('statistics')) return
  await attempt(env, 'no statistics', async () => {
    const { scopes, changed, failures } = await steps.takeStatistics({ runId })
    if (scopes > 0) env.tell(`statistics of ${scopes} scopes: ${changed} changed${refused(failures)}`)
  })
}

async function close({
  input,
  runId,
  steps,
  env,
  error,
}: Running & { readonly error?: ErrorSummary }): Promise<SyncOutcome> {
  return await env.uncancellable(async () => {
    const closed = await steps.closeRun({ runId, ...(error === undefined ? {} : { error }) })
    env.tell(closed.outcome)
    if (closed.pendingRequestId !== undefined) {
      await steps.startSync({ sourceId: input.sourceId, requestId: closed.pendingRequestId })
    }
    return closed.outcome
  })
}

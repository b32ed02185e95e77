import type { ConnectorHandle, Scope } from '../connectors/kit/index.ts'
import { addRunCost, renewLease } from '../db/runs.ts'
import {
  listStatisticsScopes,
  markStatisticsTaken,
  type StatisticsTarget,
  storeStatistics,
  storeUsage,
} from '../db/statistics.ts'
import { IngestError } from '../model/errors.ts'
import type { StatisticsTaken } from '../sync/steps.ts'
import type { ActivityDeps } from './deps.ts'
import { guardSource, type LoadedSource, loadSource, withSource } from './source.ts'
import { startWatch, type Watch } from './watch.ts'

const NOTHING: StatisticsTaken = { scopes: 0, changed: 0, failures: 0 }

/** What the takings of one run share. */
interface Taking {
  readonly deps: ActivityDeps
  readonly source: LoadedSource
  readonly target: StatisticsTarget
  readonly handle: ConnectorHandle
  readonly watch: Watch
}

/**
 * Takes statistics and usage of the scopes synced, if it is time. What the source refuses is a warning, not an error: the
 * next sync tries again where that can help, else the next interval does.
 */
export async function takeStatistics(deps: ActivityDeps, runId: number): Promise<StatisticsTaken> {
  const { sql } = deps.store
  const run = await renewLease(sql, runId)
  if (run.mode === 'plan') return NOTHING
  const scopes = await listStatisticsScopes(sql, run, deps.limits.statisticsIntervalMs)
  if (scopes.length === 0) return NOTHING
  const source = await loadSource(deps, run.sourceId)
  const { capabilities = [] } = source.connector.manifest
  if (!capabilities.includes('statistics') && !capabilities.includes('usage')) return NOTHING
  using watch = startWatch(deps, runId)
  return await withSource(deps, source, { runId, signal: watch.signal }, async ({ handle, cost }) => {
    const target = { run, namespaceId: source.row.namespaceId }
    const taking: Taking = { deps, source, target, handle, watch }
    const failures: IngestError[] = []
    let changed = 0
    for (const scope of scopes) {
      const taken = await takeScope(taking, scope)
      changed += taken.changed
      failures.push(...taken.failures)
    }
    await addRunCost(sql, runId, cost)
    if (!failures.some((failure) => failure.retryable)) await markStatisticsTaken(sql, run)
    return { scopes: scopes.length, changed, failures: failures.length }
  })
}

async function takeScope(
  taking: Taking,
  scope: Scope,
): Promise<{ readonly changed: number; readonly failures: readonly IngestError[] }> {
  const { sql } = taking.deps.store
  const { handle, target } = taking
  const failures: IngestError[] = []
  let changed = 0
  const attempt = async <T>(
    what: string,
    pages: AsyncGenerator<readonly T[], void, void> | undefined,
    store: (pages: AsyncIterable<readonly T[]>) => Promise<number>,
  ) => {
    if (pages === undefined) return
    try {
      changed += await store(guarded(taking, pages, `taking the ${what} of ${scope.name}`))
    } catch (error) {
      failures.push(warn(taking, scope, error))
    }
  }
  await attempt('statistics', handle.statistics?.(scope), (pages) => storeStatistics(sql, target, pages))
  await attempt('usage', handle.usage?.(scope), (pages) => storeUsage(sql, target, pages))
  return { changed, failures }
}

/** A failure of the source's. Cancellation, and what our own store answers, end the step. */
function warn({ deps, source, target }: Taking, scope: Scope, error: unknown): IngestError {
  if (!(error instanceof IngestError) || ['cancelled', 'dependency_unavailable'].includes(error.category)) throw error
  const { category, message, hint } = error
  deps.log.warn({ source: source.row.name, run: target.run.id, scope: scope.name, category, hint }, message)
  return error
}

async function* guarded<T>(
  { source, watch }: Taking,
  pages: AsyncGenerator<readonly T[], void, void>,
  what: string,
): AsyncGenerator<readonly T[], void, void> {
  try {
    while (true) {
      const page = await guardSource(source, watch.signal, what, async () => {
        watch.signal.throwIfAborted()
        return await pages.next()
      })
      watch.progress()
      if (page.done === true) return
      yield page.value
    }
  } finally {
    await pages.return()
  }
}

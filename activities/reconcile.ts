import { reconcile as reconcileStore, refreshPlannerStatistics } from '../db/reconcile/index.ts'
import { listAbsentItems } from '../db/reconcile/lapsed.ts'
import { addRunCost, type RunRow, renewLease } from '../db/runs.ts'
import { withinBudget } from '../sync/decisions.ts'
import type { Reconciliation } from '../sync/steps.ts'
import type { ActivityDeps } from './deps.ts'
import { guardSource, loadSource, withSource } from './source.ts'
import { startWatch } from './watch.ts'

export async function reconcile(deps: ActivityDeps, runId: number): Promise<Reconciliation> {
  const run = await renewLease(deps.store.sql, runId)
  if (run.mode === 'plan') return { renamed: 0, removed: 0, proposed: 0, rescan: 0 }
  using watch = startWatch(deps, runId)
  const filteredItems = await findFiltered(deps, run, watch.signal)
  const result = await reconcileStore(deps.store.sql, { run, filteredItems, withinBudget })
  await refreshPlannerStatistics(deps.store.sql, runId)
  return result
}

/** Of the absent items, those the source's own filters leave out now: their absence is no loss. */
async function findFiltered(deps: ActivityDeps, run: RunRow, signal: AbortSignal): Promise<number[]> {
  const absent = await listAbsentItems(deps.store.sql, run)
  if (absent.length === 0) return []
  const source = await loadSource(deps, run.sourceId)
  return await withSource(deps, source, { runId: run.id, signal }, async ({ handle, cost }) => {
    const filtered: number[] = []
    for (const [key, items] of Map.groupBy(absent, (item) => item.scopeKey)) {
      const scope = { key, name: items[0]?.scopeName ?? key }
      const keys = await guardSource(
        source,
        signal,
        'applying filters',
        async () =>
          handle.filtered?.(
            scope,
            items.map((item) => item.key),
          ) ?? [],
      )
      const left = new Set(keys)
      filtered.push(...items.filter((item) => left.has(item.key)).map((item) => item.itemId))
    }
    await addRunCost(deps.store.sql, run.id, cost)
    return filtered
  })
}

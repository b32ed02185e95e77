import type { ScopeListing } from '../connectors/kit/index.ts'
import { nearest } from '../connectors/registry.ts'
import { addRunCost, type RunRow, renewLease } from '../db/runs.ts'
import { planScopes as storeScopes } from '../db/scopes.ts'
import { IngestError } from '../model/errors.ts'
import type { Plan } from '../sync/steps.ts'
import type { ActivityDeps } from './deps.ts'
import { describeError, guardSource, type LoadedSource, loadSource, withSource } from './source.ts'
import { startWatch } from './watch.ts'

/** A run confined to scopes that are not there would do nothing, and be called a success. */
function refuseNothing({ onlyScopes }: RunRow, { row, connector }: LoadedSource, listing: ScopeListing): void {
  const known = [...listing.scopes, ...listing.leftOut].map(({ key }) => key)
  if (onlyScopes === null || onlyScopes.some((key) => known.includes(key))) return
  const meant = onlyScopes.map((key) => nearest(key, known)).find((key) => key !== undefined)
  throw new IngestError(
    'invalid_config',
    `${row.name}: there is no ${connector.manifest.scopeNoun} ${onlyScopes.map((key) => JSON.stringify(key)).join(', ')}`,
    { hint: meant === undefined ? 'A sync without --scope lists those there are.' : `Did you mean ${meant}?` },
  )
}

/** Asks the source for its scopes and stores which of them are to be listed. */
export async function planScopes(deps: ActivityDeps, runId: number): Promise<Plan> {
  const run = await renewLease(deps.store.sql, runId)
  const source = await loadSource(deps, run.sourceId)
  using watch = startWatch(deps, runId)
  return await withSource(deps, source, { runId, signal: watch.signal }, async ({ handle, cost }) => {
    const listing = await guardSource(source, watch.signal, 'listing scopes', () => handle.scopes())
    await addRunCost(deps.store.sql, runId, cost)
    refuseNothing(run, source, listing)
    return await storeScopes(deps.store.sql, run, {
      complete: listing.complete,
      scopes: listing.scopes,
      leftOut: listing.leftOut.map(({ key, name, reason, message, hint }) => ({
        key,
        name,
        reason,
        error:
          reason === 'filtered'
            ? null
            : describeError(
                source,
                new IngestError(reason === 'permission' ? 'permission' : 'source_unavailable', message, {
                  ...(hint === undefined ? {} : { hint }),
                }),
              ),
      })),
    })
  })
}

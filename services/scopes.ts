import { nearest } from '../connectors/registry.ts'
import { listScopeKeys } from '../db/scopes.ts'
import type { SourceRow } from '../db/sources.ts'
import { IngestError } from '../model/errors.ts'
import type { ServiceContext } from './context.ts'
import { withOpenSource } from './open-source.ts'

const TIMEOUT_MS = 20_000

/**
 * Refuses scopes that a source does not have. Those the store does not know may be new, so the source itself is asked; one
 * that cannot be asked from here is left to the sync. @throws IngestError `invalid_config` with what was probably meant.
 */
export async function refuseUnknownScopes(
  context: ServiceContext,
  source: SourceRow,
  keys: readonly string[],
): Promise<void> {
  const stored = await listScopeKeys(context.store.sql, source.id)
  if (keys.every((key) => stored.includes(key))) return
  const listing = await withOpenSource(context, source, AbortSignal.timeout(TIMEOUT_MS), (handle) =>
    handle.scopes(),
  ).catch(() => undefined)
  if (listing?.complete !== true) return
  const known = [...listing.scopes, ...listing.leftOut]
  const unknown = keys.find((key) => known.every((scope) => scope.key !== key))
  if (unknown === undefined) return
  const { scopeNoun } = context.registry.get(source.connector).manifest
  const names = known.map(({ key }) => key)
  const meant = known.find(({ name }) => name === unknown)?.key ?? nearest(unknown, names)
  const shown = `${names.slice(0, 20).join(', ')}${names.length > 20 ? ' …' : ''}`
  throw new IngestError('invalid_config', `${source.name} has no ${scopeNoun} ${JSON.stringify(unknown)}`, {
    hint: meant === undefined ? `It has: ${shown || 'none'}.` : `Did you mean ${meant}?`,
  })
}

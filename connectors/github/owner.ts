import { type InventoryItem, type InventoryVerdict, itemWithRecords, nameKey, pagesOf } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { ownerRecord } from './describe/owner.ts'
import { type Holdings, repositoryFingerprint } from './repositories.ts'
import { keptRepositories } from './scopes.ts'

const PAGE_ITEMS = 1_000

/** An owner's scope: the owner, and its repositories. */
export async function* iterateHoldings(
  config: GithubConfig,
  holdings: Holdings,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const { profile, at } = holdings
  yield [itemWithRecords({ key: nameKey([profile.login]), nativeId: profile.id, records: [ownerRecord(profile)] })]
  const items = keptRepositories(config, holdings).map((repository) => ({
    key: nameKey([repository.owner, repository.name]),
    nativeId: repository.id,
    fingerprint: repositoryFingerprint(repository, at),
  }))
  yield* pagesOf(items, PAGE_ITEMS)
  return { listing: 'complete' }
}

import { type Described, type ItemRef, keyPath } from '../../kit/index.ts'
import type { Client } from '../client.ts'
import { ownKeys } from '../keys.ts'
import type { Reader } from '../reader.ts'
import type { Holdings, Repository } from '../repositories.ts'
import { describeCommits } from './commits.ts'
import { describeProjects } from './dbt.ts'
import { describeFiles } from './files.ts'
import { describeRepositories } from './owner.ts'
import { describePulls } from './pulls.ts'

/** Items of a repository's scope; refs and releases came with their records. */
export async function* describeRepositoryItems(
  reader: Reader,
  items: readonly ItemRef[],
): AsyncGenerator<Described[], void, void> {
  const keys = items.map(({ key }) => key)
  const pulls = ownKeys(keys, 'pull')
  const ids = items.flatMap(({ key, nativeId }) => (pulls.has(key) && nativeId !== undefined ? [nativeId] : []))
  yield* describeProjects(reader, ownKeys(keys, 'dbt'))
  yield* describeFiles(reader, ownKeys(keys, 'file'))
  yield* describeCommits(reader, ownKeys(keys, 'commit'))
  yield* describePulls(reader, ids)
}

/** Repositories of an owner's scope; the owner came with its record. */
export async function* describeOwnerItems(
  client: Client,
  holdings: Holdings,
  items: readonly ItemRef[],
): AsyncGenerator<Described[], void, void> {
  const byName = new Map(holdings.repositories.map((repository) => [repository.name, repository]))
  const wanted = new Map(
    items.flatMap(({ key }): [string, Repository][] => {
      const repository = byName.get(keyPath(key)?.[1] ?? '')
      return repository === undefined ? [] : [[key, repository]]
    }),
  )
  yield* describeRepositories(client, wanted, holdings.at)
}

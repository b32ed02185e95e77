import { type AssetStatistics, pagesOf, type Scope } from '../kit/index.ts'
import type { Client } from './client.ts'
import type { GithubConfig } from './config.ts'
import { fullName, type Holdings, type Repository } from './repositories.ts'
import { readRollups } from './rollups.ts'
import { keptRepositories } from './scopes.ts'
import type { Session } from './session.ts'

type Page = readonly AssetStatistics[]

/** Repositories whose pull requests are listed in one query; a point of the limit for the lot. */
const QUERY_REPOSITORIES = 25
/** Closed pull requests get their last results within days; later ones are not looked for. */
const CLOSED_WITHIN_MS = 7 * 86_400_000

const QUERY = `query PullLists($ids: [ID!]!, $after: String, $closed: Boolean!) {
  nodes(ids: $ids) {
    ... on Repository {
      id
      open: pullRequests(states: OPEN, first: 50, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
        nodes { id number }
        pageInfo { hasNextPage endCursor }
      }
      closed: pullRequests(states: [CLOSED, MERGED], first: 20, orderBy: { field: UPDATED_AT, direction: DESC })
        @include(if: $closed) {
        nodes { id number closedAt }
      }
    }
  }
}`

interface PullRef {
  readonly id: string
  readonly number: number
}

interface RawRepository {
  readonly id?: string
  readonly open: {
    readonly nodes: readonly PullRef[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
  readonly closed?: { readonly nodes: readonly (PullRef & { readonly closedAt: string | null })[] }
}

/** What is known of one repository when its batch has been read. */
interface Pulls {
  readonly numbers: Page
  /** How many open ones were among them, and where more of them begin. */
  readonly open: number
  readonly more: string | undefined
}

/** Repositories that are read together, when the first of them is asked for. */
interface Batch {
  readonly repositories: readonly Repository[]
  readonly at: Date
  read?: Promise<ReadonlyMap<string, Pulls>>
}

/**
 * The checks of the pull requests that are open or were closed lately. They move without the pull request's own times,
 * so they are no part of its record, and are read for many repositories at once.
 */
export function createPullChecks(
  config: GithubConfig,
  session: Session,
  read: (owner: string) => Promise<Holdings>,
): (scope: Scope) => AsyncGenerator<Page, void, void> {
  const owners = new Map<string, Promise<ReadonlyMap<string, Batch>>>()
  const batchOf = async (owner: string, key: string): Promise<Batch | undefined> => {
    const batches = owners.get(owner) ?? read(owner).then((holdings) => toBatches(config, holdings))
    owners.set(owner, batches)
    return (await batches).get(key)
  }
  return async function* ({ key }) {
    const [owner = '', name] = key.split('/')
    if (name === undefined || config.pullRequests === 0) return
    const batch = await batchOf(owner, key)
    const repository = batch?.repositories.find((candidate) => fullName(candidate) === key)
    if (batch === undefined || repository === undefined) return
    const client = await session.clientOf(owner)
    batch.read ??= readBatch(client, batch)
    const pulls = (await batch.read).get(repository.id)
    if (pulls === undefined) return
    yield pulls.numbers
    yield* readMore(client, repository, pulls, config.pullRequests)
  }
}

function toBatches(config: GithubConfig, holdings: Holdings): ReadonlyMap<string, Batch> {
  const batches = new Map<string, Batch>()
  for (const repositories of pagesOf(keptRepositories(config, holdings), QUERY_REPOSITORIES)) {
    const batch: Batch = { repositories, at: holdings.at }
    for (const repository of repositories) batches.set(fullName(repository), batch)
  }
  return batches
}

async function readBatch(client: Client, { repositories, at }: Batch): Promise<ReadonlyMap<string, Pulls>> {
  const since = new Date(at.getTime() - CLOSED_WITHIN_MS)
  const listed = (await list(client, repositories, undefined)).map(({ repository, raw }) => {
    const closed = raw.closed?.nodes.filter(({ closedAt }) => closedAt !== null && new Date(closedAt) >= since) ?? []
    return { repository, raw, refs: [...raw.open.nodes, ...closed] }
  })
  const numbers = await readNumbers(client, listed)
  return new Map(
    listed.map(({ repository, raw }) => [
      repository.id,
      { numbers: numbers.get(repository.id) ?? [], open: raw.open.nodes.length, more: nextOf(raw) },
    ]),
  )
}

/** The open ones beyond a batch's share, as far as the catalogue keeps them. */
async function* readMore(
  client: Client,
  repository: Repository,
  pulls: Pulls,
  limit: number,
): AsyncGenerator<Page, void, void> {
  let { open, more } = pulls
  while (more !== undefined && open < limit) {
    const [listed] = await list(client, [repository], more)
    if (listed === undefined) return
    const refs = listed.raw.open.nodes
    yield (await readNumbers(client, [{ repository, refs }])).get(repository.id) ?? []
    open += refs.length
    more = nextOf(listed.raw)
  }
}

async function list(client: Client, repositories: readonly Repository[], after: string | undefined) {
  const byId = new Map(repositories.map((repository) => [repository.id, repository]))
  const variables = { ids: [...byId.keys()], after: after ?? null, closed: after === undefined }
  const { nodes } = await client.graphql<{ nodes: readonly (RawRepository | null)[] }>(QUERY, variables)
  return nodes.flatMap((raw) => {
    const repository = byId.get(raw?.id ?? '')
    return raw === null || repository === undefined ? [] : [{ repository, raw }]
  })
}

function nextOf({ open }: RawRepository): string | undefined {
  return open.pageInfo.hasNextPage ? (open.pageInfo.endCursor ?? undefined) : undefined
}

/** By the repository's id. */
async function readNumbers(
  client: Client,
  listed: readonly { readonly repository: Repository; readonly refs: readonly PullRef[] }[],
): Promise<ReadonlyMap<string, Page>> {
  const ids = new Set(listed.flatMap(({ refs }) => refs.map(({ id }) => id)))
  const rollups = await readRollups(client, [...ids])
  return new Map(
    listed.map(({ repository: { id, owner, name }, refs }) => [
      id,
      [...new Map(refs.map((ref) => [ref.id, ref])).values()].flatMap((ref): AssetStatistics[] => {
        const checks = rollups.get(ref.id)
        return checks === undefined ? [] : [{ group: 'message', path: [owner, name, String(ref.number)], checks }]
      }),
    ]),
  )
}

import { type AssetRecord, type Described, pagesOf, withProperties } from '../../kit/index.ts'
import { parentOf } from '../items.ts'
import { itemKey } from '../keys.ts'
import type { Reader } from '../reader.ts'
import type { Repository } from '../repositories.ts'

const QUERY_PULLS = 25
const LONGEST_BODY = 4_000

const QUERY = `query PullRequests($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on PullRequest {
      id number title body state isDraft url createdAt updatedAt closedAt mergedAt
      repository { nameWithOwner }
      author { login }
      mergedBy { login }
      baseRefName baseRefOid headRefName headRefOid
      headRepository { nameWithOwner }
      mergeCommit { oid }
      additions deletions changedFiles reviewDecision
      labels(first: 50) { nodes { name } }
      assignees(first: 20) { nodes { login } }
      reviews(first: 50) { nodes { author { login } state submittedAt } }
      files(first: 100) { nodes { path additions deletions } }
    }
  }
}`

interface Nodes<T> {
  readonly nodes: readonly T[]
}
interface Login {
  readonly login: string
}

interface RawPull {
  readonly id?: string
  readonly number: number
  readonly title: string
  readonly body: string
  readonly state: string
  readonly isDraft: boolean
  readonly url: string
  readonly createdAt: string
  readonly updatedAt: string
  readonly closedAt: string | null
  readonly mergedAt: string | null
  readonly repository: { readonly nameWithOwner: string }
  readonly author: Login | null
  readonly mergedBy: Login | null
  readonly baseRefName: string
  readonly baseRefOid: string
  readonly headRefName: string
  readonly headRefOid: string
  readonly headRepository: { readonly nameWithOwner: string } | null
  readonly mergeCommit: { readonly oid: string } | null
  readonly additions: number
  readonly deletions: number
  readonly changedFiles: number
  readonly reviewDecision: string | null
  readonly labels: Nodes<{ readonly name: string }> | null
  readonly assignees: Nodes<Login>
  readonly reviews: Nodes<{
    readonly author: Login | null
    readonly state: string
    readonly submittedAt: string | null
  }> | null
  readonly files: Nodes<{ readonly path: string; readonly additions: number; readonly deletions: number }> | null
}

/** Pull requests by their node ids, 25 to a query. */
export async function* describePulls(
  { client, repository }: Reader,
  ids: readonly string[],
): AsyncGenerator<Described[], void, void> {
  for (const page of pagesOf(ids, QUERY_PULLS)) {
    const { nodes } = await client.graphql<{ nodes: readonly (RawPull | null)[] }>(QUERY, { ids: [...page] })
    yield nodes.flatMap((pull): Described[] => {
      if (pull?.id === undefined || pull.repository.nameWithOwner !== `${repository.owner}/${repository.name}`)
        return []
      const key = itemKey(repository, 'pull', String(pull.number))
      return [{ key, records: [pullRecord(repository, pull)] }]
    })
  }
}

function pullRecord(repository: Repository, pull: RawPull): AssetRecord {
  const head = pull.headRepository?.nameWithOwner
  const own = head === `${repository.owner}/${repository.name}`
  return {
    kind: 'pull request',
    path: [repository.owner, repository.name, String(pull.number)],
    parent: parentOf(repository),
    ...(pull.id === undefined ? {} : { nativeId: pull.id }),
    ...(pull.author === null ? {} : { owner: pull.author.login }),
    ...(pull.body === '' ? {} : { comment: clean(pull.body.slice(0, LONGEST_BODY)) }),
    url: pull.url,
    ...withProperties({
      title: clean(pull.title),
      state: pull.mergedAt === null ? pull.state.toLowerCase() : 'merged',
      ...(pull.isDraft ? { draft: true } : {}),
      createdAt: pull.createdAt,
      updatedAt: pull.updatedAt,
      closedAt: pull.closedAt,
      mergedAt: pull.mergedAt,
      mergedBy: pull.mergedBy?.login,
      mergeCommit: pull.mergeCommit?.oid,
      // Of an open one it follows the branch, without a word of it in the pull request's own times.
      base: { ref: pull.baseRefName, ...(pull.closedAt === null ? {} : { sha: pull.baseRefOid }) },
      head: { ref: pull.headRefName, sha: pull.headRefOid, ...(own || head === undefined ? {} : { repository: head }) },
      additions: pull.additions,
      deletions: pull.deletions,
      changedFiles: pull.changedFiles,
      files: (pull.files?.nodes ?? []).map(({ path }) => path),
      labels: (pull.labels?.nodes ?? []).map(({ name }) => name).sort(),
      assignees: pull.assignees.nodes.map(({ login }) => login).sort(),
      reviewDecision: pull.reviewDecision?.toLowerCase(),
      reviews: (pull.reviews?.nodes ?? []).map(({ author, state, submittedAt }) => ({
        by: author?.login ?? null,
        state: state.toLowerCase(),
        at: submittedAt,
      })),
    }),
  }
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '')
}

import { type AssetRecord, type Described, pagesOf, withProperties } from '../../kit/index.ts'
import type { Client } from '../client.ts'
import { parentOf } from '../items.ts'
import type { Reader } from '../reader.ts'
import type { Repository } from '../repositories.ts'

const QUERY_COMMITS = 50
const LONGEST_MESSAGE = 4_000
/** Of a commit that touches more, the rest is only counted. */
const MAX_PATHS = 300

interface RawCommit {
  readonly oid: string
  readonly message: string
  readonly committedDate: string
  readonly author: { readonly name: string | null; readonly email: string | null; readonly date: string | null } | null
  readonly additions: number
  readonly deletions: number
  readonly changedFilesIfAvailable: number | null
  readonly parents: { readonly nodes: readonly { readonly oid: string }[] }
}

/** Fifty commits to a query; the paths they touched, where wanted, one request each. */
export async function* describeCommits(
  { client, config, repository }: Reader,
  commits: ReadonlyMap<string, string>,
): AsyncGenerator<Described[], void, void> {
  for (const page of pagesOf([...commits], QUERY_COMMITS)) {
    const found = await readCommits(
      client,
      repository,
      page.map(([, sha]) => sha),
    )
    const described: Described[] = []
    for (const [key, sha] of page) {
      const commit = found.get(sha)
      if (commit === undefined) continue
      const paths = config.commits.files ? await readPaths(client, repository, sha) : undefined
      described.push({ key, records: [commitRecord(repository, commit, paths)] })
    }
    yield described
  }
}

async function readCommits(
  client: Client,
  { id }: Repository,
  shas: readonly string[],
): Promise<ReadonlyMap<string, RawCommit>> {
  const objects = shas.map((sha, index) => `c${index}: object(oid: ${JSON.stringify(sha)}) { ...commit }`).join('\n')
  const query = `query Commits($id: ID!) { node(id: $id) { ... on Repository { ${objects} } } }
    fragment commit on GitObject { ... on Commit {
      oid message committedDate author { name email date } additions deletions changedFilesIfAvailable
      parents(first: 10) { nodes { oid } }
    } }`
  const { node } = await client.graphql<{ node: Readonly<Record<string, RawCommit | null>> | null }>(query, { id })
  const commits = Object.values(node ?? {}).filter((commit) => commit !== null)
  return new Map(commits.map((commit) => [commit.oid, commit]))
}

/** https://docs.github.com/en/rest/commits/commits#get-a-commit: 300 files a page, 3,000 at most. */
async function readPaths(client: Client, { owner, name }: Repository, sha: string): Promise<string[]> {
  const path = '/repos/{owner}/{repo}/commits/{ref}'
  const { data } = await client.get<{ files?: readonly { filename: string }[] }>(path, { owner, repo: name, ref: sha })
  return (data?.files ?? []).map(({ filename }) => filename).slice(0, MAX_PATHS)
}

function commitRecord(repository: Repository, commit: RawCommit, paths: readonly string[] | undefined): AssetRecord {
  const { oid, message, author, additions, deletions } = commit
  return {
    kind: 'commit',
    path: [repository.owner, repository.name, oid],
    parent: parentOf(repository),
    nativeId: `${repository.id}:${oid}`,
    ...(author?.name == null ? {} : { owner: clean(author.name) }),
    comment: clean(message.slice(0, LONGEST_MESSAGE)),
    url: `${repository.url}/commit/${oid}`,
    ...withProperties({
      authorEmail: author?.email == null ? null : clean(author.email),
      authoredAt: author?.date,
      committedAt: commit.committedDate,
      parents: commit.parents.nodes.map((parent) => parent.oid),
      additions,
      deletions,
      changedFiles: commit.changedFilesIfAvailable,
      files: paths === undefined ? null : [...paths],
    }),
  }
}

/** Text that PostgreSQL takes. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\0', '')
}

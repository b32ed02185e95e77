import type { FakeCheck, FakePull, FakeRepository, GithubWorld } from './world.ts'

interface Query {
  readonly query: string
  readonly variables: {
    readonly id?: string
    readonly ids?: readonly string[]
    readonly after?: string | null
    readonly closed?: boolean
  }
}

const time = (seconds: number | undefined) =>
  seconds === undefined ? null : new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')

/** Answers the connector's queries, by their names. */
export function answerGraphql(world: GithubWorld, { query, variables }: Query): object {
  const name = /query (\w+)/.exec(query)?.[1]
  if (name === 'Repositories') return { nodes: variables.ids?.map((id) => details(byId(world, id))) }
  if (name === 'PullRequests') return { nodes: variables.ids?.map((id) => pullDetails(world, id)) }
  if (name === 'PullLists') return { nodes: variables.ids?.map((id) => pullLists(byId(world, id), query, variables)) }
  if (name === 'CheckRollups') return { nodes: variables.ids?.map((id) => rollupOf(world, id)) }
  const repository = byId(world, variables.id ?? '')
  if (repository === undefined) return { node: null }
  const objects = [...query.matchAll(/(\w+): object\(oid: "(\w+)"\)/g)]
  const read = name === 'Blobs' ? blobOf : commitOf
  return { node: Object.fromEntries(objects.map(([, alias = '', sha = '']) => [alias, read(repository, sha)])) }
}

function byId(world: GithubWorld, id: string): FakeRepository | undefined {
  return world.repositories.find((repository) => repository.id === id)
}

function details(repository: FakeRepository | undefined): object | null {
  if (repository === undefined) return null
  const { id, owner, name, git, defaultBranch } = repository
  const head = git.head(defaultBranch)
  const entries = head === undefined ? [] : git.tree(head, true)
  const textAt = (path: string) => {
    const entry = entries.find((candidate) => candidate.path === path)
    return entry === undefined ? null : { text: git.blob(entry.sha).toString('utf8') }
  }
  const languages = new Set(
    entries.flatMap(({ path }) => (path.endsWith('.sql') ? ['SQL'] : path.endsWith('.py') ? ['Python'] : [])),
  )
  return {
    id,
    nameWithOwner: `${owner}/${name}`,
    languages: { nodes: [...languages].sort().map((language) => ({ name: language })) },
    github: textAt('.github/CODEOWNERS'),
    root: textAt('CODEOWNERS'),
    docs: textAt('docs/CODEOWNERS'),
  }
}

/** Longer texts are cut, and said to be. */
const TRUNCATED_AT = 512_000

function blobOf({ git }: FakeRepository, sha: string): object {
  const bytes = git.blob(sha)
  const isBinary = bytes.includes(0)
  const isTruncated = bytes.length > TRUNCATED_AT
  return { text: isBinary ? null : bytes.subarray(0, TRUNCATED_AT).toString('utf8'), isBinary, isTruncated }
}

function commitOf({ git }: FakeRepository, sha: string): object | null {
  if (!git.has(sha)) return null
  const [head = '', ...message] = git.ask('show', '-s', '--format=%an%x00%ae%x00%at%x00%ct%x00%P%n%B', sha).split('\n')
  const [name, email, authored, committed, parents = ''] = head.split('\0')
  const counts = git
    .ask('diff-tree', '--root', '--no-commit-id', '--numstat', '-r', sha)
    .split('\n')
    .filter((row) => row !== '')
  const sum = (column: number) => counts.reduce((total, row) => total + (Number(row.split('\t')[column]) || 0), 0)
  return {
    oid: sha,
    message: message.join('\n').trim(),
    committedDate: time(Number(committed)),
    author: { name, email, date: time(Number(authored)) },
    additions: sum(0),
    deletions: sum(1),
    changedFilesIfAvailable: counts.length,
    parents: {
      nodes: parents
        .split(' ')
        .filter((oid) => oid !== '')
        .map((oid) => ({ oid })),
    },
  }
}

function pullDetails(world: GithubWorld, id: string): object | null {
  for (const repository of world.repositories) {
    const pull = repository.pulls.find((candidate) => candidate.id === id)
    if (pull !== undefined) return pullJson(repository, pull)
  }
  return null
}

/** Both lists by their last update, as long as the query says; cursors are places. */
function pullLists(
  repository: FakeRepository | undefined,
  query: string,
  { after, closed }: Query['variables'],
): object | null {
  if (repository === undefined) return null
  const pulls = repository.pulls.toSorted((left, right) => right.updatedAt - left.updatedAt)
  const lengthOf = (states: RegExp) => Number(new RegExp(`states: ${states.source}, first: (\\d+)`).exec(query)?.[1])
  const open = pulls.filter(({ state }) => state === 'open')
  const start = Number(after ?? 0)
  const end = start + lengthOf(/OPEN/)
  const done = pulls.filter(({ state }) => state === 'closed').slice(0, lengthOf(/\[CLOSED, MERGED\]/))
  return {
    id: repository.id,
    open: {
      nodes: open.slice(start, end).map(({ id, number }) => ({ id, number })),
      pageInfo: { hasNextPage: open.length > end, endCursor: String(Math.min(end, open.length)) },
    },
    ...(closed === true
      ? { closed: { nodes: done.map(({ id, number, closedAt }) => ({ id, number, closedAt: time(closedAt) })) } }
      : {}),
  }
}

/** https://docs.github.com/en/graphql/reference/objects#statuscheckrollup */
function rollupOf(world: GithubWorld, id: string): object | null {
  const pull = world.repositories.flatMap(({ pulls }) => pulls).find((candidate) => candidate.id === id)
  if (pull === undefined) return null
  const checks = pull.checks.filter(({ sha }) => sha === pull.head.sha)
  const states = new Set(checks.map(({ state }) => state))
  const counts = (type: FakeCheck['type']) =>
    [
      ...Map.groupBy(
        checks.filter((check) => check.type === type),
        ({ state }) => state,
      ),
    ].map(([state, of]) => ({
      state,
      count: of.length,
    }))
  const worst = ['ERROR', 'FAILURE', 'TIMED_OUT', 'CANCELLED'].some((state) => states.has(state))
    ? 'FAILURE'
    : undefined
  const waiting = ['PENDING', 'QUEUED', 'IN_PROGRESS'].some((state) => states.has(state)) ? 'PENDING' : undefined
  const statusCheckRollup =
    checks.length === 0
      ? null
      : {
          state: worst ?? waiting ?? 'SUCCESS',
          contexts: { checkRunCountsByState: counts('run'), statusContextCountsByState: counts('status') },
        }
  return { id, commits: { nodes: [{ commit: { statusCheckRollup } }] } }
}

function pullJson({ owner, name, git }: FakeRepository, pull: FakePull): object {
  const { base, head } = pull
  const same = base.sha === '' || head.sha === '' || base.sha === head.sha
  const names = same ? '' : git.ask('diff', '--name-only', base.sha, head.sha)
  const files = names.split('\n').filter((path) => path !== '')
  return {
    id: pull.id,
    number: pull.number,
    title: pull.title,
    body: pull.body,
    state: pull.mergedAt === undefined ? pull.state.toUpperCase() : 'MERGED',
    isDraft: pull.draft,
    url: `https://github.test/${owner}/${name}/pull/${pull.number}`,
    createdAt: time(pull.createdAt),
    updatedAt: time(pull.updatedAt),
    closedAt: time(pull.closedAt),
    mergedAt: time(pull.mergedAt),
    repository: { nameWithOwner: `${owner}/${name}` },
    author: { login: pull.author },
    mergedBy: pull.mergedAt === undefined ? null : { login: 'ada' },
    baseRefName: pull.base.ref,
    baseRefOid: pull.base.sha,
    headRefName: pull.head.ref,
    headRefOid: pull.head.sha,
    headRepository: { nameWithOwner: `${owner}/${name}` },
    mergeCommit: pull.mergeCommit === undefined ? null : { oid: pull.mergeCommit },
    additions: files.length,
    deletions: 0,
    changedFiles: files.length,
    reviewDecision: pull.reviews.some(({ state }) => state === 'APPROVED') ? 'APPROVED' : null,
    labels: { nodes: pull.labels.map((label) => ({ name: label })) },
    assignees: { nodes: [] },
    reviews: {
      nodes: pull.reviews.map(({ author, state, at }) => ({ author: { login: author }, state, submittedAt: time(at) })),
    },
    files: { nodes: files.slice(0, 100).map((path) => ({ path, additions: 1, deletions: 0 })) },
  }
}

import type { FakePull, FakeRelease, FakeRepository, GithubWorld } from './world.ts'

/** An answer of the fake: a body that may be paged, or a status of its own. */
export interface FakeAnswer {
  readonly status?: number
  readonly body?: unknown
  /** Paged by `page` and `per_page`. */
  readonly list?: readonly unknown[]
  /** Wraps the page. */
  readonly wrap?: (page: readonly unknown[]) => unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface FakeCall {
  readonly world: GithubWorld
  readonly base: string
  readonly query: URLSearchParams
}

const time = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
const notFound: FakeAnswer = { status: 404, body: { message: 'Not Found' } }

/** Answers a GET of the REST API's paths that the connector knows. */
export function answerRest(call: FakeCall, path: string): FakeAnswer {
  const { world } = call
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  const [area, first = '', second = ''] = parts
  if (area === 'user' && first === '') return { body: { login: 'ada', type: 'User' } }
  if (area === 'user' && first === 'repos') return repositoriesOf(call, 'ada')
  if (area === 'users' && second === 'repos') return repositoriesOf(call, first, true)
  if (area === 'users' && second === '') return profile(world, first)
  if (area === 'orgs' && second === 'repos') return repositoriesOf(call, first)
  if (area === 'installation') {
    const list = sorted(world).map((repository) => repositoryJson(call, repository))
    return { list, wrap: (repositories) => ({ total_count: list.length, repositories }) }
  }
  if (area !== 'repos') return notFound
  const repository = world.find(first, second)
  if (repository !== undefined) return answerRepository(call, repository, parts.slice(3))
  const moved = world.moved.get(`${first}/${second}`)
  if (moved === undefined) return notFound
  return { status: 301, body: { message: 'Moved Permanently' }, headers: { location: `${call.base}/repositories/1` } }
}

function profile(world: GithubWorld, login: string): FakeAnswer {
  const owner = world.owners.find((known) => known.login.toLowerCase() === login.toLowerCase())
  if (owner === undefined) return notFound
  const { login: name, type } = owner
  return {
    body: {
      node_id: `O_${name}`,
      login: name,
      type,
      name: `The ${name}`,
      bio: null,
      html_url: `https://github.test/${name}`,
    },
  }
}

function sorted(world: GithubWorld): FakeRepository[] {
  return [...world.repositories].sort((left, right) =>
    `${left.owner}/${left.name}` < `${right.owner}/${right.name}` ? -1 : 1,
  )
}

function repositoriesOf(call: FakeCall, owner: string, publicOnly = false): FakeAnswer {
  const own = sorted(call.world).filter(
    (repository) =>
      repository.owner.toLowerCase() === owner.toLowerCase() && (!publicOnly || repository.visibility === 'public'),
  )
  return { list: own.map((repository) => repositoryJson(call, repository)) }
}

function repositoryJson(_: FakeCall, repository: FakeRepository): object {
  const { id, owner, name, visibility, fork, archived, defaultBranch, description, topics } = repository
  return {
    node_id: id,
    name,
    full_name: `${owner}/${name}`,
    owner: { login: owner },
    private: visibility === 'private',
    visibility,
    fork,
    archived,
    disabled: false,
    is_template: false,
    default_branch: defaultBranch,
    description,
    homepage: '',
    topics,
    license: { spdx_id: 'Apache-2.0', name: 'Apache License 2.0' },
    html_url: `https://github.test/${owner}/${name}`,
    created_at: time(repository.createdAt),
    pushed_at: time(repository.pushedAt),
  }
}

function answerRepository(call: FakeCall, repository: FakeRepository, rest: readonly string[]): FakeAnswer {
  const { git } = repository
  const [area = '', ...more] = rest
  const own = more.join('/')
  switch (area) {
    case '':
      return { body: repositoryJson(call, repository) }
    case 'branches':
      return own === '' ? refs(git.heads) : one(git.heads, own)
    case 'tags':
      return refs(git.tags)
    case 'releases':
      return { list: repository.releases.map(releaseJson).reverse() }
    case 'pulls':
      return {
        list: [...repository.pulls].sort((a, b) => b.updatedAt - a.updatedAt || b.number - a.number).map(pullJson),
      }
    case 'contents':
      return git.head(repository.defaultBranch) === undefined ? notFound : { body: [] }
    case 'commits':
      return own === '' ? commits(call, repository) : commit(repository, own)
    case 'compare':
      return compare(repository, own)
    case 'git':
      return more[0] === 'trees' ? tree(call, repository, more[1] ?? '') : blob(repository, more[1] ?? '')
    default:
      return notFound
  }
}

function refs(found: ReadonlyMap<string, string>): FakeAnswer {
  return { list: [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, sha]) => ({ name, commit: { sha } })) }
}

function one(found: ReadonlyMap<string, string>, name: string): FakeAnswer {
  const sha = found.get(name)
  return sha === undefined ? notFound : { body: { name, commit: { sha } } }
}

function releaseJson({ id, tag, name, notes, prerelease, draft, at }: FakeRelease): object {
  return {
    node_id: id,
    tag_name: tag,
    name,
    body: notes,
    draft,
    prerelease,
    author: { login: 'ada' },
    published_at: time(at),
    html_url: `https://github.test/releases/${tag}`,
    assets: [{ name: 'dump.sql.gz', size: 12, download_count: 3 }],
  }
}

function pullJson(pull: FakePull): object {
  const { number, id, state, draft, title, updatedAt, mergedAt, head, base, labels } = pull
  return {
    number,
    node_id: id,
    state,
    draft,
    title,
    updated_at: time(updatedAt),
    merged_at: mergedAt === undefined ? null : time(mergedAt),
    head,
    base,
    labels: labels.map((name) => ({ name })),
  }
}

function commits({ query }: FakeCall, { git }: FakeRepository): FakeAnswer {
  const shas = git.ask('rev-list', query.get('sha') ?? 'HEAD').split('\n')
  return { list: shas.map((sha) => ({ sha })) }
}

function commit({ git }: FakeRepository, sha: string): FakeAnswer {
  if (!git.has(sha)) return notFound
  const names = git.ask('diff-tree', '--root', '--no-commit-id', '--name-only', '-r', sha).split('\n')
  const files = names.filter((name) => name !== '').slice(0, 300)
  return { body: { sha, files: files.map((filename) => ({ filename })) } }
}

/** Three dots, renames found, 300 files at most: as documented. */
function compare({ git }: FakeRepository, basehead: string): FakeAnswer {
  const [base = '', head = ''] = basehead.split('...')
  if (!git.has(base) || !git.has(head)) return notFound
  let ancestor: string
  try {
    ancestor = git.ask('merge-base', base, head)
  } catch {
    return { status: 404, body: { message: `No common ancestor between ${base} and ${head}.` } }
  }
  const status = base === head ? 'identical' : ancestor === base ? 'ahead' : ancestor === head ? 'behind' : 'diverged'
  const rows = git.ask('diff', '--name-status', '-z', '-M', ancestor, head).split('\0')
  const files: object[] = []
  for (let at = 0; at < rows.length - 1; ) {
    const letter = rows[at] ?? ''
    if (/^[RC]/.test(letter)) {
      files.push({ status: 'renamed', previous_filename: rows[at + 1], filename: rows[at + 2] })
      at += 3
    } else {
      files.push({ status: 'modified', filename: rows[at + 1] })
      at += 2
    }
  }
  return { body: { status, files: files.slice(0, 300) } }
}

const trees = new Map<string, { entries: readonly object[]; root: string }>()

function tree({ world, query }: FakeCall, { git }: FakeRepository, sha: string): FakeAnswer {
  const recursive = query.has('recursive')
  const key = `${sha} ${recursive}`
  const known = trees.get(key) ?? { entries: git.tree(sha, recursive), root: git.rootOf(sha) }
  trees.set(key, known)
  const truncated = recursive && known.entries.length > world.treeLimit
  return { body: { sha: known.root, tree: known.entries.slice(0, recursive ? world.treeLimit : undefined), truncated } }
}

function blob({ git }: FakeRepository, sha: string): FakeAnswer {
  return { body: { sha, content: git.blob(sha).toString('base64'), encoding: 'base64' } }
}

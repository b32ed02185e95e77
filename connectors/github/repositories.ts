import { createHash } from 'node:crypto'
import type { ConnectorContext, Memory } from '../kit/index.ts'
import type { Client } from './client.ts'
import type { GithubConfig } from './config.ts'
import { entriesOf, type Page, type PagedList, readPages } from './pages.ts'
import type { Session } from './session.ts'

/** An organization or user. */
export interface Profile {
  readonly id: string
  readonly login: string
  readonly type: string
  readonly name: string | null
  readonly description: string | null
  readonly url: string
}

/** What a list of repositories says of each. */
export interface Repository {
  /** `node_id`: kept through renames and transfers. */
  readonly id: string
  readonly owner: string
  readonly name: string
  readonly visibility: string
  readonly fork: boolean
  readonly archived: boolean
  readonly disabled: boolean
  readonly template: boolean
  readonly defaultBranch: string
  readonly description: string | null
  readonly homepage: string | null
  readonly topics: readonly string[]
  readonly license: string | null
  readonly url: string
  readonly createdAt: string
  /** Moves with every push. */
  readonly pushedAt: string | null
}

/** What belongs to one owner, as the account sees it. */
export interface Holdings {
  readonly profile: Profile
  readonly repositories: readonly Repository[]
  /** GitHub's clock when it was read. */
  readonly at: Date
}

/**
 * Reads an owner and the repositories that the account sees of it. What stands since it was last read comes out of the
 * memory; the API is asked all the same, conditionally.
 */
export async function readHoldings(
  session: Session,
  config: GithubConfig,
  context: ConnectorContext,
  owner: string,
): Promise<Holdings> {
  const client = await session.clientOf(owner)
  const memory = context.memory
  const profiles = await remembered(memory, `profile/${owner}`, (before: readonly Page<Profile>[]) =>
    readPages(client, { path: '/users/{owner}', parameters: { owner }, before, entries: toProfile }),
  )
  const profile = profiles.pages[0]?.entries[0] as Profile
  const list = await remembered(memory, `repositories/${owner}`, async (before: readonly Page<Repository>[]) =>
    readPages(client, { ...(await listOf(client, config, profile)), before, entries: toRepositories }),
  )
  const repositories = entriesOf(list.pages).filter(
    (repository) => repository.owner.toLowerCase() === profile.login.toLowerCase(),
  )
  if (list.moved) await rememberEach(memory, repositories)
  return { profile, repositories, at: list.at }
}

/** The repository of a scope: as the run's list of scopes saw it, else asked for. */
export async function readRepository(client: Client, context: ConnectorContext, scope: string): Promise<Repository> {
  const key = `repository/${scope}`
  const known = (await context.memory?.read([key]))?.get(key)
  if (known !== undefined) return JSON.parse(known) as Repository
  const [owner = '', repo = ''] = scope.split('/')
  const { data } = await client.get<RawRepository>('/repos/{owner}/{repo}', { owner, repo })
  // Not conditional: there is always a body.
  return toRepository(data as RawRepository)
}

async function rememberEach(memory: Memory | undefined, repositories: readonly Repository[]): Promise<void> {
  await memory?.write(
    new Map(repositories.map((repository) => [`repository/${fullName(repository)}`, JSON.stringify(repository)])),
  )
}

export function fullName({ owner, name }: Pick<Repository, 'owner' | 'name'>): string {
  return `${owner}/${name}`
}

/** Keeps what was read and its validators; written when anything has moved. */
async function remembered<T>(
  memory: Memory | undefined,
  key: string,
  read: (before: readonly Page<T>[]) => Promise<PagedList<T>>,
): Promise<PagedList<T>> {
  const known = (await memory?.read([key]))?.get(key)
  const list = await read(known === undefined ? [] : (JSON.parse(known) as Page<T>[]))
  if (list.moved) await memory?.write(new Map([[key, JSON.stringify(list.pages)]]))
  return list
}

type ListAddress = { readonly path: string; readonly parameters?: Readonly<Record<string, string>> }

/** Of a user only the own account sees private repositories, and an App what it is installed on. */
async function listOf(client: Client, config: GithubConfig, { login, type }: Profile): Promise<ListAddress> {
  if (config.app !== undefined) return { path: '/installation/repositories' }
  const sort = { sort: 'full_name' }
  if (type !== 'User') return { path: '/orgs/{owner}/repos', parameters: { owner: login, ...sort } }
  const self = config.token === undefined ? undefined : (await client.get<{ login: string }>('/user')).data
  return self?.login.toLowerCase() === login.toLowerCase()
    ? { path: '/user/repos', parameters: { affiliation: 'owner', ...sort } }
    : { path: '/users/{owner}/repos', parameters: { owner: login, ...sort } }
}

interface RawProfile {
  readonly node_id: string
  readonly login: string
  readonly type: string
  readonly name?: string | null
  readonly bio?: string | null
  readonly html_url: string
}

function toProfile({ node_id, login, type, name, bio, html_url }: RawProfile): readonly Profile[] {
  return [{ id: node_id, login, type, name: name ?? null, description: bio ?? null, url: html_url }]
}

interface RawRepository {
  readonly node_id: string
  readonly name: string
  readonly owner: { readonly login: string }
  readonly private: boolean
  readonly visibility?: string
  readonly fork: boolean
  readonly archived?: boolean
  readonly disabled?: boolean
  readonly is_template?: boolean
  readonly default_branch?: string
  readonly description: string | null
  readonly homepage?: string | null
  readonly topics?: readonly string[]
  readonly license?: { readonly spdx_id: string | null; readonly name: string } | null
  readonly html_url: string
  readonly created_at?: string | null
  readonly pushed_at?: string | null
}

function toRepositories(
  data: readonly RawRepository[] | { readonly repositories: readonly RawRepository[] },
): Repository[] {
  return ('repositories' in data ? data.repositories : data).map(toRepository)
}

function toRepository(raw: RawRepository): Repository {
  return {
    id: raw.node_id,
    owner: raw.owner.login,
    name: raw.name,
    visibility: raw.visibility ?? (raw.private ? 'private' : 'public'),
    fork: raw.fork,
    archived: raw.archived ?? false,
    disabled: raw.disabled ?? false,
    template: raw.is_template ?? false,
    defaultBranch: raw.default_branch ?? 'main',
    description: raw.description,
    homepage: raw.homepage || null,
    topics: [...(raw.topics ?? [])].sort(),
    license: raw.license?.spdx_id ?? raw.license?.name ?? null,
    url: raw.html_url,
    createdAt: raw.created_at ?? '',
    pushedAt: raw.pushed_at ?? null,
  }
}

/** GitHub works on a push for a while: languages come later, and times tell seconds only. */
const SETTLED_MS = 10 * 60_000

/** Moves with the repository; while its last push is fresh, with each look. */
export function repositoryFingerprint(repository: Repository, at: Date): string {
  const fresh = at.getTime() - Date.parse(repository.pushedAt ?? '') < SETTLED_MS
  return digest([repository, fresh ? at.toISOString() : null])
}

export function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

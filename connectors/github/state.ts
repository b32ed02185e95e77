import type { Client } from './client.ts'
import type { GithubConfig } from './config.ts'
import { entriesOf, PAGE_SIZE, readPages } from './pages.ts'
import { readPulls } from './pulls.ts'
import type { Repository } from './repositories.ts'
import type { Release, Watermark } from './watermark.ts'

/** What a repository's lists say, short of its files. */
export interface RepositoryState
  extends Pick<Watermark, 'repository' | 'defaultBranch' | 'branches' | 'tags' | 'releases' | 'pulls'> {
  /** The commit of the default branch; undefined in an empty repository. */
  readonly head: string | undefined
  readonly moved: boolean
}

/** Asks for the lists: when nothing has moved, one conditional request each. */
export async function readState(
  client: Client,
  config: GithubConfig,
  repository: Repository,
  before: Watermark | undefined,
): Promise<RepositoryState> {
  const parameters = { owner: repository.owner, repo: repository.name }
  const at = (path: string) => ({ path: `/repos/{owner}/{repo}/${path}`, parameters })
  const branches = await readPages(client, { ...at('branches'), before: before?.branches ?? [], entries: toRefs })
  const tags = await readPages(client, { ...at('tags'), before: before?.tags ?? [], entries: toRefs })
  const releases = await readPages(client, { ...at('releases'), before: before?.releases ?? [], entries: toReleases })
  const { pulls, moved } = await readPulls(client, repository, config.pullRequests, before?.pulls)
  const head = new Map(entriesOf(branches.pages)).get(repository.defaultBranch)
  return {
    repository: repository.id,
    defaultBranch: repository.defaultBranch,
    branches: [...branches.pages] as Watermark['branches'],
    tags: [...tags.pages] as Watermark['tags'],
    releases: [...releases.pages] as Watermark['releases'],
    pulls,
    head,
    moved: branches.moved || tags.moved || releases.moved || moved,
  }
}

interface RawRef {
  readonly name: string
  readonly commit: { readonly sha: string }
}

function toRefs(data: readonly RawRef[]): [string, string][] {
  return data.map(({ name, commit }) => [name, commit.sha])
}

interface RawRelease {
  readonly node_id: string
  readonly tag_name: string
  readonly name: string | null
  readonly body?: string | null
  readonly draft: boolean
  readonly prerelease: boolean
  readonly author: { readonly login: string } | null
  readonly published_at: string | null
  readonly html_url: string
  readonly assets: readonly { readonly name: string; readonly size: number }[]
}

const LONGEST_NOTES = 10_000

/** Drafts are seen by those who may write, and have no tag yet. */
function toReleases(data: readonly RawRelease[]): Release[] {
  return data
    .filter(({ draft }) => !draft)
    .map((raw) => ({
      id: raw.node_id,
      tag: raw.tag_name,
      name: raw.name,
      notes: raw.body?.slice(0, LONGEST_NOTES).toWellFormed() ?? null,
      prerelease: raw.prerelease,
      author: raw.author?.login ?? null,
      publishedAt: raw.published_at,
      url: raw.html_url,
      assets: raw.assets.map(({ name, size }) => ({ name, bytes: size })),
    }))
}

/** The latest commits of a branch, the latest first. */
export async function readCommits(
  client: Client,
  { owner, name }: Repository,
  head: string | undefined,
  limit: number,
): Promise<string[]> {
  const commits: string[] = []
  for (let page = 1; head !== undefined && commits.length < limit; page += 1) {
    const { data, more } = await client.get<readonly { readonly sha: string }[]>('/repos/{owner}/{repo}/commits', {
      owner,
      repo: name,
      sha: head,
      per_page: PAGE_SIZE,
      page,
    })
    commits.push(...(data ?? []).map(({ sha }) => sha))
    if (!more) break
  }
  return commits.slice(0, limit)
}

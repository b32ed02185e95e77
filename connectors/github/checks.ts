import type { Check } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import type { Holdings } from './repositories.ts'
import { fullName } from './repositories.ts'
import { keptRepositories } from './scopes.ts'
import type { Session } from './session.ts'

/** Cheapest first: reach the API, sign in, see the repositories, read one's files and pull requests. */
export function createChecks(
  config: GithubConfig,
  session: Session,
  read: (owner: string) => Promise<Holdings>,
): Check[] {
  const anyone = config.owners[0] as string
  const first = async () => keptRepositories(config, await read(anyone))[0]
  const ask = async (path: string): Promise<boolean> => {
    const repository = await first()
    if (repository === undefined) return false
    const parameters = { owner: repository.owner, repo: repository.name, per_page: 1 }
    const client = await session.clientOf(repository.owner)
    await client.get(`/repos/{owner}/{repo}/${path}`, parameters).catch((error: { code?: string }) => {
      // An empty repository has no contents.
      if (error.code !== '409' && !(path === 'contents' && error.code === '404')) throw error
    })
    return true
  }
  return [
    {
      name: 'sign in',
      async run() {
        if (session.app !== undefined) {
          const { data } = await session.app.get<{ name: string }>('/app')
          return `GitHub App ${data?.name ?? ''}`
        }
        if (config.token === undefined) return 'without a token: public repositories, 60 requests an hour'
        const client = await session.clientOf(anyone)
        const { data } = await client.get<{ login: string }>('/user')
        return `as ${data?.login ?? ''}`
      },
    },
    {
      name: 'list repositories',
      async run() {
        const counts: string[] = []
        for (const owner of config.owners) {
          const holdings = await read(owner)
          const kept = keptRepositories(config, holdings)
          counts.push(`${holdings.profile.login}: ${kept.length} of ${holdings.repositories.length}`)
        }
        return `repositories to crawl, of those seen: ${counts.join(', ')}`
      },
    },
    {
      name: 'read contents',
      async run() {
        const repository = await first()
        await ask('contents')
        return repository === undefined ? 'there is no repository to try' : fullName(repository)
      },
    },
    {
      name: 'read pull requests',
      async run() {
        if (config.pullRequests === 0) return 'none are wanted'
        return (await ask('pulls')) ? undefined : 'there is no repository to try'
      },
    },
  ]
}

import { IngestError, judgeName, type LeftOutReason, type Scope, type ScopeListing } from '../kit/index.ts'
import type { GithubConfig } from './config.ts'
import { digest, fullName, type Holdings, type Repository, repositoryFingerprint } from './repositories.ts'

type LeftOut = ScopeListing['leftOut'][number]

/** A scope for each owner, which has the owner and its repositories, and one for each repository, which has what is in it. */
export async function listScopes(
  config: GithubConfig,
  read: (owner: string) => Promise<Holdings>,
): Promise<ScopeListing> {
  const scopes: Scope[] = []
  const leftOut: LeftOut[] = []
  const failures: unknown[] = []
  for (const owner of new Set(config.owners)) {
    try {
      const holdings = await read(owner)
      for (const repository of holdings.repositories) {
        const reason = whyNot(config, repository)
        const key = fullName(repository)
        if (reason === undefined) scopes.push({ key, name: key })
        else leftOut.push({ key, name: key, ...reason })
      }
      scopes.push(ownerScope(config, holdings))
    } catch (error) {
      failures.push(error)
      leftOut.push(unreadable(owner, error))
    }
  }
  if (failures.length === config.owners.length) throw failures[0]
  return { scopes, leftOut, complete: failures.length === 0 }
}

function ownerScope(config: GithubConfig, holdings: Holdings): Scope {
  const { profile, at } = holdings
  const kept = keptRepositories(config, holdings)
  const stamps = kept.map((repository) => repositoryFingerprint(repository, at))
  return { key: profile.login, name: profile.login, fingerprint: digest([profile, stamps]) }
}

export function keptRepositories(config: GithubConfig, { repositories }: Holdings): Repository[] {
  return repositories.filter((repository) => whyNot(config, repository) === undefined)
}

function whyNot(
  config: GithubConfig,
  repository: Repository,
): { readonly reason: LeftOutReason; readonly message: string } | undefined {
  const { kept, rule } = judgeName(config.repositories, fullName(repository))
  if (!kept) return { reason: 'filtered', message: `repositories: ${rule ?? ''}` }
  if (repository.archived && !config.archived) return { reason: 'filtered', message: 'archived: false' }
  if (repository.fork && !config.forks) return { reason: 'filtered', message: 'forks: false' }
  if (repository.disabled) return { reason: 'unavailable', message: 'GitHub has disabled the repository' }
  return undefined
}

/** One owner that cannot be read does not keep the others from it; what ails the account or the way there does. */
function unreadable(owner: string, error: unknown): LeftOut {
  if (!(error instanceof IngestError) || !['not_found', 'permission', 'unsupported'].includes(error.category))
    throw error
  const { message, hint } = error
  return {
    key: owner,
    name: owner,
    reason: error.category === 'unsupported' ? 'unavailable' : 'permission',
    message,
    ...(hint === undefined ? {} : { hint }),
  }
}

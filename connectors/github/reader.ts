import type { ConnectorContext, Scope } from '../kit/index.ts'
import { type Blobs, createBlobs } from './blobs.ts'
import type { Client } from './client.ts'
import type { GithubConfig } from './config.ts'
import { type Repository, readRepository } from './repositories.ts'
import type { Session } from './session.ts'
import { readTree, type Tree } from './tree.ts'

/** What the reading of one repository shares. */
export interface Reader {
  readonly client: Client
  readonly config: GithubConfig
  readonly context: ConnectorContext
  readonly repository: Repository
  readonly blobs: Blobs
  /** The tree of a commit; the last one asked for is at hand. */
  tree(commit: string): Promise<Tree>
  /** The tree that was read last, else that of the default branch as it is now; undefined in an empty repository. */
  anyTree(): Promise<Tree | undefined>
}

export async function openReader(
  session: Session,
  config: GithubConfig,
  context: ConnectorContext,
  scope: Pick<Scope, 'key'>,
): Promise<Reader> {
  const client = await session.clientOf(scope.key.split('/')[0] ?? '')
  const repository = await readRepository(client, context, scope.key)
  const blobs = createBlobs(client, context.memory, repository, config.maxFileBytes)
  let last: { readonly commit: string; readonly tree: Promise<Tree> } | undefined
  const tree = (commit: string): Promise<Tree> => {
    if (last?.commit !== commit) last = { commit, tree: readTree(client, blobs, config, repository, commit) }
    return last.tree
  }
  return {
    client,
    config,
    context,
    repository,
    blobs,
    tree,
    async anyTree() {
      if (last !== undefined) return await last.tree
      const head = await readHead(client, repository)
      return head === undefined ? undefined : await tree(head)
    },
  }
}

async function readHead(client: Client, { owner, name, defaultBranch }: Repository): Promise<string | undefined> {
  try {
    const path = '/repos/{owner}/{repo}/branches/{branch}'
    const { data } = await client.get<{ commit: { sha: string } }>(path, { owner, repo: name, branch: defaultBranch })
    return data?.commit.sha
  } catch (error) {
    if ((error as { category?: string }).category === 'not_found') return undefined
    throw error
  }
}

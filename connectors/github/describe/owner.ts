import {
  type AssetRecord,
  createOwnersLookup,
  type Described,
  optional,
  pagesOf,
  parseCodeowners,
  withProperties,
} from '../../kit/index.ts'
import type { Client } from '../client.ts'
import { type Profile, type Repository, repositoryFingerprint } from '../repositories.ts'

const QUERY_REPOSITORIES = 40

const QUERY = `query Repositories($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Repository {
      id nameWithOwner
      languages(first: 20, orderBy: { field: SIZE, direction: DESC }) { nodes { name } }
      github: object(expression: "HEAD:.github/CODEOWNERS") { ...text }
      root: object(expression: "HEAD:CODEOWNERS") { ...text }
      docs: object(expression: "HEAD:docs/CODEOWNERS") { ...text }
    }
  }
}
fragment text on GitObject { ... on Blob { text } }`

interface RawText {
  readonly text?: string | null
}

interface RawDetails {
  readonly id: string
  readonly nameWithOwner: string
  readonly languages: { readonly nodes: readonly { readonly name: string }[] } | null
  readonly github: RawText | null
  readonly root: RawText | null
  readonly docs: RawText | null
}

export function ownerRecord(profile: Profile): AssetRecord {
  return {
    kind: profile.type === 'User' ? 'user' : 'organization',
    path: [profile.login],
    nativeId: profile.id,
    ...optional('comment', profile.description),
    url: profile.url,
    ...withProperties({ name: profile.name }),
  }
}

/** Languages and owners of many repositories, at one point of the limit. */
export async function* describeRepositories(
  client: Client,
  repositories: ReadonlyMap<string, Repository>,
  at: Date,
): AsyncGenerator<Described[], void, void> {
  for (const page of pagesOf([...repositories], QUERY_REPOSITORIES)) {
    const ids = page.map(([, { id }]) => id)
    const { nodes } = await client.graphql<{ nodes: readonly (RawDetails | null)[] }>(QUERY, { ids })
    const byId = new Map(nodes.flatMap((node) => (node === null || node.id === undefined ? [] : [[node.id, node]])))
    yield page.flatMap(([key, repository]): Described[] => {
      const details = byId.get(repository.id)
      // Gone, or under another name by now.
      if (details?.nameWithOwner !== `${repository.owner}/${repository.name}`) return []
      const fingerprint = repositoryFingerprint(repository, at)
      return [{ key, fingerprint, records: [repositoryRecord(repository, details)] }]
    })
  }
}

function repositoryRecord(repository: Repository, { languages, github, root, docs }: RawDetails): AssetRecord {
  const rules = parseCodeowners(github?.text ?? root?.text ?? docs?.text ?? '')
  // Who is asked about a file that has no owners of its own.
  const owners = createOwnersLookup(rules)('\u0000')
  const { visibility, fork, archived, template, defaultBranch, homepage, topics, license, createdAt } = repository
  return {
    kind: 'repository',
    path: [repository.owner, repository.name],
    parent: { group: 'container', path: [repository.owner] },
    nativeId: repository.id,
    ...(owners.length === 0 ? {} : { owner: owners.join(' ') }),
    ...optional('comment', repository.description),
    url: repository.url,
    ...withProperties({
      visibility,
      defaultBranch,
      topics: [...topics],
      languages: (languages?.nodes ?? []).map(({ name }) => name),
      license,
      homepage,
      createdAt,
      ...(fork ? { fork } : {}),
      ...(archived ? { archived } : {}),
      ...(template ? { template } : {}),
    }),
    ...(rules.length === 0
      ? {}
      : {
          facets: rules.map(({ pattern, owners: names }, index) => ({
            kind: 'code owners',
            name: `${String(index + 1).padStart(4, '0')} ${pattern}`,
            body: { pattern, owners: [...names] },
          })),
        }),
  }
}

import { type ConnectorManifest, IngestError, type Json, PROTOCOL_VERSION } from '../kit/index.ts'
import { config, type GithubConfig } from './config.ts'
import { sqlTexts } from './sql-texts.ts'

const REPOSITORY = ['owner', 'repository'] as const
const file = (kind: string) => ({ kind, group: 'file' as const, levels: [...REPOSITORY, 'file'] })

export const manifest: ConnectorManifest<GithubConfig> = {
  type: 'github',
  title: 'GitHub',
  category: 'code',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 2,
  config,
  example: {
    baseUrl: 'https://api.github.com',
    owners: ['acme'],
    token: '${env:GITHUB_TOKEN}',
    repositories: { deny: ['acme/sandbox-*'] },
    sql: [{ dialect: 'postgres', namespace: 'postgres://db.internal:5432', database: 'shop', schemas: ['public'] }],
  },
  kinds: [
    { kind: 'organization', group: 'container', levels: ['owner'] },
    { kind: 'user', group: 'container', levels: ['owner'] },
    { kind: 'repository', group: 'repository', levels: [...REPOSITORY] },
    { kind: 'branch', group: 'code', levels: [...REPOSITORY, 'ref'] },
    { kind: 'tag', group: 'code', levels: [...REPOSITORY, 'ref'] },
    { kind: 'commit', group: 'code', levels: [...REPOSITORY, 'commit'] },
    { kind: 'release', group: 'other', levels: [...REPOSITORY, 'release'] },
    { kind: 'pull request', group: 'message', levels: [...REPOSITORY, 'number'] },
    ...[
      'sql file',
      'migration',
      'notebook',
      'lookml file',
      'pipeline',
      'openapi schema',
      'graphql schema',
      'protobuf schema',
      'avro schema',
      'json schema',
      'data file',
      'workflow',
      'dbt file',
      'submodule',
      'file',
    ].map(file),
    { kind: 'dbt project', group: 'job', levels: [...REPOSITORY, 'project'] },
    { kind: 'dbt model', group: 'job', levels: [...REPOSITORY, 'project', 'node'] },
    { kind: 'dbt seed', group: 'job', levels: [...REPOSITORY, 'project', 'node'] },
    { kind: 'dbt snapshot', group: 'job', levels: [...REPOSITORY, 'project', 'node'] },
    { kind: 'dbt source', group: 'job', levels: [...REPOSITORY, 'project', 'node'] },
    { kind: 'dbt exposure', group: 'report', levels: [...REPOSITORY, 'project', 'node'] },
  ],
  scopeNoun: 'repository',
  capabilities: ['statistics'],
  grants: [
    { purpose: 'Repositories, branches, tags and files', statement: 'Contents: read, Metadata: read' },
    { purpose: 'Pull requests', statement: 'Pull requests: read' },
    { purpose: 'Checks of pull requests', statement: 'Commit statuses: read, Checks: read (an App)' },
    { purpose: 'With a classic token instead', statement: 'repo (public_repo for public ones), read:org' },
  ],
  sql: sqlTexts,
  urlSchemes: ['github'],
  fromUrl,
  namespace: ({ baseUrl }) => `github://${webHost(baseUrl)}`,
  suggestName: ({ owners }) => (owners.length === 1 ? (owners[0] as string).toLowerCase() : 'github'),
  shape: ({ commits, maxFileBytes, sql }) => ({ commitFiles: commits.files, maxFileBytes, sql: (sql ?? []) as Json }),
  filter: ({ owners, repositories, archived, forks, branches, files, commits, pullRequests }) =>
    ({
      owners,
      repositories: repositories ?? null,
      archived,
      forks,
      branches: branches ?? null,
      files: files ?? null,
      commits: commits.limit,
      pullRequests,
    }) as Json,
}

/** The host people see: `github.com`, the Enterprise Server, or `TENANT.ghe.com`. */
export function webHost(baseUrl: string): string {
  return new URL(baseUrl).host.replace(/^api\.(github\.com|[^.]+\.ghe\.com)$/, '$1')
}

/** `github://TOKEN@HOST/owner` or `/owner/repository`; the token may be left out. */
function fromUrl(text: string): Record<string, Json> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const [owner, repository, ...more] = (url?.pathname ?? '').split('/').filter((part) => part !== '')
  if (url === undefined || url.host === '' || owner === undefined || more.length > 0) {
    throw new IngestError('invalid_config', `${text.replace(/\/\/[^/]*@/, '//')} names no owner`, {
      hint: 'Write github://github.com/OWNER or github://github.com/OWNER/REPOSITORY.',
    })
  }
  return {
    baseUrl: apiUrl(url.host),
    owners: [decodeURIComponent(owner)],
    ...(url.username === '' ? {} : { token: decodeURIComponent(url.password || url.username) }),
    ...(repository === undefined ? {} : { repositories: { allow: [decodeURIComponent(`${owner}/${repository}`)] } }),
  }
}

function apiUrl(host: string): string {
  if (host === 'github.com') return 'https://api.github.com'
  return /^[^.]+\.ghe\.com$/.test(host) ? `https://api.${host}` : `https://${host}/api/v3`
}

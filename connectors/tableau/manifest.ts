import { type ConnectorManifest, IngestError, type Json, PROTOCOL_VERSION } from '../kit/index.ts'
import { config, type TableauConfig } from './config.ts'
import { CONNECTED_APP_SCOPES } from './jwt.ts'
import { sqlTexts } from './sql-texts.ts'

const IN_PROJECT = ['project', 'content'] as const
const report = (kind: string) => ({ kind, group: 'report' as const, levels: ['project', 'workbook', 'view'] })

export const manifest: ConnectorManifest<TableauConfig> = {
  type: 'tableau',
  title: 'Tableau',
  category: 'bi',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 1,
  config,
  example: {
    baseUrl: 'https://tableau.internal',
    site: 'analytics',
    pat: { name: 'tidemark', secret: '${env:TABLEAU_TOKEN}' },
    projects: { deny: ['Sandbox', 'Sandbox/*'] },
  },
  kinds: [
    { kind: 'site', group: 'server', levels: ['site'] },
    { kind: 'group', group: 'principal', levels: ['group'] },
    { kind: 'project', group: 'container', levels: ['project'] },
    { kind: 'workbook', group: 'report', levels: ['project', 'workbook'] },
    ...['sheet', 'dashboard', 'story'].map(report),
    { kind: 'published data source', group: 'dataset', levels: ['project', 'datasource'] },
    { kind: 'embedded data source', group: 'dataset', levels: ['project', 'workbook', 'datasource'] },
    { kind: 'custom sql', group: 'relation', levels: [...IN_PROJECT, 'datasource', 'table'] },
    { kind: 'table', group: 'relation', levels: [...IN_PROJECT, 'datasource', 'table'] },
    { kind: 'virtual connection', group: 'storage', levels: ['project', 'connection'] },
    { kind: 'virtual connection table', group: 'storage', levels: ['project', 'connection', 'table'] },
    { kind: 'flow', group: 'job', levels: ['project', 'flow'] },
  ],
  scopeNoun: 'site',
  grants: [
    {
      purpose: 'Everything on the site, with derived permissions',
      statement: 'Site role: Site Administrator Explorer',
    },
    {
      purpose: 'Or content alone, for any other role',
      statement: "On each project: 'View' for projects, workbooks, data sources, flows and virtual connections",
    },
    {
      purpose: 'A personal access token',
      statement: 'My Account Settings > Personal Access Tokens; one for each worker process: it holds one session',
    },
    {
      purpose: 'Or a connected app (direct trust)',
      statement: `Settings > Connected Apps; access level 'All projects'; scopes ${CONNECTED_APP_SCOPES.join(', ')}`,
    },
    { purpose: 'Lineage, on Tableau Server', statement: 'tsm maintenance metadata-services enable' },
  ],
  itemsAtATime: 100,
  capabilities: ['usage'],
  sql: sqlTexts,
  urlSchemes: ['tableau'],
  fromUrl,
  namespace: ({ baseUrl, site }) => `tableau://${new URL(baseUrl).host}/${site}`,
  suggestName: ({ site }) => (site === '' ? 'tableau' : site.toLowerCase()),
  shape: () => ({}),
  filter: ({ projects }) => ({ projects: projects ?? null }) as Json,
}

/** `tableau://TOKEN_NAME:SECRET@HOST/SITE`; the token may be left out. */
function fromUrl(text: string): Record<string, Json> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const [site = '', ...more] = (url?.pathname ?? '').split('/').filter((part) => part !== '')
  if (url === undefined || url.host === '' || more.length > 0) {
    throw new IngestError('invalid_config', `${text.replace(/\/\/[^/]*@/, '//')} names no site of Tableau`, {
      hint: 'Write tableau://HOST/SITE, or tableau://HOST for the default site of Tableau Server.',
    })
  }
  const token = { name: decodeURIComponent(url.username), secret: decodeURIComponent(url.password) }
  return {
    baseUrl: `https://${url.host}`,
    site: decodeURIComponent(site),
    ...(url.username === '' ? {} : { pat: token }),
  }
}

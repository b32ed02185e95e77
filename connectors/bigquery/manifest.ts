import { type AssetKind, type ConnectorManifest, PROTOCOL_VERSION } from '../kit/index.ts'
import { type BigqueryConfig, bigqueryConfig, configFromUrl, listedProjects } from './config.ts'
import { sqlTexts } from './sql-texts.ts'

const RELATION_KINDS = [
  'table',
  'sharded table',
  'view',
  'materialized view',
  'external table',
  'snapshot',
  'clone',
] as const
const ROUTINE_KINDS = ['function', 'aggregate function', 'table function', 'procedure'] as const

const kinds: readonly AssetKind[] = [
  { kind: 'project', group: 'container', levels: ['database'] },
  { kind: 'dataset', group: 'container', levels: ['database', 'schema'] },
  ...RELATION_KINDS.map((kind): AssetKind => ({ kind, group: 'relation', levels: ['database', 'schema', 'table'] })),
  ...ROUTINE_KINDS.map((kind): AssetKind => ({ kind, group: 'routine', levels: ['database', 'schema', 'routine'] })),
  { kind: 'model', group: 'other', levels: ['database', 'schema', 'model'] },
  { kind: 'connection', group: 'server', levels: ['database', 'location', 'connection'] },
]

const bind = (role: string): string =>
  `gcloud projects add-iam-policy-binding {project} --member=serviceAccount:{user} --role=${role}`

export const manifest: ConnectorManifest<BigqueryConfig> = {
  type: 'bigquery',
  title: 'BigQuery',
  category: 'warehouse',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 1,
  config: bigqueryConfig,
  example: {
    projects: ['shop-production'],
    credentials: '${env:BIGQUERY_KEY}',
    datasets: { deny: ['tmp_*', 'dbt_ci_*'] },
    labels: ['env:prod'],
  },
  kinds,
  scopeNoun: 'dataset',
  grants: [
    { purpose: 'Datasets, tables, views, routines, models', statement: bind('roles/bigquery.metadataViewer') },
    { purpose: 'Usage, query log and lineage of jobs', statement: bind('roles/bigquery.resourceViewer') },
    { purpose: 'Connections', statement: bind('roles/bigquery.connectionUser') },
    { purpose: 'Names of policy tags', statement: bind('roles/datacatalog.viewer') },
    { purpose: 'Row access policies, where `rowAccessPolicies` is on', statement: bind('roles/bigquery.dataOwner') },
    { purpose: 'Access to single tables, where `tableAccess` is on', statement: bind('roles/iam.securityReviewer') },
    { purpose: 'Previews of rows, where the source allows them', statement: bind('roles/bigquery.dataViewer') },
    { purpose: 'Previews of views, which are queries', statement: bind('roles/bigquery.jobUser') },
    {
      purpose: 'Acting as another service account',
      statement:
        'gcloud iam service-accounts add-iam-policy-binding {impersonated} --member=serviceAccount:{user} --role=roles/iam.serviceAccountTokenCreator',
    },
  ],
  capabilities: ['statistics', 'usage', 'queryLog', 'lineage', 'preview'],
  sql: sqlTexts,
  urlSchemes: ['bigquery'],
  fromUrl: configFromUrl,
  // https://openlineage.io/docs/spec/naming: one namespace, the project is the first part of a name.
  namespace: () => 'bigquery',
  suggestName: (config) => {
    const listed = listedProjects(config) ?? []
    return listed.length === 1 ? String(listed[0]) : 'bigquery'
  },
  shape: ({ rowAccessPolicies, tableAccess }) => ({ rowAccessPolicies, tableAccess }),
  filter: ({ projects, datasets, tables, labels }) => ({
    projects: Array.isArray(projects) ? [...projects].sort() : { ...projects },
    datasets: { ...datasets },
    tables: { ...tables },
    labels: [...(labels ?? [])].sort(),
  }),
}

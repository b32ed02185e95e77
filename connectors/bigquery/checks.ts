import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Check, type ConnectorContext, classifyError, IngestError, whyLeftOut } from '../kit/index.ts'
import type { Client } from './client.ts'
import type { BigqueryConfig } from './config.ts'
import { whyProjectLeftOut } from './config.ts'
import { errorRules } from './errors.ts'
import { type DatasetRef, datasetPath, grantOn, type TableList } from './resources.ts'
import { listDatasets, listProjects } from './scopes.ts'
import { TABLE_QUERY } from './tables.ts'

/** The probes of a source, cheapest first; none reads more than a page, and none costs anything. */
export function createChecks(client: Client, config: BigqueryConfig, context: ConnectorContext): readonly Check[] {
  return [
    { name: 'reach', run: () => reach(client, context) },
    { name: 'sign-in', run: () => signIn(client) },
    { name: 'list datasets', run: () => findDatasets(client, config) },
    { name: 'read tables', run: () => readTables(client, config) },
    { name: 'read jobs', run: () => readJobs(client, config) },
  ]
}

/** Any answer will do: without a token it is a refusal. */
async function reach({ account }: Client, { signal }: ConnectorContext): Promise<string> {
  const url = new URL(account.baseUrl)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest
  const request = send(url, { method: 'HEAD', agent: account.agentOf(url), signal }, (response) => {
    response.resume()
    resolve()
  })
  request.on('error', reject).end()
  try {
    await promise
    return url.host
  } catch (error) {
    throw classifyError(error, errorRules, `Connecting to ${url.host}`)
  }
}

async function signIn(client: Client): Promise<string | undefined> {
  await client.get({ path: ['projects'], query: { maxResults: 1 }, what: 'projects', patient: false })
  return client.account.principal === undefined ? undefined : `as ${client.account.principal}`
}

/** The datasets that will be crawled. */
async function kept(client: Client, config: BigqueryConfig): Promise<readonly DatasetRef[]> {
  const projects = (await listProjects(client, config)).filter(
    (project) => whyProjectLeftOut(config, project) === undefined,
  )
  const found: DatasetRef[] = []
  for (const project of projects) {
    const datasets = await listDatasets(client, config, project)
    found.push(
      ...datasets
        .filter(({ dataset }) => !whyLeftOut(config.datasets, dataset))
        .map(({ dataset }) => ({ project, dataset })),
    )
  }
  return found
}

async function findDatasets(client: Client, config: BigqueryConfig): Promise<string> {
  const datasets = await kept(client, config)
  if (datasets.length > 0)
    return `${datasets.length} in ${new Set(datasets.map(({ project }) => project)).size} projects`
  throw new IngestError('permission', 'no dataset is left to crawl: there is none, or none that the account may see', {
    hint: grantOn('{project}', client.account.principal, 'roles/bigquery.metadataViewer'),
  })
}

/** Reads the metadata of one table in the first dataset that has one. */
async function readTables(client: Client, config: BigqueryConfig): Promise<string> {
  for (const ref of (await kept(client, config)).slice(0, 3)) {
    const grant = grantOn(ref.project, client.account.principal, 'roles/bigquery.metadataViewer')
    const what = `tables of ${ref.project}.${ref.dataset}`
    const path = [...datasetPath(ref), 'tables']
    const { tables = [] } = await client.get<TableList>({ path, query: { maxResults: 1 }, what, grant, patient: false })
    const name = tables[0]?.tableReference?.tableId
    if (name === undefined) continue
    await client.get({
      path: [...path, name],
      query: TABLE_QUERY,
      what: `table ${ref.project}.${ref.dataset}.${name}`,
      grant,
    })
    return `in ${ref.project}.${ref.dataset}`
  }
  return 'no table in the first datasets'
}

/** Lineage and usage come of jobs; without them the catalogue is crawled all the same. */
async function readJobs(client: Client, config: BigqueryConfig): Promise<string> {
  const [project = ''] = await listProjects(client, config)
  const query = { allUsers: true, projection: 'full', maxResults: 1, fields: 'jobs(jobReference)' }
  try {
    await client.get({ path: ['projects', project, 'jobs'], query, what: `jobs of ${project}`, patient: false })
    return `in ${project}`
  } catch (error) {
    if (!(error instanceof IngestError) || error.category !== 'permission') throw error
    return `not allowed; for usage and lineage: ${grantOn(project, client.account.principal, 'roles/bigquery.resourceViewer')}`
  }
}

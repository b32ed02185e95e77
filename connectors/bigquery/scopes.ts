import { IngestError, keyPath, nameKey, type Scope, type ScopeListing, whyLeftOut } from '../kit/index.ts'
import type { Client } from './client.ts'
import { type BigqueryConfig, listedProjects, whyProjectLeftOut } from './config.ts'
import { type DatasetRef, grantOn } from './resources.ts'

type LeftOut = ScopeListing['leftOut'][number]

interface ProjectList {
  readonly projects?: readonly { readonly projectReference?: { readonly projectId?: string } }[]
  readonly nextPageToken?: string
}

interface DatasetList {
  readonly datasets?: readonly {
    readonly datasetReference?: { readonly datasetId?: string }
    readonly location?: string
  }[]
  readonly nextPageToken?: string
}

/** A scope is a dataset, or what a project has besides its datasets. */
export function datasetOf({ key }: Scope): DatasetRef | undefined {
  const [project = '', dataset] = keyPath(key) ?? []
  return dataset === undefined ? undefined : { project, dataset }
}

export function projectOf({ key }: Scope): string {
  return keyPath(key)?.[0] ?? ''
}

/** The projects listed, or all that the account sees. */
export async function listProjects(client: Client, config: BigqueryConfig): Promise<readonly string[]> {
  const listed = listedProjects(config)
  if (listed !== undefined) return listed
  const projects: string[] = []
  const request = { path: ['projects'], query: { maxResults: 1000 }, what: 'projects' }
  for await (const page of client.pages<ProjectList>(request)) {
    projects.push(...(page.projects ?? []).flatMap(({ projectReference }) => projectReference?.projectId ?? []))
  }
  return projects
}

/** The datasets of a project that bear the labels of the source. Hidden ones, which hold results of queries, are not among them. */
export async function listDatasets(
  client: Client,
  config: BigqueryConfig,
  project: string,
): Promise<readonly { readonly dataset: string; readonly location: string }[]> {
  const found: { dataset: string; location: string }[] = []
  const filter = config.labels?.map((label) => `labels.${label}`).join(' ')
  const request = {
    path: ['projects', project, 'datasets'],
    query: { maxResults: 1000, filter, fields: 'nextPageToken,datasets(datasetReference(datasetId),location)' },
    what: `datasets of ${project}`,
    grant: grantOn(project, client.account.principal, 'roles/bigquery.metadataViewer'),
  }
  for await (const { datasets = [] } of client.pages<DatasetList>(request)) {
    for (const { datasetReference, location = 'US' } of datasets) {
      if (datasetReference?.datasetId !== undefined) found.push({ dataset: datasetReference.datasetId, location })
    }
  }
  return found
}

export async function listScopes(client: Client, config: BigqueryConfig): Promise<ScopeListing> {
  const scopes: Scope[] = []
  const leftOut: LeftOut[] = []
  let complete = true
  for (const project of await listProjects(client, config)) {
    const key = nameKey([project])
    const message = whyProjectLeftOut(config, project)
    if (message !== undefined) {
      leftOut.push({ key, name: project, reason: 'filtered', message })
      continue
    }
    try {
      const datasets = await listDatasets(client, config, project)
      scopes.push({ key, name: project })
      for (const { dataset } of datasets) {
        const scope = { key: nameKey([project, dataset]), name: `${project}.${dataset}` }
        const why = whyLeftOut(config.datasets, dataset)
        if (why === undefined) scopes.push(scope)
        else leftOut.push({ ...scope, reason: 'filtered', message: why })
      }
    } catch (error) {
      leftOut.push(refused(key, project, error))
      // Which datasets there are nobody could say: none of them counts as gone.
      complete = false
    }
  }
  return { scopes, leftOut, complete }
}

function refused(key: string, name: string, error: unknown): LeftOut {
  if (!(error instanceof IngestError)) throw error
  const { category, message, hint } = error
  if (category !== 'permission' && category !== 'not_found') throw error
  const reason = category === 'permission' ? 'permission' : 'unavailable'
  return { key, name, reason, message, ...(hint === undefined ? {} : { hint }) }
}

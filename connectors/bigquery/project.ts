import {
  type AssetRecord,
  IngestError,
  type InventoryItem,
  type InventoryVerdict,
  itemWithRecords,
  nameKey,
  optional,
  toldOf,
  withProperties,
} from '../kit/index.ts'
import type { Client } from './client.ts'
import type { BigqueryConfig } from './config.ts'
import { grantOn } from './resources.ts'
import { listDatasets } from './scopes.ts'

/** https://cloud.google.com/bigquery/docs/reference/bigqueryconnection/rest/v1/projects.locations.connections */
interface Connection {
  readonly name?: string
  readonly friendlyName?: string
  readonly description?: string
  readonly cloudSql?: { readonly instanceId?: string; readonly database?: string; readonly type?: string }
  readonly cloudSpanner?: { readonly database?: string }
  readonly aws?: { readonly accessRole?: { readonly iamRoleId?: string } }
  readonly azure?: { readonly customerTenantId?: string }
  readonly cloudResource?: { readonly serviceAccountId?: string }
  readonly spark?: { readonly serviceAccountId?: string }
  readonly salesforceDataCloud?: { readonly instanceUri?: string }
  readonly configuration?: { readonly connectorId?: string }
}

interface ConnectionList {
  readonly connections?: readonly Connection[]
  readonly nextPageToken?: string
}

/** What a project has besides its datasets: itself, and its connections in every location where it has a dataset. */
export async function* listProject(
  client: Client,
  config: BigqueryConfig,
  project: string,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const record: AssetRecord = { kind: 'project', path: [project] }
  yield [itemWithRecords({ key: nameKey([project]), records: [record] })]
  const locations = new Set((await listDatasets(client, config, project)).map(({ location }) => location.toLowerCase()))
  const unseen: string[] = []
  for (const location of [...locations].sort()) {
    if (!(yield* listConnections(client, project, location))) unseen.push(location)
  }
  // Connections that may not be seen are no gap of a catalogue of tables; those seen before are not gone for it.
  return { listing: 'complete', visibility: JSON.stringify({ connections: unseen }) }
}

async function* listConnections(
  client: Client,
  project: string,
  location: string,
): AsyncGenerator<readonly InventoryItem[], boolean, void> {
  const request = {
    api: 'connection' as const,
    path: ['projects', project, 'locations', location, 'connections'],
    query: { pageSize: 100 },
    what: `connections of ${project} in ${location}`,
    grant: grantOn(project, client.account.principal, 'roles/bigquery.connectionUser'),
  }
  try {
    for await (const { connections = [] } of client.pages<ConnectionList>(request)) {
      if (connections.length > 0) yield connections.map((connection) => toItem(project, location, connection))
    }
    return true
  } catch (error) {
    // `invalid_config`: the API of connections is switched off in the project.
    if (error instanceof IngestError && ['permission', 'not_found', 'invalid_config'].includes(error.category))
      return false
    throw error
  }
}

function toItem(project: string, location: string, connection: Connection): InventoryItem {
  const name = connection.name?.split('/').at(-1) ?? ''
  const path = [project, location, name]
  const { cloudSql, cloudSpanner, aws, azure, cloudResource, spark, salesforceDataCloud, configuration } = connection
  const to = { cloudSql, cloudSpanner, aws, azure, cloudResource, spark, salesforceDataCloud, configuration }
  const [type] = Object.entries(to).find(([, value]) => value !== undefined) ?? []
  const record: AssetRecord = {
    kind: 'connection',
    path,
    parent: { group: 'container', path: [project] },
    ...optional('comment', connection.description),
    // Only what says where it leads: a connection may hold a user and a password.
    ...withProperties({
      type,
      friendlyName: connection.friendlyName,
      to: Object.keys(targetOf(connection)).length === 0 ? undefined : targetOf(connection),
    }),
  }
  return itemWithRecords({ key: nameKey([...path, 'connection']), records: [record] })
}

function targetOf(connection: Connection): Record<string, string | number | boolean | null> {
  const { cloudSql, cloudSpanner, aws, azure, cloudResource, spark, salesforceDataCloud, configuration } = connection
  return toldOf({
    instance: cloudSql?.instanceId,
    database: cloudSql?.database ?? cloudSpanner?.database,
    engine: cloudSql?.type,
    role: aws?.accessRole?.iamRoleId,
    tenant: azure?.customerTenantId,
    serviceAccount: cloudResource?.serviceAccountId ?? spark?.serviceAccountId,
    uri: salesforceDataCloud?.instanceUri,
    connector: configuration?.connectorId,
  }) as Record<string, string>
}

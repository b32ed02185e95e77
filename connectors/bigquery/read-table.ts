import type { AssetRecord, FacetRecord } from '../kit/index.ts'
import { type Policy, policyFacets, type RowPolicy, rowPolicyFacets } from './access.ts'
import type { Reading } from './reading.ts'
import { type DatasetRef, datasetPath, grantOn, type Table } from './resources.ts'
import type { Family } from './shards.ts'
import { TABLE_QUERY, toTableRecord } from './tables.ts'

/** The record of one table, or of a family by its newest shard. @throws IngestError `not_found` when it is gone. */
export async function readTable(
  reading: Reading,
  ref: DatasetRef,
  name: string,
  family: Family | undefined,
): Promise<AssetRecord> {
  const { client, config, tags } = reading
  const path = [...datasetPath(ref), 'tables', name]
  const what = `table ${ref.project}.${ref.dataset}.${name}`
  const grant = grantOn(ref.project, client.account.principal, 'roles/bigquery.metadataViewer')
  const table = await client.get<Table>({ path, query: TABLE_QUERY, what, grant })
  const facets: FacetRecord[] = []
  if (config.tableAccess) facets.push(...(await readAccess(reading, ref, name)))
  if (config.rowAccessPolicies && (table.type ?? 'TABLE') === 'TABLE') {
    facets.push(...(await readRowPolicies(reading, ref, path, what)))
  }
  return await toTableRecord({ ref, table, facets, ...(family === undefined ? {} : { family }) }, tags)
}

async function readAccess({ client }: Reading, ref: DatasetRef, name: string): Promise<FacetRecord[]> {
  const policy = await client.get<Policy>({
    path: [...datasetPath(ref), 'tables', `${name}:getIamPolicy`],
    method: 'POST',
    body: { options: { requestedPolicyVersion: 3 } },
    what: `access policy of ${ref.project}.${ref.dataset}.${name}`,
    grant: grantOn(ref.project, client.account.principal, 'roles/iam.securityReviewer'),
  })
  return policyFacets(policy)
}

interface RowPolicyList {
  readonly rowAccessPolicies?: readonly RowPolicy[]
  readonly nextPageToken?: string
}

async function readRowPolicies(
  { client }: Reading,
  ref: DatasetRef,
  path: readonly string[],
  what: string,
): Promise<FacetRecord[]> {
  const facets: FacetRecord[] = []
  const request = {
    path: [...path, 'rowAccessPolicies'],
    query: { pageSize: 1000 },
    what: `row access policies of ${what}`,
    grant: grantOn(ref.project, client.account.principal, 'roles/bigquery.dataOwner'),
  }
  for await (const page of client.pages<RowPolicyList>(request))
    facets.push(...rowPolicyFacets(page.rowAccessPolicies ?? []))
  return facets
}

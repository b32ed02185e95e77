import {
  IngestError,
  type NamedAsset,
  PREVIEW_MAX_ROWS,
  PREVIEW_TIMEOUT_MS,
  type Preview,
  previewValueLength,
  quotePath,
  whyLeftOut,
} from '../kit/index.ts'
import type { Client } from './client.ts'
import { type BigqueryConfig, whyProjectLeftOut } from './config.ts'
import { nativeType } from './fields.ts'
import { whyTableLeftOut } from './filter.ts'
import { OWN_LABEL } from './jobs.ts'
import { listTables } from './listing.ts'
import { type ApiRow, toRow } from './preview-values.ts'
import type { Reading } from './reading.ts'
import { type DatasetRef, datasetPath, grantOn, type Table } from './resources.ts'
import { createFamilies, familyStem } from './shards.ts'

/** Those whose rows are listed for free; any other is a query. https://cloud.google.com/bigquery/docs/reference/rest/v2/tabledata/list */
const LISTED: ReadonlySet<string> = new Set(['TABLE', 'SNAPSHOT', 'CLONE'])

interface Wanted {
  readonly ref: DatasetRef
  readonly name: string
  readonly limit: number
  readonly signal: AbortSignal
}

/** The first rows of a table, or of a view where the query it takes may be billed no more than allowed. */
export async function readPreview(reading: Reading, { group, path }: NamedAsset, limit: number): Promise<Preview> {
  const [project, dataset, name, ...more] = path
  if (group !== 'relation' || project === undefined || dataset === undefined || name === undefined || more.length > 0) {
    throw new IngestError('unsupported', `${path.join('.')} has no rows`, { hint: 'Preview a table or a view.' })
  }
  refuseFiltered(reading.config, path)
  const signal = AbortSignal.timeout(PREVIEW_TIMEOUT_MS)
  const rows = Math.max(1, Math.min(Math.trunc(limit), PREVIEW_MAX_ROWS))
  const ref = { project, dataset }
  const wanted = { ref, limit: rows, signal }
  return await preview(reading, { ...wanted, name: await tableOf(reading.client, ref, name, signal) })
}

/** What the source's filters leave out is not for anybody to look at through Tidemark. */
function refuseFiltered(config: BigqueryConfig, path: readonly string[]): void {
  const [project = '', dataset = '', name = ''] = path
  const why =
    whyProjectLeftOut(config, project) ?? whyLeftOut(config.datasets, dataset) ?? whyTableLeftOut(config, name)
  if (why === undefined) return
  throw new IngestError('permission', `${path.join('.')} is left out by the filters of the source: ${why}`)
}

/** A family shows its newest shard. */
async function tableOf(client: Client, ref: DatasetRef, name: string, signal: AbortSignal): Promise<string> {
  if (familyStem(name) === undefined) return name
  const families = createFamilies()
  for await (const page of listTables(client, ref)) {
    signal.throwIfAborted()
    for (const { name: table, type } of page) families.add(table, type)
  }
  return families.all().find((family) => family.name === name)?.newest ?? name
}

async function preview({ client, config }: Reading, wanted: Wanted): Promise<Preview> {
  const { ref, name, signal } = wanted
  const path = [...datasetPath(ref), 'tables', name]
  const what = `preview of ${ref.project}.${ref.dataset}.${name}`
  const grant = grantOn(ref.project, client.account.principal, 'roles/bigquery.dataViewer')
  const query = { view: 'BASIC', fields: 'type,schema,location,requirePartitionFilter' }
  const table = await client.get<Table>({ path, query, what, grant, signal, patient: false })
  const fields = table.schema?.fields ?? []
  const length = previewValueLength(wanted.limit, fields.length)
  const rows = LISTED.has(table.type ?? 'TABLE')
    ? await listRows(client, wanted, { path, what, grant })
    : await queryRows(client, config, wanted, { table, what })
  return {
    columns: fields.map((field) => ({ name: field.name ?? '', nativeType: nativeType(field) })),
    rows: rows.map((row) => toRow(row, fields, length)),
  }
}

const ISO_TIMES = { 'formatOptions.timestampOutputFormat': 'ISO8601_STRING' }

async function listRows(
  client: Client,
  { limit, signal }: Wanted,
  request: { readonly path: readonly string[]; readonly what: string; readonly grant: string },
): Promise<readonly ApiRow[]> {
  const { rows = [] } = await client.get<{ readonly rows?: readonly ApiRow[] }>({
    ...request,
    path: [...request.path, 'data'],
    query: { maxResults: limit, ...ISO_TIMES },
    signal,
    patient: false,
  })
  return rows.slice(0, limit)
}

interface QueryAnswer {
  readonly rows?: readonly ApiRow[]
  readonly jobComplete?: boolean
  readonly totalBytesProcessed?: string
}

/** A dry run says what the query would read, for free; the query itself is refused a byte more than allowed. */
async function queryRows(
  client: Client,
  config: BigqueryConfig,
  { ref, name, limit, signal }: Wanted,
  { table, what }: { readonly table: Table; readonly what: string },
): Promise<readonly ApiRow[]> {
  const project = config.quotaProject ?? ref.project
  const body = {
    query: `SELECT * FROM ${quotePath([ref.project, ref.dataset, name], '`')} LIMIT ${limit}`,
    useLegacySql: false,
    labels: { [OWN_LABEL]: 'preview' },
    ...(table.location === undefined ? {} : { location: table.location }),
  }
  const request = {
    path: ['projects', project, 'queries'],
    method: 'POST' as const,
    what,
    grant: grantOn(project, client.account.principal, 'roles/bigquery.jobUser'),
    signal,
    patient: false,
  }
  const estimate = await client.get<QueryAnswer>({ ...request, body: { ...body, dryRun: true } })
  const bytes = Number(estimate.totalBytesProcessed ?? 0)
  if (bytes > config.previewMaxBytes) {
    throw new IngestError('unsupported', `${what}: its query would read ${bytes} bytes, which are billed`, {
      hint: 'Raise `previewMaxBytes` of the source to allow it.',
    })
  }
  const answer = await client.get<QueryAnswer>({
    ...request,
    body: {
      ...body,
      maxResults: limit,
      timeoutMs: PREVIEW_TIMEOUT_MS,
      jobTimeoutMs: String(PREVIEW_TIMEOUT_MS),
      // Ten megabytes are the least that a query is billed.
      maximumBytesBilled: String(Math.max(config.previewMaxBytes, LEAST_BILLED)),
      formatOptions: { timestampOutputFormat: 'ISO8601_STRING' },
    },
  })
  if (answer.jobComplete === false)
    throw new IngestError('timeout', `${what}: no rows within ${PREVIEW_TIMEOUT_MS / 1000} s`)
  return (answer.rows ?? []).slice(0, limit)
}

const LEAST_BILLED = 10 * 1024 * 1024

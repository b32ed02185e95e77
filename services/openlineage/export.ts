import { type ExportedAsset, type ExportedEnd, eachExported } from '../../db/queries-openlineage.ts'
import type { ServiceContext } from '../context.ts'
import { requireSourceHead } from '../lookup.ts'
import { columnFacets, datasetFacets, type Facets, jobFacets, logJobFacets } from './facets.ts'

/** https://openlineage.io/spec/2-0-2/OpenLineage.json */
const SPEC = 'https://openlineage.io/spec/2-0-2/OpenLineage.json'

export interface ExportWish {
  /** Only what this source writes. */
  readonly source?: string
  /** Of Tidemark, with its version: who made the events. */
  readonly version: string
  /** Takes one event, a line of JSON, and is waited for. */
  readonly write: (line: string) => Promise<void>
}

/**
 * The catalog as static OpenLineage: a JobEvent for each dataset that is made from others, each routine, and what query
 * logs show to be written; a DatasetEvent for each other dataset. The same store gives the same lines. Returns how many.
 */
export async function exportOpenLineage(
  context: Pick<ServiceContext, 'store' | 'organization'>,
  { source, version, write }: ExportWish,
): Promise<number> {
  const { store, organization } = context
  if (source !== undefined) await requireSourceHead(context, source)
  const producer = `pkg:npm/tidemark@${encodeURIComponent(version)}`
  let count = 0
  await eachExported(store.sql, { organization, ...(source === undefined ? {} : { source }) }, async (asset) => {
    for (const event of eventsOf(producer, asset)) {
      await write(`${JSON.stringify(event)}\n`)
      count += 1
    }
  })
  return count
}

type Event = Readonly<Record<string, unknown>>

function eventsOf(producer: string, asset: ExportedAsset): readonly Event[] {
  const { namespace, name, isDataset, inputs, outputs } = asset
  const own: Dataset = { namespace, name }
  const read = inputs.filter(({ fromLog }) => !fromLog).map(toDataset)
  const logged = inputs.filter(({ fromLog }) => fromLog).map(toDataset)
  const facets = isDataset ? datasetFacets(producer, asset) : {}
  const isMade = read.length > 0 || asset.columns.some(({ fromLog }) => !fromLog)
  const job = (jobName: string, jobFacetsOf: Facets, from: readonly Dataset[], to: readonly unknown[]) =>
    event(producer, asset, 'JobEvent', {
      job: { namespace, name: jobName, facets: jobFacetsOf },
      inputs: from,
      outputs: to,
    })
  const main = !isDataset
    ? job(
        name,
        jobFacets(producer, asset),
        read,
        outputs.map(toDataset).map((output) => withColumns(producer, asset, output, { fromLog: false })),
      )
    : isMade
      ? job(name, jobFacets(producer, asset), read, [withColumns(producer, asset, own, { fromLog: false, facets })])
      : event(producer, asset, 'DatasetEvent', { dataset: { ...own, facets } })
  if (logged.length === 0) return [main]
  const filled = [withColumns(producer, asset, own, { fromLog: true })]
  return [main, job(`${name}.query_log`, logJobFacets(producer), logged, filled)]
}

interface Dataset {
  readonly namespace: string
  readonly name: string
}

const toDataset = ({ namespace, name }: ExportedEnd): Dataset => ({ namespace, name })

function withColumns(
  producer: string,
  { columns }: ExportedAsset,
  output: Dataset,
  { fromLog, facets = {} }: { readonly fromLog: boolean; readonly facets?: Facets },
): unknown {
  const into = columns.filter(
    (column) =>
      column.fromLog === fromLog && column.output.namespace === output.namespace && column.output.name === output.name,
  )
  return { ...output, facets: { ...facets, ...columnFacets(producer, into) } }
}

function event(
  producer: string,
  { changedAt, derivedAt }: ExportedAsset,
  type: 'DatasetEvent' | 'JobEvent',
  body: Event,
): Event {
  const at = derivedAt !== null && derivedAt > changedAt ? derivedAt : changedAt
  return { eventTime: at.toISOString(), producer, schemaURL: `${SPEC}#/$defs/${type}`, ...body }
}

import { type NamedAsset, nameKey, type ObservedLineage, type QueryLogVerdict, type Scope } from '../kit/index.ts'
import { createSeen, idOf, parseWatermark } from './job-window.ts'
import { hasFailed, historyStart, isDone, listJobs, unreachableJobs } from './jobs.ts'
import type { Reading } from './reading.ts'
import type { Job, TableReference } from './resources.ts'
import { datasetOf, projectOf } from './scopes.ts'
import { refOf } from './tables.ts'

/**
 * What BigQuery itself has recorded of a project's jobs since the watermark: the tables that each read, and the one it wrote.
 * It knows no columns, and tells of the tables behind a view beside the view.
 */
export async function* readLineage(
  { client, config }: Reading,
  scope: Scope,
  watermark: string | undefined,
): AsyncGenerator<readonly ObservedLineage[], QueryLogVerdict, void> {
  if (datasetOf(scope) !== undefined) return { watermark: '' }
  const project = projectOf(scope)
  const { since, told } = parseWatermark(watermark) ?? { since: historyStart(config.historyDays), told: [] }
  const known = new Set(told)
  const seen = createSeen(since)
  const unreachable = new Set<string>()
  for await (const page of listJobs(client, project, { since })) {
    for (const location of page.unreachable) unreachable.add(location)
    for (const job of page.jobs) seen.add(job)
    const observed: ObservedLineage[] = []
    for (const job of page.jobs.filter((candidate) => isDone(candidate) && !known.has(idOf(candidate)))) {
      observed.push(...observedOf(job))
      // The statements of a script are jobs of their own, which the list has only when it is asked for the script's.
      if (Number(job.statistics?.numChildJobs ?? 0) === 0) continue
      for await (const { jobs } of listJobs(client, project, { since: 0, parent: job.jobReference?.jobId ?? '' })) {
        observed.push(...jobs.flatMap((child) => (isDone(child) ? observedOf(child) : [])))
      }
    }
    if (observed.length > 0) yield observed
  }
  const error = unreachable.size === 0 ? undefined : unreachableJobs(project, [...unreachable])
  return { watermark: seen.next(), ...(error === undefined ? {} : { error }) }
}

/** Results that nobody named go to hidden datasets. */
const HIDDEN = /^_/

function observedOf(job: Job): ObservedLineage[] {
  const { configuration, statistics } = job
  const { query, copy } = configuration ?? {}
  const written = copy?.destinationTable ?? statistics?.query?.ddlTargetTable ?? query?.destinationTable
  const read = copy === undefined ? readBy(job) : (copy.sourceTables ?? [copy.sourceTable])
  const downstream = assetOf(written)
  if (downstream === undefined || HIDDEN.test(written?.datasetId ?? '') || hasFailed(job)) return []
  const upstreams = new Map(
    read.flatMap((reference) => {
      const asset = assetOf(reference)
      return asset === undefined ? [] : [[nameKey(asset.path), asset] as const]
    }),
  )
  upstreams.delete(nameKey(downstream.path))
  return upstreams.size === 0 ? [] : [{ downstream, upstreams: [...upstreams.values()], columns: [] }]
}

function readBy({ statistics }: Job): readonly TableReference[] {
  const { referencedTables = [], referencedLogicalViews = [] } = statistics?.query ?? {}
  return [...referencedTables, ...referencedLogicalViews]
}

function assetOf(reference: TableReference | undefined): NamedAsset | undefined {
  const ref = refOf(reference)
  return ref === undefined ? undefined : { group: 'relation', path: ref.path }
}

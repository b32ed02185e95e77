import { type IngestError, type LoggedQuery, nameKey, type QueryLogVerdict, type Scope } from '../kit/index.ts'
import { createSeen, idOf, parseWatermark } from './job-window.ts'
import { hasFailed, hiddenJobs, historyStart, isDone, isRedacted, listJobs, unreachableJobs } from './jobs.ts'
import type { Reading } from './reading.ts'
import type { Job } from './resources.ts'
import { datasetOf, projectOf } from './scopes.ts'

/** The statements that a project's users have run since the watermark. A dataset has none: jobs are the project's. */
export async function* readQueryLog(
  { client, config }: Reading,
  scope: Scope,
  watermark: string | undefined,
): AsyncGenerator<readonly LoggedQuery[], QueryLogVerdict, void> {
  if (datasetOf(scope) !== undefined) return { watermark: '' }
  const project = projectOf(scope)
  const { since, told } = parseWatermark(watermark) ?? { since: historyStart(config.historyDays), told: [] }
  const known = new Set(told)
  const seen = createSeen(since)
  let hidden = 0
  const unreachable = new Set<string>()
  for await (const page of listJobs(client, project, { since })) {
    for (const location of page.unreachable) unreachable.add(location)
    for (const job of page.jobs) seen.add(job)
    const done = page.jobs.filter((job) => isDone(job) && !known.has(idOf(job)))
    hidden += done.filter(isRedacted).length
    const queries = done.flatMap((job) => toQuery(job, project))
    if (queries.length > 0) yield queries
  }
  const error = errorOf()
  return { watermark: seen.next(), ...(error === undefined ? {} : { error }) }

  function errorOf(): IngestError | undefined {
    if (unreachable.size > 0) return unreachableJobs(project, [...unreachable])
    return hidden > 0 ? hiddenJobs(client, project, hidden) : undefined
  }
}

/** Legacy SQL is another language; what failed has moved nothing. */
function toQuery(job: Job, project: string): LoggedQuery[] {
  const { query } = job.configuration ?? {}
  if (query?.query === undefined || query.useLegacySql === true || hasFailed(job)) return []
  const { projectId = project, datasetId } = query.defaultDataset ?? {}
  const { startTime, endTime, creationTime } = job.statistics ?? {}
  return [
    {
      text: query.query,
      calls: 1,
      // A job may name a dataset for what its text does not qualify.
      database: nameKey(datasetId === undefined ? [project] : [projectId, datasetId]),
      ...(job.user_email === undefined ? {} : { user: job.user_email }),
      ...(startTime === undefined || endTime === undefined ? {} : { meanMs: Number(endTime) - Number(startTime) }),
      at: new Date(Number(endTime ?? creationTime ?? 0)),
    },
  ]
}

import { type AssetUsage, nameKey, pagesOf, type Scope } from '../kit/index.ts'
import { whyTableLeftOut } from './filter.ts'
import { hasFailed, historyStart, isDone, listJobs } from './jobs.ts'
import type { Reading } from './reading.ts'
import type { Job } from './resources.ts'
import { datasetOf, listProjects } from './scopes.ts'
import { refOf } from './tables.ts'

const PAGE = 1000

interface Counted {
  readonly path: readonly string[]
  reads: number
  lastReadAt: number
  readonly users: Set<string>
}

export interface Counts {
  /** Milliseconds since the epoch. */
  readonly since: number
  readonly byDataset: ReadonlyMap<string, ReadonlyMap<string, Counted>>
}

/** Counts how often the queries of the last days read each table, whichever of the source's projects they ran in. */
export async function countReads({ client, config }: Reading): Promise<Counts> {
  const since = historyStart(config.historyDays)
  const byDataset = new Map<string, Map<string, Counted>>()
  for (const project of await listProjects(client, config)) {
    for await (const { jobs } of listJobs(client, project, { since })) {
      for (const job of jobs) if (isDone(job) && !hasFailed(job)) countJob(byDataset, job)
    }
  }
  return { since, byDataset }
}

/** A script's statements are counted on the script: it names all that they read. */
function countJob(byDataset: Map<string, Map<string, Counted>>, job: Job): void {
  const at = Number(job.statistics?.endTime ?? job.statistics?.creationTime ?? 0)
  const tables = (job.statistics?.query?.referencedTables ?? []).flatMap((table) => {
    const path = refOf(table)?.path
    return path === undefined ? [] : [path]
  })
  for (const path of new Map(tables.map((table) => [nameKey(table), table])).values()) {
    const dataset = nameKey(path.slice(0, 2))
    const counted = byDataset.get(dataset) ?? new Map<string, Counted>()
    byDataset.set(dataset, counted)
    const entry = counted.get(nameKey(path)) ?? { path, reads: 0, lastReadAt: 0, users: new Set<string>() }
    counted.set(nameKey(path), entry)
    entry.reads += 1
    entry.lastReadAt = Math.max(entry.lastReadAt, at)
    if (job.user_email !== undefined) entry.users.add(job.user_email)
  }
}

/** What was counted of one dataset's tables. */
export async function* usageOf(
  { config }: Reading,
  count: () => Promise<Counts>,
  scope: Scope,
): AsyncGenerator<readonly AssetUsage[], void, void> {
  const ref = datasetOf(scope)
  if (ref === undefined) return
  const { since, byDataset } = await count()
  const counted = [...(byDataset.get(scope.key)?.values() ?? [])]
  const kept = counted.filter(({ path }) => whyTableLeftOut(config, path[2] ?? '') === undefined)
  for (const page of pagesOf(kept, PAGE)) {
    yield page.map(({ path, reads, lastReadAt, users }) => ({
      group: 'relation',
      path: [...path],
      reads,
      users: users.size,
      lastReadAt: new Date(lastReadAt),
      since: new Date(since),
    }))
  }
}

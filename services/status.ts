import { listSourceHeads, listSourceStatus, type SourceStatus } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'
import { requireSourceHead } from './lookup.ts'
import { nextTime, type Schedule } from './schedule-text.ts'

export interface SourceState extends SourceStatus {
  /** When the schedule acts next, if anything is up that honours it; jitter is included where Temporal tells it. */
  readonly nextSyncAt: Date | null
}

type Reading = Pick<ServiceContext, 'store' | 'organization' | 'temporal'>

/** The sources by name. */
export async function readSourceStates(context: Reading, name?: string): Promise<SourceState[]> {
  const { store, organization } = context
  if (name !== undefined) await requireSourceHead(context, name)
  const [rows, sources] = await Promise.all([
    listSourceStatus(store.sql, organization, name),
    listSourceHeads(store.sql, organization, name),
  ])
  const schedules = new Map(sources.map((source) => [source.name, source.schedule as Schedule | null]))
  return await Promise.all(
    rows.map(async (row) => ({ ...row, nextSyncAt: await nextSync(context, row, schedules.get(row.source)) })),
  )
}

async function nextSync(
  context: Reading,
  row: SourceStatus,
  schedule: Schedule | null | undefined,
): Promise<Date | null> {
  if (schedule === null || schedule === undefined || row.status !== 'active') return null
  return (await askTemporal(context, row.source)) ?? nextTime(schedule, new Date()) ?? null
}

/** Its client is loaded for those alone who have a Temporal. */
async function askTemporal(context: Reading, source: string): Promise<Date | undefined> {
  if (context.temporal === undefined) return undefined
  const { nextScheduledRun } = await import('./schedules.ts')
  return await nextScheduledRun(context, source).catch(() => undefined)
}

/** A source's settings as stored, its secrets masked. */
export async function readSourceConfig(
  { store, organization }: Pick<ServiceContext, 'store' | 'organization'>,
  name: string,
): Promise<Readonly<Record<string, unknown>>> {
  const [source] = await listSourceHeads(store.sql, organization, name)
  return source?.config ?? {}
}

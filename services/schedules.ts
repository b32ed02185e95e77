import { readStoreIdentity } from '../db/queries.ts'
import { findSourceByName, listSources, type SourceRow } from '../db/sources.ts'
import type { SyncInput } from '../sync/steps.ts'
import { type CareSchedule, careSchedules } from './care-schedules.ts'
import type { ServiceContext } from './context.ts'
import {
  compareSchedule,
  describeIfAny,
  dropSchedule,
  isOurs,
  keepSchedule,
  type WantedSchedule,
  wantSchedule,
} from './schedule-keeping.ts'
import type { Schedule } from './schedule-text.ts'
import { searchAttributes } from './temporal.ts'

/** The workflow's type: a wire name. */
export const SYNC_WORKFLOW = 'syncSource'

/** A source as its schedule needs it. */
export type ScheduledSource = Pick<SourceRow, 'id' | 'name' | 'connector' | 'status' | 'taskQueue'> & {
  readonly schedule: unknown
}

export function scheduleId(organization: string, source: string): string {
  return `sync/${organization}/${source}/schedule`
}

/** What every run of a source starts from. */
export function syncInput(context: ServiceContext, source: Pick<SourceRow, 'id' | 'name' | 'taskQueue'>): SyncInput {
  const { settings, organization, temporal } = context
  const { taskQueue } = source
  return {
    organization,
    source: source.name,
    sourceId: source.id,
    window: settings.window,
    retry: settings.retry,
    searchable: temporal?.searchable === true,
    ...(taskQueue === null || taskQueue === settings.taskQueues.sync ? {} : { sourceQueue: taskQueue }),
  }
}

/** Makes Temporal's schedule of a source what the store says: created, mended, paused, or deleted where there is none. */
export async function ensureSchedule(
  context: ServiceContext,
  source: ScheduledSource,
): Promise<'created' | 'updated' | 'kept' | 'deleted' | 'none'> {
  const { temporal } = context
  if (temporal === undefined) return 'none'
  if (source.schedule === null || source.schedule === undefined) {
    return (await deleteSchedule(context, source.name)) ? 'deleted' : 'none'
  }
  const owner = await readStoreIdentity(context.store.sql, context.organization)
  return await keepSchedule(temporal, describe(context, source, owner), owner)
}

/** How the schedule that Temporal has of a source compares with the one it should have. */
export async function inspectSchedule(context: ServiceContext, name: string): Promise<'kept' | 'drifted' | 'missing'> {
  const source = await findSourceByName(context.store, context.organization, name)
  if (source === undefined || context.temporal === undefined) return 'missing'
  const owner = await readStoreIdentity(context.store.sql, context.organization)
  return await compareSchedule(context.temporal, describe(context, source, owner))
}

/** Whether there was one. */
export async function deleteSchedule(context: ServiceContext, source: string): Promise<boolean> {
  const { temporal, organization } = context
  return temporal === undefined ? false : await dropSchedule(temporal, scheduleId(organization, source))
}

/** How the schedules that look after sources and store are in Temporal. */
export async function inspectCare(
  context: ServiceContext,
): Promise<
  readonly { readonly id: string; readonly what: string; readonly text: string; readonly state: CareState }[]
> {
  const { temporal } = context
  if (temporal === undefined) return []
  const owner = await readStoreIdentity(context.store.sql, context.organization)
  return await Promise.all(
    careSchedules(context, owner).map(async ({ id, what, text, wanted }) => {
      const found = await describeIfAny(temporal.client, id)
      if (found !== undefined && !isOurs(temporal, found, owner)) return { id, what, text, state: 'foreign' }
      if (wanted !== undefined) return { id, what, text, state: await compareSchedule(temporal, wanted) }
      return { id, what, text, state: found === undefined ? 'none' : 'unwanted' }
    }),
  )
}

/** `unwanted`: there, though temporal.yaml wants none; `foreign`: another Tidemark of the namespace has it. */
export type CareState = 'kept' | 'drifted' | 'missing' | 'none' | 'unwanted' | 'foreign'

export interface Reconciled {
  readonly created: number
  readonly updated: number
  readonly deleted: number
}

/** Creates the schedules that are missing, mends those that drifted, deletes those whose source is gone. */
export async function reconcileSchedules(context: ServiceContext): Promise<Reconciled> {
  const { temporal, organization } = context
  const counts = { created: 0, updated: 0, deleted: 0, kept: 0, none: 0 }
  if (temporal === undefined) return counts
  const sources = await listSources(context.store, organization)
  for (const source of sources) counts[await ensureSchedule(context, source)] += 1
  const owner = await readStoreIdentity(context.store.sql, organization)
  for (const care of careSchedules(context, owner)) counts[await ensureCare(context, care, owner)] += 1
  const known = new Set(sources.map((source) => scheduleId(organization, source.name)))
  for await (const summary of temporal.client.schedule.list()) {
    const named = summary.scheduleId.startsWith(`sync/${organization}/`) && summary.scheduleId.endsWith('/schedule')
    if (!named || known.has(summary.scheduleId) || !isOurs(temporal, summary, owner)) continue
    if (await dropSchedule(temporal, summary.scheduleId)) counts.deleted += 1
  }
  return counts
}

async function ensureCare(
  { temporal }: ServiceContext,
  { id, wanted }: CareSchedule,
  owner: string,
): Promise<'created' | 'updated' | 'kept' | 'deleted' | 'none'> {
  if (temporal === undefined) return 'none'
  const found = await describeIfAny(temporal.client, id)
  // Another Tidemark shares the namespace and was first: syncs do not suffer from it, and the doctor tells.
  if (found !== undefined && !isOurs(temporal, found, owner)) return 'none'
  if (wanted !== undefined) return await keepSchedule(temporal, wanted, owner)
  return found !== undefined && (await dropSchedule(temporal, id)) ? 'deleted' : 'none'
}

/** When Temporal will start the source's next sync, jitter included; undefined without a schedule or while paused. */
export async function nextScheduledRun(
  context: Pick<ServiceContext, 'temporal' | 'organization'>,
  source: string,
): Promise<Date | undefined> {
  if (context.temporal === undefined) return undefined
  const found = await describeIfAny(context.temporal.client, scheduleId(context.organization, source))
  return found === undefined || found.state.paused ? undefined : found.info.nextActionTimes[0]
}

function describe(context: ServiceContext, source: ScheduledSource, owner: string): WantedSchedule {
  const { organization, settings, temporal } = context
  // Written by parseSchedule alone.
  const schedule = source.schedule as Schedule
  return wantSchedule({
    id: scheduleId(organization, source.name),
    schedule,
    paused: source.status === 'paused',
    workflowType: SYNC_WORKFLOW,
    taskQueue: settings.taskQueues.sync,
    args: [syncInput(context, source)],
    memo: { source: source.name, connector: source.connector },
    owner,
    summary: `Sync ${source.name} (${source.connector}), ${schedule.text}`,
    details: `Crawls the metadata of source **${source.name}**, incrementally. History: \`tidemark runs ${source.name}\`.`,
    ...(temporal?.searchable === true ? { typedSearchAttributes: searchAttributes(source) } : {}),
  })
}

import {
  type Client,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
} from '@temporalio/client'
import { readStoreIdentity } from '../db/queries.ts'
import { findSourceByName, listSources, type SourceRow } from '../db/sources.ts'
import { IngestError } from '../model/errors.ts'
import type { SyncInput } from '../sync/steps.ts'
import type { ServiceContext } from './context.ts'
import { sameSpec, scheduleSpec } from './schedule-spec.ts'
import type { Schedule } from './schedule-text.ts'
import { searchAttributes, type TemporalLink } from './temporal.ts'

/** The workflow's type: a wire name. */
export const SYNC_WORKFLOW = 'syncSource'

/** A source as its schedule needs it. */
export type ScheduledSource = Pick<SourceRow, 'id' | 'name' | 'connector' | 'status'> & { readonly schedule: unknown }

export function scheduleId(organization: string, source: string): string {
  return `sync/${organization}/${source}/schedule`
}

/** What every run of a source starts from. */
export function syncInput(context: ServiceContext, source: Pick<SourceRow, 'id' | 'name'>): SyncInput {
  const { settings, organization, temporal } = context
  return {
    organization,
    source: source.name,
    sourceId: source.id,
    window: settings.window,
    retry: settings.retry,
    searchable: temporal?.searchable === true,
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
  const wanted = describe(context, source, owner)
  const handle = temporal.client.schedule.getHandle(wanted.scheduleId)
  return await explain(async () => {
    const found = await describeIfAny(temporal.client, wanted.scheduleId)
    if (found === undefined) {
      await temporal.client.schedule.create(wanted)
      return 'created'
    }
    refuseForeign(temporal, found, owner)
    if (isSame(found, wanted)) return 'kept'
    await handle.update(({ state }) => ({ ...wanted, state: { ...state, ...wanted.state } }))
    return 'updated'
  })
}

/** How the schedule that Temporal has of a source compares with the one it should have. */
export async function inspectSchedule(context: ServiceContext, name: string): Promise<'kept' | 'drifted' | 'missing'> {
  const source = await findSourceByName(context.store, context.organization, name)
  if (source === undefined || context.temporal === undefined) return 'missing'
  const wanted = describe(context, source, await readStoreIdentity(context.store.sql, context.organization))
  const found = await describeIfAny(context.temporal.client, wanted.scheduleId)
  if (found === undefined) return 'missing'
  return isSame(found, wanted) ? 'kept' : 'drifted'
}

/** Whether there was one. */
export async function deleteSchedule(context: ServiceContext, source: string): Promise<boolean> {
  const { temporal, organization } = context
  if (temporal === undefined) return false
  return await explain(async () => {
    try {
      await temporal.client.schedule.getHandle(scheduleId(organization, source)).delete()
      return true
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false
      throw error
    }
  })
}

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
  const known = new Set(sources.map((source) => scheduleId(organization, source.name)))
  const owner = await readStoreIdentity(context.store.sql, organization)
  for await (const summary of temporal.client.schedule.list()) {
    const ours = summary.scheduleId.startsWith(`sync/${organization}/`) && summary.scheduleId.endsWith('/schedule')
    if (!ours || known.has(summary.scheduleId)) continue
    // Another Tidemark may share the namespace: its schedules are not ours to delete.
    if (!temporal.own && summary.memo?.store !== owner) continue
    await temporal.client.schedule.getHandle(summary.scheduleId).delete()
    counts.deleted += 1
  }
  return counts
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

async function describeIfAny(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

type WantedSchedule = ScheduleOptions & { readonly state: { readonly paused: boolean; readonly note: string } }

function describe(context: ServiceContext, source: ScheduledSource, owner: string): WantedSchedule {
  const { organization, settings, temporal } = context
  const id = scheduleId(organization, source.name)
  // Written by parseSchedule alone.
  const schedule = source.schedule as Schedule
  const paused = source.status === 'paused'
  return {
    scheduleId: id,
    spec: scheduleSpec(schedule),
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      catchupWindow: schedule.catchupSeconds * 1000,
      pauseOnFailure: false,
    },
    action: {
      type: 'startWorkflow',
      workflowType: SYNC_WORKFLOW,
      workflowId: id,
      taskQueue: settings.taskQueues.sync,
      args: [syncInput(context, source)],
      memo: { source: source.name, connector: source.connector },
      staticSummary: `Sync ${source.name} (${source.connector}), ${schedule.text}`,
      staticDetails: `Crawls the metadata of source **${source.name}**, incrementally. History: \`tidemark runs ${source.name}\`.`,
      ...(temporal?.searchable === true ? { typedSearchAttributes: searchAttributes(source) } : {}),
    },
    memo: { store: owner, source: source.name, connector: source.connector },
    state: { paused, note: paused ? 'tidemark: the source is paused' : `tidemark: ${schedule.text}` },
  }
}

function refuseForeign(temporal: TemporalLink, found: ScheduleDescription, owner: string): void {
  if (temporal.own || found.memo?.store === owner) return
  throw new IngestError(
    'invalid_config',
    `Temporal has a schedule ${found.scheduleId} already, of another Tidemark store`,
    {
      hint: 'Give the source another name, use a Temporal namespace of your own, or delete that schedule in Temporal.',
    },
  )
}

function isSame(found: ScheduleDescription, wanted: WantedSchedule): boolean {
  const { action } = found
  const wantedAction = wanted.action
  return (
    sameSpec(found.spec, wanted.spec) &&
    found.state.paused === wanted.state.paused &&
    found.policies.catchupWindow === wanted.policies?.catchupWindow &&
    found.policies.overlap === ScheduleOverlapPolicy.SKIP &&
    action.workflowType === wantedAction.workflowType &&
    action.workflowId === wantedAction.workflowId &&
    action.taskQueue === wantedAction.taskQueue &&
    JSON.stringify(action.args) === JSON.stringify(wantedAction.args)
  )
}

/** Failures of Temporal's client as IngestErrors. */
async function explain<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof IngestError) throw error
    throw new IngestError('dependency_unavailable', `Temporal: ${(error as Error).message}`, {
      hint: 'Check that Temporal is up: tidemark doctor.',
      cause: error,
    })
  }
}

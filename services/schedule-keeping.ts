import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
  type ScheduleOptions,
  ScheduleOverlapPolicy,
  type ScheduleSummary,
} from '@temporalio/client'
import { IngestError } from '../model/errors.ts'
import { sameSpec, scheduleSpec } from './schedule-spec.ts'
import type { Schedule } from './schedule-text.ts'
import type { TemporalLink } from './temporal.ts'

/** A schedule as it should be in Temporal. */
export type WantedSchedule = ScheduleOptions & { readonly state: { readonly paused: boolean; readonly note: string } }

/** What tells Tidemark's schedules apart. */
export interface SchedulePlan {
  readonly id: string
  readonly schedule: Schedule
  readonly paused: boolean
  readonly workflowType: string
  readonly taskQueue: string
  readonly args: readonly unknown[]
  readonly memo: Readonly<Record<string, unknown>>
  /** The store's identity: another Tidemark may share the namespace. */
  readonly owner: string
  readonly summary: string
  readonly details: string
  readonly typedSearchAttributes?: ScheduleOptions['action']['typedSearchAttributes']
}

export function wantSchedule(plan: SchedulePlan): WantedSchedule {
  const { id, schedule, paused, memo, typedSearchAttributes } = plan
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
      workflowType: plan.workflowType,
      workflowId: id,
      taskQueue: plan.taskQueue,
      args: [...plan.args],
      memo: { ...memo },
      staticSummary: plan.summary,
      staticDetails: plan.details,
      ...(typedSearchAttributes === undefined ? {} : { typedSearchAttributes }),
    },
    memo: { store: plan.owner, ...memo },
    state: { paused, note: paused ? 'tidemark: the source is paused' : `tidemark: ${schedule.text}` },
  }
}

/** Makes Temporal's schedule what it should be: created, mended or found in order. */
export async function keepSchedule(
  temporal: TemporalLink,
  wanted: WantedSchedule,
  owner: string,
): Promise<'created' | 'updated' | 'kept'> {
  const handle = temporal.client.schedule.getHandle(wanted.scheduleId)
  return await explain(async () => {
    const found = await describeIfAny(temporal.client, wanted.scheduleId)
    if (found === undefined) return await create(temporal.client, wanted)
    refuseForeign(temporal, found, owner)
    if (isSame(found, wanted)) return 'kept'
    await handle.update(({ state }) => ({ ...wanted, state: { ...state, ...wanted.state } }))
    return 'updated'
  })
}

/** Another worker may start at the same moment and be first: both want the same. */
async function create(client: Client, wanted: WantedSchedule): Promise<'created' | 'kept'> {
  try {
    await client.schedule.create(wanted)
    return 'created'
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return 'kept'
    throw error
  }
}

/** How the schedule that Temporal has compares with the one it should have. */
export async function compareSchedule(
  { client }: TemporalLink,
  wanted: WantedSchedule,
): Promise<'kept' | 'drifted' | 'missing'> {
  const found = await describeIfAny(client, wanted.scheduleId)
  if (found === undefined) return 'missing'
  return isSame(found, wanted) ? 'kept' : 'drifted'
}

/** Whether there was one. */
export async function dropSchedule({ client }: TemporalLink, id: string): Promise<boolean> {
  return await explain(async () => {
    try {
      await client.schedule.getHandle(id).delete()
      return true
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false
      throw error
    }
  })
}

export async function describeIfAny(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}

/** Whether a schedule is this store's to replace or delete. */
export function isOurs(temporal: TemporalLink, { memo }: Pick<ScheduleSummary, 'memo'>, owner: string): boolean {
  return temporal.own || memo?.store === owner
}

function refuseForeign(temporal: TemporalLink, found: ScheduleDescription, owner: string): void {
  if (isOurs(temporal, found, owner)) return
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

import type { HealthInput } from '../sync/health.ts'
import type { MaintenanceInput } from '../sync/maintenance.ts'
import type { ServiceContext } from './context.ts'
import { type WantedSchedule, wantSchedule } from './schedule-keeping.ts'
import { parseSchedule } from './schedule-text.ts'

/** The workflows' types: wire names. */
const HEALTH_WORKFLOW = 'checkHealth'
const MAINTENANCE_WORKFLOW = 'maintainStore'

/** Who the maintenance schedule acts as. */
const MAINTAINER = 'maintenance'

/** A schedule of the store's own, and what it should be: undefined where temporal.yaml wants none. */
export interface CareSchedule {
  readonly id: string
  readonly what: 'health' | 'maintenance'
  /** As temporal.yaml says. */
  readonly text: string
  readonly wanted: WantedSchedule | undefined
}

type Configured = Pick<ServiceContext, 'settings' | 'organization'>

export function healthInput({ settings, organization }: Configured): HealthInput {
  return { organization, window: settings.window, retry: settings.retry }
}

export function maintenanceInput({ settings, organization }: Configured, actor: string): MaintenanceInput {
  return { organization, actor, retention: settings.retention, retry: settings.retry }
}

/** The schedules that look after sources and store. */
export function careSchedules(context: Configured, owner: string): readonly CareSchedule[] {
  const { settings, organization } = context
  const make = (
    what: CareSchedule['what'],
    facts: { readonly text: string; readonly workflowType: string; readonly input: unknown; readonly summary: string },
  ): CareSchedule => {
    const id = `${what}/${organization}/schedule`
    const schedule = parseSchedule(facts.text)
    const { text, workflowType, input, summary } = facts
    if (schedule === undefined) return { id, what, text, wanted: undefined }
    const details = `Set by \`${what}\` in temporal.yaml.`
    const taskQueue = settings.taskQueues.sync
    const args = [input]
    const plan = { id, schedule, paused: false, workflowType, taskQueue, args, memo: {}, owner, summary, details }
    return { id, what, text, wanted: wantSchedule(plan) }
  }
  return [
    make('health', {
      text: settings.health,
      workflowType: HEALTH_WORKFLOW,
      input: healthInput(context),
      summary: `Probe every active source, ${settings.health}`,
    }),
    make('maintenance', {
      text: settings.maintenance,
      workflowType: MAINTENANCE_WORKFLOW,
      input: maintenanceInput(context, MAINTAINER),
      summary: `Retention, partitions and statistics of the store, ${settings.maintenance}`,
    }),
  ]
}

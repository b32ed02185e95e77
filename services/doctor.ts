import { readStoreFacts } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'
import { tellError } from './errors.ts'
import { inspectSchedule } from './schedules.ts'
import { readSourceStates, type SourceState } from './status.ts'
import { hasWorker } from './workers.ts'

/** One thing looked at, and the command that mends it. */
export interface Finding {
  readonly name: string
  readonly status: 'ok' | 'warning' | 'failed'
  readonly detail: string
  readonly fix?: string
}

export async function inspectStore({ store }: Pick<ServiceContext, 'store'>): Promise<Finding> {
  const { version, migrations, bytes } = await readStoreFacts(store.sql)
  const size = `${Math.ceil(bytes / 1_048_576).toLocaleString('en')} MB`
  return { name: 'store', status: 'ok', detail: `PostgreSQL ${version}, schema of migration ${migrations}, ${size}` }
}

/** Temporal and its worker; `up` is how to get both. */
export async function inspectTemporal({ temporal, settings }: ServiceContext): Promise<readonly Finding[]> {
  if (temporal === undefined) {
    const detail = 'none runs: schedules stand still, syncs by hand work in their own process'
    return [{ name: 'Temporal', status: 'warning', detail, fix: 'tidemark up' }]
  }
  const attributes = temporal.searchable ? 'with search attributes' : 'without search attributes'
  const { namespace } = temporal.client.options
  const found: Finding = { name: 'Temporal', status: 'ok', detail: `namespace ${namespace}, ${attributes}` }
  const queue = settings.taskQueues.sync
  return (await hasWorker(temporal, settings))
    ? [found, { name: 'worker', status: 'ok', detail: `serves task queue ${queue}` }]
    : [found, { name: 'worker', status: 'failed', detail: `none serves task queue ${queue}`, fix: 'tidemark up' }]
}

export async function inspectSources(context: ServiceContext): Promise<readonly Finding[]> {
  const states = await readSourceStates(context)
  if (states.length === 0) {
    return [
      {
        name: 'sources',
        status: 'warning',
        detail: 'none is configured',
        fix: 'tidemark add postgres://user@host/database',
      },
    ]
  }
  const findings: Finding[] = []
  for (const state of states) findings.push(inspectOutcome(state), ...(await inspectPlan(context, state)))
  return findings
}

function inspectOutcome(state: SourceState): Finding {
  const { source, lastSyncStatus, lastError, openProposals } = state
  const name = `source ${source}`
  if (lastSyncStatus === null)
    return { name, status: 'warning', detail: 'never synced', fix: `tidemark sync ${source}` }
  if (openProposals > 0) {
    return {
      name,
      status: 'warning',
      detail: `${openProposals} removals are held`,
      fix: `tidemark approve ${source} --list`,
    }
  }
  const why = lastError === null ? '' : `: ${lastError}`
  if (lastSyncStatus === 'failed') {
    return { name, status: 'failed', detail: `the last sync failed${why}`, fix: `tidemark test ${source}` }
  }
  if (lastSyncStatus === 'succeeded')
    return { name, status: 'ok', detail: `${state.assets} assets, last sync succeeded` }
  return { name, status: 'warning', detail: `last sync: ${lastSyncStatus}${why}`, fix: `tidemark runs ${source}` }
}

/** The schedule as Temporal has it against what the store says. */
async function inspectPlan(
  context: ServiceContext,
  { source, status, schedule }: SourceState,
): Promise<readonly Finding[]> {
  if (context.temporal === undefined || schedule === null) return []
  const name = `schedule of ${source}`
  if (status === 'paused') return [{ name, status: 'warning', detail: 'paused', fix: `tidemark resume ${source}` }]
  const state = await inspectSchedule(context, source).catch((error: unknown) => tellError(error).message)
  if (state === 'kept') return [{ name, status: 'ok', detail: schedule }]
  const problem =
    state === 'missing' ? 'Temporal does not have it' : state === 'drifted' ? 'Temporal has another' : state
  return [
    { name, status: 'failed', detail: `${schedule}: ${problem}`, fix: `tidemark schedule ${source} "${schedule}"` },
  ]
}

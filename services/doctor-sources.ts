import { type Ailment, listAilments } from '../db/health.ts'
import { listSourceHeads } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'
import type { Finding } from './doctor.ts'
import { tellError } from './errors.ts'
import { ageText, judgeFreshness } from './freshness.ts'
import type { Schedule } from './schedule-text.ts'
import { inspectSchedule } from './schedules.ts'
import { readSourceStates, type SourceState } from './status.ts'

type Looking = Pick<ServiceContext, 'store' | 'organization'>

/** Every source: its last sync, its health as the last probe left it, and what waits for a decision. */
export async function inspectSources(looking: Looking): Promise<readonly Finding[]> {
  const [states, ailments, heads] = await Promise.all([
    readSourceStates(looking),
    listAilments(looking.store.sql, looking.organization),
    listSourceHeads(looking.store.sql, looking.organization),
  ])
  if (states.length === 0) {
    const fix = 'tidemark add postgres://user@host/database'
    return [{ name: 'sources', status: 'warning', detail: 'none is configured', fix }]
  }
  const ill = new Map(ailments.map((ailment) => [ailment.source, ailment]))
  const schedules = new Map(heads.map(({ name, schedule }) => [name, schedule as Schedule | null]))
  return states.flatMap((state) => [
    inspectOutcome(state),
    ...inspectHealth(ill.get(state.source)),
    ...inspectFreshness(state, schedules.get(state.source) ?? undefined),
  ])
}

function inspectOutcome(state: SourceState): Finding {
  const { source, lastSyncStatus, lastError, openProposals } = state
  const name = `source ${source}`
  if (lastSyncStatus === null)
    return { name, status: 'warning', detail: 'never synced', fix: `tidemark sync ${source}` }
  if (openProposals > 0) {
    const fix = `tidemark approve ${source} --list`
    return { name, status: 'warning', detail: `${openProposals} removals are held`, fix }
  }
  const why = lastError === null ? '' : `: ${lastError}`
  if (lastSyncStatus === 'failed') {
    return { name, status: 'failed', detail: `the last sync failed${why}`, fix: `tidemark test ${source}` }
  }
  if (lastSyncStatus === 'succeeded')
    return { name, status: 'ok', detail: `${state.assets} assets, last sync succeeded` }
  return { name, status: 'warning', detail: `last sync: ${lastSyncStatus}${why}`, fix: `tidemark runs ${source}` }
}

function inspectHealth(ailment: Ailment | undefined): readonly Finding[] {
  if (ailment === undefined) return []
  const { source, since, step, message, hint } = ailment
  const detail = `${step} fails since ${since.toISOString()}: ${message}${hint === null ? '' : ` (${hint})`}`
  return [{ name: `health of ${source}`, status: 'failed', detail, fix: `tidemark test ${source}` }]
}

function inspectFreshness(state: SourceState, schedule: Schedule | undefined): readonly Finding[] {
  const { source, openProposals } = state
  // Held removals are told already, and are why no sync counts as a success.
  if (openProposals > 0 || judgeFreshness(state, schedule) !== 'stale') return []
  const since = `no sync has succeeded for ${ageText(state)}`
  const detail = `${since}, though it is to be synced ${schedule?.text}`
  return [{ name: `freshness of ${source}`, status: 'failed', detail, fix: `tidemark runs ${source}` }]
}

/** The sources' schedules as Temporal has them against what the store says. */
export async function inspectSchedules(context: ServiceContext): Promise<readonly Finding[]> {
  if (context.temporal === undefined) return []
  const findings: Finding[] = []
  for (const state of await readSourceStates(context)) findings.push(...(await inspectPlan(context, state)))
  return findings
}

async function inspectPlan(
  context: ServiceContext,
  { source, status, schedule }: SourceState,
): Promise<readonly Finding[]> {
  if (schedule === null) return []
  const name = `schedule of ${source}`
  if (status === 'paused') return [{ name, status: 'warning', detail: 'paused', fix: `tidemark resume ${source}` }]
  const state = await inspectSchedule(context, source).catch((error: unknown) => tellError(error).message)
  if (state === 'kept') return [{ name, status: 'ok', detail: schedule }]
  const problem =
    state === 'missing' ? 'Temporal does not have it' : state === 'drifted' ? 'Temporal has another' : state
  return [{ name, status: 'failed', detail: `${schedule}: ${problem}`, fix: 'tidemark doctor --fix' }]
}

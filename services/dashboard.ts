import { type Ailment, listAilments } from '../db/health.ts'
import { type CoverageRow, listCoverage } from '../db/queries-column-lineage.ts'
import { listOpenRuns, type OpenRun } from '../db/queries-runs.ts'
import { listSourceHeads } from '../db/queries-sources.ts'
import type { ServiceContext } from './context.ts'
import { ageText, judgeFreshness } from './freshness.ts'
import type { Schedule } from './schedule-text.ts'
import { readSourceStates, type SourceState } from './status.ts'

/** How one source is doing. */
export interface SourceBoard extends SourceState {
  /** As the last probe left it; one never seen to fail is healthy. */
  readonly healthy: boolean
  readonly unhealthySince: Date | null
  /** Null where no schedule promises anything. */
  readonly freshness: 'fresh' | 'stale' | null
  readonly running: OpenRun | null
  /** How much of the lineage in its SQL is known; null where none was read. */
  readonly lineage: Omit<CoverageRow, 'source'> | null
  /** What a person should look at, in words. */
  readonly attention: readonly string[]
}

export interface Dashboard {
  readonly ok: boolean
  /** All of it in a line. */
  readonly verdict: string
  readonly sources: readonly SourceBoard[]
}

type Reading = Pick<ServiceContext, 'store' | 'organization' | 'temporal'>

/** How the catalog is doing, as a person wants to see it first thing in the morning. */
export async function readDashboard(context: Reading): Promise<Dashboard> {
  const { sql } = context.store
  const [states, ailments, runs, heads, coverage] = await Promise.all([
    readSourceStates(context),
    listAilments(sql, context.organization),
    listOpenRuns(sql, context.organization),
    listSourceHeads(sql, context.organization),
    listCoverage(sql, context.organization),
  ])
  const known = new Map(coverage.filter(({ texts }) => texts > 0).map(({ source, ...lineage }) => [source, lineage]))
  const sources = states.map((state) => {
    const ailment = ailments.find(({ source }) => source === state.source)
    const running = runs.find(({ source }) => source === state.source) ?? null
    const schedule = heads.find(({ name }) => name === state.source)?.schedule as Schedule | null | undefined
    const freshness = judgeFreshness(state, schedule) ?? null
    return {
      ...state,
      healthy: ailment === undefined,
      unhealthySince: ailment?.since ?? null,
      freshness,
      running,
      lineage: known.get(state.source) ?? null,
      attention: findTrouble(state, { ailment, running, freshness }),
    }
  })
  const troubled = sources.filter(({ attention }) => attention.length > 0)
  return { ok: troubled.length === 0, verdict: verdictOf(sources, troubled), sources }
}

interface Facts {
  readonly ailment: Ailment | undefined
  readonly running: OpenRun | null
  readonly freshness: 'fresh' | 'stale' | null
}

function findTrouble(state: SourceState, { ailment, running, freshness }: Facts): readonly string[] {
  if (state.status === 'paused') return []
  const { lastSyncStatus, lastError, openProposals } = state
  const why = lastError === null ? '' : `: ${lastError}`
  return [
    ...(ailment === undefined ? [] : [`${ailment.step} fails: ${ailment.message}`]),
    ...(lastSyncStatus === null && running === null ? ['never synced'] : []),
    ...(lastSyncStatus === 'failed' ? [`the last sync failed${why}`] : []),
    ...(lastSyncStatus === 'gaps' ? [`parts could not be read${why}`] : []),
    ...(openProposals > 0 ? [`${openProposals} removals are held`] : []),
    ...(freshness === 'stale' && openProposals === 0 ? [`no sync has succeeded for ${ageText(state)}`] : []),
  ]
}

function verdictOf(sources: readonly SourceBoard[], troubled: readonly SourceBoard[]): string {
  const count = `${sources.length} source${sources.length === 1 ? '' : 's'}`
  const syncing = sources.filter(({ running }) => running !== null).length
  const rest = syncing === 0 ? '' : `, ${syncing} syncing`
  if (sources.length === 0) return 'No source is configured.'
  if (troubled.length === 0) return `All is well: ${count}${rest}.`
  return `${troubled.length} of ${count} ${troubled.length === 1 ? 'needs' : 'need'} attention${rest}: ${troubled.map(({ source }) => source).join(', ')}.`
}

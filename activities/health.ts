import { type TestResult, testConfig } from '../connectors/checks.ts'
import { joinSecrets } from '../connectors/config.ts'
import { redact } from '../connectors/kit/index.ts'
import { listProbeTargets, recordHealth } from '../db/health.ts'
import { findSource, type SourceRow } from '../db/sources.ts'
import { openSecrets } from '../db/vault.ts'
import { type ErrorSummary, summarizeError } from '../model/errors.ts'
import type { HealthSteps, ProbeResult } from '../sync/health.ts'
import type { ActivityDeps } from './deps.ts'
import { asSteps } from './wrap.ts'

/** A source that hiccups is looked at twice before it is called unhealthy. */
const LOOKS = 2

/** The steps of a round of probes. They read the source through its checks alone and write nothing but transitions. */
export function createHealthSteps(deps: ActivityDeps): HealthSteps {
  const { sql } = deps.store
  return asSteps<HealthSteps>(deps, {
    async listProbes(input) {
      const rows = await listProbeTargets(sql, input)
      return rows.map(({ taskQueue, ...row }) => ({ ...row, ...(taskQueue === null ? {} : { taskQueue }) }))
    },
    async probeSource({ sourceId, source }) {
      const row = await findSource(deps.store, sourceId)
      // Removed or paused since it was listed.
      if (row?.status !== 'active') return { healthy: true, turned: false }
      return await conclude(deps, { sourceId, source }, await look(deps, row))
    },
    async recordUnserved({ sourceId, source, error }) {
      return await conclude(deps, { sourceId, source }, { step: 'worker', error })
    },
  })
}

interface Failure {
  readonly step: string
  readonly error: ErrorSummary
}

async function look(deps: ActivityDeps, row: SourceRow): Promise<Failure | undefined> {
  const { signal } = deps.control()
  let failure: Failure | undefined
  for (let attempt = 1; attempt <= LOOKS; attempt += 1) {
    failure = await probe(deps, row, signal)
    signal.throwIfAborted()
    if (failure === undefined) return undefined
  }
  return failure
}

/** The first check that fails. A config that cannot even be read or resolved here fails as `open`. */
async function probe(deps: ActivityDeps, row: SourceRow, signal: AbortSignal): Promise<Failure | undefined> {
  let result: TestResult
  try {
    const config = joinSecrets(row.config, openSecrets(deps.keyRing, row, row.name))
    result = await testConfig(deps.registry.get(row.connector), config, { signal })
  } catch (error) {
    return { step: 'open', error: summarizeError(error) }
  }
  const failed = result.checks.find(({ status }) => status === 'failed')
  return failed?.error === undefined ? undefined : { step: failed.name, error: failed.error }
}

/** Stores it, and tells the first failure and the recovery once. */
async function conclude(
  deps: ActivityDeps,
  { sourceId, source }: { readonly sourceId: number; readonly source: string },
  failure: Failure | undefined,
): Promise<ProbeResult> {
  const turned = await recordHealth(deps.store.sql, { sourceId, ...(failure === undefined ? {} : { failure }) })
  if (turned && failure === undefined) deps.log.info({ sourceId, source }, 'the source is healthy again')
  if (turned && failure !== undefined) {
    const { category, message } = failure.error
    deps.log.warn(
      { sourceId, source, step: failure.step, category, error: redact(message) },
      'the source became unhealthy',
    )
  }
  return { healthy: failure === undefined, turned }
}

import { digestConfig } from '../connectors/config.ts'
import { readUnclassified, writeSeverities } from '../db/changes.ts'
import { ensurePartitions } from '../db/migrate.ts'
import {
  closeRun as closeStoredRun,
  findPendingRequest,
  insertRequest,
  type OpenRunInput,
  type OpenRunResult,
  openRun as openStoredRun,
  readRun,
  readTotals,
} from '../db/runs.ts'
import { failScope, listPendingScopes } from '../db/scopes.ts'
import { resolvePrincipal, type SourceRow } from '../db/sources.ts'
import { classifyChange } from '../model/changes.ts'
import type { ErrorSummary } from '../model/errors.ts'
import { decideOutcome } from '../sync/decisions.ts'
import type { ClosedRun, Steps } from '../sync/steps.ts'
import type { ActivityDeps } from './deps.ts'
import { deriveLineage } from './lineage/derive.ts'
import { readQueryLogs } from './lineage/query-logs.ts'
import { planScopes } from './plan.ts'
import { reconcile } from './reconcile.ts'
import { syncScope } from './scope.ts'
import { loadSource, requireRow } from './source.ts'
import { takeStatistics } from './statistics.ts'
import { asSteps } from './wrap.ts'

/** Who the schedule acts as. */
const SCHEDULER = 'schedule'

/** The steps of a sync over a store and a registry of connectors. */
export function createActivities(deps: ActivityDeps): Steps {
  const { sql } = deps.store
  return asSteps<Steps>(deps, {
    async requestSync({ sourceId }) {
      const row = await requireRow(deps, sourceId)
      const actorId = await resolvePrincipal(sql, row.organization, SCHEDULER)
      return { requestId: await insertRequest(sql, { sourceId, mode: 'incremental', trigger: 'schedule', actorId }) }
    },
    async openRun({ sourceId, requestId, owner }) {
      await sql.begin((tx) => ensurePartitions(tx))
      const { row, connector, config } = await loadSource(deps, sourceId)
      return await open(deps, row, { requestId, owner, ...digestConfig(connector, config) })
    },
    async openUnserved({ sourceId, requestId, owner }) {
      await sql.begin((tx) => ensurePartitions(tx))
      // What shapes the records only a worker near the source can tell; this run has none.
      return await open(deps, await requireRow(deps, sourceId), { requestId, owner, shape: '', filter: '' })
    },
    planScopes: ({ runId }) => planScopes(deps, runId),
    listPendingScopes: (input) => listPendingScopes(sql, input),
    syncScope: (input) => syncScope(deps, input),
    failScope: (input) => failScope(sql, input),
    reconcile: ({ runId }) => reconcile(deps, runId),
    deriveLineage: ({ runId }) => deriveLineage(deps, runId),
    readQueryLogs: ({ runId }) => readQueryLogs(deps, runId),
    takeStatistics: ({ runId }) => takeStatistics(deps, runId),
    closeRun: (input) => closeRun(deps, input),
    async startSync({ sourceId, requestId }) {
      const row = await requireRow(deps, sourceId)
      await deps.startSync({ organization: row.organization, source: row.name, sourceId, requestId })
    },
  })
}

async function open(
  { store, log }: ActivityDeps,
  { id: sourceId, name, configVersion }: SourceRow,
  input: Pick<OpenRunInput, 'requestId' | 'owner' | 'shape' | 'filter'>,
): Promise<OpenRunResult> {
  const opened = await openStoredRun(store.sql, { sourceId, configVersion, ...input })
  log.info({ source: name, ...opened }, opened.status === 'opened' ? 'run opened' : 'run skipped')
  return opened
}

const CHANGE_PAGE = 5000

async function closeRun(
  deps: ActivityDeps,
  input: { readonly runId: number; readonly error?: ErrorSummary },
): Promise<ClosedRun> {
  const { sql } = deps.store
  while (true) {
    const changes = await readUnclassified(sql, input.runId, CHANGE_PAGE)
    if (changes.length === 0) break
    await writeSeverities(
      sql,
      input.runId,
      changes.map((change) => ({ id: change.id, severity: classifyChange(change) })),
    )
  }
  const totals = await readTotals(sql, input.runId)
  const decided = decideOutcome({
    ...totals,
    ...(input.error === undefined ? {} : { errorCategory: input.error.category }),
  })
  const outcome = await closeStoredRun(sql, { ...input, outcome: decided })
  deps.onRunClosed?.(outcome)
  deps.log.info(
    { outcome, ...totals, ...(input.error === undefined ? {} : { error: input.error.message }) },
    'run closed',
  )
  const { sourceId } = await readRun(sql, input.runId)
  const pendingRequestId = await findPendingRequest(sql, sourceId)
  return { outcome, ...(pendingRequestId === undefined ? {} : { pendingRequestId }) }
}

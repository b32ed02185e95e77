import { adoptStrays, dropOldPartitions } from '../db/maintenance/partitions.ts'
import {
  endLogLineage,
  type Pruned,
  pruneAssets,
  pruneContents,
  pruneEdges,
  pruneFields,
  pruneRuns,
  pruneVersions,
  pruneWords,
} from '../db/maintenance/prune.ts'
import { tidyTables } from '../db/maintenance/tables.ts'
import { ensurePartitions } from '../db/migrate.ts'
import { insertAudit, resolvePrincipal } from '../db/sources.ts'
import { inTransaction, type Query } from '../db/store.ts'
import type { MaintenanceSteps, Prunable } from '../sync/maintenance.ts'
import type { ActivityDeps } from './deps.ts'
import { asSteps } from './wrap.ts'

/** Partitions are made so many months ahead. */
const MONTHS_AHEAD = 3
const HEARTBEAT_MS = 10_000

type Prune = (sql: Query, days: number, keepRuns: number) => Promise<Pruned>

const PRUNE: Readonly<Record<Prunable, Prune>> = {
  'log lineage': endLogLineage,
  versions: pruneVersions,
  edges: pruneEdges,
  fields: pruneFields,
  assets: pruneAssets,
  runs: pruneRuns,
  words: pruneWords,
  contents: pruneContents,
}

/** The steps of a round of maintenance over a store. */
export function createMaintenanceSteps(deps: ActivityDeps): MaintenanceSteps {
  const { sql } = deps.store
  return asSteps<MaintenanceSteps>(deps, {
    makePartitions: async () =>
      (await adoptStrays(sql)) + (await inTransaction(sql, (tx) => ensurePartitions(tx, MONTHS_AHEAD))),
    dropPartitions: (input) => beating(deps, () => dropOldPartitions(sql, input)),
    prune: ({ what, days, keepRuns }) => beating(deps, () => PRUNE[what](sql, days, keepRuns)),
    tidyTables: () => beating(deps, () => tidyTables(sql)),
    recordMaintenance: async ({ organization, actor, done }) => {
      await inTransaction(sql, async (tx) => {
        const actorId = await resolvePrincipal(tx, organization, actor)
        await insertAudit(tx, { organization, actorId, action: 'store.maintain', subject: 'store', detail: done })
      })
    },
  })
}

/** One statement may take long; heartbeats tell that it is waited for. */
async function beating<T>(deps: ActivityDeps, work: () => Promise<T>): Promise<T> {
  const { heartbeat } = deps.control()
  const timer = setInterval(heartbeat, HEARTBEAT_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

import { createActivities } from '../../activities/index.ts'
import { insertRequest } from '../../db/runs.ts'
import { resolvePrincipal } from '../../db/sources.ts'
import type { Query, Store } from '../../db/store.ts'
import type { SyncMode } from '../../model/sync.ts'
import { syncSource } from '../../sync/orchestrate.ts'
import type { Steps } from '../../sync/steps.ts'
import type { TestEngine, TestSource } from '../helpers/engine.ts'

class Dead extends Error {}

interface Life {
  commits: number
  readonly lastCommit: number
  dead: boolean
}

/** The store as a process sees it that dies right after its n-th transaction: nothing it does afterwards arrives. */
function mortalStore(store: Store, life: Life): Store {
  const alive = () => {
    if (life.dead) throw new Dead()
  }
  const begin = async (work: never) => {
    alive()
    const result = await store.sql.begin(work)
    life.commits += 1
    if (life.commits >= life.lastCommit) life.dead = true
    return result
  }
  const sql = new Proxy(store.sql, {
    get: (target, name) => (name === 'begin' ? begin : Reflect.get(target, name, target)),
    apply: (target, self, values) => {
      alive()
      return Reflect.apply(target, self, values)
    },
  }) as Query
  return { ...store, sql }
}

/**
 * Runs a sync in a process that dies, as by `kill -9`, right after its n-th transaction: whatever step is under way
 * fails, no later one runs, nothing is closed. Resolves to whether it died before its end.
 */
export async function syncAndDie(
  engine: TestEngine,
  source: TestSource,
  lastCommit: number,
  mode: SyncMode = 'incremental',
): Promise<boolean> {
  const life: Life = { commits: 0, lastCommit, dead: false }
  const steps = createActivities({
    ...engine.deps,
    store: mortalStore(engine.store, life),
    control: () => ({ signal: new AbortController().signal, heartbeat: () => {} }),
    startSync: async () => {},
  })
  const mortal = Object.entries(steps).map(([name, step]) => [
    name,
    async (input: never) => {
      try {
        if (life.dead) throw new Dead()
        return await (step as (input: never) => Promise<unknown>)(input)
      } catch (error) {
        throw life.dead ? new Dead() : error
      }
    },
  ])
  const actorId = await resolvePrincipal(engine.store.sql, 'default', 'test')
  const requestId = await insertRequest(engine.store.sql, { sourceId: source.id, mode, trigger: 'manual', actorId })
  const input = { organization: 'default', source: source.name, sourceId: source.id, requestId, window: 1 }
  try {
    // Same names, same signatures: they only stop working.
    await syncSource(input, Object.fromEntries(mortal) as unknown as Steps, {
      owner: `mortal/${requestId}`,
      workflowId: `mortal/${requestId}`,
      patched: () => true,
      historyIsLong: () => false,
      continueAsNew: () => Promise.reject(new Error('not here')),
      uncancellable: (work) => work(),
      tell: () => {},
    })
    return false
  } catch (error) {
    if (!(error instanceof Dead)) throw error
    return true
  }
}

/** As if the time had passed after which a silent owner counts as dead. */
export async function expireLease(store: Store, sourceId: number): Promise<void> {
  await store.sql`update tidemark.sync_run set lease_until = now() - interval '1 second'
                  where source_id = ${sourceId} and completed_at is null`
}

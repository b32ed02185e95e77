import { splitSecrets, validateConfig } from '../../connectors/config.ts'
import type { Connector, Logger } from '../../connectors/kit/index.ts'
import { createRegistry } from '../../connectors/registry.ts'
import { insertRequest } from '../../db/runs.ts'
import { insertSource, resolvePrincipal } from '../../db/sources.ts'
import type { Store } from '../../db/store.ts'
import { createKeyRing, makeMasterKeyText, parseMasterKey, sealSecrets } from '../../db/vault.ts'
import type { SyncMode, SyncTrigger } from '../../model/sync.ts'
import type { SyncResult } from '../../sync/orchestrate.ts'
import { runLocalSync } from '../../worker/local.ts'
import { borrowStore } from './store.ts'

export const DAY_MS = 86_400_000

/** Any key would do; one for all lets several engines open the sources of one store. */
const keyRing = createKeyRing(parseMasterKey(makeMasterKeyText(), 'test'))

export const silentLog: Logger = { debug: () => {}, info: () => {}, warn: () => {} }

export interface RunRecord extends SyncResult {
  readonly listed: number
  readonly described: number
  readonly added: number
  readonly changed: number
  readonly renamed: number
  readonly removed: number
  readonly proposed: number
  readonly gaps: number
}

export interface TestSource {
  readonly id: number
  readonly name: string
  sync(options?: {
    mode?: SyncMode
    scopes?: readonly string[]
    signal?: AbortSignal
    trigger?: SyncTrigger
  }): Promise<RunRecord>
  request(mode?: SyncMode): Promise<number>
  /** Approves every open proposal. */
  approveAll(): Promise<void>
}

export interface TestEngine extends AsyncDisposable {
  readonly store: Store
  readonly deps: Parameters<typeof runLocalSync>[0]['deps']
  addSource(connector: Connector, config: unknown, name?: string): Promise<TestSource>
  /** A source that the store has already. */
  findSource(name: string): Promise<TestSource>
}

/** An engine over a store of its own, or over one given and then left open, syncing in this process. Retries do not wait. */
export async function createEngine(
  connectors: readonly Connector[],
  options: { batch?: number; noProgressMs?: number; statisticsIntervalMs?: number; log?: Logger; store?: Store } = {},
): Promise<TestEngine> {
  const store = options.store ?? (await borrowStore())
  const deps = {
    store,
    registry: createRegistry(connectors),
    keyRing,
    log: options.log ?? silentLog,
    limits: {
      batch: options.batch ?? 500,
      noProgressMs: options.noProgressMs ?? 60_000,
      statisticsIntervalMs: options.statisticsIntervalMs ?? DAY_MS,
    },
  }
  const engine: Omit<TestEngine, typeof Symbol.asyncDispose> = {
    store,
    deps,
    async addSource(connector, config, name = connector.manifest.type) {
      await validateConfig(connector, config)
      const parsed = connector.manifest.config.parse(config)
      const split = splitSecrets(connector, config)
      const actorId = await resolvePrincipal(store.sql, 'default', 'test')
      const id = await store.sql.begin((tx) =>
        insertSource(tx, {
          organization: 'default',
          name,
          connector: connector.manifest.type,
          namespace: connector.manifest.namespace(parsed),
          config: split.config,
          ...sealSecrets(keyRing, split.secrets),
          schedule: null,
          labels: {},
          actorId,
        }),
      )
      if (id === undefined) throw new Error(`source ${name} exists`)
      return testSource(engine, id, name, actorId)
    },
    async findSource(name) {
      const [row] = await store.sql<{ id: number }[]>`select id from tidemark.source where name = ${name}`
      if (row === undefined) throw new Error(`there is no source ${name}`)
      return testSource(engine, row.id, name, await resolvePrincipal(store.sql, 'default', 'test'))
    },
  }
  return {
    ...engine,
    [Symbol.asyncDispose]: async () => await (options.store === undefined ? store.close() : undefined),
  }
}

const QUICK = { initialIntervalMs: 1, backoff: 1, maximumIntervalMs: 1, maximumAttempts: 3 }
/** As many attempts as matter, without the waiting. */
export const QUICK_RETRY = { source: QUICK, store: QUICK }

function testSource(
  { store, deps }: Pick<TestEngine, 'store' | 'deps'>,
  sourceId: number,
  name: string,
  actorId: number,
): TestSource {
  const request = (mode: SyncMode = 'incremental', scopes?: readonly string[], trigger: SyncTrigger = 'manual') =>
    insertRequest(store.sql, { sourceId, mode, trigger, actorId, ...(scopes === undefined ? {} : { scopes }) })
  return {
    id: sourceId,
    name,
    request,
    async sync({ mode, scopes, signal, trigger } = {}) {
      const requestId = await request(mode, scopes, trigger)
      const result = await runLocalSync({
        deps,
        request: { organization: 'default', source: name, sourceId, requestId },
        window: 4,
        retry: QUICK_RETRY,
        signal: signal ?? new AbortController().signal,
      })
      const [run] = await store.sql`
        select listed, described, added, changed, renamed, removed, proposed, gaps from tidemark.sync_run
        where id = ${result.runId ?? 0}`
      return { ...result, ...run } as RunRecord
    },
    async approveAll() {
      await store.sql`update tidemark.removal_proposal set status = 'approved', decided_at = now(), decided_by = ${actorId}
                      where source_id = ${sourceId} and status = 'open'`
    },
  }
}

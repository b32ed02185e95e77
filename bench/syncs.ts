import { splitSecrets } from '../connectors/config.ts'
import type { Json } from '../connectors/kit/index.ts'
import { loadRegistry } from '../connectors/registry.ts'
import { migrateStore } from '../db/migrate.ts'
import { insertRequest } from '../db/runs.ts'
import { insertSource, resolvePrincipal } from '../db/sources.ts'
import { openStore } from '../db/store.ts'
import { createKeyRing, makeMasterKeyText, parseMasterKey, sealSecrets } from '../db/vault.ts'
import { runLocalSync } from '../worker/local.ts'
import { watchHeld } from './held.ts'

/** What a sync of the worker process cost. */
export interface SyncFigures {
  readonly seconds: number
  readonly outcome: string
  /** Of the process, as the operating system counts it, since it started. */
  readonly peakMegabytes: number
  /** The most that was in use at any time, garbage aside; unknown where the collector is not exposed. */
  readonly heldMegabytes: number | undefined
  readonly listed: number
  readonly described: number
  readonly requests: number
}

/**
 * A worker process of its own: `node bench/worker.ts <store URL> <source URL, or its connector and config as JSON>` makes the source, then syncs it once for
 * every message and answers with the figures.
 */
const [storeUrl = '', sourceUrl = ''] = process.argv.slice(2)
await migrateStore(storeUrl)
const store = openStore(storeUrl)
const registry = await loadRegistry()
const keyRing = createKeyRing(parseMasterKey(makeMasterKeyText(), 'bench'))
const actorId = await resolvePrincipal(store.sql, 'default', 'bench')
const sourceId = await addSource()
process.on('message', () => {
  sync().then(
    (figures) => process.send?.(figures),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit())
process.send?.('ready')

async function addSource(): Promise<number> {
  const { connector, given } = readSource()
  const { config, secrets } = splitSecrets(connector, given)
  const id = await store.sql.begin((tx) =>
    insertSource(tx, {
      organization: 'default',
      name: 'bench',
      connector: connector.manifest.type,
      namespace: `${connector.manifest.type}://bench`,
      config,
      ...sealSecrets(keyRing, secrets),
      schedule: null,
      labels: {},
      actorId,
    }),
  )
  if (id === undefined) throw new Error('the source exists already')
  return id
}

function readSource() {
  if (sourceUrl.startsWith('{')) {
    const { connector, config } = JSON.parse(sourceUrl) as { connector: string; config: Record<string, Json> }
    return { connector: registry.get(connector), given: config }
  }
  const scheme = new URL(sourceUrl).protocol.slice(0, -1)
  const connector = registry.list().find(({ manifest }) => manifest.urlSchemes.includes(scheme))
  if (connector === undefined) throw new Error(`no connector takes ${scheme}: URLs`)
  return { connector, given: connector.manifest.fromUrl(sourceUrl) }
}

async function sync(): Promise<SyncFigures> {
  using held = watchHeld()
  const started = performance.now()
  const requestId = await insertRequest(store.sql, { sourceId, mode: 'incremental', trigger: 'manual', actorId })
  const { runId, outcome } = await runLocalSync({
    deps: {
      store,
      registry,
      keyRing,
      log: { debug() {}, info() {}, warn() {} },
      limits: { batch: 500, noProgressMs: 60_000, statisticsIntervalMs: 86_400_000 },
    },
    request: { organization: 'default', source: 'bench', sourceId, requestId },
    window: 4,
    signal: new AbortController().signal,
  })
  const seconds = (performance.now() - started) / 1000
  const [run] =
    await store.sql`select listed, described, requests, error from tidemark.sync_run where id = ${runId ?? 0}`
  if (outcome !== 'succeeded') console.error(outcome, run)
  const peakMegabytes = process.resourceUsage().maxRSS / 1024
  return { seconds, outcome, peakMegabytes, heldMegabytes: held.megabytes(), ...run } as SyncFigures
}

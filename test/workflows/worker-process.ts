// A worker in a process of its own, to be killed: serves syncs of the world below until it dies, and prints each key it
// describes. SIGTERM stops it in order.
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { createRegistry } from '../../connectors/registry.ts'
import { openStore } from '../../db/store.ts'
import { createKeyRing, parseMasterKey } from '../../db/vault.ts'
import { startWorker } from '../../worker/index.ts'
import { DAY_MS, QUICK_RETRY, silentLog } from '../helpers/engine.ts'
import { workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { startSync } from '../helpers/temporal.ts'
import { BATCH, crashWorld } from './crash-world.ts'

const [storeUrl = '', address = '', taskQueue = ''] = process.argv.slice(2)
const world = crashWorld()
world.beforeDescribe = async (keys) => {
  await delay(600)
  console.log(JSON.stringify(keys))
}
const client = new Client({ connection: await Connection.connect({ address }) })
const worker = await startWorker({
  deps: {
    store: openStore(storeUrl),
    registry: createRegistry([workbookConnector(new Map([['main', world]]))]),
    keyRing: createKeyRing(parseMasterKey(process.env.TEST_MASTER_KEY ?? '', 'test')),
    log: silentLog,
    limits: { batch: BATCH, noProgressMs: 60_000, statisticsIntervalMs: DAY_MS },
    startSync: async (next) => {
      await startSync(client, taskQueue, { ...next, window: 2, retry: QUICK_RETRY })
    },
  },
  connection: { address },
  namespace: 'default',
  taskQueue,
  sizes: {},
})
console.log('ready')
process.on('SIGTERM', () => {
  worker.stop().then(() => process.exit(0))
})

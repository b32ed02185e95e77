import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, Connection } from '@temporalio/client'
import { startScratchTemporal } from '../../runtime/temporal.ts'
import type { SyncInput } from '../../sync/steps.ts'
import { type RunningWorker, startWorker } from '../../worker/index.ts'
import { QUICK_RETRY, type TestEngine } from './engine.ts'

export interface TestTemporal extends AsyncDisposable {
  readonly address: string
  readonly client: Client
  /** Serves syncs of an engine on a task queue of its own; stopped with the server at the latest. */
  serve(engine: TestEngine, taskQueue: string): Promise<RunningWorker>
}

/** A Temporal dev server in memory, the real one. */
export async function createTemporal(): Promise<TestTemporal> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-temporal-'))
  const server = await startScratchTemporal({ directory })
  if (server === undefined) throw new Error('no Temporal server can be had: see runtime/temporal.ts')
  const connection = await Connection.connect({ address: server.address })
  const client = new Client({ connection })
  const workers: RunningWorker[] = []
  return {
    address: server.address,
    client,
    async serve(engine, taskQueue) {
      const worker = await startWorker({
        deps: {
          ...engine.deps,
          startSync: async (next) => {
            await startSync(client, taskQueue, { ...next, window: 4, retry: QUICK_RETRY })
          },
        },
        connection: { address: server.address },
        namespace: 'default',
        taskQueue,
        sizes: {},
      })
      workers.push(worker)
      return worker
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map((worker) => worker.stop()))
      await connection.close()
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** Starts the workflow of a request as the services do. */
export async function startSync(client: Client, taskQueue: string, input: SyncInput) {
  return await client.workflow.start('syncSource', {
    taskQueue,
    workflowId: `sync/${input.organization}/${input.source}/${input.requestId ?? 'schedule'}`,
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [input],
  })
}

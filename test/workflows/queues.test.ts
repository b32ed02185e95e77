// Steps on task queues of their own, and the workflows that look after sources and store; their histories are recorded
// and replayed like those of syncs:
//
//     RECORD_HISTORIES=1 npx vitest run test/workflows/queues.test.ts && npx biome format --write test/fixtures
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connector } from '../../connectors/kit/index.ts'
import type { HealthInput } from '../../sync/health.ts'
import type { MaintenanceInput } from '../../sync/maintenance.ts'
import { type RunningWorker, startWorker } from '../../worker/index.ts'
import { createEngine, QUICK_RETRY, type TestEngine } from '../helpers/engine.ts'
import { readHistories, replay, writeHistory } from '../helpers/histories.ts'
import { createWorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'

const FOLDER = new URL('../fixtures/histories-queues/', import.meta.url)

let temporal: TestTemporal
const workers: RunningWorker[] = []
beforeAll(async () => {
  temporal = await createTemporal()
})
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()))
  await temporal[Symbol.asyncDispose]()
})

function fillWorld() {
  const world = createWorkbookWorld()
  for (const project of ['sales', 'ops']) {
    world.projects.set(project, {
      theme: 'light',
      workbooks: new Map([['one', { id: `${project}/1`, title: 'one', sheets: { a: 'A' }, datasets: [] }]]),
    })
  }
  return world
}

/** Serves the steps of one source queue, over another process' view of the world. */
async function serveSource({ deps }: TestEngine, connector: Connector, queue: string): Promise<RunningWorker> {
  const { createRegistry } = await import('../../connectors/registry.ts')
  const worker = await startWorker({
    deps: { ...deps, registry: createRegistry([connector]), startSync: () => Promise.reject(new Error('not here')) },
    connection: { address: temporal.address },
    namespace: 'default',
    sourceQueues: [queue],
    sizes: {},
  })
  workers.push(worker)
  return worker
}

const activityQueues = (history: Awaited<ReturnType<Started['fetchHistory']>>) =>
  (history.events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
    scheduled ? [`${scheduled.activityType?.name} ${scheduled.taskQueue?.name}`] : [],
  )

async function start<Input>(type: string, taskQueue: string, input: Input) {
  return await temporal.client.workflow.start(type, { taskQueue, workflowId: randomUUID(), args: [input] })
}
type Started = Awaited<ReturnType<typeof start>>

async function record(name: string, workflow: Started): Promise<void> {
  if (process.env.RECORD_HISTORIES === '1') await writeHistory(FOLDER, name, await workflow.fetchHistory())
}

const near = randomUUID()
const far = randomUUID()

test('a source with a task queue of its own is reached by its workers alone, all else is done by the others', async () => {
  // The main worker sees nothing of the world; who serves the source's queue does.
  const away = workbookConnector(new Map())
  await using engine = await createEngine([away])
  const source = await engine.addSource(away, { world: 'main' })
  await temporal.serve(engine, near)
  await serveSource(engine, workbookConnector(new Map([['main', fillWorld()]])), far)
  const workflow = await startSync(temporal.client, near, {
    organization: 'default',
    source: 'far-away',
    sourceId: source.id,
    requestId: await source.request(),
    window: 2,
    retry: QUICK_RETRY,
    sourceQueue: far,
  })
  expect(await workflow.result()).toMatchObject({ outcome: 'succeeded' })
  const queues = activityQueues(await workflow.fetchHistory())
  for (const step of ['openRun', 'planScopes', 'syncScope', 'reconcile']) expect(queues).toContain(`${step} ${far}`)
  for (const step of ['listPendingScopes', 'closeRun']) expect(queues).toContain(`${step} ${near}`)
  await record('sync', workflow)
})

test('a source whose queue nobody serves: the history tells, with the worker to start; the next sync is none the worse', async () => {
  const away = workbookConnector(new Map())
  await using engine = await createEngine([away])
  const { sql } = engine.store
  const source = await engine.addSource(away, { world: 'main' }, 'unserved')
  const [main, nobody] = [randomUUID(), randomUUID()]
  await temporal.serve(engine, main)
  const sync = async () =>
    await startSync(temporal.client, main, {
      organization: 'default',
      source: 'unserved',
      sourceId: source.id,
      requestId: await source.request(),
      window: 2,
      retry: QUICK_RETRY,
      sourceQueue: nobody,
      queueWaitMs: 1_000,
    })
  const workflow = await sync()
  await expect(workflow.result()).rejects.toThrow()
  const history = await sql`select outcome, error, completed_at is not null as closed from tidemark.sync_run`
  expect(history).toEqual([
    {
      outcome: 'failed',
      closed: true,
      error: {
        category: 'dependency_unavailable',
        message: `no worker serves task queue ${nobody}`,
        hint: expect.stringContaining(`tidemark worker --queue ${nobody}`),
        code: 'NO_WORKER',
      },
    },
  ])
  expect(await sql`select 1 from tidemark.sync_request where run_id is null`).toHaveLength(0)
  await record('sync-unserved', workflow)
  await serveSource(engine, workbookConnector(new Map([['main', fillWorld()]])), nobody)
  expect(await (await sync()).result()).toMatchObject({ outcome: 'succeeded' })
})

test('each source is probed by the workers of its queue; where there are none, that is what is wrong', async () => {
  const away = workbookConnector(new Map())
  await using engine = await createEngine([away])
  const { sql } = engine.store
  const nobody = randomUUID()
  for (const name of ['here', 'there', 'nowhere']) await engine.addSource(away, { world: 'main' }, name)
  const [main, private_] = [randomUUID(), randomUUID()]
  await sql`update tidemark.source set task_queue = ${private_} where name = 'there'`
  await temporal.serve(engine, main)
  await serveSource(engine, workbookConnector(new Map([['main', fillWorld()]])), private_)
  const input: HealthInput = { organization: 'default', window: 4, retry: QUICK_RETRY, queueWaitMs: 1_000 }
  await sql`update tidemark.source set task_queue = ${nobody} where name = 'nowhere'`
  const workflow = await start('checkHealth', main, input)
  expect(await workflow.result()).toEqual({ probed: 3, unhealthy: 2, turned: 2 })
  expect(
    await sql`select s.name, h.step, h.message, h.hint from tidemark.health_check h join tidemark.source s on s.id = h.source_id
              order by s.name`,
  ).toMatchObject([
    { name: 'here', step: 'open' },
    {
      name: 'nowhere',
      step: 'worker',
      message: `no worker serves task queue ${nobody}`,
      hint: expect.stringContaining(`tidemark worker --queue ${nobody}`),
    },
  ])
  await record('health', workflow)
})

test('the store is looked after through Temporal as well', async () => {
  await using engine = await createEngine([])
  const queue = randomUUID()
  await temporal.serve(engine, queue)
  const retention = { runs: 90, keepRuns: 2, changes: 400, versions: 400, audit: 400 }
  const input: MaintenanceInput = { organization: 'default', actor: 'maintenance', retention, retry: QUICK_RETRY }
  const workflow = await start('maintainStore', queue, input)
  expect(await workflow.result()).toEqual({ 'partitions made': 4 })
  await record('maintenance', workflow)
})

test('the recorded histories replay against the workflows of today', async () => {
  const histories = await readHistories(FOLDER)
  expect(histories.map(({ workflowId }) => workflowId)).toEqual(['health', 'maintenance', 'sync-unserved', 'sync'])
  expect(await replay(new URL('../../workflows/index.ts', import.meta.url), histories)).toEqual({})
}, 120_000)

// Replays recorded histories against the workflows as they are now. A history stays as it was recorded: that is what runs
// out there. A change is guarded by `patched`, and gets a scenario of its own, whose history this records:
//
//     RECORD_HISTORIES=1 npx vitest run test/workflows/replay.test.ts && npx biome format --write test/fixtures/histories
import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createEngine, QUICK_RETRY, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { readHistories, replay, writeHistory } from '../helpers/histories.ts'
import { type WorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'
import { crashWorld } from './crash-world.ts'

const FOLDER = new URL('../fixtures/histories/', import.meta.url)

interface Scenario {
  readonly world: WorkbookWorld
  readonly engine: TestEngine
  readonly source: TestSource
  /** Starts the source's next sync. */
  start(request?: 'scheduled'): ReturnType<typeof startSync>
}

type Workflow = Awaited<ReturnType<typeof startSync>>
const ended = (workflow: Workflow) => workflow.result().catch(() => {})

/** What is worth recording: each way through the orchestration. Every one returns the workflow to keep. */
const SCENARIOS: Record<string, (scenario: Scenario) => Promise<Workflow>> = {
  normal: async ({ start }) => await start(),
  scheduled: async ({ start }) => await start('scheduled'),
  'nothing-new': async ({ start, source }) => {
    await source.sync()
    return await start()
  },
  gaps: async ({ start, world }) => {
    world.trouble.failListing = new Set(['ops'])
    world.trouble.failItems = new Set(['sales.book 3'])
    return await start()
  },
  failed: async ({ start, world }) => {
    world.trouble.failListing = new Set(['ops', 'sales'])
    return await start()
  },
  cancelled: async ({ start, world }) => {
    const reached = Promise.withResolvers<void>()
    world.beforeDescribe = () => {
      reached.resolve()
      return new Promise(() => {})
    }
    const workflow = await start()
    await reached.promise
    await workflow.cancel()
    return workflow
  },
  rescan: async ({ start, source, world, engine }) => {
    await source.sync()
    const [writer] = await engine.store.sql`
      select scope.key, v.key as item from tidemark.claim c join tidemark.asset a on a.id = c.asset_id
      join tidemark.inventory v on v.id = c.item_id join tidemark.scope on scope.id = c.scope_id
      where c.writes and a.kind = 'data set'`
    // The item that wrote the shared data set's record goes: another takes over, in a scope read again.
    world.projects.get(String(writer?.key))?.workbooks.delete(String(writer?.item).split('.')[1] ?? '')
    return await start()
  },
  'pending-request': async ({ start, source, world }) => {
    world.beforeDescribe = async () => {
      delete world.beforeDescribe
      await source.request('full')
    }
    return await start()
  },
  // Recorded since statistics are taken; what was recorded before replays without them.
  statistics: async ({ start }) => await start(),
  // Recorded since lineage is derived.
  lineage: async ({ start }) => await start(),
  skipped: async ({ start, source, world }) => {
    const reached = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    world.beforeDescribe = async () => {
      reached.resolve()
      await gate.promise
    }
    const running = source.sync()
    await reached.promise
    const workflow = await start()
    await ended(workflow)
    gate.resolve()
    await running
    return workflow
  },
}

async function record(temporal: TestTemporal, name: string): Promise<void> {
  const world = crashWorld()
  const connector = workbookConnector(new Map([['main', world]]), { statistics: name === 'statistics' })
  world.numbers = new Map([['orders', { rowCount: 7 }]])
  await using engine = await createEngine([connector], { batch: 20 })
  const source = await engine.addSource(connector, { world: 'main' })
  const taskQueue = randomUUID()
  const worker = await temporal.serve(engine, taskQueue)
  const start = async (request?: 'scheduled') =>
    await startSync(temporal.client, taskQueue, {
      organization: 'default',
      source: `${name}-${randomUUID()}`,
      sourceId: source.id,
      window: 2,
      retry: QUICK_RETRY,
      heartbeatMs: 8_000,
      ...(request === 'scheduled' ? {} : { requestId: await source.request() }),
    })
  const workflow = await SCENARIOS[name]?.({ world, engine, source, start })
  if (workflow === undefined) throw new Error(name)
  await ended(workflow)
  await writeHistory(FOLDER, name, await workflow.fetchHistory())
  await worker.stop()
}

test.runIf(process.env.RECORD_HISTORIES === '1')(
  'records histories that are missing (only with RECORD_HISTORIES=1)',
  async () => {
    await using temporal = await createTemporal()
    const recorded = new Set((await readHistories(FOLDER)).map(({ workflowId }) => workflowId))
    for (const name of Object.keys(SCENARIOS)) if (!recorded.has(name)) await record(temporal, name)
  },
  300_000,
)

describe('recorded histories', () => {
  test('cover every way through a sync', async () => {
    expect((await readHistories(FOLDER)).map(({ workflowId }) => workflowId)).toEqual(Object.keys(SCENARIOS).sort())
    const text = JSON.stringify(await readHistories(FOLDER))
    for (const end of ['Completed', 'Failed', 'Canceled'])
      expect(text).toContain(`workflowExecution${end}EventAttributes`)
    for (const step of [
      'requestSync',
      'failScope',
      'startSync',
      'reconcile',
      'takeStatistics',
      'deriveLineage',
      'readQueryLogs',
    ])
      expect(text).toContain(`"${step}"`)
  })

  test('replay against the workflows of today', async () => {
    expect(await replay(new URL('../../workflows/index.ts', import.meta.url), await readHistories(FOLDER))).toEqual({})
  }, 120_000)

  test('do not replay against a workflow that was changed', async () => {
    const failures = await replay(new URL('changed-workflow.ts', import.meta.url), await readHistories(FOLDER))
    expect(failures.normal).toBe('DeterminismViolationError')
    // A request that is skipped never comes so far.
    expect(failures.skipped).toBeUndefined()
  }, 120_000)
})

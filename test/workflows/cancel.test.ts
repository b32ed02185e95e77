import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEngine, QUICK_RETRY } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'
import { crashWorld } from './crash-world.ts'

let temporal: TestTemporal
beforeAll(async () => {
  temporal = await createTemporal()
})
afterAll(() => temporal[Symbol.asyncDispose]())

test('a workflow cancelled in mid-sync ends as Cancelled, its run is closed, the next run completes', async () => {
  const world = crashWorld()
  const connector = workbookConnector(new Map([['main', world]]))
  await using engine = await createEngine([connector], { batch: 5 })
  const source = await engine.addSource(connector, { world: 'main' })
  const taskQueue = randomUUID()
  await temporal.serve(engine, taskQueue)
  const start = async () =>
    await startSync(temporal.client, taskQueue, {
      organization: 'default',
      source: randomUUID(),
      sourceId: source.id,
      requestId: await source.request(),
      window: 2,
      retry: QUICK_RETRY,
      heartbeatMs: 8_000,
    })
  const reached = Promise.withResolvers<void>()
  let pages = 0
  world.beforeDescribe = async () => {
    pages += 1
    if (pages < 6) return
    reached.resolve()
    await new Promise(() => {})
  }
  const workflow = await start()
  await reached.promise
  await workflow.cancel()
  await expect(workflow.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  expect((await workflow.describe()).status.name).toBe('CANCELLED')
  const [run] = await engine.store.sql`
    select outcome, completed_at is not null as closed, described, (select count(*)::int from tidemark.inventory) as items
    from tidemark.sync_run`
  expect(run).toMatchObject({ outcome: 'cancelled', closed: true })
  expect(run?.items).toBeGreaterThan(0)
  expect(run?.items).toBeLessThan(80)
  delete world.beforeDescribe
  expect(await (await start()).result()).toMatchObject({ outcome: 'succeeded', runId: 2 })
  await using fresh = await createEngine([connector])
  await (await fresh.addSource(connector, { world: 'main' })).sync()
  expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
}, 120_000)

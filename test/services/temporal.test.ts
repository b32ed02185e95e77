import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRuns } from '../../services/runs.ts'
import { inspectSchedule, nextScheduledRun, reconcileSchedules, scheduleId } from '../../services/schedules.ts'
import { parseSettings } from '../../services/settings.ts'
import { addSource, pauseSource, removeSource, rescheduleSource, resumeSource } from '../../services/sources.ts'
import { cancelSync, followRequest, requestSync, startPendingSync, startSync } from '../../services/sync.ts'
import { connectTemporal, type TemporalLink } from '../../services/temporal.ts'
import { hasWorker } from '../../services/workers.ts'
import { startWorker } from '../../worker/index.ts'
import {
  createWorkbookWorld,
  type Workbook,
  type WorkbookWorld,
  workbookConnector,
} from '../helpers/synthetic/workbooks.ts'
import { createTemporal, type TestTemporal } from '../helpers/temporal.ts'
import { createContext, depsOf, type TestContext } from './support.ts'

let server: TestTemporal
let link: TemporalLink

beforeAll(async () => {
  server = await createTemporal()
  link = await connectTemporal(await parseSettings('', 't.yaml'), { address: server.address, own: true })
})
afterAll(async () => {
  await link[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

function worldOf(...books: readonly string[]): WorkbookWorld {
  const world = createWorkbookWorld()
  const workbooks = books.map((book): [string, Workbook] => [book, { id: book, title: book, sheets: {}, datasets: [] }])
  world.projects.set('sales', { theme: 'light', workbooks: new Map(workbooks) })
  return world
}

/** A source of a name and a task queue of their own: the server is shared. */
async function createSource(options: { schedule?: string; world?: WorkbookWorld } = {}) {
  const name = `books-${randomBytes(4).toString('hex')}`
  const worlds = new Map([['main', options.world ?? worldOf('one')]])
  const context = await createContext([workbookConnector(worlds)], {
    temporal: link,
    settings: `taskQueues: { sync: ${name} }\ndefaultSchedule: none`,
  })
  await addSource(context, {
    name,
    connector: 'workbooks',
    config: { world: 'main' },
    ...(options.schedule === undefined ? {} : { schedule: options.schedule }),
  })
  return { context, name, id: scheduleId('default', name) }
}

const serve = (context: TestContext) =>
  startWorker({
    deps: { ...depsOf(context), startSync: (next) => startPendingSync(context, next) },
    connection: { address: server.address },
    namespace: 'default',
    taskQueue: context.settings.taskQueues.sync,
    sizes: {},
  })

const handleOf = (id: string) => link.client.schedule.getHandle(id)

test('a schedule says in Temporal what was asked for', async () => {
  const { context, name, id } = await createSource({ schedule: '30 3 1 * fri in Europe/Berlin jitter 2m' })
  await using _ = context
  const found = await handleOf(id).describe()
  expect(found.spec).toMatchObject({ timezone: 'Europe/Berlin', jitter: 120_000 })
  // Cron's "either day" is two calendars.
  expect(found.spec.calendars).toHaveLength(2)
  expect(found.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 86_400_000 })
  expect(found.action).toMatchObject({ workflowType: 'syncSource', workflowId: id, taskQueue: name })
  expect(found.action.args?.[0]).toMatchObject({ organization: 'default', source: name, window: 4 })
  expect(found.memo).toMatchObject({ source: name, connector: 'workbooks' })
  expect(await nextScheduledRun(context, name)).toBeInstanceOf(Date)
})

test.each([
  'every 7m offset 1m',
  '@weekly',
  '*/10 8-18 * jan-mar mon-fri',
  '{"hour": [3, 15], "dayOfWeek": "SUNDAY", "year": 2031} in Asia/Tokyo',
])('%s is found to be in order, and mended when it is not', async (schedule) => {
  const { context, name, id } = await createSource({ schedule })
  await using _ = context
  expect(await inspectSchedule(context, name)).toBe('kept')
  await handleOf(id).update((current) => ({ ...current, spec: { intervals: [{ every: '3h' }] } }))
  expect(await inspectSchedule(context, name)).toBe('drifted')
  await reconcileSchedules(context)
  expect(await inspectSchedule(context, name)).toBe('kept')
  await handleOf(id).delete()
  expect(await inspectSchedule(context, name)).toBe('missing')
  await reconcileSchedules(context)
  expect(await inspectSchedule(context, name)).toBe('kept')
})

test('it is paused, resumed, changed and deleted with its source', async () => {
  const { context, name, id } = await createSource({ schedule: '@daily' })
  await using _ = context
  await pauseSource(context, name)
  expect((await handleOf(id).describe()).state.paused).toBe(true)
  await resumeSource(context, name)
  expect((await handleOf(id).describe()).state.paused).toBe(false)
  await rescheduleSource(context, name, 'every 5m')
  expect((await handleOf(id).describe()).spec.intervals).toEqual([{ every: 300_000, offset: 0 }])
  await rescheduleSource(context, name, 'none')
  await expect(handleOf(id).describe()).rejects.toThrow()
  await rescheduleSource(context, name, '@daily')
  await removeSource(context, name)
  await expect(handleOf(id).describe()).rejects.toThrow()
})

test('a schedule whose source is gone is deleted, one of another store in the namespace is not touched', async () => {
  const { context, name, id } = await createSource({ schedule: '@daily' })
  await using _ = context
  const shared = { ...context, temporal: { ...link, own: false } }
  await context.store.sql`update tidemark.organization set created_at = created_at + interval '1 second'`
  // Now the schedule is that of a store of another identity.
  await expect(rescheduleSource(shared, name, 'every 5m')).rejects.toThrow('of another Tidemark store')
  await context.store.sql`delete from tidemark.source`
  await reconcileSchedules(shared)
  expect((await handleOf(id).describe()).scheduleId).toBe(id)
  // Temporal's list of schedules follows a moment later.
  const isThere = async () => {
    await reconcileSchedules(context)
    return await handleOf(id)
      .describe()
      .then(
        () => true,
        () => false,
      )
  }
  await expect.poll(isThere, { timeout: 10_000 }).toBe(false)
})

test('without Temporal to take its schedule a source is not added', async () => {
  const closed = await connectTemporal(await parseSettings('', 't.yaml'), { address: server.address, own: true })
  await closed[Symbol.asyncDispose]()
  await using context = await createContext([workbookConnector(new Map())], { temporal: closed })
  const source = { name: 'lost', connector: 'workbooks', config: { world: 'main' }, schedule: '@daily' }
  await expect(addSource(context, source)).rejects.toMatchObject({ category: 'dependency_unavailable' })
  expect(await context.store.sql`select * from tidemark.source`).toEqual([])
  expect(await context.store.sql`select * from tidemark.audit_log`).toEqual([])
})

test('a scheduled source syncs by itself', async () => {
  const { context, name } = await createSource({ schedule: 'every 1s' })
  await using _ = context
  const worker = await serve(context)
  await expect.poll(() => hasWorker(link, context.settings), { timeout: 20_000 }).toBe(true)
  const done = async () => (await readRuns(context, { limit: 10 })).filter((run) => run.outcome === 'succeeded').length
  await expect.poll(done, { timeout: 20_000, interval: 200 }).toBeGreaterThanOrEqual(2)
  await pauseSource(context, name)
  await worker.stop()
  const [run] = (await readRuns(context, { source: name, limit: 10 })).toReversed()
  expect(run).toMatchObject({ trigger: 'schedule', actor: 'schedule', added: 1 })
})

test('a request is followed to the end of the run that takes it, and can be cancelled', async () => {
  const world = worldOf('one', 'two')
  const { context, name } = await createSource({ world })
  await using _ = context
  const requested = await requestSync(context, { source: name, mode: 'full' })
  await startSync(context, requested)
  const worker = await serve(context)
  const progress: number[] = []
  const run = await followRequest(context, requested.requestId, {
    onProgress: (now) => progress.push(now.run?.described ?? 0),
  })
  expect(run).toMatchObject({ mode: 'full', outcome: 'succeeded', described: 2 })

  const begun = Promise.withResolvers<void>()
  world.beforeDescribe = async () => {
    begun.resolve()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  const second = await requestSync(context, { source: name, mode: 'full' })
  await startSync(context, second)
  await begun.promise
  await cancelSync(context, second)
  expect(await followRequest(context, second.requestId)).toMatchObject({ outcome: 'cancelled' })
  await worker.stop()
})

test('a request that nobody takes is started again, and withdrawn when its asker leaves', async () => {
  const { context, name } = await createSource()
  await using _ = context
  const requested = await requestSync(context, { source: name })
  const asker = new AbortController()
  let stranded = 0
  const following = followRequest(context, requested.requestId, {
    signal: asker.signal,
    onStranded: async () => {
      stranded += 1
      asker.abort()
    },
  })
  await expect(following).rejects.toMatchObject({ category: 'cancelled' })
  expect(stranded).toBe(1)
  expect(await context.store.sql`select * from tidemark.sync_request`).toEqual([])
})

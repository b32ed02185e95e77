import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordHealth } from '../../db/health.ts'
import { type Finding, inspectStore } from '../../services/doctor.ts'
import { inspectSchedules, inspectSources } from '../../services/doctor-sources.ts'
import { inspectTemporal } from '../../services/doctor-temporal.ts'
import { reconcileSchedules } from '../../services/schedules.ts'
import { parseSettings } from '../../services/settings.ts'
import { addSource } from '../../services/sources.ts'
import { requestSync } from '../../services/sync.ts'
import { connectTemporal, type TemporalLink } from '../../services/temporal.ts'
import { startWorker } from '../../worker/index.ts'
import { createWorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createTemporal, type TestTemporal } from '../helpers/temporal.ts'
import { createContext, depsOf, honour, type TestContext } from './support.ts'

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

async function createBooks(settings = ''): Promise<TestContext & { readonly queue: string }> {
  const world = createWorkbookWorld()
  world.projects.set('sales', { theme: 'light', workbooks: new Map() })
  const queue = `queue-${randomBytes(4).toString('hex')}`
  const context = await createContext([workbookConnector(new Map([['main', world]]))], {
    temporal: link,
    settings: `taskQueues: { sync: ${queue} }\ndefaultSchedule: every 1h\n${settings}`,
  })
  await addSource(context, { name: queue, connector: 'workbooks', config: { world: 'main' } })
  return { ...context, queue }
}

const named = (findings: readonly Finding[], name: string) => findings.find((finding) => finding.name === name)
const troubles = (findings: readonly Finding[]) => findings.filter(({ status }) => status !== 'ok')

test('a store in order has nothing to mend', async () => {
  await using context = await createBooks()
  expect(troubles(await inspectStore({ store: context.store, home: '/' }))).toEqual([])
})

test('a store whose months have run out, or whose rows had none to go to, is told with what mends it', async () => {
  await using context = await createBooks()
  const { sql } = context.store
  await sql`insert into tidemark.change (changed_at, run_id, source_id, display, operation) values ('2001-01-01', 1, 1, 'x', 'added')`
  expect(named(await inspectStore(context), 'partitions')).toMatchObject({
    status: 'warning',
    fix: 'tidemark maintain',
  })
  const parts = await sql<
    { name: string }[]
  >`select relname as name from pg_class where relname ~ '^audit_log_\\d' and relkind = 'r'`
  for (const { name } of parts) await sql`drop table ${sql(`tidemark.${name}`)}`
  expect(named(await inspectStore(context), 'partitions')).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('audit_log'),
  })
})

test('a source is told to be unsynced, ill, or long without a sync, each with the command that mends it', async () => {
  await using context = await createBooks()
  const { store, queue } = context
  expect(troubles(await inspectSources(context))).toMatchObject([
    { name: `source ${queue}`, status: 'warning', fix: `tidemark sync ${queue}` },
  ])
  await honour(context, await requestSync(context, { source: queue }))
  expect(troubles(await inspectSources(context))).toEqual([])

  const [source] = await store.sql<{ id: number }[]>`select id from tidemark.source`
  const error = { category: 'auth' as const, message: 'the password has expired', hint: 'set another' }
  await recordHealth(store.sql, { sourceId: source?.id ?? 0, failure: { step: 'sign-in', error } })
  await store.sql`update tidemark.sync_run set completed_at = now() - interval '5 hours'`
  expect(troubles(await inspectSources(context))).toMatchObject([
    { name: `health of ${queue}`, status: 'failed', detail: expect.stringMatching(/^sign-in fails since .*expired/) },
    {
      name: `freshness of ${queue}`,
      status: 'failed',
      detail: expect.stringContaining('for 5h, though it is to be synced every 1h'),
    },
  ])
})

test('schedules that are missing or drifted are told, and mended by the fix', async () => {
  await using context = await createBooks('health: every 20m')
  await reconcileSchedules(context)
  const look = async () =>
    [...(await inspectTemporal(context)), ...(await inspectSchedules(context))].filter(({ name }) =>
      name.startsWith('schedule'),
    )
  expect(troubles(await look())).toEqual([])
  await link.client.schedule.getHandle('health/default/schedule').delete()
  await link.client.schedule
    .getHandle('maintenance/default/schedule')
    .update((found) => ({ ...found, spec: { intervals: [{ every: '3h' }] } }))
  await link.client.schedule.getHandle(`sync/default/${context.queue}/schedule`).delete()
  expect(troubles(await look())).toMatchObject([
    { name: 'schedule of health', status: 'failed', fix: 'tidemark doctor --fix' },
    { name: 'schedule of maintenance', status: 'failed', detail: expect.stringContaining('Temporal has another') },
    { name: `schedule of ${context.queue}`, status: 'failed', fix: 'tidemark doctor --fix' },
  ])
  expect(await reconcileSchedules(context)).toMatchObject({ created: 2, updated: 1 })
  expect(troubles(await look())).toEqual([])

  const without = { ...context, settings: { ...context.settings, health: 'none' } }
  expect(troubles(await inspectTemporal(without))).toContainEqual(
    expect.objectContaining({ name: 'schedule of health', detail: expect.stringContaining('wants none') }),
  )
  expect(await reconcileSchedules(without)).toMatchObject({ deleted: 1 })
})

test('each task queue that a source names must have a worker', async () => {
  await using context = await createBooks()
  const far = `far-${context.queue}`
  await context.store.sql`update tidemark.source set task_queue = ${far}`
  expect(troubles(await inspectTemporal(context))).toMatchObject([
    { name: 'worker', status: 'failed', detail: `none serves task queue ${context.queue}` },
    {
      name: `worker of task queue ${far}`,
      status: 'failed',
      fix: expect.stringContaining(`tidemark worker --queue ${far}`),
    },
    ...(await anySchedules(context)),
  ])
  const worker = await startWorker({
    deps: { ...depsOf(context), startSync: () => Promise.reject(new Error('no')) },
    connection: { address: server.address },
    namespace: 'default',
    taskQueue: context.queue,
    sourceQueues: [far],
    sizes: {},
  })
  try {
    const left = async () => troubles(await inspectTemporal(context)).filter(({ name }) => name.startsWith('worker'))
    await expect.poll(left, { timeout: 20_000 }).toEqual([])
  } finally {
    await worker.stop()
  }
})

/** The namespace is shared with the other tests, and its schedules are of no matter here. */
const anySchedules = async (context: TestContext) =>
  troubles(await inspectTemporal(context)).filter(({ name }) => name.startsWith('schedule'))

test('a deployment gets its first version made current; a later one waits for the command that the doctor tells', async () => {
  const name = `deployment-${randomBytes(4).toString('hex')}`
  await using context = await createBooks(`worker: { deployment: { name: ${name}, buildId: one } }`)
  const serve = async (buildId: string) =>
    await startWorker({
      deps: { ...depsOf(context), startSync: () => Promise.reject(new Error('no')) },
      connection: { address: server.address },
      namespace: 'default',
      taskQueue: context.queue,
      sizes: {},
      deployment: { name, buildId },
    })
  const told = async () => named(await inspectTemporal(context), `deployment ${name}`)
  expect(await told()).toMatchObject({ status: 'warning' })
  const first = await serve('one')
  await expect
    .poll(told, { timeout: 30_000 })
    .toMatchObject({ status: 'ok', detail: expect.stringContaining('current version one') })
  const second = await serve('two')
  const upgraded = {
    ...context,
    settings: { ...context.settings, worker: { ...context.settings.worker, deployment: { name, buildId: 'two' } } },
  }
  const next = async () => named(await inspectTemporal(upgraded), `deployment ${name}`)
  await expect.poll(next, { timeout: 30_000 }).toMatchObject({
    status: 'warning',
    detail: expect.stringMatching(/current version one, known: .*two/),
    fix: expect.stringContaining(`set-current-version --namespace default --deployment-name ${name} --build-id two`),
  })
  await Promise.all([first.stop(), second.stop()])
})

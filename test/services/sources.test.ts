import { expect, test } from 'vitest'
import { insertRequest } from '../../db/runs.ts'
import { addSource, pauseSource, refreshConfig, removeSource, rescheduleSource } from '../../services/sources.ts'
import { readSourceStates } from '../../services/status.ts'
import { requestSync } from '../../services/sync.ts'
import {
  createWorkbookWorld,
  type Workbook,
  type WorkbookWorld,
  workbookConnector,
} from '../helpers/synthetic/workbooks.ts'
import { checkedConnector, createContext, honour, type TestContext } from './support.ts'

function worldOf(...books: readonly string[]): WorkbookWorld {
  const world = createWorkbookWorld()
  world.datasets.set('orders', { columns: ['id'], tables: [['shop', 'public', 'orders']] })
  const workbooks = books.map((book): [string, Workbook] => [
    book,
    { id: book, title: book, sheets: { a: 'A' }, datasets: ['orders'] },
  ])
  world.projects.set('sales', { theme: 'light', workbooks: new Map(workbooks) })
  return world
}

async function sync(context: TestContext, source: string) {
  return await honour(context, await requestSync(context, { source }))
}

const audit = (context: TestContext) =>
  context.store.sql`select a.action, a.subject, p.name as actor from tidemark.audit_log a
                    join tidemark.principal p on p.id = a.principal_id order by a.id`

test('adding a source names its actor and keeps its secrets sealed', async () => {
  await using context = await createContext([checkedConnector([])], { settings: 'defaultSchedule: every 30m' })
  const config = { host: 'example.org', token: 's3cr3t-token' }
  await addSource(context, { name: 'one', connector: 'checked', config, labels: { team: 'data' } })
  expect(await audit(context)).toEqual([{ action: 'source.add', subject: 'one', actor: 'tester' }])
  const [state] = await readSourceStates(context)
  expect(state).toMatchObject({
    source: 'one',
    schedule: 'every 30m',
    namespace: 'checked://example.org',
    labels: { team: 'data' },
  })
  expect(state?.nextSyncAt?.getTime()).toBeGreaterThan(Date.now())
  const stored = await context.store
    .sql`select s::text from tidemark.source s union all select a::text from tidemark.audit_log a`
  expect(JSON.stringify(stored)).not.toContain('s3cr3t')
})

test('what cannot be added leaves nothing behind', async () => {
  await using context = await createContext([checkedConnector([])])
  const good = { name: 'one', connector: 'checked', config: { host: 'h' } }
  await addSource(context, good)
  const refused = (input: Partial<Parameters<typeof addSource>[1]>, message: string) =>
    expect(addSource(context, { ...good, name: 'two', ...input })).rejects.toThrow(message)
  await refused({ name: 'one' }, 'a source named one exists already')
  await refused({ name: 'a/b' }, 'cannot be a source')
  await refused({ connector: 'cheked' }, 'unknown connector')
  await refused({ config: { hst: 'h' } }, 'unknown key hst (did you mean host?)')
  await refused({ schedule: '61 * * * *' }, 'minute "61"')
  const [counts] = await context.store.sql`select (select count(*)::int from tidemark.source) as sources,
    (select count(*)::int from tidemark.audit_log) as audits`
  expect(counts).toEqual({ sources: 1, audits: 1 })
})

test('a name nobody has comes back with the nearest', async () => {
  await using context = await createContext([checkedConnector([])])
  await expect(requestSync(context, { source: 'shop' })).rejects.toMatchObject({
    hint: expect.stringContaining('tidemark add'),
  })
  await addSource(context, { name: 'warehouse', connector: 'checked', config: { host: 'h' } })
  await expect(requestSync(context, { source: 'warehose' })).rejects.toMatchObject({ hint: 'Did you mean warehouse?' })
})

test('pause, another schedule and another config are audited; the namespace stays', async () => {
  await using context = await createContext([checkedConnector([])])
  await addSource(context, { name: 'one', connector: 'checked', config: { host: 'old', token: 'tok-1' } })
  await pauseSource(context, 'one')
  await rescheduleSource(context, 'one', '@hourly')
  await refreshConfig(context, 'one', { host: 'new', token: 'tok-1' })
  await refreshConfig(context, 'one', { host: 'new', token: 'tok-1' })
  const actions = (await audit(context)).map((row) => row.action)
  expect(actions).toEqual(['source.add', 'source.pause', 'source.schedule', 'source.config'])
  const [state] = await readSourceStates(context)
  expect(state).toMatchObject({ status: 'paused', schedule: '@hourly', nextSyncAt: null, namespace: 'checked://old' })
})

test('removing a source takes what it alone has catalogued', async () => {
  const worlds = new Map([['main', worldOf('one', 'two')]])
  await using context = await createContext([workbookConnector(worlds)])
  const config = { world: 'main' }
  // Two sources of one namespace claim the same assets.
  await addSource(context, { name: 'left', connector: 'workbooks', config })
  await addSource(context, { name: 'right', connector: 'workbooks', config })
  await sync(context, 'left')
  worlds.get('main')?.projects.get('sales')?.workbooks.delete('two')
  await sync(context, 'right')
  const live = () =>
    context.store.sql`select display from tidemark.asset where removed_at is null and not placeholder order by display`
  expect((await live()).map((row) => row.display)).toEqual([
    'orders',
    'sales.one',
    'sales.one.A',
    'sales.two',
    'sales.two.A',
  ])

  const { removedAssets } = await removeSource(context, 'left')
  expect(removedAssets).toBe(2)
  expect((await live()).map((row) => row.display)).toEqual(['orders', 'sales.one', 'sales.one.A'])
  const gone = await context.store
    .sql`select distinct removed_reason as reason from tidemark.asset where removed_at is not null`
  expect(gone).toEqual([{ reason: 'source removed' }])
  const [rest] = await context.store.sql`
    select (select count(*)::int from tidemark.claim c where not exists (select 1 from tidemark.source where id = c.source_id)) as claims,
           (select count(*)::int from tidemark.sync_run) as runs,
           (select count(*)::int from tidemark.claim where writes) as writers`
  // The other source writes what both had, and its history stays.
  expect(rest).toEqual({ claims: 0, runs: 1, writers: 3 })
  expect(await sync(context, 'right')).toMatchObject({ outcome: 'succeeded' })
  expect(await audit(context)).toContainEqual({ action: 'source.remove', subject: 'left', actor: 'tester' })

  expect(await removeSource(context, 'right')).toEqual({ removedAssets: 3 })
  expect(await live()).toEqual([])
})

test('a sync under way ends with its source', async () => {
  const world = worldOf('one')
  await using context = await createContext([workbookConnector(new Map([['main', world]]))])
  await addSource(context, { name: 'left', connector: 'workbooks', config: { world: 'main' } })
  const begun = Promise.withResolvers<void>()
  const removed = Promise.withResolvers<void>()
  world.beforeDescribe = async () => {
    begun.resolve()
    await removed.promise
  }
  const running = sync(context, 'left')
  await begun.promise
  await removeSource(context, 'left')
  removed.resolve()
  // Whoever ran it finds its run gone; what it still had to write is refused.
  await running.catch(() => {})
  const [left] = await context.store
    .sql`select (select count(*)::int from tidemark.asset where removed_at is null) as assets,
    (select count(*)::int from tidemark.claim) as claims, (select count(*)::int from tidemark.sync_run) as runs`
  expect(left).toEqual({ assets: 0, claims: 0, runs: 0 })
})

test('requests of a removed source are gone with it', async () => {
  await using context = await createContext([checkedConnector([])])
  const { id } = await addSource(context, { name: 'one', connector: 'checked', config: { host: 'h' } })
  const [principal] = await context.store.sql<{ id: number }[]>`select id from tidemark.principal limit 1`
  await insertRequest(context.store.sql, { sourceId: id, mode: 'full', trigger: 'manual', actorId: principal?.id ?? 0 })
  await removeSource(context, 'one')
  expect(await context.store.sql`select * from tidemark.sync_request`).toEqual([])
})

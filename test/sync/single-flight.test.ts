import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { SyncMode } from '../../model/sync.ts'
import type { SyncResult } from '../../sync/orchestrate.ts'
import { runLocalSync } from '../../worker/local.ts'
import { createEngine, QUICK_RETRY, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createWorkbookWorld, type WorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'

const BATCH = 4
let world: WorkbookWorld
let engine: TestEngine
let source: TestSource

beforeEach(async () => {
  world = createWorkbookWorld()
  world.datasets.set('orders', { columns: ['id'], tables: [['shop', 'public', 'orders']] })
  for (const project of ['sales', 'ops', 'hr']) {
    const books = Array.from({ length: 10 }, (_, n) => [
      `book ${n}`,
      { id: `${project}/${n}`, title: `t${n}`, sheets: { a: 'A' }, datasets: ['orders'] },
    ])
    world.projects.set(project, { theme: 'light', workbooks: new Map(books as never) })
  }
  const connector = workbookConnector(new Map([['main', world]]))
  engine = await createEngine([connector], { batch: BATCH })
  source = await engine.addSource(connector, { world: 'main' })
  return () => engine[Symbol.asyncDispose]()
})

/** Runs a request as a process of its own would. */
const runRequest = (requestId: number, signal = new AbortController().signal): Promise<SyncResult> =>
  runLocalSync({
    deps: engine.deps,
    request: { organization: 'default', source: source.name, sourceId: source.id, requestId },
    window: 2,
    retry: QUICK_RETRY,
    signal,
  })

const syncAlone = async (mode?: SyncMode) => runRequest(await source.request(mode))

const runs = () => engine.store.sql`
  select id, mode, outcome, (select count(*)::int from tidemark.sync_request q where q.run_id = r.id) as requests
  from tidemark.sync_run r order by id`

async function expectFullEquality(): Promise<void> {
  await using fresh = await createEngine([workbookConnector(new Map([['main', world]]))])
  await (await fresh.addSource(workbookConnector(new Map()), { world: 'main' })).sync()
  expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
}

/** Lets the next description wait: resolves when it has been reached, with what lets it go on. */
function holdDescription(): Promise<() => void> {
  const reached = Promise.withResolvers<() => void>()
  const gate = Promise.withResolvers<void>()
  world.beforeDescribe = async () => {
    delete world.beforeDescribe
    reached.resolve(gate.resolve)
    await gate.promise
  }
  return reached.promise
}

describe('two syncs of one source at once', () => {
  test('one runs; the request of the others is honoured after it, each once, by runs that never overlap', async () => {
    const results = await Promise.all(Array.from({ length: 5 }, (_, n) => syncAlone(n === 2 ? 'full' : 'incremental')))
    expect(
      results.map((result) => result.outcome).filter((outcome) => !['succeeded', 'skipped'].includes(outcome)),
    ).toEqual([])
    const [left] = await engine.store.sql`
      select (select count(*)::int from tidemark.sync_request where run_id is null) as pending,
             (select count(*)::int from tidemark.sync_run where outcome is distinct from 'succeeded') as bad,
             (select count(*)::int from tidemark.sync_run a join tidemark.sync_run b
              on a.id < b.id and b.started_at < a.completed_at) as overlapping`
    expect(left).toEqual({ pending: 0, bad: 0, overlapping: 0 })
    await expectFullEquality()
  })

  test('a process that finds another at work ends skipped, and says which run', async () => {
    const reached = holdDescription()
    const first = syncAlone()
    const letGo = await reached
    expect(await syncAlone('full')).toEqual({ outcome: 'skipped', reason: 'run 1 is under way and honours it next' })
    letGo()
    expect(await first).toMatchObject({ outcome: 'succeeded', runId: 1 })
    expect(await runs()).toEqual([
      { id: 1, mode: 'incremental', outcome: 'succeeded', requests: 1 },
      { id: 2, mode: 'full', outcome: 'succeeded', requests: 1 },
    ])
  })
})

describe('an owner that is no longer heard of', () => {
  test('loses its lease: another run takes over, and what the zombie still writes is refused', async () => {
    const reached = holdDescription()
    const zombie = syncAlone()
    const letGo = await reached
    // Each scope that begins renews the lease: only the held one may be left.
    await vi.waitUntil(async () => (await openScopes()) === 1, { timeout: 20_000 })
    await engine.store.sql`update tidemark.sync_run set lease_until = now() - interval '1 second'`
    expect(await syncAlone()).toMatchObject({ outcome: 'succeeded', runId: 2 })
    const before = await stamps()
    letGo()
    expect(await zombie).toMatchObject({ outcome: 'failed', error: { category: 'cancelled' } })
    expect(await stamps()).toEqual(before)
    expect(await runs()).toEqual([
      { id: 1, mode: 'incremental', outcome: 'failed', requests: 1 },
      { id: 2, mode: 'incremental', outcome: 'succeeded', requests: 1 },
    ])
    const [first] = await engine.store.sql`select error from tidemark.sync_run where id = 1`
    expect(first?.error).toMatchObject({
      category: 'dependency_unavailable',
      message: expect.stringContaining('stopped answering'),
    })
    await expectFullEquality()
  })

  test('an older attempt at one scope is refused as well', async () => {
    const reached = holdDescription()
    const zombie = syncAlone()
    const letGo = await reached
    await engine.store.sql`update tidemark.sync_scope set attempt = attempt + 1 where status = 'describing'`
    const before = await stamps()
    letGo()
    expect(await zombie).toMatchObject({ outcome: 'cancelled' })
    const [described] = await engine.store.sql`select count(*)::int as n from tidemark.inventory
      where scope_id in (select scope_id from tidemark.sync_scope where status = 'describing')`
    expect(described).toEqual({ n: 0 })
    expect(before).toBeDefined()
    expect(await syncAlone()).toMatchObject({ outcome: 'succeeded' })
    await expectFullEquality()
  })
})

describe('cancellation', () => {
  test('in mid-sync: what is merged stays, the next run completes and describes only the rest', async () => {
    const controller = new AbortController()
    let batches = 0
    world.beforeDescribe = () => {
      batches += 1
      if (batches === 6) controller.abort()
    }
    expect(await runRequest(await source.request(), controller.signal)).toMatchObject({ outcome: 'cancelled' })
    delete world.beforeDescribe
    const [merged] = await engine.store.sql`select count(*)::int as items from tidemark.inventory`
    expect(merged?.items).toBeGreaterThan(0)
    expect(merged?.items).toBeLessThan(30)
    expect(await runs()).toEqual([{ id: 1, mode: 'incremental', outcome: 'cancelled', requests: 1 }])
    expect(await engine.store.sql`select 1 from tidemark.sync_run where completed_at is null`).toHaveLength(0)
    world.described = []
    expect(await syncAlone()).toMatchObject({ outcome: 'succeeded' })
    expect(world.described.length).toBe(30 - Number(merged?.items))
    await expectFullEquality()
  })

  test('before it begins: nothing is opened', async () => {
    await expect(runRequest(await source.request(), AbortSignal.abort())).rejects.toMatchObject({
      category: 'cancelled',
    })
    expect(await runs()).toEqual([])
    expect(await syncAlone()).toMatchObject({ outcome: 'succeeded' })
  })

  test('does not start what was asked for meanwhile, but the next run honours it', async () => {
    const controller = new AbortController()
    world.beforeDescribe = async () => {
      delete world.beforeDescribe
      await source.request('full')
      controller.abort()
    }
    expect(await runRequest(await source.request(), controller.signal)).toMatchObject({ outcome: 'cancelled' })
    expect(await runs()).toHaveLength(1)
    await syncAlone()
    expect(await runs()).toMatchObject([{ outcome: 'cancelled' }, { mode: 'full', requests: 2 }])
  })
})

describe('requests', () => {
  test('with scopes confine the run to them; one without widens it to all', async () => {
    // Nothing shared: no record passes from one scope's item to another's.
    for (const { workbooks } of world.projects.values()) for (const book of workbooks.values()) book.datasets = []
    await source.sync()
    for (const { workbooks } of world.projects.values()) workbooks.delete('book 0')
    expect(await source.sync({ scopes: ['sales'] })).toMatchObject({ outcome: 'succeeded', listed: 9, removed: 2 })
    world.described = []
    expect(await source.sync({ scopes: ['ops'], mode: 'full' })).toMatchObject({ listed: 9, described: 9, removed: 2 })
    expect(world.described.every((key) => key.startsWith('ops.'))).toBe(true)
    const [scoped] = await engine.store.sql`select count(*)::int as n from tidemark.scope where status = 'included'`
    expect(scoped).toEqual({ n: 3 })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', listed: 27, removed: 2 })
    await expectFullEquality()
  })

  test('a full sync of an unchanged source describes everything and rewrites nothing', async () => {
    await source.sync()
    const before = await stamps()
    expect(await source.sync({ mode: 'full' })).toMatchObject({
      outcome: 'succeeded',
      described: 30,
      added: 0,
      changed: 0,
    })
    expect(await stamps()).toEqual(before)
  })
})

async function openScopes(): Promise<number> {
  const [row] = await engine.store.sql<{ n: number }[]>`
    select count(*)::int as n from tidemark.sync_scope where status <> 'completed'`
  return (row as { n: number }).n
}

/** Every row of the catalog with the transaction that wrote it. */
async function stamps(): Promise<unknown> {
  const tables = ['asset', 'asset_version', 'field', 'lineage_edge', 'claim', 'inventory', 'change', 'scope', 'source']
  // On the source's row a sync that describes something notes that lineage is due, and then that it is not.
  const stampOf = (table: string) => (table === 'source' ? 't::text' : 't::text || t.xmin::text')
  const parts = tables.map(
    (table) => `select '${table}' as name, count(*)::int as rows,
      md5(string_agg(${stampOf(table)}, '' order by t::text)) as digest from tidemark.${table} t`,
  )
  return [...(await engine.store.sql.unsafe(parts.join(' union all ')))]
}

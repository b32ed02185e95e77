import { beforeEach, describe, expect, test } from 'vitest'
import { createEngine, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createWorkbookWorld, type WorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'

let world: WorkbookWorld
let engine: TestEngine
let source: TestSource

const addWorkbook = (
  project: string,
  name: string,
  datasets: string[] = [],
  sheets: Record<string, string> = { s1: 'Overview' },
) => {
  const found = world.projects.get(project) ?? { theme: 'light', workbooks: new Map() }
  world.projects.set(project, found)
  found.workbooks.set(name, { id: `${project}-${name}-id`, title: `${name} title`, sheets, datasets })
}

async function expectFullEquality() {
  await using fresh = await createEngine([workbookConnector(new Map([['main', world]]))])
  const full = await fresh.addSource(workbookConnector(new Map()), { world: 'main' })
  await full.sync()
  expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
}

beforeEach(async () => {
  world = createWorkbookWorld()
  const connector = workbookConnector(new Map([['main', world]]))
  engine = await createEngine([connector])
  source = await engine.addSource(connector, { world: 'main' })
  world.datasets.set('orders', { columns: ['id', 'amount'], tables: [['shop', 'public', 'orders']] })
  for (const project of ['sales', 'ops']) for (let n = 1; n <= 20; n += 1) addWorkbook(project, `book ${n}`, ['orders'])
  return () => engine[Symbol.asyncDispose]()
})

test('a first sync stores every record with parents, edges and a placeholder upstream', async () => {
  const run = await source.sync()
  expect(run).toMatchObject({ outcome: 'succeeded', listed: 40, described: 40, added: 81 })
  await expectFullEquality()
  const [edge] = await engine.store.sql`
    select u.placeholder, u.display from tidemark.lineage_edge e join tidemark.asset u on u.id = e.upstream_id
    join tidemark.asset d on d.id = e.downstream_id where d.kind = 'data set'`
  expect(edge).toEqual({ placeholder: true, display: 'shop.public.orders' })
  expect(await engine.store.sql`select operation, baseline, after from tidemark.change order by display`).toEqual([
    { operation: 'added', baseline: true, after: { added: expect.any(Number), changed: 0 } },
    { operation: 'added', baseline: true, after: { added: expect.any(Number), changed: 0 } },
  ])
})

test("nothing changed: nothing is described and no row is written but the run's own", async () => {
  await source.sync()
  world.described = []
  const snapshot = () => engine.store.sql`
    select 'asset' as t, md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.asset a union all
    select 'scope', md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.scope a union all
    select 'claim', md5(string_agg(a::text || xmin::text, '' order by item_id, asset_id)) from tidemark.claim a union all
    select 'field', md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.field a union all
    select 'edge', md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.lineage_edge a union all
    select 'inventory', md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.inventory a union all
    select 'source', md5(string_agg(a::text || xmin::text, '' order by id)) from tidemark.source a union all
    select 'version', count(*)::text from tidemark.asset_version union all
    select 'change', count(*)::text from tidemark.change`
  const before = await snapshot()
  const run = await source.sync()
  expect(run).toMatchObject({ outcome: 'succeeded', listed: 40, described: 0, added: 0, changed: 0 })
  expect(world.described).toEqual([])
  expect(await snapshot()).toEqual(before)
})

test('records that an item no longer yields are removed, and those that others still claim are not', async () => {
  await source.sync()
  const book = world.projects.get('sales')?.workbooks.get('book 1')
  if (book === undefined) throw new Error('no book')
  book.sheets = { s2: 'Detail' }
  book.datasets = []
  world.described = []
  const run = await source.sync()
  // If it had written the data set's record too, another workbook that shows it takes over.
  expect([['sales.book 1'], ['sales.book 1', expect.any(String)]]).toContainEqual(world.described)
  expect(run).toMatchObject({ outcome: 'succeeded', added: 1, removed: 1 })
  await expectFullEquality()
})

test('the record of a shared asset passes to the next item that claims it', async () => {
  await source.sync()
  world.projects.get('sales')?.workbooks.delete('book 1')
  const dataset = world.datasets.get('orders')
  dataset?.columns.push('currency')
  const run = await source.sync()
  expect(run.outcome).toBe('succeeded')
  await expectFullEquality()
})

test('an item that moves between scopes is renamed, with its parts', async () => {
  await source.sync()
  const [before] = await engine.store.sql`select id from tidemark.asset where display = 'sales."book 3"'`
  const sales = world.projects.get('sales')?.workbooks
  const book = sales?.get('book 3')
  if (sales === undefined || book === undefined) throw new Error('no book')
  sales.delete('book 3')
  world.projects.get('ops')?.workbooks.set('book 3b', book)
  const run = await source.sync()
  expect(run).toMatchObject({ outcome: 'succeeded', renamed: 2, removed: 0, added: 0 })
  const [after] = await engine.store.sql`select id from tidemark.asset where display = 'ops."book 3b"'`
  expect(after).toEqual(before)
  await expectFullEquality()
  expect(
    await engine.store.sql`select operation, before, after from tidemark.change where not baseline order by display`,
  ).toEqual([
    { operation: 'renamed', before: { name: 'sales."book 3"' }, after: { name: 'ops."book 3b"' } },
    { operation: 'renamed', before: { name: 'sales."book 3".Overview' }, after: { name: 'ops."book 3b".Overview' } },
  ])
})

test('a change elsewhere that records show describes the dependents again', async () => {
  addWorkbook('ops', 'theme')
  await source.sync()
  world.described = []
  const theme = world.projects.get('ops')?.workbooks.get('theme')
  if (theme !== undefined) theme.title = 'dark'
  await source.sync()
  expect(world.described.length).toBe(21)
  await expectFullEquality()
})

test('an option that shapes records describes everything again and records one baseline change a scope', async () => {
  await source.sync()
  await engine.store.sql`update tidemark.source set config = config || '{"color": "red"}'`
  const run = await source.sync()
  expect(run).toMatchObject({ described: 40, changed: 40 })
  expect(
    await engine.store.sql`select operation, baseline from tidemark.change where run_id = ${run.runId ?? 0}`,
  ).toEqual([
    { operation: 'changed', baseline: true },
    { operation: 'changed', baseline: true },
  ])
})

describe('what could not be listed is never removed', () => {
  test('a partial listing', async () => {
    await source.sync()
    world.trouble.partial = new Set(['sales'])
    const run = await source.sync()
    expect(run).toMatchObject({ outcome: 'gaps', removed: 0, proposed: 0 })
    delete world.trouble.partial
    await expectFullEquality()
  })

  test('a listing that fails: gaps of that scope alone, and of all: failed', async () => {
    await source.sync()
    world.trouble.failListing = new Set(['sales'])
    const run = await source.sync()
    expect(run).toMatchObject({ outcome: 'gaps', gaps: 1, removed: 0 })
    world.trouble.failListing = new Set(['sales', 'ops'])
    expect(await source.sync()).toMatchObject({ outcome: 'failed', removed: 0 })
    const [error] = await engine.store.sql`select error from tidemark.sync_run order by id desc limit 1`
    expect(error?.error).toMatchObject({
      category: 'source_unavailable',
      message: expect.stringContaining('the server went away'),
    })
  })

  test('a scope without rights, and an incomplete list of scopes', async () => {
    await source.sync()
    world.trouble.leftOut = new Map([['sales', 'permission']])
    expect(await source.sync()).toMatchObject({ outcome: 'gaps', removed: 0, proposed: 0 })
    world.trouble.leftOut = new Map()
    world.trouble.incompleteScopes = true
    world.projects.delete('sales')
    expect(await source.sync()).toMatchObject({ removed: 0, proposed: 0 })
  })

  test('an item that fails keeps its record and is tried again', async () => {
    await source.sync()
    world.trouble.failItems = new Set(['sales.book 1'])
    const book = world.projects.get('sales')?.workbooks.get('book 1')
    if (book !== undefined) book.title = 'new title'
    expect(await source.sync()).toMatchObject({ outcome: 'gaps', removed: 0 })
    world.trouble.failItems = new Set()
    world.described = []
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 1 })
    expect(world.described).toEqual(['sales.book 1'])
    await expectFullEquality()
  })

  test('absences under another visibility are proposed', async () => {
    world.trouble.visibility = 'all'
    await source.sync()
    world.trouble.visibility = 'less'
    world.projects.get('sales')?.workbooks.delete('book 1')
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 2 })
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 2 })
  })
})

describe('the budget', () => {
  test('beyond it removals are held, renewed, and done when approved', async () => {
    await source.sync()
    const sales = world.projects.get('sales')?.workbooks
    for (let n = 1; n <= 15; n += 1) sales?.delete(`book ${n}`)
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 30 })
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 30 })
    await source.approveAll()
    expect(await source.sync({ trigger: 'approval' })).toMatchObject({ outcome: 'succeeded', removed: 30 })
    await expectFullEquality()
  })

  test('what comes back is no longer proposed', async () => {
    await source.sync()
    const sales = world.projects.get('sales')
    const kept = new Map(sales?.workbooks)
    sales?.workbooks.clear()
    expect(await source.sync()).toMatchObject({ outcome: 'held' })
    if (sales !== undefined) sales.workbooks = kept
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0 })
    expect(await engine.store.sql`select distinct status from tidemark.removal_proposal`).toEqual([
      { status: 'withdrawn' },
    ])
    await expectFullEquality()
  })

  test('a scope gone is all of it; one filtered out is not asked about', async () => {
    await source.sync()
    const ops = world.projects.get('ops')
    world.projects.delete('ops')
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 40 })
    if (ops !== undefined) world.projects.set('ops', ops)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    world.trouble.leftOut = new Map([['ops', 'filtered']])
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 40 })
    delete world.trouble.leftOut
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 40 })
    await expectFullEquality()
  })

  test('items that the filters leave out now are removed without asking', async () => {
    await source.sync()
    const sales = world.projects.get('sales')?.workbooks
    sales?.clear()
    world.trouble.filteredItems = () => true
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 40 })
  })
})

test('two sources may claim one asset: it goes with its last claim', async () => {
  const other = await engine.addSource(workbookConnector(new Map()), { world: 'main' }, 'second')
  await source.sync()
  await other.sync()
  world.projects.get('sales')?.workbooks.delete('book 1')
  expect(await source.sync()).toMatchObject({ removed: 0 })
  expect(await other.sync()).toMatchObject({ removed: 2 })
  await expectFullEquality()
})

test('plan mode tells what a sync would do and changes nothing', async () => {
  await source.sync()
  const before = await exportStore(engine.store)
  addWorkbook('sales', 'new book')
  world.projects.get('ops')?.workbooks.delete('book 2')
  world.described = []
  const run = await source.sync({ mode: 'plan' })
  expect(run).toMatchObject({ outcome: 'succeeded', listed: 40, described: 0 })
  expect(world.described).toEqual([])
  expect(await exportStore(engine.store)).toEqual(before)
  const [plan] = await engine.store
    .sql`select jsonb_agg(plan order by scope_id) as plans from tidemark.sync_scope where run_id = ${run.runId ?? 0}`
  expect(plan?.plans).toEqual(
    expect.arrayContaining([
      { new: ['sales.new book'], moved: [], absent: [] },
      { new: [], moved: [], absent: ['ops.book 2'] },
    ]),
  )
})

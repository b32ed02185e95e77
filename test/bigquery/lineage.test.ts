import { expect, test } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { displayName, nameKey } from '../../connectors/kit/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { addJob, createShop, LAKE, SHOP } from '../helpers/bigquery/shop.ts'
import { configFor, startStandIn } from '../helpers/bigquery/stand-in.ts'
import { createEngine } from '../helpers/engine.ts'

test('views, routines and jobs, also across projects, lead to the right assets and columns', async () => {
  const world = createShop()
  await using standIn = await startStandIn(world)
  await using engine = await createEngine([connector])
  const { sql } = engine.store
  const source = await engine.addSource(connector, { ...configFor(standIn), projects: [SHOP, LAKE] })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', gaps: 0 })

  const edges = async () =>
    (
      await sql<{ edge: string }[]>`
        select upstream || ' > ' || downstream || ' ' || origin as edge from catalog.lineage order by 1`
    ).map(({ edge }) => edge)
  const before = await edges()
  expect(before).toEqual(
    [
      // A view in one project of tables in another, of a family of shards by a wildcard.
      'shop-prod."raw events".events_yyyymmdd > lake-prod.marts.spend definition',
      'shop-prod.sales.customer > lake-prod.marts.spend definition',
      'shop-prod.sales.orders > lake-prod.marts.spend definition',
      'shop-prod.sales.customer > shop-prod.sales.latest definition',
      'shop-prod.sales.orders > shop-prod.sales.latest definition',
      'shop-prod.sales.orders > shop-prod.sales.old definition',
      'shop-prod.sales.orders > shop-prod.sales.totals definition',
      'shop-prod.sales.orders > shop-prod.sales."snapshot of orders" catalogue',
      'shop-prod.sales.orders > shop-prod.sales.orders_clone catalogue',
      // A job whose text leaves its dataset to the job.
      'shop-prod.sales.orders > shop-prod.sales.orders_clone log',
      'shop-prod.sales.orders > shop-prod.sales.orders_of definition',
      'shop-prod.sales.orders > shop-prod.sales.refresh definition',
      'shop-prod.sales.refresh > shop-prod.sales.orders_clone definition',
    ].sort(),
  )
  expect(
    (
      await sql<{ edge: string }[]>`
        select upstream || '.' || upstream_column || ' > ' || downstream || '.' || downstream_column as edge
        from catalog.column_lineage where influence = 'direct' and downstream = 'lake-prod.marts.spend' order by 1`
    ).map(({ edge }) => edge),
  ).toEqual([
    'shop-prod.sales.customer.email > lake-prod.marts.spend.email',
    'shop-prod.sales.orders.total > lake-prod.marts.spend.spent',
  ])
  expect(await sql`select failed, unresolved_references from catalog.lineage_coverage`).toEqual([
    { failed: 0, unresolved_references: 0 },
  ])
  expect(await sql`select asset, reads, users from catalog.usage order by asset`).toEqual([
    { asset: 'shop-prod."raw events".events_yyyymmdd', reads: 1, users: 1 },
    { asset: 'shop-prod.sales.orders', reads: 2, users: 2 },
  ])

  // What failed, what is our own, what only read, and a dry run move nothing.
  const to = { query: 'insert into `shop-prod.sales.files` (line) select email from `shop-prod.sales.customer`' }
  addJob(world, SHOP, { ...to, error: 'invalidQuery', at: Date.now() })
  addJob(world, SHOP, { ...to, labels: { tidemark: 'preview' }, at: Date.now() })
  addJob(world, SHOP, { query: 'select * from `shop-prod.sales.customer`', at: Date.now() })
  await source.sync({ mode: 'full' })
  expect(await edges()).toEqual(before)
  addJob(world, SHOP, { ...to, at: Date.now() })
  await source.sync({ mode: 'full' })
  expect(await edges()).toEqual([...before, 'shop-prod.sales.customer > shop-prod.sales.files log'].sort())
})

test('what BigQuery recorded of jobs: copies, statements that a script made up, tables that no text names', async () => {
  const world = createShop()
  const table = (tableId: string) => ({ projectId: SHOP, datasetId: 'sales', tableId })
  const at = Date.now() - 60_000
  addJob(world, SHOP, { query: '', copy: { sourceTables: [table('customer')], destinationTable: table('files') }, at })
  const parent = addJob(world, SHOP, {
    query: 'execute immediate concat("insert ", x)',
    children: 1,
    at,
    statementType: 'SCRIPT',
  })
  const made = { query: 'insert …', statementType: 'INSERT', destinationTable: table('files'), parent, at }
  addJob(world, SHOP, { ...made, referencedTables: [{ ...table('events_20260102'), datasetId: 'raw events' }] })
  addJob(world, SHOP, { ...made, referencedTables: [table('orders')], error: 'invalidQuery' })
  await using standIn = await startStandIn(world)
  await using opened = await openConnector(connector, { ...configFor(standIn), projects: [SHOP] })
  const edges = async (watermark?: string) => {
    const pages = opened.handle.lineage?.({ key: nameKey([SHOP]), name: SHOP }, watermark)
    const found: string[] = []
    for (;;) {
      const page = await pages?.next()
      if (page === undefined || page.done === true) return { found: found.sort(), ...page?.value }
      for (const { downstream, upstreams } of page.value)
        found.push(...upstreams.map(({ path }) => `${displayName(path)} > ${displayName(downstream.path)}`))
    }
  }
  const first = await edges()
  expect(first.found).toEqual([
    'shop-prod."raw events".events_yyyymmdd > shop-prod.sales.files',
    'shop-prod.sales.customer > shop-prod.sales.files',
    'shop-prod.sales.orders > shop-prod.sales.orders_clone',
  ])
  expect((await edges(first.watermark)).found).toEqual([])

  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, { ...configFor(standIn), projects: [SHOP] })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(
    await engine.store.sql`
      select upstream from catalog.lineage where downstream = 'shop-prod.sales.files' and origin = 'log' order by 1`,
  ).toEqual([{ upstream: 'shop-prod."raw events".events_yyyymmdd' }, { upstream: 'shop-prod.sales.customer' }])
})

test('two sources, one for each project: whichever comes first, the view meets the tables of the other', async () => {
  for (const order of [
    [SHOP, LAKE],
    [LAKE, SHOP],
  ]) {
    await using standIn = await startStandIn(createShop())
    await using engine = await createEngine([connector])
    const { sql } = engine.store
    for (const project of order) {
      const source = await engine.addSource(connector, { ...configFor(standIn), projects: [project] }, project)
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    }
    // Columns of tables that were not there yet come with the next sync of the view's source.
    expect(await (await engine.findSource(LAKE)).sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
    expect(
      await sql`
        select u.asset as upstream, u.source as "from", u.placeholder, d.asset as downstream, d.source as "to"
        from catalog.lineage l join catalog.assets u on u.asset_id = l.upstream_id join catalog.assets d on d.asset_id = l.downstream_id
        where d.source <> u.source order by 1`,
    ).toEqual(
      ['"raw events".events_yyyymmdd', 'sales.customer', 'sales.orders'].map((table) => ({
        upstream: `shop-prod.${table}`,
        from: SHOP,
        placeholder: false,
        downstream: 'lake-prod.marts.spend',
        to: LAKE,
      })),
    )
    expect(
      await sql`select upstream_column, downstream_column from catalog.column_lineage
                where downstream = 'lake-prod.marts.spend' and influence = 'direct' order by 1`,
    ).toEqual([
      { upstream_column: 'email', downstream_column: 'email' },
      { upstream_column: 'total', downstream_column: 'spent' },
    ])
  }
})

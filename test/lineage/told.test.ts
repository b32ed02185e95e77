import { expect, test } from 'vitest'
import type { AssetRecord, FieldUpstreamRecord, UpstreamRecord } from '../../connectors/kit/index.ts'
import { readImpact } from '../../services/lineage.ts'
import { createEngine, type TestSource } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import {
  columnsOf,
  put,
  type RecordWorld,
  reportsConnector,
  tableRecord,
  warehouseConnector,
} from '../helpers/synthetic/records.ts'

const ORDERS = { namespace: 'warehouse://main', group: 'relation', path: ['shop', 'public', 'orders'] } as const
const SALES = { group: 'dataset', path: ['Sales'] } as const

type Fields = Readonly<Record<string, readonly FieldUpstreamRecord[]>>

function record(kind: string, path: string[], fields: Fields, more: Partial<AssetRecord> = {}): AssetRecord {
  const names = Object.keys(fields)
  return {
    kind,
    path,
    fields: columnsOf(...names).map((field) => ({ ...field, upstreams: [...(fields[field.name] ?? [])] })),
    ...more,
  }
}

const bi = (asset: Omit<UpstreamRecord, 'origin'>): UpstreamRecord => ({ origin: 'bi', ...asset })
const amount: FieldUpstreamRecord = { ...ORDERS, path: [...ORDERS.path], field: ['AMOUNT'] }
const region: FieldUpstreamRecord = { ...ORDERS, path: [...ORDERS.path], field: ['region'] }
const net: FieldUpstreamRecord = {
  ...SALES,
  path: ['Sales'],
  field: ['Amount'],
  transformation: 'aggregate',
  expression: 'SUM([Amount])',
}
const ordersUpstream = bi({ ...ORDERS, path: [...ORDERS.path], columnsKnown: true, matchedBy: 'host_and_port' })

function salesSet(fields: Fields, upstreams: UpstreamRecord[] = [ordersUpstream], comment?: string): AssetRecord {
  return record('data set', ['Sales'], fields, { upstreams, ...(comment === undefined ? {} : { comment }) })
}

function fillReports(world: RecordWorld): void {
  put(
    world,
    salesSet({ Amount: [amount], Region: [region], Net: [net] }),
    record(
      'chart',
      ['Board', 'Chart'],
      { Total: [{ ...SALES, path: ['Sales'], field: ['Net'], transformation: 'aggregate' }] },
      {
        upstreams: [bi({ ...SALES, path: ['Sales'], columnsKnown: true })],
        influences: [{ ...SALES, path: ['Sales'], field: ['Region'], transformation: 'filter' }],
        gaps: [{ reason: 'unmatched_connection', message: 'a spreadsheet is no database', columns: ['Total'] }],
      },
    ),
    { kind: 'board', path: ['Board'], owner: 'ada', upstreams: [bi({ group: 'report', path: ['Board', 'Chart'] })] },
  )
}

async function start() {
  const tables: RecordWorld = new Map()
  const reports: RecordWorld = new Map()
  const [warehouse, tool] = [warehouseConnector(tables), reportsConnector(reports)]
  const engine = await createEngine([warehouse, tool])
  const sources: { warehouse: TestSource; reports: TestSource } = {
    warehouse: await engine.addSource(warehouse, { world: 'main' }),
    reports: await engine.addSource(tool, { world: 'main' }),
  }
  const { sql } = engine.store
  return {
    ...engine,
    tables,
    reports,
    sources,
    async columnEdges(): Promise<string[]> {
      const rows = await sql<{ edge: string }[]>`
        select upstream || '.' || upstream_column || case influence when 'direct' then ' > ' else ' ~> ' end || downstream || '.'
               || coalesce(downstream_column, '*') || ' ' || origin || ' ' || transformation
               || case when stale_since is null then '' else ' stale' end as edge
        from catalog.column_lineage order by 1`
      return rows.map(({ edge }) => edge)
    },
    async edges(): Promise<string[]> {
      const rows = await sql<{ edge: string }[]>`
        select concat_ws(' ', upstream, '>', downstream, origin, matched_by, case when stale_since is not null then 'stale' end) as edge
        from catalog.lineage order by 1`
      return rows.map(({ edge }) => edge)
    },
    async impact(asset: string, column?: string): Promise<string[]> {
      const found = await readImpact({ store: engine.store, organization: 'default' }, asset, column)
      return found.impact.map((row) =>
        [row.asset, row.column, row.owner, row.stale && 'stale'].filter(Boolean).join(' '),
      )
    },
    async equalsFull(): Promise<void> {
      await using full = await createEngine([warehouse, tool])
      for (const one of [warehouse, tool]) {
        const source = await full.addSource(one, { world: 'main' })
        await source.sync()
      }
      await sources.warehouse.sync()
      await sources.reports.sync()
      expect(firstDifference(await exportStore(engine.store), await exportStore(full.store))).toBeUndefined()
    },
  }
}

test('what records tell of fields leads from warehouse columns to the board, whoever is crawled first', async () => {
  await using world = await start()
  fillReports(world.reports)
  expect(await world.sources.reports.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(await world.columnEdges()).toContain('shop.public.orders.AMOUNT > Sales.Amount bi identity')
  put(world.tables, tableRecord('orders', ['id', 'amount', 'region']))
  await world.sources.warehouse.sync()
  expect(await world.columnEdges()).toEqual([
    'Sales.Amount > Sales.Net bi aggregate',
    'Sales.Net > Board.Chart.Total bi aggregate',
    'Sales.Region ~> Board.Chart.* bi filter',
    'shop.public.orders.amount > Sales.Amount bi identity',
    'shop.public.orders.region > Sales.Region bi identity',
  ])
  expect(await world.edges()).toEqual([
    'Board.Chart > Board bi',
    'Sales > Board.Chart bi',
    'shop.public.orders > Sales bi host_and_port',
  ])
  expect(await world.impact('shop.public.orders', 'amount')).toEqual([
    'Sales Amount',
    'Sales Net',
    'Board.Chart Total',
    'Board ada',
  ])
  expect(await world.impact('shop.public.orders', 'id')).toEqual([])
  const gaps = await world.store.sql`select asset, origin, outcome, reason, columns, line from catalog.lineage_gaps`
  expect([...gaps]).toEqual([
    {
      asset: 'Board.Chart',
      origin: 'bi',
      outcome: 'partial',
      reason: 'unmatched_connection',
      columns: ['Total'],
      line: null,
    },
  ])
  await world.equalsFull()
})

test('custom SQL of a BI tool is read in its own dialect and namespace', async () => {
  await using world = await start()
  put(
    world.tables,
    tableRecord('orders', ['id', 'amount']),
    tableRecord('paid', ['id', 'amount'], 'select id, amount from orders'),
  )
  put(world.reports, {
    kind: 'query',
    path: ['Sales', 'Custom'],
    fields: columnsOf('order', 'total'),
    definition: {
      language: 'sql',
      text: 'select id as "order", sum(amount) as total from paid where id > <[Parameters].[P]> group by id',
    },
  })
  await world.sources.warehouse.sync()
  await world.sources.reports.sync()
  expect(await world.edges()).toEqual([
    'shop.public.orders > shop.public.paid definition',
    'shop.public.paid > Sales.Custom bi',
  ])
  expect((await world.columnEdges()).filter((edge) => edge.includes('Sales'))).toEqual([
    'shop.public.paid.amount > Sales.Custom.total bi aggregate',
    'shop.public.paid.id > Sales.Custom.order bi identity',
    'shop.public.paid.id ~> Sales.Custom.* bi filter, group_by',
  ])
  expect(await world.impact('shop.public.orders', 'amount')).toEqual(['shop.public.paid amount', 'Sales.Custom total'])
})

test('edges between fields follow the names: a table dropped, renamed under them, and back again', async () => {
  await using world = await start()
  fillReports(world.reports)
  put(world.tables, tableRecord('orders', ['Amount', 'region']))
  await world.sources.warehouse.sync()
  await world.sources.reports.sync()
  expect(await world.columnEdges()).toContain('shop.public.orders.Amount > Sales.Amount bi identity')
  put(world.tables, tableRecord('orders', ['amount', 'region']))
  await world.sources.warehouse.sync()
  expect(await world.columnEdges()).toContain('shop.public.orders.amount > Sales.Amount bi identity')
  world.tables.clear()
  put(world.tables, tableRecord('other', ['x']))
  await world.sources.warehouse.sync()
  await world.sources.warehouse.approveAll()
  await world.sources.warehouse.sync()
  expect(await world.columnEdges()).toContain('shop.public.orders.AMOUNT > Sales.Amount bi identity')
  put(world.tables, tableRecord('orders', ['amount', 'region']))
  await world.equalsFull()
  expect(await world.impact('shop.public.orders', 'amount')).toContain('Board ada')
})

test('an upstream that a BI tool leaves out is kept as stale, until it is told again', async () => {
  await using world = await start()
  fillReports(world.reports)
  put(world.tables, tableRecord('orders', ['amount', 'region']))
  await world.sources.warehouse.sync()
  await world.sources.reports.sync()
  put(world.reports, salesSet({ Amount: [], Region: [], Net: [net] }, []))
  await world.sources.reports.sync()
  expect(await world.edges()).toContain('shop.public.orders > Sales bi host_and_port stale')
  expect((await world.columnEdges()).filter((edge) => edge.endsWith('stale'))).toEqual([
    'shop.public.orders.amount > Sales.Amount bi identity stale',
    'shop.public.orders.region > Sales.Region bi identity stale',
  ])
  expect(await world.impact('shop.public.orders', 'amount')).toEqual([
    'Sales Amount stale',
    'Sales Net stale',
    'Board.Chart Total stale',
    'Board ada stale',
  ])
  expect(await world.impact('Sales')).toEqual(['Board.Chart', 'Board ada'])
  // One of the two is told again; the other stays as it was.
  put(world.reports, salesSet({ Amount: [amount], Region: [], Net: [net] }))
  await world.sources.reports.sync()
  expect(await world.edges()).toContain('shop.public.orders > Sales bi host_and_port')
  expect((await world.columnEdges()).filter((edge) => edge.endsWith('stale'))).toEqual([
    'shop.public.orders.region > Sales.Region bi identity stale',
  ])
  expect(await world.impact('shop.public.orders', 'region')).toContain('Sales Region stale')
  await world.equalsFull()
})

test.each([
  ['the asset changes otherwise', [ordersUpstream], {}, 'told now'],
  ['another upstream stands in its place', [bi({ group: 'dataset', path: ['Other'] })], {}, undefined],
  ['a field is made from another column', [ordersUpstream], { Amount: [region] }, undefined],
] as const)('an upstream is no longer told and ends where %s', async (_, upstreams, fields, comment) => {
  await using world = await start()
  put(world.reports, salesSet({ Amount: [amount], Region: [region] }))
  await world.sources.reports.sync()
  put(world.reports, salesSet({ Amount: [], Region: [], ...fields }, [...upstreams], comment))
  await world.sources.reports.sync()
  expect((await world.edges()).filter((edge) => edge.endsWith('stale'))).toEqual([])
  expect((await world.columnEdges()).filter((edge) => edge.endsWith('stale'))).toEqual([])
  expect(await world.columnEdges()).not.toContain('shop.public.orders.AMOUNT > Sales.Amount bi identity')
  await world.equalsFull()
})

test('stale edges end with their asset', async () => {
  await using world = await start()
  put(world.reports, salesSet({ Amount: [amount] }))
  await world.sources.reports.sync()
  put(world.reports, salesSet({ Amount: [] }, []), { kind: 'board', path: ['Board'] })
  await world.sources.reports.sync()
  expect(await world.edges()).toHaveLength(1)
  world.reports.delete('data set.Sales')
  await world.sources.reports.sync()
  expect([await world.edges(), await world.columnEdges()]).toEqual([[], []])
  const placeholders = await world.store.sql`select 1 from tidemark.asset where placeholder and removed_at is null`
  expect(placeholders).toHaveLength(0)
})

test('a field made from an asset that its record does not list is a gap of that item alone', async () => {
  await using world = await start()
  put(world.reports, salesSet({ Amount: [amount] }, []), { kind: 'board', path: ['Board'] })
  expect(await world.sources.reports.sync()).toMatchObject({ outcome: 'gaps', added: 1 })
})

test('names under an alias of a namespace meet the assets that are crawled there', async () => {
  await using world = await start()
  put(world.tables, tableRecord('orders', ['amount']))
  await world.sources.warehouse.sync()
  const { sql } = world.store
  await sql`update tidemark.namespace set aliases = '{warehouse://alias}' where name = 'warehouse://main'`
  const aliased = { ...amount, namespace: 'warehouse://alias' }
  put(world.reports, salesSet({ Amount: [aliased] }, [{ ...ordersUpstream, namespace: 'warehouse://alias' }]))
  await world.sources.reports.sync()
  expect(await world.impact('shop.public.orders', 'amount')).toEqual(['Sales Amount'])
  const names = await sql<{ name: string }[]>`select name from tidemark.namespace order by 1`
  expect(names.map(({ name }) => name)).toEqual(['reports://main', 'warehouse://main'])
})

const SEED = Number(process.env.TIDEMARK_SEED ?? Date.now() % 1_000_000)

test('random changes on either side end where a crawl into an empty store does', async () => {
  console.info(`random told lineage: TIDEMARK_SEED=${SEED}`)
  await using world = await start()
  const pick = createPicker(SEED)
  put(world.tables, tableRecord('kept', ['a']))
  put(world.reports, { kind: 'board', path: ['Kept'] })
  for (let step = 1; step <= 6; step += 1) {
    changeTables(world.tables, pick)
    changeReports(world.reports, pick)
    if (pick(3) > 0) await world.sources.warehouse.sync()
    if (pick(3) > 0) await world.sources.reports.sync()
    if (step % 3 === 0) await world.equalsFull()
  }
}, 60_000)

/** Numbers below a limit, the same for the same seed. */
function createPicker(seed: number): (limit: number) => number {
  let state = seed
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * limit)
  }
}

const NAMES = ['orders', 'Orders', 'paid'] as const
const COLUMNS = ['a', 'A', 'b'] as const

function changeTables(world: RecordWorld, pick: (limit: number) => number): void {
  const name = NAMES[pick(NAMES.length)] ?? ''
  for (const key of world.keys()) if (key.endsWith(`.${name}`)) world.delete(key)
  const columns = COLUMNS.filter(() => pick(3) > 0)
  if (pick(4) === 0) return
  const reads = pick(2) === 0 ? 'orders' : '"Orders"'
  put(world, tableRecord(name, columns, name === 'paid' ? `select * from ${reads}` : undefined))
}

/** A data set whose fields are made from tables and from each other, a chart over it; either may forget, or be rewired. */
function changeReports(world: RecordWorld, pick: (limit: number) => number): void {
  const path = [['Sales'], ['Other']][pick(2)] as string[]
  const own = { group: 'dataset', path } as const
  const tables = NAMES.filter(() => pick(3) > 0).map((name) => ({
    namespace: 'warehouse://main',
    group: 'relation' as const,
    path: ['shop', 'public', name],
  }))
  const upstreamsOf = (): FieldUpstreamRecord[] =>
    tables.filter(() => pick(2) === 0).map((table) => ({ ...table, field: [COLUMNS[pick(3)] ?? 'a'] }))
  const fields: Fields = {
    One: upstreamsOf(),
    Two: upstreamsOf(),
    Sum: [{ ...own, field: ['One'], transformation: 'aggregate' }],
  }
  const more = {
    upstreams: tables.map((table) => bi({ ...table, ...(pick(2) === 0 ? { columnsKnown: true } : {}) })),
    ...(pick(4) === 0 ? { comment: `${pick(3)}` } : {}),
    ...(pick(4) === 0 ? { gaps: [{ reason: 'odd', message: `${pick(3)}` }] } : {}),
  }
  if (pick(6) === 0) world.delete(`data set.${path[0]}`)
  else put(world, record('data set', path, fields, more))
  put(
    world,
    record('chart', ['Board', 'Chart'], { Total: [{ ...own, field: ['Sum'] }] }, { upstreams: [bi({ ...own })] }),
  )
}

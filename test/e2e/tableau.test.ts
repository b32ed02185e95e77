import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlace, type Place } from '../cli/support.ts'
import { createDatabase } from '../helpers/store.ts'
import { type FakeTableau, startFakeTableau } from '../helpers/tableau/server.ts'
import { type FakeDatabase, type FakeField, TableauWorld } from '../helpers/tableau/world.ts'

/** A real PostgreSQL and a fake Tableau over it, crawled as anybody would: from a column of a table to a dashboard. */
let place: Place
let shop: Awaited<ReturnType<typeof createDatabase>>
let tableau: FakeTableau

beforeAll(async () => {
  shop = await createDatabase()
  await using client = await connect()
  await client.sql.unsafe(`
    create table orders (id int primary key, amount numeric, discount numeric, region text, note text);
    create view paid as select id, amount - discount as net, region from orders where amount > 0`)
  tableau = await startFakeTableau(buildSite(new URL(shop.url)))
  place = await createPlace()
  const added = await place.run('add', shop.url, '--name', 'shop', '--yes', '--no-test', '--local')
  expect(added.code, added.stderr).toBe(0)
  const site = await place.run(
    ...['add', 'tableau://tidemark:secret@tableau.invalid/shop', '--name', 'tableau', '--yes', '--no-test', '--local'],
    ...['--set', `baseUrl=${tableau.url}`],
  )
  expect(site.code, site.stdout + site.stderr).toBe(0)
}, 60_000)

afterAll(async () => {
  await place[Symbol.asyncDispose]()
  await tableau[Symbol.asyncDispose]()
  await shop[Symbol.asyncDispose]()
})

async function connect() {
  const sql = postgres(shop.url, { max: 1, onnotice: () => {} })
  return { sql, [Symbol.asyncDispose]: async () => await sql.end() }
}

/** Custom SQL over the view `paid`, a calculation over it, a sheet with the calculation, a dashboard with the sheet. */
function buildSite({ hostname, port, pathname }: URL): TableauWorld {
  const world = new TableauWorld()
  const project = world.addProject('Sales')
  const database: FakeDatabase = {
    __typename: 'DatabaseServer',
    id: 'db-shop',
    name: pathname.slice(1),
    connectionType: 'postgres',
    isEmbedded: false,
    hostName: hostname.toUpperCase(),
    port: Number(port || 5432),
    service: pathname.slice(1),
  }
  const workbook = world.addWorkbook('Revenue', project)
  const query = 'SELECT p.id, p.net AS total FROM paid p WHERE p.region <<> <[Parameters].[Region]>'
  const custom = world.addCustomSql(database, query, ['id', 'total'], [])
  const source = world.addEmbedded(workbook, 'Paid orders', [custom])
  const revenue = world.calculate(source, 'Revenue', '// in thousands\nSUM([total]) / 1000', ['total'])
  const share = world.calculate(source, 'Share', 'SUM([Revenue]) / TOTAL(SUM([Revenue]))', ['Revenue'])
  const sheet = world.addSheet(workbook, 'By month', [revenue, share] as FakeField[])
  const board = world.addDashboard(workbook, 'Board', [sheet])
  board.views = 40
  world.tick(24 * 3_600_000)
  return world
}

const BOARD = 'Sales.Revenue.Board'

test('impact of a table column reaches the dashboard, with its owner and views, by the command', async () => {
  const { code, data } = await place.json('impact', 'orders.discount')
  expect(code).toBe(0)
  const reached = data.impact.map((row: { asset: string; column: string | null; kind: string }) =>
    [row.kind, row.asset.replace(`${shop.name}.`, ''), row.column].filter(Boolean).join(' '),
  )
  expect(reached).toEqual([
    'view public.paid net',
    'custom sql Sales.Revenue."Paid orders"."Custom SQL Query" total',
    'embedded data source Sales.Revenue."Paid orders" total',
    'embedded data source Sales.Revenue."Paid orders" Revenue',
    'sheet Sales.Revenue."By month" Revenue',
    'embedded data source Sales.Revenue."Paid orders" Share',
    'sheet Sales.Revenue."By month" Share',
    `dashboard ${BOARD}`,
  ])
  const board = data.impact.find((row: { asset: string }) => row.asset === BOARD)
  expect(board).toMatchObject({ owner: 'admin', reads: 40, stale: false })
  expect((await place.run('impact', 'orders.discount')).stdout).toMatch(/Sales\.Revenue\.Board +dashboard +admin +40 /)
  expect((await place.json('impact', 'orders.note')).data.impact).toEqual([])
})

test('and by SQL, with the rules and expressions on the way', async () => {
  const { data } = await place.json(
    'sql',
    `select i.asset, i.owner, u.reads from catalog.impact('${shop.name}.public.orders', 'amount') i
     left join catalog.usage u using (asset_id) where i.kind = 'dashboard'`,
  )
  expect(data).toEqual([{ asset: BOARD, owner: 'admin', reads: 40 }])
  const edges = await place.json(
    'sql',
    `select downstream_column, upstream_column, transformation, expression, origin from catalog.column_lineage
     where downstream like '%"Paid orders"' and influence = 'direct' order by 1, 2`,
  )
  expect(edges.data.map((row: Record<string, unknown>) => Object.values(row))).toEqual([
    ['Revenue', 'total', 'aggregate', '// in thousands\nSUM([total]) / 1000', 'bi'],
    ['Share', 'Revenue', 'window', 'SUM([Revenue]) / TOTAL(SUM([Revenue]))', 'bi'],
    ['id', 'id', 'identity', null, 'bi'],
    ['total', 'total', 'identity', null, 'bi'],
  ])
})

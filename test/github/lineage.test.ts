import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import githubConnector from '../../connectors/github/index.ts'
import postgresConnector from '../../connectors/postgres/index.ts'
import { createEngine, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { type FakeGithub, startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { type FakeRepository, GithubWorld } from '../helpers/github/world.ts'
import { createDatabase } from '../helpers/store.ts'

const world = new GithubWorld()
let shop: FakeRepository
let database: Awaited<ReturnType<typeof createDatabase>>
let fake: FakeGithub
let engine: TestEngine
let code: TestSource
let tables: TestSource

/** The repository's SQL as it ran: its migration, its view, and what dbt has built. */
beforeAll(async () => {
  shop = buildShop(world).shop
  world.push(shop, {
    'sql/loose.sql': '-- Of whichever database\ninsert into log select id from orders;\n',
    'sql/early.sql': 'create table archive as select id from not_there_yet;\n',
  })
  database = await createDatabase()
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create table public.orders (id integer primary key, customer_id integer not null, amount numeric not null);
    create view public.revenue as select customer_id, sum(amount) as total from public.orders group by customer_id;
    create view public.stg_orders as select id, customer_id, amount from public.orders;
    create schema public_marts;
    create table public_marts.revenue (customer_id integer, total numeric)`)
  await sql.end()
  fake = await startFakeGithub(world, {})
  engine = await createEngine([githubConnector, postgresConnector])
  tables = await engine.addSource(postgresConnector, { url: database.url }, 'shop')
  const [row] = await engine.store.sql<
    { name: string }[]
  >`select name from tidemark.namespace where name like 'postgres:%'`
  code = await engine.addSource(
    githubConnector,
    {
      baseUrl: fake.url,
      owners: ['acme'],
      repositories: { allow: ['acme/shop'] },
      token: 'any',
      sql: [
        {
          paths: { deny: ['sql/loose.sql'] },
          dialect: 'postgres',
          namespace: row?.name,
          database: database.name,
          schemas: ['public'],
        },
      ],
    },
    'code',
  )
  // The code first: what it names becomes real when the database is crawled.
  expect((await code.sync()).outcome).toBe('succeeded')
  expect((await tables.sync()).outcome).toBe('succeeded')
}, 120_000)

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await fake[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const columns = async (downstream: string) =>
  (
    await engine.store.sql`
      select upstream, upstream_column, downstream_column, influence, transformation, expression, file.display as file
      from tidemark.lineage_field_edge e
      join tidemark.lineage_text t on t.id = e.text_id join tidemark.asset file on file.id = t.asset_id
      join tidemark.asset d on d.id = e.downstream_id join tidemark.asset u on u.id = e.upstream_id
      cross join lateral (select u.display as upstream, e.upstream_field as upstream_column, e.downstream_field as downstream_column) n
      where d.display = ${downstream} and file.kind_group <> 'relation' and e.influence = 'direct' and e.valid_to is null
      order by file, downstream_column`
  ).map((row) => ({ ...row }))

test('a column of the database comes from the file that computes it', async () => {
  expect(await columns(`${database.name}.public.revenue`)).toEqual([
    {
      upstream: `${database.name}.public.orders`,
      upstream_column: 'customer_id',
      downstream_column: 'customer_id',
      influence: 'direct',
      transformation: 'identity',
      expression: null,
      file: 'acme.shop.sql/daily.sql'.replace('sql/daily.sql', '"sql/daily.sql"'),
    },
    expect.objectContaining({ upstream_column: 'amount', downstream_column: 'total', expression: 'sum(amount)' }),
  ])
  const [file] = await engine.store.sql`
    select asset from catalog.upstream(${`${database.name}.public.revenue`}, 1) where kind = 'sql file'`
  expect(file).toBeDefined()
})

test('edges of code have their file, lines and commit', async () => {
  const at = (file: string, lines: string) =>
    `https://github.test/acme/shop/blob/${shop.git.head('main')}/${file}#${lines}`
  const edges = await engine.store.sql`
    select downstream_column, origin, repository, file, line, end_line, commit, url from catalog.column_lineage
    where downstream = ${`${database.name}.public.revenue`} and influence = 'direct' and file is not null order by 1`
  const common = { origin: 'code', repository: 'acme.shop', file: 'sql/daily.sql', commit: shop.git.head('main') }
  expect(edges.map((edge) => ({ ...edge }))).toEqual([
    { ...common, downstream_column: 'customer_id', line: 3, end_line: 3, url: at('sql/daily.sql', 'L3') },
    { ...common, downstream_column: 'total', line: 4, end_line: 4, url: at('sql/daily.sql', 'L4') },
  ])
  const [model] = await engine.store.sql`
    select file, line, end_line from catalog.column_lineage where downstream_column = 'total'
      and downstream = ${`${database.name}.public_marts.revenue`}`
  expect(model).toEqual({ file: 'analytics/models/marts/revenue.sql', line: 4, end_line: 4 })
  const [made] = await engine.store.sql`
    select file, line, end_line, commit, url from catalog.lineage where origin = 'code'
      and downstream = ${`${database.name}.public.revenue`} and upstream like '%daily.sql%'`
  const { file, commit } = common
  expect(made).toEqual({ file, line: 2, end_line: 6, commit, url: at(file, 'L2-L6') })
})

test('a dbt model leads from the relations that its refs mean to the one it builds', async () => {
  expect(await columns(`${database.name}.public_marts.revenue`)).toEqual([
    expect.objectContaining({ upstream: `${database.name}.public.stg_orders`, upstream_column: 'customer_id' }),
    expect.objectContaining({
      upstream: `${database.name}.public.stg_orders`,
      upstream_column: 'amount',
      downstream_column: 'total',
    }),
  ])
  const edges = await engine.store.sql`
    select upstream, downstream, origin from catalog.lineage
    where downstream like '%dbt%' or downstream like '%analytics%' or upstream like '%analytics%' order by 1, 2`
  expect(edges.map(({ origin }) => origin)).toEqual(edges.map(() => 'code'))
  const said = edges.map(({ upstream, downstream }) => `${upstream} > ${downstream}`)
  expect(said).toContain('acme.shop.analytics.stg_orders > acme.shop.analytics.revenue')
  expect(said).toContain(`acme.shop.analytics.revenue > ${database.name}.public_marts.revenue`)
  expect(said).toContain(`${database.name}.public.orders > acme.shop.analytics."shop.orders"`)
})

test('what the code leaves open is told: files that nobody said the database of, and relations nobody has crawled', async () => {
  const gaps = await engine.store.sql`select asset, reason, message from catalog.lineage_gaps where source = 'code'`
  expect(gaps.map((gap) => ({ ...gap }))).toContainEqual({
    asset: expect.stringContaining('sql/loose.sql'),
    reason: 'unknown_table',
    message: 'orders names no relation that could be found',
  })
  const [coverage] = await engine.store.sql`
    select unresolved_references > 0 as unresolved from catalog.lineage_coverage where source = 'code'`
  expect(coverage?.unresolved).toBe(true)
  const [early] = await engine.store.sql`
    select u.placeholder from catalog.lineage l join catalog.assets u on u.asset_id = l.upstream_id
    where l.upstream = ${`${database.name}.public.not_there_yet`}`
  expect(early).toEqual({ placeholder: true })
})

test('edges go with the file, and come with what it says now', async () => {
  world.push(shop, {
    'sql/daily.sql': 'create view public.revenue as select customer_id, 0 as total from public.orders;\n',
  })
  expect((await code.sync()).outcome).toBe('succeeded')
  const now = (await columns(`${database.name}.public.revenue`)) as unknown as { downstream_column: string }[]
  expect(now.map(({ downstream_column }) => downstream_column)).toEqual(['customer_id'])
  world.push(shop, { 'sql/daily.sql': null })
  expect((await code.sync()).outcome).toBe('succeeded')
  expect(await columns(`${database.name}.public.revenue`)).toEqual([])
})

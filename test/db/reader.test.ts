import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queryReadOnly } from '../../db/queries-adhoc.ts'
import { READER_ROLE } from '../../db/reader.ts'
import type { Store } from '../../db/store.ts'
import { psqlEnvironment } from '../../services/query.ts'
import { createStore } from '../helpers/store.ts'

let store: Store

beforeAll(async () => {
  store = await createStore()
  await store.sql`insert into tidemark.namespace (organization_id, name) values (1, 'postgres://db:5432')`
  await store.sql`
    insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, placeholder)
    values (1, 'relation', 'shop.orders', 'table', '{shop,orders}', 'shop.orders', 'orders', false),
           (1, 'relation', 'shop.sales', 'view', '{shop,sales}', 'shop.sales', 'sales', false)`
  await store.sql`
    insert into tidemark.asset_version (asset_id, valid_from, run_id, record)
    select id, now() - interval '1 day', 1, jsonb_build_object('kind', kind, 'path', path) from tidemark.asset`
  await store.sql`select tidemark.index_assets(array(select id from tidemark.asset))`
})

afterAll(() => store.close())

/** As somebody who is in the readers' role and in nothing else. */
const asReader = (query: string) =>
  store.sql.begin(async (tx) => {
    await tx.unsafe(`set local role ${READER_ROLE}`)
    return await tx.unsafe(query)
  })

test('the readers of catalog have all of its views and functions', async () => {
  const views = await store.sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'catalog'::regnamespace and relkind = 'v'`
  for (const { name } of views) await asReader(`select * from catalog.${name}`)
  expect(await asReader(`select asset, matched from catalog.search('order')`)).toMatchObject([{ asset: 'shop.orders' }])
  expect(await asReader(`select asset from catalog.tables_as_of(now()) order by 1`)).toHaveLength(2)
  expect(await asReader(`select * from catalog.columns_as_of(now())`)).toHaveLength(0)
  for (const name of ['upstream', 'downstream', 'impact']) {
    expect(await asReader(`select * from catalog.${name}('sales')`)).toHaveLength(0)
  }
})

test('a filter on tables_as_of reaches the tables inside, for readers too', async () => {
  const plan = JSON.stringify(await asReader(`explain select * from catalog.tables_as_of(now()) where asset_id = 1`))
  expect(plan).toContain('Index Cond: (id = 1)')
})

test('they have nothing of schema tidemark, nor may they write', async () => {
  for (const query of [
    'select * from tidemark.source',
    'select * from tidemark.relation_version',
    `select tidemark.require_asset('sales')`,
    `select * from table_to_xml('tidemark.source', true, true, '')`,
  ]) {
    await expect(asReader(query)).rejects.toThrow('permission denied for schema tidemark')
  }
  await expect(asReader('create view catalog.mine as select 1')).rejects.toThrow('permission denied')
  await expect(asReader('delete from catalog.tables')).rejects.toThrow(/permission denied|cannot delete/)
})

test('tidemark sql reads as they do', async () => {
  expect(await queryReadOnly(store.url, 'select current_user::text as me')).toMatchObject({
    rows: [{ me: READER_ROLE }],
  })
  await expect(queryReadOnly(store.url, 'select * from tidemark.source')).rejects.toMatchObject({
    category: 'invalid_config',
    message: expect.stringContaining('permission denied for schema tidemark'),
    hint: expect.stringContaining('catalog.tables'),
  })
})

test('psql is opened on the store as a reader who only reads', async ({ skip }) => {
  const version = spawnSync('psql', ['--version'])
  skip(version.error !== undefined, 'there is no psql on this machine')
  const environment = await psqlEnvironment({ store })
  const ask = (query: string) =>
    spawnSync('psql', ['-XAtc', query], { env: { ...process.env, ...environment }, encoding: 'utf8' })
  expect(ask('select current_user, count(*) from tables')).toMatchObject({ stdout: `${READER_ROLE}|2\n`, stderr: '' })
  expect(ask('set role none; delete from tidemark.asset').stderr).toContain('read-only transaction')
})

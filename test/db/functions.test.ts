import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../db/store.ts'
import { similarWords } from '../../db/trigram.ts'
import { createStore } from '../helpers/store.ts'

/**
 * Two systems with a `shop.sales.orders` each. In the first: `orders` and `customers` make `totals`, that makes `top`,
 * and `top` makes `loop`, which makes `totals` again; `far` reads `orders` directly and `top` too.
 */
const STORE = `
  insert into tidemark.principal (organization_id, name) values (1, 'ada');
  insert into tidemark.namespace (organization_id, name) values (1, 'postgres://one:5432'), (1, 'postgres://two:5432');
  insert into tidemark.source (organization_id, name, connector, namespace_id, config, secrets, data_key, master_key_id, created_by)
  values (1, 'shop', 'postgres', 1, '{}', '', '', 'key', 1);
  insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, owner, comment, placeholder)
  select n, case kind when 'schema' then 'container' else 'relation' end, array_to_string(path, '.'), kind, path,
         display, path[cardinality(path)], 'dba', comment, kind is null
  from (values
    (1, 'schema', '{shop,sales}'::text[], 'shop.sales', null),
    (1, 'table', '{shop,sales,orders}', 'shop.sales.orders', 'What was bought, and when'),
    (1, 'table', '{shop,sales,customers}', 'shop.sales.customers', null),
    (1, 'view', '{shop,sales,totals}', 'shop.sales.totals', null),
    (1, 'view', '{shop,sales,top}', 'shop.sales.top', null),
    (1, 'view', '{shop,sales,loop}', 'shop.sales.loop', null),
    (1, 'view', '{shop,sales,far}', 'shop.sales.far', null),
    (2, 'table', '{shop,sales,orders}', 'shop.sales.orders', null),
    (1, 'table', '{shop,Odd.One,"my \\"orders\\""}', 'shop."Odd.One"."my ""orders"""', null),
    (1, null, '{lake,events}', 'lake.events', null),
    (1, 'table', '{shop,sales,customerAddress}', 'shop.sales.customerAddress', null),
    (1, 'table', '{shop,sales,1234567}', 'shop.sales.1234567', null)
  ) as a (n, kind, path, display, comment);
  insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable, comment)
  values (2, 'id', 'id', '{id}', 1, 'int', 'integer', false, null),
         (2, 'customer_id', 'customer_id', '{customer_id}', 2, 'int', 'integer', false, 'Who bought it'),
         (3, 'e_mail', 'e_mail', '{e_mail}', 1, 'text', 'string', false, null),
         (3, 'home.street', 'street', '{home,street}', 2, 'text', 'string', false, null);
  insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
    upstream_display, upstream_id, origin, source_id, valid_from, last_seen_at)
  select d, 1, 'relation', u::text, '{}', u::text, u, 'catalogue', 1, now(), now()
  from (values (4, 2), (4, 3), (4, 10), (5, 4), (6, 5), (4, 6), (7, 2), (7, 5)) as e (d, u);
  update tidemark.lineage_edge set valid_to = now() where upstream_id = 3;
  insert into tidemark.ownership (asset_id, owner, set_by) values (5, 'web', 1), (5, 'data', 1);
  select tidemark.index_assets(array(select id from tidemark.asset))`

let store: Store

beforeAll(async () => {
  store = await createStore()
  await store.sql.unsafe(STORE)
})

afterAll(() => store.close())

const rows = async (query: string) => [...(await store.sql.unsafe(query))]
const short = (path: readonly string[]) => path.map((name) => name.split('.').at(-1)).join(' ')

describe('lineage', () => {
  test('each asset once, at its least depth, with one path, in circles too', async () => {
    const found = await rows(`select * from catalog.downstream('2')`)
    expect(found.map(({ asset, depth, path }) => [asset, depth, short(path)])).toEqual([
      ['shop.sales.far', 1, 'orders far'],
      ['shop.sales.totals', 1, 'orders totals'],
      ['shop.sales.top', 2, 'orders totals top'],
      ['shop.sales.loop', 3, 'orders totals top loop'],
    ])
    const circle = await rows(`select asset_id, depth from catalog.downstream('shop.sales.loop')`)
    expect(circle.map(({ asset_id: id, depth }) => [id, depth])).toEqual([
      [4, 1],
      [5, 2],
      [7, 3],
    ])
  })

  test('upstream tells of what was never crawled, and not of edges that have ended', async () => {
    const found = await rows(`select * from catalog.upstream('sales.totals', 1)`)
    expect(found.map(({ asset, kind }) => [asset, kind])).toEqual([
      ['lake.events', null],
      ['shop.sales.loop', 'view'],
      ['shop.sales.orders', 'table'],
    ])
  })

  test('depth is honoured; null is the usual one', async () => {
    expect(await rows(`select * from catalog.downstream('2', 0)`)).toHaveLength(0)
    expect(await rows(`select * from catalog.downstream('2', 2)`)).toHaveLength(3)
    expect(await rows(`select * from catalog.downstream('2', null)`)).toHaveLength(4)
  })

  test('impact has the owners set by hand, else the one in the source', async () => {
    const found = await rows(`select asset, column_name, owner from catalog.impact('2', 'CUSTOMER_ID')`)
    expect(found.map(({ asset, owner }) => [asset.split('.').at(-1), owner])).toEqual([
      ['far', 'dba'],
      ['totals', 'dba'],
      ['top', 'data, web'],
      ['loop', 'dba'],
    ])
    expect(found.every((row) => row.column_name === null)).toBe(true)
    await expect(rows(`select * from catalog.impact('2', 'nope')`)).rejects.toMatchObject({
      message: 'shop.sales.orders has no column nope',
      hint: 'Its columns: id, customer_id',
    })
  })
})

describe('a name', () => {
  test.each([
    ['shop.sales.top', 5],
    ['sales.top', 5],
    ['TOP', 5],
    ['"shop"."sales"."top"', 5],
    ['shop."Odd.One"."my ""orders"""', 9],
    ['"Odd.One"."my ""orders"""', 9],
    ['Odd.One.my "orders"', 9],
    ['5', 5],
    ['1234567', 12],
    ['lake.events', 10],
  ])('%s is understood', async (name, id) => {
    const [row] = await store.sql`select tidemark.require_asset(${name}) as id`
    expect(row?.id).toBe(id)
  })

  test('that fits several names them, with their ids', async () => {
    await expect(rows(`select * from catalog.upstream('sales.orders')`)).rejects.toMatchObject({
      message: '"sales.orders" fits 2 assets',
      hint:
        'Name one, or give its id: shop.sales.orders (table in postgres://one:5432, id 2), ' +
        'shop.sales.orders (table in postgres://two:5432, id 8)',
    })
  })

  test('that fits none comes back with the nearest', async () => {
    await expect(rows(`select * from catalog.downstream('sales.custmers')`)).rejects.toMatchObject({
      message: 'there is no asset named "sales.custmers"',
      hint: expect.stringContaining('shop.sales.customers'),
    })
    for (const name of [`''`, `'99'`, `'"'`, `null`]) {
      await expect(rows(`select * from catalog.downstream(${name})`)).rejects.toThrow('there is no asset named')
    }
  })
})

const search = async (query: string, more = '') => {
  const found = await store.sql.unsafe(`select asset_id, matched from catalog.search($1${more})`, [query])
  return found.map(({ asset_id: id, matched }) => `${id} ${matched}`)
}

describe('search', () => {
  test.each<[string, string, readonly string[]]>([
    ['the name itself comes first', 'orders', ['2 name', '8 name', '9 name']],
    ['a beginning of a word', 'custom', ['11 name', '3 name', '2 column']],
    ['parts of a name in camel case', 'address', ['11 name']],
    ['a name in camel case written otherwise', 'customer_address', ['11 name']],
    ['a column and the name', 'orders customer', ['2 column']],
    ['a nested column', 'home street', ['3 column']],
    ['what it is in, and its name', 'sales top', ['5 name']],
    ['the comment of a table', 'bought', ['2 comment']],
    ['the middle of a word', 'dres', ['11 name']],
    ['a slip', 'custmers', ['3 name', '11 name', '2 column']],
    ['nothing that all words are in', 'orders street', []],
    ['nothing', 'zebra', []],
    ['no word', ' .,-', []],
  ])('finds %s', async (_what, query, expected) => {
    expect(await search(query)).toEqual(expected)
  })

  test('keeps to kinds and to a number', async () => {
    expect(await search('sales', `, '{schema}'`)).toEqual(['1 name'])
    expect(await search('sales', `, '{view}'`)).toHaveLength(4)
    expect(await search('sales', `, '{}', 3`)).toHaveLength(3)
    expect(await search('sales', `, null, 0`)).toEqual([])
  })

  test('ranks what it finds, the best first', async () => {
    const ranks = (await rows(`select rank from catalog.search('orders')`)).map(({ rank }) => rank)
    expect(ranks).toEqual(ranks.toSorted((one, other) => other - one))
  })

  test('takes any text for a query', async () => {
    const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[&|!():*'"\\%_<\-> a]{1,12}$/))
    await fc.assert(
      fc.asyncProperty(hostile, async (query) => {
        await search(query.toWellFormed().replaceAll('\0', ''))
      }),
      { numRuns: 100 },
    )
  })

  test('without pg_trgm finds all but misspelt words', async () => {
    await store.sql
      .begin(async (tx) => {
        await tx.unsafe(similarWords(undefined))
        const found = await tx`select asset_id from catalog.search('dres')`
        expect(found.map((row) => row.asset_id)).toEqual([11])
        expect(await tx`select * from catalog.search('custmers')`).toHaveLength(0)
        throw new Error('taken back')
      })
      .catch((error: Error) => expect(error.message).toBe('taken back'))
  })
})

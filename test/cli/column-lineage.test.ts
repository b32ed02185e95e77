import { parse } from '@ts-graphviz/ast'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../db/store.ts'
import { COLUMN_LINEAGE } from '../helpers/column-lineage.ts'
import { createPlace, type Place } from './support.ts'

let place: Place
let store: Store

beforeAll(async () => {
  place = await createPlace()
  store = openStore(place.env.DATABASE_URL ?? '')
  await store.sql.unsafe(COLUMN_LINEAGE)
  // Names are looked up across organizations: without the other one's, `orders` is unambiguous.
  await store.sql`update tidemark.asset set removed_at = now() where namespace_id = 2`
}, 60_000)

afterAll(async () => {
  await store.close()
  await place[Symbol.asyncDispose]()
})

const tell = async (...args: string[]) => (await place.run(...args)).stdout.trimEnd().split('\n')

describe('lineage of a column', () => {
  test('upstream as a tree, with how each column makes the next', async () => {
    expect(await tell('lineage', 'top.sum', '--up')).toEqual([
      's.top.sum is made from 2 columns',
      '  s.top.sum',
      '  └─ s.totals.sum',
      '     └─ s.orders.amount  (aggregate: sum(amount))',
    ])
    expect((await tell('lineage', 'totals.sum', '--up')).at(-1)).toBe('  Which rows there are: s.orders.note (filter)')
    expect(await tell('lineage', 'orders.amount', '--up')).toContain(
      's.orders.amount is made from nothing that is known',
    )
  })

  test('downstream as a tree, as far as columns are known and beyond', async () => {
    expect(await tell('lineage', 'S.ORDERS.AMOUNT', '--down')).toEqual([
      's.orders.amount reaches 3 columns and 4 assets as a whole',
      '  s.orders.amount',
      '  ├─ s.ledger.amount',
      '  ├─ s.load  (procedure)',
      '  ├─ s.partly  (view; columns not known)',
      '  └─ s.totals.sum  (aggregate: sum(amount))',
      '     └─ s.top.sum',
      '        └─ s.report  (report; columns not known)',
      '           └─ s.board  (board)',
    ])
    expect(await tell('lineage', 'orders#note', '--down', '--depth', '1')).toEqual([
      's.orders.note reaches 2 assets as a whole',
      '  s.orders.note',
      '  ├─ s.partly  (view; columns not known)',
      '  └─ s.totals  (view; rows: filter)',
    ])
  })

  test('as JSON', async () => {
    const { data } = await place.json('lineage', 'orders.ship.city')
    expect(data).toMatchObject({ asset: { asset: 's.orders' }, column: 'ship.city', upstream: [], rows: [] })
    expect(data.downstream).toMatchObject([
      { asset: 's.partly', column: null, depth: 1, path: ['s.orders.ship.city', 's.partly'] },
      { asset: 's.totals', column: 'city', depth: 1 },
    ])
    expect(data.columnEdges).toMatchObject([
      {
        upstreamColumn: 'ship',
        downstreamColumn: 'city',
        influence: 'direct',
        subtypes: ['TRANSFORMATION'],
        origin: 'definition',
        confidence: 1,
      },
    ])
    expect(data.edges).toMatchObject([{ columnsKnown: false }])
  })

  test('of all columns of an asset and of what it is made from', async () => {
    const lines = await tell('lineage', 'totals', '--columns', '--up', '--depth', '1')
    expect(lines.slice(lines.indexOf('s.totals'))).toEqual([
      's.totals',
      '  COLUMN      FROM               HOW',
      '  city        s.orders.ship      (ship).city',
      '  customer    s.loop.customer',
      '  customer    s.orders.customer',
      '  odd         s.orders.odd.one',
      '  sum         s.orders.amount    aggregate: sum(amount)',
      '  (its rows)  s.orders.note      filter',
    ])
    expect((await place.json('lineage', 'totals')).data.columnEdges).toBeNull()
  })
})

describe('a dotted name', () => {
  test('is an asset first, and told where it could be a column too', async () => {
    await store.sql`
      insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, placeholder)
      values (1, 'relation', 's.orders.amount', 'table', '{s,orders,amount}', 's.orders.amount', 'amount', false)`
    const { stdout, stderr } = await place.run('lineage', 's.orders.amount')
    expect(stdout).toContain('s.orders.amount  (table)')
    expect(stderr).toContain('s.orders.amount could also mean the column s.orders#amount')
    expect((await place.json('impact', 's.orders#amount')).data.column).toBe('amount')
    await store.sql`delete from tidemark.asset where display = 's.orders.amount'`
  })

  test('of several columns, or of none, is refused with what is meant', async () => {
    await store.sql`update tidemark.asset set removed_at = null where namespace_id = 2`
    await store.sql`update tidemark.field set asset_id = 13 where name_key = 'unread'`
    const several = await place.json('lineage', 'orders.customer')
    expect(several).toMatchObject({ code: 2, data: { error: { message: '"orders.customer" fits 2 columns' } } })
    expect((await place.json('lineage', 'orders.unread')).data.asset.assetId).toBe(13)
    await store.sql`update tidemark.asset set removed_at = now() where namespace_id = 2`
    expect((await place.json('lineage', 'orders.nope')).data.error).toMatchObject({
      message: 's.orders has no column "nope"',
      hint: 'See its columns: tidemark show s.orders',
    })
    expect((await place.json('lineage', 'nowhere.at.all')).data.error.message).toContain('there is no asset')
    expect(await place.json('lineage')).toMatchObject({ code: 2, data: { error: { message: 'there is no asset' } } })
  })
})

test('impact of a column, with what is reached as a whole', async () => {
  const { stdout, stderr } = await place.run('impact', 'orders.amount')
  expect(stdout.split('\n')[0]).toMatch(/^STEPS +ASSET +COLUMN +KIND +OWNER +BY WAY OF$/)
  expect(stdout).toMatch(/ 2 +s\.top +sum +view +web +s\.totals\.sum\n/)
  expect(stderr).toContain('(4 assets as a whole: ')
  const { data } = await place.json('impact', 'orders', '--column', 'AMOUNT')
  expect({ ...data, impact: data.impact.slice(0, 2) }).toMatchObject({
    column: 'amount',
    impact: [
      { asset: 's.ledger', column: 'amount' },
      { asset: 's.load', column: null },
    ],
  })
  expect(data.impact).toHaveLength(7)
})

describe('gaps', () => {
  test('of everything, with places, columns and sums', async () => {
    expect(await tell('lineage', '--gaps')).toEqual([
      'SOURCE  TEXT OF                       IS       AT   REASON         COLUMNS  WHAT IS NOT KNOWN',
      'shop    s.partly                      partial  2:5  unknown_table  b, c     events is not known',
      'shop    query log, statement unknown  failed        parse_error             what?',
      '',
      'parse_error: 1 gap',
      'unknown_table: 1 gap',
      '7 of 9 statements are wholly known.',
    ])
  })

  test('of a source or an asset; one of the other organization is not told', async () => {
    const { code, data } = await place.json('lineage', 'partly', '--gaps')
    expect(code).toBe(0)
    expect(data.gaps).toMatchObject([
      { asset: 's.partly', outcome: 'partial', line: 2, position: 5, statement: 'ab', columns: ['b', 'c'] },
    ])
    expect(data.reasons).toEqual({ unknown_table: 1 })
    expect((await place.json('lineage', '--gaps', '--source', 'shop')).data).toMatchObject({
      reasons: { parse_error: 1, unknown_table: 1 },
      coverage: { statements: 9, resolved: 7, partial: 1, failed: 1 },
    })
    expect(await tell('lineage', '--gaps', '--source', 'quiet')).toEqual(['No text has been read for lineage yet.'])
    expect((await place.run('lineage', '--gaps', '--source', 'nope')).code).toBe(2)
  })
})

test('an asset is shown with where its columns come from, and what is not known', async () => {
  const { stdout } = await place.run('show', 's.totals')
  expect(stdout).toMatch(/^ {2}NAME +TYPE +NULL +FROM$/m)
  expect(stdout).toMatch(/^ {2}customer +text +yes +s\.loop\.customer, s\.orders\.customer$/m)
  expect(stdout).toContain('Lineage\n  wholly known\n')
  expect((await place.run('show', 's.partly')).stdout).toContain(
    'Lineage\n  partly known\n  2:5 unknown_table: events is not known (b, c)\n',
  )
  expect((await place.json('show', '1')).data.asset).toMatchObject({ lineage: null, columnSources: [] })
  expect((await place.json('show', '2')).data.asset).toMatchObject({
    lineage: { outcome: 'resolved', statements: 1, gaps: [] },
    columnSources: [{ downstreamColumn: 'city', upstream: 's.orders', upstreamColumn: 'ship' }, {}, {}, {}, {}, {}],
  })
})

test('the status tells how much is known of each source', async () => {
  const { data } = await place.json('status')
  expect(data.sources).toMatchObject([
    { source: 'quiet', lineage: null },
    { source: 'shop', lineage: { texts: 7, statements: 9, resolved: 7, gaps: 2 } },
  ])
  expect((await place.run('status')).stdout).toMatch(/shop .* 77 % of 9 statements/)
})

/** The lines that a Mermaid diagram of columns may hold, with nothing in quotes that ends them or means anything. */
const LABEL = String.raw`"(?:[^"\\<>&#;\x60%|\n{}[\]]|#\d+;|<br\/>)*"`
const END = String.raw`n\d+(c\d+)?`
const FORMS = [
  new RegExp(String.raw`^ {2}subgraph n\d+\[${LABEL}\]$`),
  new RegExp(String.raw`^ {4}n\d+c\d+\[${LABEL}\]$`),
  /^ {2}end$/,
  new RegExp(String.raw`^ {2}n\d+\[${LABEL}\](:::uncrawled)?$`),
  new RegExp(String.raw`^ {2}${END} (-->|-\.->)(\|${LABEL}\|)? ${END}$`),
  /^ {2}classDef uncrawled stroke-dasharray: 4 4$/,
  /^ {2}style n\d+ stroke-width:3px$/,
]

describe('diagrams of columns', () => {
  test('hold fields within their assets, hostile names within their quotes', async () => {
    const hostile = String.raw`a"b];n1--x "<b>\#;|` + '`%%{init}%%`'
    await store.sql`update tidemark.field set path = ${[hostile]}, name_key = 'z\\' where asset_id = 2 and name_key = 'odd'`
    await store.sql`update tidemark.lineage_field_edge set downstream_field = 'z\\' where downstream_id = 2 and downstream_field = 'odd'`
    for (const args of [['totals', '--columns'], ['orders.odd.one'], ['orders.note']]) {
      const [head, ...lines] = await tell('lineage', ...args, '--mermaid')
      expect(head).toBe('flowchart LR')
      for (const line of lines)
        expect(
          FORMS.some((form) => form.test(line)),
          line,
        ).toBe(true)
      const dot = parse((await tell('lineage', ...args, '--dot')).join('\n'))
      const graph = dot.children.find((child) => child.type === 'Graph')
      expect(graph?.children.filter((child) => child.type === 'Edge').length).toBeGreaterThan(0)
    }
    const mermaid = await tell('lineage', 'totals', '--columns', '--up', '--mermaid')
    expect(mermaid.filter((line) => /^ {4}n2c\d/.test(line))).toHaveLength(4)
    expect(mermaid).toContainEqual(expect.stringMatching(/^ {2}n1c\d -\.->\|"rows: filter"\| n2$/))
  })
})

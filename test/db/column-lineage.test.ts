import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../db/store.ts'
import { COLUMN_LINEAGE } from '../helpers/column-lineage.ts'
import { createStore } from '../helpers/store.ts'

let store: Store
let orders: string

beforeAll(async () => {
  store = await createStore()
  await store.sql.unsafe(COLUMN_LINEAGE)
  // Two systems have an asset so called: ids tell which is meant.
  orders = '1'
})

afterAll(() => store.close())

const rows = async (query: string) => [...(await store.sql.unsafe(query))]
const bare = (name: string) => name.replaceAll(/\bs\./g, '')

/** What is reached, as `asset.column depth` or `asset depth`. */
async function impact(column: string, asset = orders): Promise<string[]> {
  const found = await store.sql`select * from catalog.impact(${asset}, ${column})`
  return found.map((row) => `${[bare(row.asset), row.column_name ?? ''].filter(Boolean).join('.')} ${row.depth}`)
}

describe('catalog.column_lineage', () => {
  test('has live edges between live assets, with dotted columns', async () => {
    const found = await rows(`
      select upstream, upstream_column, downstream_column, influence, transformation, expression, origin, confidence, subtypes, source
      from catalog.column_lineage where downstream_id = id_of('totals') order by downstream_column, upstream`)
    expect(found.map((row) => [row.upstream, row.upstream_column, row.downstream_column, row.transformation])).toEqual([
      ['s.orders', 'ship', 'city', 'expression'],
      ['s.loop', 'customer', 'customer', 'identity'],
      ['s.orders', 'customer', 'customer', 'identity'],
      ['s.orders', 'odd.one', 'odd', 'identity'],
      ['s.orders', 'amount', 'sum', 'aggregate'],
      ['s.orders', 'note', null, 'expression'],
    ])
    expect(found[4]).toMatchObject({ expression: 'sum(amount)', origin: 'definition', confidence: 1, source: 'shop' })
    expect(found[5]).toMatchObject({ influence: 'indirect', subtypes: ['FILTER'] })
    expect(await rows(`select 1 from catalog.column_lineage where downstream = 's.gone'`)).toEqual([])
  })
})

describe('catalog.lineage_coverage and lineage_gaps', () => {
  test('sum up the texts of each source', async () => {
    expect(await rows(`select * from catalog.lineage_coverage order by source, texts desc`)).toMatchObject([
      { source: 'quiet', statements: 0, resolved: 0, partial: 0, failed: 0, unresolved_references: 0, texts: 0 },
      {
        source: 'shop',
        statements: 9,
        resolved: 7,
        partial: 1,
        failed: 1,
        unresolved_references: 1,
        texts: 7,
        gaps: 2,
      },
      { source: 'shop', statements: 1, resolved: 1, texts: 1, gaps: 0 },
    ])
  })

  test('tell each gap with its place and columns', async () => {
    expect(await rows(`select * from catalog.lineage_gaps order by reason desc`)).toMatchObject([
      {
        source: 'shop',
        asset: 's.partly',
        outcome: 'partial',
        reason: 'unknown_table',
        line: 2,
        position: 5,
        columns: ['b', 'c'],
      },
      { source: 'shop', asset: null, origin: 'log', outcome: 'failed', reason: 'parse_error', line: null, columns: [] },
    ])
  })
})

describe('impact of a column', () => {
  test('follows that column alone, through circles and diamonds, to where columns are not known', async () => {
    expect(await impact('customer')).toEqual([
      'partly 1',
      'totals.customer 1',
      'pair.customer 2',
      'top.customer 2',
      'loop.customer 3',
      'report 3',
      'board 4',
    ])
    const [, , , top] = await rows(`select owner, path from catalog.impact('1', 'customer')`)
    expect(top).toEqual({ owner: 'web', path: ['s.orders.customer', 's.totals.customer', 's.top.customer'] })
  })

  test('tells of the routine that moves it, not of all that the routine makes', async () => {
    expect(await impact('amount')).toEqual([
      'ledger.amount 1',
      'load 1',
      'partly 1',
      'totals.sum 1',
      'top.sum 2',
      'report 3',
      'board 4',
    ])
    expect(await impact('customer')).not.toContain('load 1')
  })

  test('reaches all that reads an asset whose rows it decides', async () => {
    expect(await impact('note')).toEqual(['partly 1', 'totals 1', 'pair 2', 'top 2', 'loop 3', 'report 3', 'board 4'])
  })

  test('of one that nothing reads: what is not known for sure', async () => {
    expect(await impact('unread')).toEqual(['partly 1'])
  })

  test('counts what it is nested in and what is nested in it', async () => {
    for (const column of ['ship', 'ship.city', 'SHIP.City']) expect(await impact(column)).toContain('totals.city 1')
  })

  test('takes columns whose names hold dots, and refuses those that are not there', async () => {
    expect(await impact('odd.one')).toContain('totals.odd 1')
    expect(await impact('a', 's.partly')).toEqual([])
    await expect(impact('nope')).rejects.toMatchObject({
      message: 's.orders has no column nope',
      hint: expect.stringContaining('id, customer, amount'),
    })
  })

  test('keeps organizations apart', async () => {
    expect(await impact('customer', '13')).toEqual(['totals.other 1'])
  })
})

describe('upstream of a column', () => {
  const upstream = async (asset: string, column: string, depth = 10) => {
    const found = await rows(`
      select * from tidemark.reach_columns(id_of('${asset}'), tidemark.require_field(id_of('${asset}'), '${column}'), false, ${depth})`)
    return found.map((row) => `${[bare(row.asset), row.column_name ?? ''].filter(Boolean).join('.')} ${row.depth}`)
  }

  test('is what its value is made from', async () => {
    expect(await upstream('top', 'customer')).toEqual(['totals.customer 1', 'loop.customer 2', 'orders.customer 2'])
    expect(await upstream('top', 'customer', 1)).toEqual(['totals.customer 1'])
    expect(await upstream('ledger', 'amount')).toEqual(['load 1', 'orders.amount 1'])
  })

  test('is the whole of what nobody knows better', async () => {
    expect(await upstream('partly', 'a')).toEqual(['events 1', 'orders.id 1'])
  })
})

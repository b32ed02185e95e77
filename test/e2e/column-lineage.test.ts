import { readFileSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlace, type Place } from '../cli/support.ts'
import { createEventValidator, readEvents } from '../helpers/openlineage.ts'
import { createDatabase } from '../helpers/store.ts'

/** The sample company, crawled as anybody would. */
let place: Place
let source: Awaited<ReturnType<typeof createDatabase>>

beforeAll(async () => {
  source = await createDatabase()
  await inShop(readFileSync(new URL('../../cli/sample/shop.sql', import.meta.url), 'utf8'))
  place = await createPlace()
  expect((await place.run('add', source.url, '--name', 'shop', '--yes', '--no-test')).code).toBe(0)
}, 60_000)

afterAll(async () => {
  await place[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
})

async function inShop(statements: string): Promise<void> {
  const shop = postgres(source.url, { max: 1, onnotice: () => {} })
  await shop.unsafe(statements).finally(() => shop.end())
}

const tell = async (...args: string[]) => (await place.run(...args)).stdout.replaceAll(`${source.name}.`, '').trimEnd()

test('a column of a report, down to the tables', async () => {
  expect((await tell('lineage', 'best_customers.revenue', '--up')).split('\n')).toEqual([
    'reporting.best_customers.revenue is made from 5 columns',
    '  reporting.best_customers.revenue',
    '  └─ sales.customer_value.revenue',
    '     └─ sales.order_total.total  (COALESCE(sum(t.total), (0)::numeric))',
    '        └─ sales.order_item.amount  (aggregate: sum(i.amount))',
    '           ├─ sales.order_item.quantity  (((quantity)::numeric * unit_price))',
    '           └─ sales.order_item.unit_price  (((quantity)::numeric * unit_price))',
    '  Which rows there are: sales.address.customer_id (join), sales.customer_value.customer_id (join), ' +
      'sales.customer_value.revenue (filter, sort)',
  ])
  expect(await tell('lineage', '--gaps')).toMatch(/^No gaps: \d+ of \d+ statements are wholly known\.$/)
  expect(await tell('status')).toMatch(/ 100 % of \d+ statements/)
})

test('a column that no other reads reaches nothing; one that views filter by reaches them as a whole', async () => {
  expect((await place.json('impact', 'sales.customer.email')).data.impact).toEqual([])
  const { data } = await place.json('impact', 'sales.order_total.status')
  const reached = data.impact.map((row: { asset: string; column: string | null }) => [
    row.asset.replace(`${source.name}.`, ''),
    row.column,
  ])
  expect(reached).toEqual([
    ['reporting.monthly_revenue', null],
    ['sales.customer_value', null],
    ['reporting.best_customers', null],
  ])
})

test('the export is valid and has the columns', async () => {
  const { stdout } = await place.run('export', 'openlineage')
  const validate = createEventValidator()
  const events = readEvents(stdout)
  for (const event of events) validate(event)
  const made = events.find(({ job }) => job?.name === `${source.name}.sales.order_total`)
  expect(made?.inputs?.map(({ name }) => name)).toEqual(
    ['order_item', 'orders'].map((name) => `${source.name}.sales.${name}`),
  )
  expect(made?.outputs?.[0]?.facets?.columnLineage.fields.total.inputFields).toMatchObject([
    { field: 'amount', transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION', description: 'sum(i.amount)' }] },
  ])
})

test('a view made anew is followed by the next sync', async () => {
  await inShop(`create view sales.contact as select email as address from sales.customer where marketing_consent`)
  expect((await place.run('sync', 'shop')).code).toBe(0)
  const { data } = await place.json('impact', 'sales.customer.email')
  expect(data.impact).toMatchObject([{ asset: `${source.name}.sales.contact`, column: 'address', depth: 1 }])
})

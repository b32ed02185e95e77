import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../db/store.ts'
import { COLUMN_LINEAGE } from '../helpers/column-lineage.ts'
import { createEventValidator, type LineageEvent, readEvents } from '../helpers/openlineage.ts'
import { createPlace, makeHome, type Place } from './support.ts'

const NAMESPACE = 'postgres://db:5432'
const LAST = 'z"}\u2028 é😀.x'
let place: Place
let store: Store

beforeAll(async () => {
  place = await createPlace()
  store = openStore(place.env.DATABASE_URL ?? '')
  const { sql } = store
  await sql.unsafe(COLUMN_LINEAGE)
  await sql`
    insert into tidemark.definition (asset_id, language, text)
    values (2, 'sql', 'select customer, sum(amount) from s.orders'), (8, 'plpgsql', 'begin … end'), (9, 'python', 'print(1)')`
  await sql`update tidemark.asset set comment = 'All orders' where id in (1, 2)`
  await sql`insert into tidemark.scope (source_id, key, name, status) values (1, 's', 's', 'included')`
  await sql`insert into tidemark.inventory (scope_id, key) values (1, 'orders')`
  await sql`insert into tidemark.claim (item_id, asset_id, scope_id, source_id, writes, run_id) values (1, 1, 1, 1, true, 1)`
  // A statement of the query log fills the ledger from orders, and a view of a name that nothing should trip over reads it.
  await sql`
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, upstream_id, origin, source_id, valid_from, last_seen_at)
    values (9, 1, 'relation', 's.orders', '{}', 's.orders', 1, 'log', 1, now(), now())`
  await sql`
    insert into tidemark.lineage_field_edge (text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence,
      transformation, subtypes, expression, confidence, statement_hash, valid_from)
    values (7, 9, 'customer', 1, 'customer', 'direct', 'expression', '{TRANSFORMATION}', 'md5(customer)', 1, '', now())`
  await sql`
    insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, placeholder)
    values (1, 'relation', 'zz', 'materialized view', ${[LAST]}, ${LAST}, ${LAST}, false)`
  await sql`
    insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable)
    values (15, '__proto__', '__proto__', '{__proto__}', 1, 'int', 'integer', true)`
}, 60_000)

afterAll(async () => {
  await store.close()
  await place[Symbol.asyncDispose]()
})

test('every event is valid, and the same store gives the same lines', async () => {
  const { code, stdout } = await place.run('export', 'openlineage')
  expect(code).toBe(0)
  const validate = createEventValidator()
  const events = readEvents(stdout)
  for (const event of events) validate(event)
  expect((await place.run('export', 'openlineage')).stdout).toBe(stdout)
  expect(
    events.map(({ job, dataset }) => (job === undefined ? `dataset ${dataset?.name}` : `job ${job.name}`)),
  ).toEqual([
    'job s.board',
    'dataset s.ledger',
    'job s.ledger.query_log',
    'job s.loop',
    'dataset s.orders',
    'job s.pair',
    'job s.partly',
    'job s.report',
    'job s.top',
    'job s.totals',
    `dataset ${LAST}`,
    'job s.load',
  ])
})

const find = async (name: string): Promise<LineageEvent | undefined> =>
  readEvents((await place.run('export', 'openlineage')).stdout).find(
    ({ job, dataset }) => (job ?? dataset)?.name === name,
  )

test('a view is a job that makes it, with its columns, its text and what decides its rows', async () => {
  const event = await find('s.totals')
  expect(event?.inputs).toEqual([
    { namespace: NAMESPACE, name: 's.loop' },
    { namespace: NAMESPACE, name: 's.orders' },
  ])
  expect(event?.job?.facets).toMatchObject({
    sql: { query: 'select customer, sum(amount) from s.orders' },
    jobType: { processingType: 'BATCH', integration: 'TIDEMARK', jobType: 'VIEW' },
  })
  const [output] = event?.outputs ?? []
  expect(output).toMatchObject({
    name: 's.totals',
    facets: {
      schema: { fields: [{ name: 'customer', type: 'text', ordinal_position: 1 }, {}, {}, {}] },
      dataSource: { name: NAMESPACE, uri: NAMESPACE },
      datasetType: { datasetType: 'VIEW' },
      documentation: { description: 'All orders' },
      ownership: { owners: [{ name: 'dba' }] },
    },
  })
  expect(output?.facets?.columnLineage).toMatchObject({
    fields: {
      customer: {
        inputFields: [
          { name: 's.loop', field: 'customer' },
          { name: 's.orders', field: 'customer' },
        ],
      },
      sum: {
        inputFields: [
          {
            namespace: NAMESPACE,
            name: 's.orders',
            field: 'amount',
            transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION', description: 'sum(amount)', masking: false }],
          },
        ],
      },
    },
    dataset: [{ field: 'note', transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }],
  })
})

test('a table is a dataset with nested fields; a routine and a query log are jobs that fill one', async () => {
  const orders = (await find('s.orders'))?.dataset
  expect(orders?.facets?.schema.fields[4]).toMatchObject({
    name: 'ship',
    fields: [{ name: 'city', ordinal_position: 1 }],
  })
  expect(await find('s.load')).toMatchObject({
    job: { facets: { sql: { query: 'begin … end' }, jobType: { jobType: 'PROCEDURE' } } },
    inputs: [{ name: 's.orders' }],
    outputs: [],
  })
  await store.sql`update tidemark.lineage_edge set text_id = 5 where downstream_id = 9 and upstream_id = 8`
  expect((await find('s.load'))?.outputs).toMatchObject([
    { name: 's.ledger', facets: { columnLineage: { fields: { amount: { inputFields: [{ field: 'amount' }] } } } } },
  ])
  const log = await find('s.ledger.query_log')
  expect(log?.outputs?.[0]?.facets?.columnLineage.fields).toMatchObject({
    customer: { inputFields: [{ transformations: [{ subtype: 'TRANSFORMATION', masking: true }] }] },
  })
  expect(log?.job?.facets?.sql).toBeUndefined()
  expect((await find(LAST))?.dataset?.facets?.datasetType).toMatchObject({
    datasetType: 'VIEW',
    subType: 'MATERIALIZED',
  })
})

test('into a file, of one source', async () => {
  const file = join(makeHome(), 'events.ndjson')
  expect((await place.json('export', 'openlineage', file, '--source', 'shop')).data).toEqual({ file, events: 1 })
  expect(readEvents(readFileSync(file, 'utf8')).map(({ dataset }) => dataset?.name)).toEqual(['s.orders'])
  expect((await place.run('export', 'openlineage', file)).code).toBe(2)
  expect((await place.run('export', 'openlineage', file, '--source', 'quiet', '--force')).stdout).toContain('0 events')
  expect(readFileSync(file, 'utf8')).toBe('')
  const nowhere = await place.json('export', 'openlineage', join(file, 'x'))
  expect(nowhere).toMatchObject({ code: 2, data: { error: { message: expect.stringContaining('cannot be written') } } })
  expect(existsSync(`${file}.part`)).toBe(false)
  expect((await place.run('export', 'openlineage', '--source', 'nope')).code).toBe(2)
  expect((await place.run('export', 'sources', '--source', 'shop')).code).toBe(2)
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore, type Store } from '../../db/store.ts'
import { COLUMN_LINEAGE } from '../helpers/column-lineage.ts'
import { createPlace, makeHome, type Place } from './support.ts'

const SCHEMAS = new URL('../fixtures/openlineage/', import.meta.url)

/** Validates an event and each of its facets against the schemas they name. */
function createValidator(): (event: Event) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  ajv.addFormat('uri', { validate: (text: string) => /^[\x21-\x7e]+$/.test(text) && URL.canParse(text) })
  ajv.addFormat('uuid', /^[0-9a-f-]{36}$/)
  const files = readdirSync(SCHEMAS).filter((name) => name.endsWith('.json'))
  for (const name of files) ajv.addSchema(JSON.parse(readFileSync(new URL(name, SCHEMAS), 'utf8')))
  const check = (ref: string, value: unknown) => {
    const validate = ajv.getSchema(ref)
    expect(validate, ref).toBeDefined()
    validate?.(value)
    expect(validate?.errors ?? [], JSON.stringify(value)).toEqual([])
  }
  return (event) => {
    check(event.schemaURL, event)
    check('https://openlineage.io/spec/2-0-2/OpenLineage.json', event)
    const holders = [event.job, event.dataset, ...(event.inputs ?? []), ...(event.outputs ?? [])]
    for (const holder of holders)
      for (const facet of Object.values(holder?.facets ?? {})) check(facet._schemaURL, facet)
  }
}

interface Named {
  readonly namespace: string
  readonly name: string
  // biome-ignore lint/suspicious/noExplicitAny: the schemas say what is in them
  readonly facets?: Readonly<Record<string, any>>
}

interface Event {
  readonly schemaURL: string
  readonly eventTime: string
  readonly producer: string
  readonly job?: Named
  readonly dataset?: Named
  readonly inputs?: readonly Named[]
  readonly outputs?: readonly Named[]
}

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

const parse = (text: string): readonly Event[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('every event is valid, and the same store gives the same lines', async () => {
  const { code, stdout } = await place.run('export', 'openlineage')
  expect(code).toBe(0)
  const validate = createValidator()
  const events = parse(stdout)
  for (const event of events) validate(event)
  expect((await place.run('export', 'openlineage')).stdout).toBe(stdout)
  expect(
    events.map(({ job, dataset }) => (job === undefined ? `dataset ${dataset?.name}` : `job ${job.name}`)),
  ).toEqual([
    'job s.board',
    'dataset s.ledger',
    'job s.ledger.query_log',
    'job s.load',
    'job s.loop',
    'dataset s.orders',
    'job s.pair',
    'job s.partly',
    'job s.report',
    'job s.top',
    'job s.totals',
    `dataset ${LAST}`,
  ])
})

const find = async (name: string): Promise<Event | undefined> =>
  parse((await place.run('export', 'openlineage')).stdout).find(({ job, dataset }) => (job ?? dataset)?.name === name)

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
  expect(parse(readFileSync(file, 'utf8')).map(({ dataset }) => dataset?.name)).toEqual(['s.orders'])
  expect((await place.run('export', 'openlineage', file)).code).toBe(2)
  expect((await place.run('export', 'openlineage', file, '--source', 'quiet', '--force')).stdout).toContain('0 events')
  expect(readFileSync(file, 'utf8')).toBe('')
  const nowhere = await place.json('export', 'openlineage', join(file, 'x'))
  expect(nowhere).toMatchObject({ code: 2, data: { error: { message: expect.stringContaining('cannot be written') } } })
  expect(existsSync(`${file}.part`)).toBe(false)
  expect((await place.run('export', 'openlineage', '--source', 'nope')).code).toBe(2)
  expect((await place.run('export', 'sources', '--source', 'shop')).code).toBe(2)
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import { emulatedHarness } from '../helpers/bigquery/emulated.ts'
import { type Emulator, startEmulator } from '../helpers/bigquery/emulator.ts'
import { configFor } from '../helpers/bigquery/stand-in.ts'
import { createEngine } from '../helpers/engine.ts'
import { proveEquivalence } from '../oracle/oracle.ts'
import { emulatorWorld } from '../oracle/worlds/bqemulator.ts'

const PROJECT = 'emulated'
const started = await startEmulator(PROJECT)
if ('skip' in started) console.log(`BigQuery on bqemulator is left out: ${started.skip}`)

describe.skipIf('skip' in started)('BigQuery on bqemulator', () => {
  let emulator: Emulator

  beforeAll(() => {
    if (!('skip' in started)) emulator = started
  })
  afterAll(async () => {
    await emulator[Symbol.asyncDispose]()
  })

  const config = () => ({ ...configFor(emulator.front), projects: [PROJECT], rowAccessPolicies: true })
  const dataset = (datasetId: string) => ({ datasetReference: { projectId: PROJECT, datasetId }, location: 'EU' })

  test('tables, nested columns, partitions, labels, routines and policies made through its API and by DDL', async () => {
    const { ask, query, more } = emulator
    await ask('POST', `projects/${PROJECT}/datasets`, {
      ...dataset('shop'),
      description: 'A shop.',
      labels: { env: 'prod' },
    })
    await ask('POST', `projects/${PROJECT}/datasets/shop/tables`, {
      tableReference: { projectId: PROJECT, datasetId: 'shop', tableId: 'customer' },
      description: 'Who buys.',
      labels: { pii: 'yes' },
      schema: {
        fields: [
          { name: 'id', type: 'INTEGER', mode: 'REQUIRED', description: 'The number.' },
          { name: 'address', type: 'RECORD', fields: [{ name: 'street', type: 'STRING' }] },
          { name: 'tags', type: 'STRING', mode: 'REPEATED' },
          { name: 'joined', type: 'DATE' },
        ],
      },
      timePartitioning: { type: 'DAY', field: 'joined' },
      clustering: { fields: ['id'] },
    })
    await query(
      `CREATE TABLE \`${PROJECT}.shop.orders\` (id INT64 NOT NULL, customer INT64, total NUMERIC, placed TIMESTAMP)`,
    )
    await query(`INSERT INTO \`${PROJECT}.shop.orders\` (id, customer, total) VALUES (1, 1, 2.5), (2, 1, 3.5)`)
    await query(
      `CREATE VIEW \`${PROJECT}.shop.totals\` AS SELECT customer, SUM(total) AS total FROM \`${PROJECT}.shop.orders\` GROUP BY customer`,
    )
    await query(`CREATE FUNCTION \`${PROJECT}.shop.twice\`(x INT64) RETURNS INT64 AS (x * 2)`)
    for (const day of ['20260101', '20260102']) await query(`CREATE TABLE \`${PROJECT}.shop.log_${day}\` (line STRING)`)
    // The emulator keeps a view's text to itself.
    more.set('shop.totals', {
      view: {
        query: `SELECT customer, SUM(total) AS total FROM \`${PROJECT}.shop.orders\` GROUP BY customer`,
        useLegacySql: false,
      },
    })

    await using opened = await openConnector(connector, config())
    const records = (await crawl(opened.handle)).flatMap(({ records: list }) => list)
    const by = (name: string) => records.find(({ path }) => path.at(-1) === name)
    expect(by('shop')).toMatchObject({ kind: 'dataset', comment: 'A shop.', properties: { labels: { env: 'prod' } } })
    expect(by('customer')).toMatchObject({
      kind: 'table',
      comment: 'Who buys.',
      properties: { labels: { pii: 'yes' }, partitioning: { by: 'day', column: 'joined' }, clustering: ['id'] },
    })
    expect(
      by('customer')?.fields?.map(({ name, path, nativeType, nullable }) => [path ?? name, nativeType, nullable]),
    ).toEqual([
      ['id', 'INT64', false],
      ['address', 'STRUCT', true],
      [['address', 'street'], 'STRING', true],
      ['tags', 'ARRAY<STRING>', false],
      ['joined', 'DATE', true],
    ])
    expect(by('orders')?.fields?.map(({ name, nativeType }) => `${name} ${nativeType}`)).toEqual([
      'id INT64',
      'customer INT64',
      'total NUMERIC',
      'placed TIMESTAMP',
    ])
    expect(by('log_yyyymmdd')).toMatchObject({
      kind: 'sharded table',
      properties: { shards: { count: 2, first: '20260101', last: '20260102' } },
    })
    expect(by('twice')).toMatchObject({ kind: 'function', properties: { returns: 'INT64' } })
    const preview = await opened.handle.preview?.({ group: 'relation', path: [PROJECT, 'shop', 'orders'] }, 1)
    expect(preview?.rows).toHaveLength(1)
  })

  test('a sync, one of nothing without a job, and one of changes; a view leads to its table', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, config())
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    const jobs = async () =>
      ((await emulator.ask('GET', `projects/${PROJECT}/jobs?maxResults=1000`)).jobs as unknown[]).length
    const before = await jobs()
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0, added: 0, changed: 0, removed: 0 })
    expect(await jobs()).toBe(before)
    // Its ALTER TABLE leaves the metadata as it was.
    const orders = `projects/${PROJECT}/datasets/shop/tables/orders`
    const { fields } = (await emulator.ask('GET', orders)).schema as { fields: object[] }
    await emulator.ask('PATCH', orders, { schema: { fields: [...fields, { name: 'note', type: 'STRING' }] } })
    await emulator.query(`INSERT INTO \`${PROJECT}.shop.customer\` (id) VALUES (7)`)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 0, changed: 1, removed: 0 })
    const { sql } = engine.store
    expect(
      await sql`select upstream, downstream from catalog.lineage where downstream = ${`${PROJECT}.shop.totals`}`,
    ).toEqual([{ upstream: `${PROJECT}.shop.orders`, downstream: `${PROJECT}.shop.totals` }])
  })

  describeConnector(
    connector,
    emulatedHarness(() => emulator, PROJECT),
  )

  test('incremental syncs end where a full one does', async () => {
    const seed = Number(process.env.TIDEMARK_ORACLE_SEED ?? Date.now() % 2 ** 31)
    const sequences = Number(process.env.TIDEMARK_ORACLE_SEQUENCES ?? 5)
    console.log(`bqemulator: seed ${seed}`)
    emulator.more.clear()
    const createWorld = (worldSeed: number) => emulatorWorld(emulator, PROJECT, worldSeed)
    const report = await proveEquivalence(
      { name: 'bqemulator', connector, createWorld },
      { sequences, seed, shrink: false },
    )
    console.log(`bqemulator: ${JSON.stringify(report)}`)
    expect(report.sequences).toBe(sequences)
  }, 1_800_000)
})

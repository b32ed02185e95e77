import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { type Reply, refuse } from '../helpers/bigquery/api.ts'
import { configFor, type StandIn, startStandIn, type Trouble } from '../helpers/bigquery/stand-in.ts'
import {
  addDataset,
  addProject,
  createWorld,
  datasetIn,
  patchTable,
  putTable,
  type World,
} from '../helpers/bigquery/world.ts'
import { createEngine, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { proveEquivalence } from '../oracle/oracle.ts'
import { bigqueryWorld } from '../oracle/worlds/bigquery.ts'

const DATASETS = 8
const TABLES = 1_250
const CONCURRENCY = 16

function createLarge(): World {
  const world = createWorld()
  addProject(world, 'big')
  for (let n = 0; n < DATASETS; n += 1) {
    addDataset(world, 'big', `d${n}`)
    for (let table = 0; table < TABLES; table += 1) {
      const fields = Array.from({ length: 8 }, (_, column) => ({
        name: `c${column}`,
        type: 'STRING',
        mode: 'NULLABLE',
      }))
      putTable(world, { project: 'big', dataset: `d${n}`, table: `t${table}` }, { schema: { fields } })
    }
  }
  return world
}

/** Rate limits now and then, of each kind. */
function limits(): Trouble {
  let calls = 0
  return () => {
    calls += 1
    if (calls % 1_999 === 0) return refuse(403, 'rateLimitExceeded', 'Exceeded rate limits: too many API requests.')
    return calls % 3_001 === 0 ? refuse(429, 'rateLimitExceeded', 'Too many.', { 'retry-after': '1' }) : undefined
  }
}

test('10,000 tables: bounded concurrency, rate limits waited out; a sync of nothing is a request a table and no job', async () => {
  const world = createLarge()
  await using standIn = await startStandIn(world)
  await using engine = await createEngine([connector])
  const config = { ...configFor(standIn), projects: ['big'], concurrency: CONCURRENCY }
  const source = await engine.addSource(connector, config)
  standIn.trouble = limits()
  const startedAt = performance.now()
  const first = await source.sync()
  const seconds = (performance.now() - startedAt) / 1000
  expect(first).toMatchObject({ outcome: 'succeeded', gaps: 0, added: DATASETS * TABLES + DATASETS + 1 })
  expect(standIn.most()).toBeLessThanOrEqual(CONCURRENCY)
  const [run] = await engine.store.sql`select throttles, requests from tidemark.sync_run where id = ${first.runId ?? 0}`
  expect(Number(run?.throttles)).toBeGreaterThan(3)
  expect(Number(run?.requests)).toBe(standIn.calls.length)

  standIn.calls.length = 0
  standIn.trouble = undefined
  const again = performance.now()
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0, added: 0, changed: 0, removed: 0 })
  // Of each dataset itself and its lists of tables (two pages), routines and models; of the project its datasets, twice, and connections.
  expect(standIn.calls.length).toBe(DATASETS * (TABLES + 5) + 3)
  expect(standIn.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  expect(world.projects.get('big')?.jobs).toEqual([])
  patchTable(world, { project: 'big', dataset: 'd3', table: 't7' }, { description: 'One.' })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', changed: 1, added: 0, removed: 0 })
  const { rss } = process.memoryUsage()
  console.log(
    `bigquery, 10,000 tables: full ${seconds.toFixed(1)} s, no change ${((performance.now() - again) / 1000).toFixed(1)} s (two syncs), rss ${Math.round(rss / 2 ** 20)} MiB`,
  )
}, 600_000)

/** Steps keep to what the source asks for; without it they would come back in ten minutes. */
const SOON = { 'retry-after': '0' }

describe('trouble in mid-sync removes nothing', () => {
  let engine: TestEngine
  let standIn: StandIn
  let source: TestSource
  let world: World

  beforeAll(async () => {
    world = createWorld()
    addProject(world, 'p')
    for (const dataset of ['a', 'b']) {
      addDataset(world, 'p', dataset)
      for (let n = 0; n < 1_100; n += 1) {
        putTable(
          world,
          { project: 'p', dataset, table: `t${n}` },
          { schema: { fields: [{ name: 'x', type: 'STRING' }] } },
        )
      }
    }
    standIn = await startStandIn(world)
    engine = await createEngine([connector])
    source = await engine.addSource(connector, { ...configFor(standIn), projects: ['p'] })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  })
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await standIn[Symbol.asyncDispose]()
  })

  const inDataset = (path: readonly string[], dataset: string, ...rest: string[]) =>
    path.slice(2).join('/') === ['datasets', dataset, ...rest].join('/')
  const cases: readonly { name: string; trouble: Trouble; outcome: string; category: string }[] = [
    {
      name: 'a quota used up',
      trouble: ({ path }) =>
        inDataset(path, 'a', 'tables') ? refuse(403, 'quotaExceeded', 'Quota exceeded.', SOON) : undefined,
      outcome: 'gaps',
      category: 'rate_limited',
    },
    {
      name: 'a failure in the second page',
      trouble: ({ path, query }) =>
        inDataset(path, 'a', 'tables') && query.has('pageToken')
          ? refuse(503, 'backendError', 'Try again.')
          : undefined,
      outcome: 'gaps',
      category: 'source_unavailable',
    },
    {
      name: 'no right to one dataset',
      trouble: ({ path }) =>
        inDataset(path, 'a', 'tables') ? refuse(403, 'accessDenied', 'Access Denied: bigquery.tables.list') : undefined,
      outcome: 'gaps',
      category: 'permission',
    },
    {
      name: 'no right to routines',
      trouble: ({ path }) =>
        inDataset(path, 'a', 'routines')
          ? refuse(403, 'accessDenied', 'Access Denied: bigquery.routines.list')
          : undefined,
      outcome: 'gaps',
      category: 'permission',
    },
    {
      name: 'no right to one table',
      trouble: ({ path }) =>
        inDataset(path, 'a', 'tables', 't5') ? refuse(403, 'accessDenied', 'Access Denied: Table p:a.t5') : undefined,
      outcome: 'gaps',
      category: 'permission',
    },
    {
      name: 'no right to the datasets of a project',
      trouble: ({ path }) =>
        path.at(-1) === 'datasets' ? refuse(403, 'accessDenied', 'Access Denied: Project p') : undefined,
      outcome: 'gaps',
      category: 'permission',
    },
    {
      name: 'an API that is switched off',
      trouble: () => refuse(403, 'accessNotConfigured', 'BigQuery API has not been used in project p.'),
      outcome: 'failed',
      category: 'invalid_config',
    },
    {
      name: 'a token that ran out',
      trouble: expireAfter(300),
      outcome: 'gaps',
      category: 'auth',
    },
  ]

  test.each(cases)('$name: $outcome, $category', async ({ trouble, outcome, category }) => {
    standIn.trouble = trouble
    const run = await source.sync()
    standIn.trouble = undefined
    expect(run).toMatchObject({ outcome, removed: 0, proposed: 0 })
    const told = await engine.store.sql<{ text: string }[]>`
      select to_jsonb(r)::text || coalesce((select string_agg(to_jsonb(s)::text, ' ') from tidemark.sync_scope s
                                            where s.run_id = r.id), '') as text
      from tidemark.sync_run r where r.id = ${run.runId ?? 0}`
    expect(told[0]?.text).toContain(category)
    expect(await engine.store.sql`select count(*)::int as tables from catalog.tables`).toEqual([{ tables: 2_200 }])
  })

  test('a dataset that is no longer listed, dropped or not to be seen any more, is proposed and not removed', async () => {
    const dataset = datasetIn(world, 'p', 'b')
    world.projects.get('p')?.datasets.delete('b')
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0 })
    world.projects.get('p')?.datasets.set('b', dataset)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0 })
  })
})

/** Every call after so many is refused, whoever signs in. */
function expireAfter(calls: number): Trouble {
  let left = calls
  return (): Reply | undefined => {
    left -= 1
    return left < 0 ? refuse(401, 'authError', 'Request had invalid authentication credentials.') : undefined
  }
}

test('labels are pushed to the server; every other filter is judged here, and explained', async () => {
  const world = createWorld()
  addProject(world, 'p')
  addDataset(world, 'p', 'prod', { labels: { env: 'prod', team: 'x' } })
  addDataset(world, 'p', 'prod_tmp', { labels: { env: 'prod', team: 'x' } })
  addDataset(world, 'p', 'test', { labels: { env: 'test', team: 'x' } })
  for (const table of ['orders', 'tmp_orders', 'd_20260101', 'd_20260102']) {
    putTable(world, { project: 'p', dataset: 'prod', table }, { schema: { fields: [] } })
  }
  await using standIn = await startStandIn(world)
  await using engine = await createEngine([connector])
  const filters = { labels: ['env:prod', 'team'], datasets: { deny: ['*_tmp'] }, tables: { deny: ['tmp_*'] } }
  const source = await engine.addSource(connector, { ...configFor(standIn), projects: ['p'], ...filters })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(standIn.calls.find(({ path }) => path.at(-1) === 'datasets')?.query.get('filter')).toBe(
    'labels.env:prod labels.team',
  )
  expect(
    standIn.calls.filter(
      ({ path }) => path.includes('test') || path.includes('prod_tmp') || path.includes('tmp_orders'),
    ),
  ).toEqual([])
  expect(await engine.store.sql`select table_name from catalog.tables order by 1`).toEqual([
    { table_name: 'd_yyyymmdd' },
    { table_name: 'orders' },
  ])
})

test('incremental syncs end where a full one does', async () => {
  const sequences = Number(process.env.TIDEMARK_ORACLE_SEQUENCES ?? 12)
  const seed = Number(process.env.TIDEMARK_ORACLE_SEED ?? Date.now() % 2 ** 31)
  console.log(`bigquery: seed ${seed}`)
  const report = await proveEquivalence(
    { name: 'bigquery', connector, createWorld: bigqueryWorld },
    { sequences, seed },
  )
  console.log(`bigquery: ${JSON.stringify(report)}`)
  expect(report.sequences).toBe(sequences)
}, 1_800_000)

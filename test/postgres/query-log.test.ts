import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IngestError, LoggedQuery, QueryLogVerdict } from '../../connectors/kit/index.ts'
import postgresConnector from '../../connectors/postgres/index.ts'
import { isOfInterest } from '../../connectors/postgres/query-log.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { createEngine } from '../helpers/engine.ts'
import { derivedEdges, fieldEdges } from '../lineage/sync/support.ts'
import { connectTo, onlyScope, openUrl, scratchDatabase } from './support.ts'

let directory: string
let server: Awaited<ReturnType<typeof startScratchPostgres>>
let sql: postgres.Sql

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidemark-log-'))
  server = await startScratchPostgres({
    directory,
    settings: ['shared_preload_libraries=pg_stat_statements'],
  })
  sql = connectTo(server.url)
  await sql.unsafe('create role reader login; create role writer login')
  await sql.unsafe('create database shop owner writer')
  await sql.unsafe('create database other')
  const shop = connectTo(urlOf('shop', 'postgres'))
  await shop.unsafe('create schema "odd schema"; create extension pg_stat_statements schema "odd schema"')
  await shop.end()
})
afterAll(async () => {
  await sql?.end()
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

function urlOf(database: string, user: string): string {
  const url = new URL(server.url)
  url.pathname = `/${database}`
  url.username = user
  return url.href
}

async function readLog(user: string, watermark?: string): Promise<{ queries: LoggedQuery[] } & QueryLogVerdict> {
  await using handle = await openUrl(urlOf('shop', user))
  const scope = await onlyScope(handle)
  const pages = handle.queryLog?.(scope, watermark)
  if (pages === undefined) throw new Error('no query log')
  const queries: LoggedQuery[] = []
  for (let page = await pages.next(); ; page = await pages.next()) {
    if (page.done === true) return { queries, ...page.value }
    queries.push(...page.value)
  }
}

async function run(user: string, statements: readonly string[], database = 'shop'): Promise<void> {
  const session = connectTo(urlOf(database, user))
  for (const statement of statements) await session.unsafe(statement)
  await session.end()
}

describe('pg_stat_statements', () => {
  test('without it, the way to it is told', async () => {
    const scratch = await scratchDatabase()
    try {
      await using handle = await openUrl(scratch.url)
      const error = await handle
        .queryLog?.(await onlyScope(handle))
        .next()
        .catch((thrown: unknown) => thrown as IngestError)
      expect(error).toMatchObject({
        category: 'unsupported',
        hint: expect.stringContaining('shared_preload_libraries'),
      })
      await scratch.sql.unsafe('create extension pg_stat_statements')
      const unloaded = await handle
        .queryLog?.(await onlyScope(handle))
        .next()
        .catch((thrown: unknown) => thrown as IngestError)
      expect(unloaded).toMatchObject({ category: 'unsupported' })
    } finally {
      await scratch[Symbol.asyncDispose]()
    }
  })

  test('tells the statements of the database with their calls since the watermark, and no secret', async () => {
    await run('writer', [
      'create table orders (id int, total numeric)',
      'create table sums as select id, sum(total) as total from orders group by id',
      'insert into sums select id, total from orders where id > 7',
      'insert into sums select id, total from orders where id > 8',
      "alter role writer password 'Sw0rdfish'",
      'set work_mem = 65536',
      'select 1',
    ])
    await run('postgres', ['create table elsewhere (id int)', 'select * from elsewhere'], 'other')
    await sql.unsafe('grant pg_read_all_stats to reader')
    await expect(readLog('reader')).rejects.toMatchObject({
      category: 'permission',
      hint: 'GRANT USAGE ON SCHEMA "odd schema" TO the role of the source;',
    })
    await run('postgres', ['grant usage on schema "odd schema" to reader'])
    const first = await readLog('reader')
    expect(first.error).toBeUndefined()
    const told = first.queries.filter(({ user }) => user === 'writer')
    expect(told.map(({ text }) => text).sort()).toEqual([
      'create table orders (id int, total numeric)',
      expect.stringMatching(/^create table sums as select/),
      'insert into sums select id, total from orders where id > $1',
    ])
    const insert = told.find(({ text }) => text.includes('insert'))
    expect(insert).toMatchObject({ calls: 2, user: 'writer', database: 'shop', meanMs: expect.any(Number) })
    expect(JSON.stringify(first)).not.toMatch(/Sw0rdfish|elsewhere/)
    // A crawl of its own leaves nothing in it.
    expect(first.queries.filter(({ user }) => user === 'reader')).toEqual([])

    expect((await readLog('reader', first.watermark)).queries).toEqual([])
    await run('writer', ['insert into sums select id, total from orders where id > 9'])
    const second = await readLog('reader', first.watermark)
    expect(second.queries).toEqual([expect.objectContaining({ text: insert?.text, calls: 1 })])
    await run('postgres', ['select "odd schema".pg_stat_statements_reset()'])
    await run('writer', ['insert into sums select id, total from orders where id > 9'])
    expect((await readLog('reader', second.watermark)).queries).toEqual([expect.objectContaining({ calls: 1 })])
  })

  test('becomes lineage in a sync', async () => {
    await run('writer', ['insert into sums select id, total from orders where id > 3'])
    await using engine = await createEngine([postgresConnector])
    const config = postgresConnector.manifest.fromUrl(urlOf('shop', 'reader'))
    const source = await engine.addSource(postgresConnector, config)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    expect(await derivedEdges(engine.store, 'log')).toEqual(['shop.public.orders > shop.public.sums'])
    expect(await fieldEdges(engine.store, 'sums')).toEqual(['orders.id > id', 'orders.id ~> *', 'orders.total > total'])
  })

  test('says how to see those of other roles', async () => {
    await sql.unsafe('revoke pg_read_all_stats from reader')
    await run('writer', ['select id from orders'])
    const { queries, error } = await readLog('reader')
    expect(queries.filter(({ user }) => user === 'writer')).toEqual([])
    expect(error).toMatchObject({ category: 'permission', hint: expect.stringContaining('GRANT pg_read_all_stats TO') })
  })
})

test.each([
  ['select a from b', true],
  ['  -- why\n /* x */ WITH c AS (SELECT 1) SELECT * FROM c', true],
  ['create or replace view v as select 1 from t', true],
  ['create temp table t as select 1', true],
  ['create unlogged table t (id int)', true],
  ['create materialized view m as select * from t', true],
  ['merge into t using s on true when matched then delete', true],
  ['copy t from stdin', true],
  ["copy t from program 'curl -u me:secret'", false],
  ["create user mapping for me server s options (password 'x')", false],
  ["create subscription s connection 'password=x' publication p", false],
  ["alter role x password 'y'", false],
  ['begin', false],
  ['select 1', false],
  ['select * from pg_class', true],
  ['select /* tidemark preview */ "a" as c0 from "public"."t" limit 20', false],
])('of interest: %s: %s', (text, expected) => {
  expect(isOfInterest(text, false)).toBe(expected)
  expect(isOfInterest(text, true)).toBe(expected && !text.includes('pg_class'))
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ConnectorHandle } from '../../connectors/kit/index.ts'
import connector from '../../connectors/postgres/index.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { createEngine, type TestEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createDatabase, testServer, withDatabase } from '../helpers/store.ts'

type Database = Awaited<ReturnType<typeof createDatabase>>

let engine: TestEngine
const databases: Database[] = []

beforeEach(async () => {
  engine = await createEngine([connector])
})
afterEach(async () => {
  await engine[Symbol.asyncDispose]()
  await Promise.all(databases.splice(0).map((database) => database[Symbol.asyncDispose]()))
})

async function makeDatabase(ddl: string): Promise<Database> {
  const database = await createDatabase()
  databases.push(database)
  await execute(database.url, ddl)
  return database
}

async function execute(url: string, statement: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql.unsafe(statement).finally(() => sql.end())
}

async function startServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-e2e-'))
  const server = await startScratchPostgres({ directory })
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const tables = (schema: string, count: number) =>
  Array.from({ length: count }, (_, n) => `create table ${schema}.t${n} (id int primary key, note text);`).join('\n')

/** A stamp of every row in every table but those of the runs themselves. */
async function stampStore(): Promise<Record<string, string>> {
  const names = await engine.store.sql<{ name: string }[]>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname = 'tidemark' and tablename not in ('sync_run', 'sync_request', 'sync_scope') order by 1`
  const stamps: Record<string, string> = {}
  for (const { name } of names) {
    const [row] = await engine.store.sql.unsafe(
      `select md5(coalesce(string_agg(ctid::text || xmin::text, ',' order by ctid), '')) as stamp from ${name}`,
    )
    stamps[name] = row?.stamp
  }
  return stamps
}

test("nothing touched: no row is written but the run's own; one column added: that table alone is described", async () => {
  // A server of its own: roles that other tests make on the shared one would move the gate.
  await using server = await startServer()
  const url = withDatabase(server.url, 'quiet')
  await execute(server.url, 'create database quiet')
  await execute(url, `create schema s; ${tables('s', 40)} create view s.v as select id from s.t1`)
  const source = await engine.addSource(connector, { url })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 46 })
  const before = await stampStore()
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
  expect(await stampStore()).toEqual(before)
  await execute(url, 'alter table s.t7 add column late timestamptz not null default now()')
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 1, changed: 1 })
  expect(
    await engine.store.sql`select asset, column_name, operation, severity from catalog.changes where not baseline`,
  ).toEqual([{ asset: 'quiet.s.t7', column_name: 'late', operation: 'added', severity: 'safe' }])
})

describe('what could not be seen is not gone', () => {
  test('CONNECT revoked on two of four databases', async () => {
    const role = `reader_${Date.now()}`
    const made = [await makeDatabase(tables('public', 3)), await makeDatabase(tables('public', 3))]
    made.push(await makeDatabase(tables('public', 3)), await makeDatabase(tables('public', 3)))
    const names = made.map((database) => database.name)
    await execute(testServer(), `create role ${role} login password 'secret'`)
    try {
      for (const name of names) {
        await execute(
          testServer(),
          `revoke connect on database ${name} from public; grant connect on database ${name} to ${role}`,
        )
      }
      const url = new URL(made[0]?.url ?? '')
      url.username = role
      url.password = 'secret'
      const source = await engine.addSource(connector, { url: url.href, databases: names })
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 26 })
      const before = await exportStore(engine.store)
      for (const name of names.slice(2)) await execute(testServer(), `revoke connect on database ${name} from ${role}`)
      const run = await source.sync()
      expect(run).toMatchObject({ outcome: 'gaps', gaps: 2, removed: 0, proposed: 0 })
      const [history] = await engine.store.sql`
        select error ->> 'category' as category, error ->> 'hint' as hint from tidemark.sync_run where id = ${run.runId ?? 0}`
      expect(history).toMatchObject({
        category: 'permission',
        hint: expect.stringContaining('GRANT CONNECT ON DATABASE'),
      })
      expect(firstDifference(await exportStore(engine.store), before)).toBeUndefined()
    } finally {
      await Promise.all(databases.splice(0).map((database) => database[Symbol.asyncDispose]()))
      await execute(testServer(), `drop role ${role}`)
    }
  })

  test('a source that vanishes half-way', async () => {
    const database = await makeDatabase(tables('public', 30))
    const vanishing = {
      ...connector,
      async open(...parameters: Parameters<typeof connector.open>): Promise<ConnectorHandle> {
        const handle = await connector.open(...parameters)
        return {
          ...handle,
          checks: () => handle.checks(),
          scopes: () => handle.scopes(),
          async *inventory(scope) {
            const pages = handle.inventory(scope)
            const page = await pages.next()
            if (page.done !== true) yield page.value.slice(0, 3)
            await execute(testServer(), `alter database ${database.name} allow_connections false`)
            await execute(
              testServer(),
              `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database.name}'`,
            )
            return await drain(handle.inventory(scope))
          },
          [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
        }
      },
    }
    const source = await engine.addSource(connector, { url: database.url })
    await source.sync()
    const before = await exportStore(engine.store)
    await using other = await createEngine([vanishing])
    await execute(database.url, 'create table public.new (id int)')
    Object.assign(engine.deps, { registry: other.deps.registry })
    const run = await source.sync()
    expect(run.outcome).toBe('failed')
    expect(run).toMatchObject({ removed: 0, proposed: 0 })
    const [history] = await engine.store.sql`select error from tidemark.sync_run where id = ${run.runId ?? 0}`
    expect(history?.error).toMatchObject({
      category: 'source_unavailable',
      message: expect.stringContaining('not currently accepting connections'),
    })
    expect(firstDifference(await exportStore(engine.store), before)).toBeUndefined()

    expect(await source.sync()).toMatchObject({ outcome: 'failed', removed: 0, proposed: 0 })
  })
})

async function drain<T, R>(pages: AsyncGenerator<T, R, void>): Promise<R> {
  while (true) {
    const page = await pages.next()
    if (page.done === true) return page.value
  }
}

test('a schema dropped with 60 tables of 100 is held, and approval removes it', async () => {
  const database = await makeDatabase(`create schema big; ${tables('big', 60)} ${tables('public', 40)}`)
  const source = await engine.addSource(connector, { url: database.url })
  await source.sync()
  await execute(database.url, 'drop schema big cascade')
  expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 61 })
  await source.approveAll()
  expect(await source.sync({ trigger: 'approval' })).toMatchObject({ outcome: 'succeeded', removed: 61 })
  const left = await engine.store.sql`select count(*)::int as count from catalog.tables`
  expect(left).toEqual([{ count: 40 }])
})

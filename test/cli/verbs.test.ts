import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { createDatabase } from '../helpers/store.ts'
import { createPlace, makeHome, spawnTidemark, tidemark } from './support.ts'

function makeFile(): string {
  const path = join(makeHome(), 'shop.db')
  change(
    path,
    'create table customer (id integer primary key, email text); create view emails as select email from customer',
  )
  return path
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path)
  database.exec(sql)
  database.close()
}

test('help is quick to come and names every verb', async () => {
  const { code, stdout } = await spawnTidemark(['--help'], {})
  expect(code).toBe(0)
  for (const verb of [
    'up',
    'add',
    'test',
    'plan',
    'sync',
    'runs',
    'run',
    'show',
    'search',
    'changes',
    'pause',
    'resume',
  ]) {
    expect(stdout).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'))
  }
})

test.each([
  [['bogus'], "unknown command 'bogus'"],
  [['sync', '--ful'], "unknown option '--ful'"],
  [['run'], "missing required argument 'id'"],
  [['runs', '--limit', 'x'], 'whole number'],
  [['add', 'shop.db', '--schedule', '61 * * * *'], 'minute "61"'],
  [['add', 'postgrs://u@h/d'], 'no connector knows postgrs: URLs'],
  [['connectors', 'sqlit'], 'unknown connector "sqlit"'],
])('%j is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await tidemark(args, { TIDEMARK_HOME: makeHome() })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(`error: `)
  expect(stderr).toContain(message)
  expect(stderr).toContain('hint: ')
})

test('a source from its first day to its last', async () => {
  await using place = await createPlace()
  const path = makeFile()
  const added = await place.json(
    'add',
    path,
    '--name',
    'shop',
    '--yes',
    '--schedule',
    'every 10m',
    '--label',
    'team=web',
  )
  expect(added.code).toBe(0)
  expect(added.data).toMatchObject({
    source: { name: 'shop', connector: 'sqlite', schedule: 'every 10m' },
    checks: expect.arrayContaining([expect.objectContaining({ status: 'passed' })]),
    run: { outcome: 'succeeded', added: 3, actor: 'tester' },
  })

  change(path, 'alter table customer add column name text')
  expect((await place.json('plan', 'shop')).data.scopes).toMatchObject([{ scope: 'shop.db', describe: 1, absent: 0 }])
  const synced = await place.run('sync', 'shop')
  expect(synced.code).toBe(0)
  expect(synced.stdout).toMatch(/^shop: succeeded in .* 1 described, 1 changed \(run 3\)\n$/)
  const changes = (await place.json('changes', 'shop')).data.changes
  expect(changes).toMatchObject([
    { asset: '"shop.db".customer', column: 'name', operation: 'added', severity: 'safe', runId: 3 },
  ])

  const { data } = await place.json('show', 'customer')
  expect(data.asset).toMatchObject({ kind: 'table', source: 'shop', downstream: [{ asset: '"shop.db".emails' }] })
  expect(data.asset.columns.map((column: { column: string }) => column.column)).toEqual(['id', 'email', 'name'])
  expect((await place.json('show', 'custmer')).data.error.hint).toBe('Did you mean "shop.db".customer?')
  expect((await place.json('search', 'email', 'cust')).data.assets[0]).toMatchObject({ asset: '"shop.db".customer' })
  expect((await place.json('run', '3')).data).toMatchObject({
    run: { source: 'shop' },
    scopes: [{ scope: 'shop.db', described: 1 }],
  })
  expect((await place.json('runs', 'shop')).data.runs.map((run: { mode: string }) => run.mode)).toEqual([
    'incremental',
    'plan',
    'incremental',
  ])

  expect((await place.run('pause', 'shop')).code).toBe(0)
  expect((await place.json('sources')).data.sources).toMatchObject([
    { source: 'shop', status: 'paused', nextSyncAt: null },
  ])
  expect((await place.run('remove', 'shop')).code).toBe(2)
  expect(await place.json('remove', 'shop', '--yes')).toEqual({
    code: 0,
    data: { source: { name: 'shop' }, removedAssets: 3 },
  })
  expect((await place.json('sources')).data).toEqual({ sources: [] })
})

test('exit codes and streams are those of a process', async () => {
  const home = makeHome()
  const [usage, failed] = await Promise.all([
    spawnTidemark(['sync', '--ful'], { TIDEMARK_HOME: home }),
    spawnTidemark(['runs', '--json'], { TIDEMARK_HOME: home, DATABASE_URL: 'postgres://u@127.0.0.1:1/d' }),
  ])
  expect(usage).toEqual({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^error: unknown option '--ful'\nhint: /),
  })
  expect(failed.code).toBe(1)
  expect(JSON.parse(failed.stdout)).toEqual({
    error: {
      category: 'dependency_unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
      hint: expect.any(String),
    },
  })
})

test('sql reads, and only reads, one statement', async () => {
  await using place = await createPlace()
  const rows = await place.json(
    'sql',
    "select count(*), 1.5 as half, null as none, '{1,2}'::int[] as list from catalog.tables;",
  )
  expect(rows).toEqual({ code: 0, data: [{ count: 0, half: 1.5, none: null, list: [1, 2] }] })
  expect((await place.run('sql', 'select 1 as a, null as b')).stdout).toBe('a  b\n1\n')
  for (const statement of ['create table t ()', 'delete from tidemark.asset', 'select 1; select 2', 'selct']) {
    expect(await place.json('sql', statement)).toMatchObject({
      code: 2,
      data: { error: { category: 'invalid_config' } },
    })
  }
})

test('held removals end with 3 until they are approved', async () => {
  await using place = await createPlace()
  await using source = await createDatabase()
  const sql = postgres(source.url, { max: 1, onnotice: () => {} })
  for (const n of Array.from({ length: 15 }, (_, index) => index))
    await sql.unsafe(`create schema if not exists s; create table s.t${n} (a int)`)
  expect((await place.run('add', source.url, '--name', 'pg', '--yes', '--no-test')).code).toBe(0)
  await sql.unsafe('drop schema s cascade')
  const held = await place.run('sync', 'pg')
  expect(held.code).toBe(3)
  expect(held.stderr).toContain('tidemark approve pg --list')
  const { data } = await place.json('approve', 'pg', '--list')
  expect(data.proposals).toHaveLength(16)
  expect(data.proposals[0]).toMatchObject({ reason: 'budget', status: 'open' })
  const approved = await place.json('approve', 'pg')
  expect(approved).toMatchObject({ code: 0, data: { run: { outcome: 'succeeded', removed: 16, trigger: 'approval' } } })
  await sql.end()
})

test('a source that is gone fails, says what to do, and removes nothing', async () => {
  await using place = await createPlace()
  const source = await createDatabase()
  expect((await place.run('add', source.url, '--name', 'pg', '--yes')).code).toBe(0)
  await source[Symbol.asyncDispose]()
  const { code, data } = await place.json('sync', 'pg')
  expect({ code, outcome: data.runs[0].outcome, removed: data.runs[0].removed }).toEqual({
    code: 1,
    outcome: 'failed',
    removed: 0,
  })
  const doctor = await place.json('doctor')
  expect(doctor.code).toBe(1)
  expect(doctor.data.findings).toContainEqual(
    expect.objectContaining({ name: 'source pg', status: 'failed', fix: 'tidemark test pg' }),
  )
  expect((await place.json('test', 'pg')).code).toBe(1)
})

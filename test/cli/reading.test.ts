import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateStore } from '../../db/migrate.ts'
import { CLI_READER_ROLE } from '../../db/reader.ts'
import { createDatabase } from '../helpers/store.ts'
import { createPlace, type Environment, makeHome, type Place, tidemark } from './support.ts'

const LOGIN = `reader_${process.pid}`
let place: Place
let readerUrl: string

beforeAll(async () => {
  place = await createPlace()
  const file = join(mkdtempSync(join(tmpdir(), 'tidemark-reading-')), 'shop.db')
  const shop = new DatabaseSync(file)
  shop.exec('create table orders (id integer primary key, total real); create view big as select * from orders')
  shop.close()
  expect(await place.run('add', file, '--name', 'shop', '--yes')).toMatchObject({ code: 0 })
  await asAdmin(place.env.DATABASE_URL as string, async (sql) => {
    // Roles are the server's: other suites may make the same one.
    await sql.unsafe(
      `do $$ begin create role ${CLI_READER_ROLE}; exception when duplicate_object or unique_violation then null; end $$`,
    )
    await sql.unsafe(`create role ${LOGIN} login in role ${CLI_READER_ROLE}`)
  })
  await migrateStore(place.env.DATABASE_URL as string)
  const url = new URL(place.env.DATABASE_URL as string)
  url.username = LOGIN
  readerUrl = url.href
})
afterAll(async () => {
  await asAdmin(place.env.DATABASE_URL as string, (sql) => sql.unsafe(`drop role ${LOGIN}`))
  await place[Symbol.asyncDispose]()
})

async function asAdmin(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await work(sql).finally(() => sql.end())
}

const READING: readonly (readonly string[])[] = [
  ['sources'],
  ['show', 'shop'],
  ['show', 'orders'],
  ['search', 'order'],
  ['lineage', 'orders.total'],
  ['lineage', 'big', '--columns'],
  ['lineage', '--gaps'],
  ['impact', 'orders.total'],
  ['runs'],
  ['runs', 'shop'],
  ['run', '1'],
  ['changes', '--baseline'],
  ['sql', 'select count(*) as tables from catalog.tables'],
]

const WRITING: readonly (readonly string[])[] = [
  ['sync'],
  ['sync', 'shop'],
  ['plan', 'shop'],
  ['pause', 'shop'],
  ['schedule', 'shop', 'none'],
  ['remove', 'shop', '--yes'],
  ['maintain'],
  ['approve', 'shop'],
]

describe.each(['the role of a reader', 'TIDEMARK_READ_ONLY'])('with %s', (how) => {
  const env = (): Environment => ({
    // A home without a master key.
    TIDEMARK_HOME: makeHome(),
    ...(how === 'TIDEMARK_READ_ONLY'
      ? { DATABASE_URL: place.env.DATABASE_URL, TIDEMARK_READ_ONLY: '1' }
      : { DATABASE_URL: readerUrl }),
  })

  test.each(READING)('%s %s tells what it tells everybody', async (...args) => {
    // Text tells times as so long ago.
    const found = await tidemark([...args, '--json'], env())
    expect(found).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(found.stdout)).toEqual((await place.json(...args)).data)
  })

  test.each(WRITING)('%s %s is refused', async (...args) => {
    const { code, stderr } = await tidemark(args, env())
    expect(stderr).toMatch(/needs to write, but (TIDEMARK_READ_ONLY is set|reader_\d+ may only read the store)/)
    expect(code).toBe(2)
  })
})

test('a reader gets at no secret, and makes no store', async () => {
  await asAdmin(readerUrl, async (sql) => {
    await expect(sql`select secrets from tidemark.source`).rejects.toThrow('permission denied')
    await expect(sql`update tidemark.source set name = 'x'`).rejects.toThrow('permission denied')
    expect([...(await sql`select table_name from catalog.tables order by 1`)]).toHaveLength(2)
  })
  await using empty = await createDatabase()
  const env = { DATABASE_URL: empty.url, TIDEMARK_READ_ONLY: '1', TIDEMARK_HOME: makeHome() }
  expect(await tidemark(['sources'], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no Tidemark store in that database yet'),
  })
})

test('DATABASE_URL may name a file that holds it', async () => {
  const path = join(makeHome(), 'url')
  writeFileSync(path, `${place.env.DATABASE_URL}\n`)
  const { stdout } = await tidemark(['sources'], { ...place.env, DATABASE_URL: `\${file:${path}}` })
  expect(stdout).toContain('shop')
})

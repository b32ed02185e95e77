import { writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import postgres from 'postgres'
import { expect, test } from 'vitest'
import { makeMasterKeyText } from '../../db/vault.ts'
import { createDatabase } from '../helpers/store.ts'
import { createPlace, makeHome, type Place, tidemark } from './support.ts'

function makeFile(): string {
  const path = join(makeHome(), 'shop.db')
  const database = new DatabaseSync(path)
  database.exec('create table customer (id integer primary key)')
  database.close()
  return path
}

/** A server that talks, but not as PostgreSQL does. */
async function otherServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

const countSources = async (place: Place) =>
  (await place.json('sql', 'select count(*)::int as n from catalog.sources')).data[0].n

test('what is wrong with a new source is told, and nothing is saved', async () => {
  await using place = await createPlace()
  await using other = await otherServer()
  const path = makeFile()
  const refused = async (code: number, message: string, ...args: string[]) => {
    const { code: found, stderr } = await place.run('add', ...args, '--yes')
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('s3cr3t')
    expect(found).toBe(code)
  }
  await refused(2, 'minute "61": got value 61 expected range 0-59', path, '--schedule', '61 * * * *')
  await refused(2, 'unknown key pth (did you mean path?)', path, '--set', 'pth=1')
  await refused(2, "cannot be a source's name", path, '--name', 'a/b')
  await refused(2, 'NO_SUCH is not set', 'postgres://u@127.0.0.1/d', '--password-env', 'NO_SUCH')
  await refused(1, 'ECONNREFUSED', 'postgres://u:s3cr3t@127.0.0.1:1/d')
  await refused(2, 'does not answer like PostgreSQL', `postgres://u:s3cr3t@127.0.0.1:${other.port}/d`)
  expect(await countSources(place)).toBe(0)
})

test('a name is taken once', async () => {
  await using place = await createPlace()
  const path = makeFile()
  expect((await place.run('add', path, '--name', 'shop', '--yes', '--no-sync')).code).toBe(0)
  const second = await place.run('add', path, '--name', 'shop', '--yes', '--no-sync')
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('a source named shop exists already') })
  expect(await countSources(place)).toBe(1)
})

test('bad settings are told with line and column before anything is started', async () => {
  const home = makeHome()
  const config = join(home, 'bad.yaml')
  writeFileSync(config, 'window: 4\nbatches: 3\n')
  const { code, stderr } = await tidemark(['up'], { TIDEMARK_HOME: home, TIDEMARK_CONFIG: config })
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringContaining(`error: ${config}:2:10: unknown key batches (did you mean batch?)`),
  })
})

test('a wrong master key, or none, is refused', async () => {
  await using place = await createPlace()
  expect((await place.run('add', makeFile(), '--name', 'shop', '--yes', '--no-sync')).code).toBe(0)
  const wrong = await tidemark(['sync'], { ...place.env, TIDEMARK_MASTER_KEY: makeMasterKeyText() })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('wrong master key') })
  const none = await tidemark(['sync'], { ...place.env, TIDEMARK_HOME: makeHome() })
  expect(none).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('master.key does not exist, but this store holds secrets'),
  })
  expect((await place.json('runs')).data.runs).toEqual([])
})

test('a store from a newer Tidemark is left alone', async () => {
  await using place = await createPlace()
  const sql = postgres(place.env.DATABASE_URL ?? '', { max: 1 })
  await sql`update tidemark.store set minimum_migrations = 999`
  const { code, stderr } = await place.run('runs')
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('made by a newer Tidemark') })
  await sql.end()
})

test('a store that is none is told', async () => {
  await using other = await otherServer()
  const url = `postgres://u:s3cr3t@127.0.0.1:${other.port}/d`
  const attempt = (DATABASE_URL: string) => tidemark(['runs'], { DATABASE_URL, TIDEMARK_HOME: makeHome() })
  const silent = await attempt(url)
  const absent = await attempt('postgres://u@127.0.0.1:1/d')
  const wrong = await attempt('mysql://u@127.0.0.1/d')
  expect(silent.code).toBe(1)
  expect(silent.stderr).toContain('does not answer like PostgreSQL')
  expect(silent.stderr).not.toContain('s3cr3t')
  expect(absent).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('hint: Check that the PostgreSQL in DATABASE_URL is up'),
  })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_URL is not a PostgreSQL URL') })
})

test('a Temporal that does not answer is told; --local does without', async () => {
  await using place = await createPlace({ TEMPORAL_ADDRESS: '127.0.0.1:1' })
  await using source = await createDatabase()
  expect((await place.run('add', source.url, '--name', 'pg', '--yes', '--local')).code).toBe(0)
  const { code, stderr } = await place.run('sync', 'pg')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('Temporal at 127.0.0.1:1 does not answer'),
  })
})

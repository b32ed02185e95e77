import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres, startScratchPostgres } from '../../runtime/postgres.ts'
import { platformPackage } from '../../runtime/postgres-binaries.ts'
import { waitFor } from '../../runtime/process.ts'
import { isAlive } from '../../runtime/process-table.ts'
import { accountOf, cleanUp, makeFolder, query, startOwner } from './support.ts'

const asRoot = process.getuid?.() === 0
const running: { stop(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})
afterAll(cleanUp)
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

async function start(
  home: string,
  options: { port?: number; onStatus?: (message: string) => void } = {},
): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home, ...options })
  running.push(server)
  return server
}

describe('a first start', () => {
  test('makes a sound store that nobody else can enter, and a second keeps its data, port and password', async () => {
    const home = makeFolder()
    const first = await start(home)
    expect(first.url).toMatch(/^postgres:\/\/tidemark:[0-9a-f]{48}@127\.0\.0\.1:\d+\/tidemark$/)
    const names = [
      'data_checksums',
      'fsync',
      'synchronous_commit',
      'jit',
      'shared_buffers',
      'listen_addresses',
      'server_encoding',
    ]
    const columns = names.map((name) => `current_setting('${name}') as ${name}`)
    expect(
      await query(first.url, `select ${columns}, rolsuper from pg_roles where rolname = current_user`),
    ).toMatchObject([
      {
        data_checksums: 'on',
        fsync: 'on',
        synchronous_commit: 'on',
        jit: 'off',
        shared_buffers: '128MB',
        listen_addresses: '127.0.0.1',
        server_encoding: 'UTF8',
        rolsuper: false,
      },
    ])
    await expect(query(first.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1')).rejects.toThrow(
      /password authentication/,
    )
    await expect(query(first.url.replace('tidemark:', 'postgres:'), 'select 1')).rejects.toThrow(
      /password authentication/,
    )
    expect(statSync(join(home, 'postgres', 'connection.json')).mode & 0o777).toBe(0o600)
    await query(first.url, 'create table kept (a int); insert into kept values (1)')
    await first.stop()
    await first.stop()

    const second = await start(home)
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'select a from kept')).toEqual([{ a: 1 }])
  })

  test.runIf(asRoot)('works as root, under a folder closed to others and under one that is not', async () => {
    for (const mode of [0o700, 0o711]) {
      const server = await start(join(makeFolder(mode), 'deep', 'home'))
      expect(accountOf(server.pid)).not.toBe('root')
      expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    }
  })

  test('is undone when it was interrupted, and a folder with other files is refused', async () => {
    const home = makeFolder()
    const directory = join(home, 'postgres')
    mkdirSync(join(directory, 'init-0123456789ab', 'base'), { recursive: true })
    await (await start(home)).stop()
    expect(readdirSync(directory).filter((name) => name.startsWith('init-'))).toEqual([])

    rmSync(join(directory, 'data', 'PG_VERSION'))
    await expect(start(home)).rejects.toMatchObject({ category: 'invalid_config', message: /PG_VERSION is missing/ })
  })
})

describe('the port', () => {
  let blocker: Server | undefined
  afterEach(() => blocker?.close())

  test('is another one when busy, unless it was asked for', async () => {
    const home = makeFolder()
    const first = await start(home)
    await first.stop()
    await new Promise<void>((resolve) => {
      blocker = createServer().listen(first.port, '127.0.0.1', resolve)
    })
    await expect(start(home, { port: first.port })).rejects.toMatchObject({
      category: 'invalid_config',
      code: 'EADDRINUSE',
    })
    const messages: string[] = []
    const second = await start(home, { onStatus: (message) => messages.push(message) })
    expect(second.port).not.toBe(first.port)
    expect(messages.join()).toContain(`port ${first.port} is in use`)
  })
})

describe('a death', () => {
  test('of the server is mended by its owner, at the same address', async () => {
    const server = await start(makeFolder())
    await query(server.url, 'create table kept (a int); insert into kept values (1)')
    const before = server.pid
    process.kill(before, 'SIGKILL')
    await waitFor('another server', () => server.pid !== before, { timeoutMs: 10_000 })
    expect(await query(server.url, 'select a from kept')).toEqual([{ a: 1 }])
  })

  test('of the owner leaves a server that the next one takes over', async () => {
    const home = makeFolder()
    const owner = await startOwner('postgres', home)
    await expect(start(home)).rejects.toMatchObject({
      category: 'dependency_unavailable',
      message: new RegExp(`^Another tidemark \\(pid ${owner.pid}\\) owns`),
    })
    await query(owner.server.url, 'create table kept (a int); insert into kept values (1)')
    await owner.kill()
    expect(isAlive(owner.server.pid)).toBe(true)

    const messages: string[] = []
    const server = await start(home, { onStatus: (message) => messages.push(message) })
    expect(isAlive(owner.server.pid)).toBe(false)
    expect(messages.join()).toContain('left running')
    expect(server.url).toBe(owner.server.url)
    expect(await query(server.url, 'select a from kept')).toEqual([{ a: 1 }])
  })

  test('of owner and server together is recovered from, even when another process has the id by now', async () => {
    const home = makeFolder()
    const owner = await startOwner('postgres', home)
    await query(owner.server.url, 'create table kept (a int); insert into kept values (1)')
    await owner.kill()
    process.kill(owner.server.pid, 'SIGKILL')
    await waitFor('its death', () => !isAlive(owner.server.pid), { timeoutMs: 5_000 })
    const note = join(home, 'postgres', 'data', 'postmaster.pid')
    writeFileSync(note, readFileSync(note, 'utf8').replace(/^\d+/, String(process.pid)))
    expect(await query((await start(home)).url, 'select a from kept')).toEqual([{ a: 1 }])
  })
})

describe('what cannot be used is told', () => {
  test('data of another major version', async () => {
    const home = makeFolder()
    await (await start(home)).stop()
    writeFileSync(join(home, 'postgres', 'data', 'PG_VERSION'), '15\n')
    await expect(start(home)).rejects.toMatchObject({ code: 'data_version', message: /PostgreSQL 15; .*PostgreSQL 18/ })
  })

  test('settings that do not start, with the log; and a lost password is made anew', async () => {
    const home = makeFolder()
    await (await start(home)).stop()
    const config = join(home, 'postgres', 'data', 'postgresql.conf')
    const sound = readFileSync(config, 'utf8')
    writeFileSync(config, `${sound}\nshared_buffers = nonsense\n`)
    await expect(start(home)).rejects.toMatchObject({ category: 'dependency_unavailable', message: /nonsense/ })

    writeFileSync(config, sound)
    rmSync(join(home, 'postgres', 'connection.json'))
    expect(await query((await start(home)).url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('scratch clusters', () => {
  test('run side by side, with settings, and a password when wanted', async () => {
    const directory = makeFolder()
    const [open, closed] = await Promise.all([
      startScratchPostgres({ directory, settings: ['wal_level=logical'] }),
      startScratchPostgres({ directory, password: 'letmein' }),
    ])
    running.push(open, closed)
    expect(
      await query(open.url, "select current_setting('wal_level') as level, current_setting('fsync') as fsync"),
    ).toEqual([{ level: 'logical', fsync: 'off' }])
    expect(await query(closed.url, 'select current_user::text as who')).toEqual([{ who: 'postgres' }])
    await expect(query(closed.url.replace('letmein', 'wrong'), 'select 1')).rejects.toThrow(/password authentication/)
  })

  test('run from a package whose install script has not run, in a folder closed to others', async () => {
    const directory = makeFolder()
    const native = join(directory, 'package', 'native')
    const installed = fileURLToPath(import.meta.resolve(platformPackage()))
    cpSync(join(dirname(installed), '..', 'native'), native, { recursive: true, verbatimSymlinks: true })
    for (const { target } of JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))) {
      rmSync(join(native, '..', target), { force: true })
    }
    const server = await startScratchPostgres({ directory, binDirectory: join(native, 'bin') })
    running.push(server)
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    expect(existsSync(join(directory, 'package', 'native', 'pg-symlinks.json'))).toBe(true)
  })
})

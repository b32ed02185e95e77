import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import {
  connect,
  contextOf,
  crawl,
  failureOf,
  itemsOf,
  list,
  open,
  recordsOf,
  run,
  temporaryFolder,
} from './support.ts'

const TWO = 'CREATE TABLE a(b); CREATE TABLE c(d); INSERT INTO a VALUES (1)'

function digest(folder: string): Record<string, string> {
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, name)))
      .digest('hex')
  return Object.fromEntries(readdirSync(folder).map((name) => [name, hash(name)]))
}

/** A folder with a good file and another one that `spoil` makes. */
function folderWith(spoil: (file: string) => void): { folder: string; bad: string } {
  const folder = temporaryFolder()
  run(path.join(folder, 'good.db'), TWO)
  const bad = path.join(folder, 'bad.db')
  spoil(bad)
  return { folder, bad }
}

/** The bad file is listed, without a fingerprint; reading it fails, and reading the good one does not. */
async function expectGap(folder: string, failure: object): Promise<void> {
  const handle = await open(folder)
  const { scopes, complete } = await handle.scopes()
  expect(complete).toBe(true)
  expect(scopes.map(({ key }) => key)).toEqual(['bad.db', 'good.db'])
  expect(scopes.map(({ fingerprint }) => fingerprint === undefined)).toEqual([true, false])
  expect(await failureOf(itemsOf(handle, { key: 'bad.db', name: 'bad.db' }))).toMatchObject({
    hint: expect.any(String),
    ...failure,
  })
  expect(await itemsOf(handle, { key: 'good.db', name: 'good.db' })).toHaveLength(3)
}

test('a file locked by a writer is a gap of its own', async () => {
  const { folder, bad } = folderWith((file) => run(file, TWO))
  const writer = connect(bad)
  writer.exec('BEGIN EXCLUSIVE')
  await expectGap(folder, {
    category: 'source_unavailable',
    message: expect.stringContaining('bad.db: is locked by another process'),
  })
  writer.exec('ROLLBACK')
  expect(await crawl(bad)).toHaveLength(3)
})

test('a lock that ends in time is waited for, without blocking the event loop', async () => {
  const { bad } = folderWith((file) => run(file, TWO))
  const writer = connect(bad)
  writer.exec('BEGIN EXCLUSIVE; CREATE TABLE e(f)')
  const handle = await open(bad, { lockTimeoutMs: 20_000 })
  const items = itemsOf(handle, { key: 'bad.db', name: 'bad.db' })
  await sleep(120)
  writer.exec('COMMIT')
  expect(await items).toHaveLength(4)
})

test('a WAL database locked for one process alone', async () => {
  const { folder, bad } = folderWith((file) => run(file, `PRAGMA journal_mode = WAL; ${TWO}`))
  connect(bad).exec('PRAGMA locking_mode = EXCLUSIVE; INSERT INTO a VALUES (2)')
  await expectGap(folder, { category: 'source_unavailable' })
})

test('damaged schema pages', async () => {
  const { folder } = folderWith((file) => {
    run(file, TWO)
    const bytes = readFileSync(file)
    bytes.fill(0xff, 100, 2000)
    writeFileSync(file, bytes)
  })
  await expectGap(folder, { category: 'data_integrity', message: expect.stringMatching(/^bad\.db: /) })
})

test('a truncated file', async () => {
  const { folder } = folderWith((file) => {
    run(file, TWO)
    writeFileSync(file, readFileSync(file).subarray(0, 3000))
  })
  await expectGap(folder, { category: 'data_integrity' })
})

test('a schema that does not parse', async () => {
  const { folder } = folderWith((file) => {
    run(file, TWO)
    run(file, `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE a(' WHERE name = 'a'`)
  })
  await expectGap(folder, { category: 'data_integrity', message: expect.stringContaining('malformed database schema') })
})

test('a format from the future', async () => {
  const { folder, bad } = folderWith((file) => run(file, TWO))
  const bytes = readFileSync(bad)
  bytes.writeUInt32BE(99, 44)
  writeFileSync(bad, bytes)
  await expectGap(folder, { category: 'unsupported' })
})

test.each([
  ['text', 'hello'],
  ['long text', 'hello '.repeat(2000)],
])('no database: %s', async (_, content) => {
  const { folder } = folderWith((file) => writeFileSync(file, content))
  await expectGap(folder, { category: 'invalid_config', message: 'bad.db: file is not a database' })
})

test('a file without a byte is an empty database', async () => {
  const file = path.join(temporaryFolder(), 'empty.db')
  writeFileSync(file, '')
  expect([...(await crawl(file)).keys()]).toEqual(['empty\\.db'])
  expect((await list(file)).scopes[0]?.fingerprint).toEqual(expect.any(String))
})

test('a transaction that died with its writer: only a writer can undo it', async () => {
  const { folder, bad } = folderWith((file) => {
    const source = `${file}.source`
    run(source, TWO)
    const writer = new DatabaseSync(source)
    // A tiny cache makes SQLite write changed pages, and so its journal, before the commit.
    writer.exec('PRAGMA cache_size = 1; BEGIN; CREATE TABLE big(x)')
    writer.exec(
      'INSERT INTO big SELECT randomblob(2000) FROM json_each(json_array(1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,7,8,9,0))',
    )
    copyFileSync(source, file)
    copyFileSync(`${source}-journal`, `${file}-journal`)
    writer.close()
  })
  expect(readFileSync(`${bad}-journal`).length).toBeGreaterThan(512)
  const before = digest(folder)
  await expectGap(folder, { category: 'source_unavailable' })
  expect(digest(folder)).toEqual(before)
})

test.each(['DELETE', 'WAL', 'TRUNCATE', 'PERSIST'])(
  'journal mode %s: nothing is written, nothing is made',
  async (mode) => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'f.db')
    run(
      file,
      `PRAGMA journal_mode = ${mode}; ${TWO}; CREATE VIRTUAL TABLE ft USING fts5(x); CREATE VIEW v AS SELECT * FROM ft`,
    )
    const before = digest(folder)
    await list(folder)
    expect((await crawl(file)).size).toBeGreaterThan(3)
    const handle = await open(folder)
    for (const check of handle.checks()) await check.run()
    expect(digest(folder)).toEqual(before)
  },
)

test('a WAL database in use: what is committed in the WAL is read, and stays unwritten', async () => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'f.db')
  const writer = connect(file)
  writer.exec(`PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; ${TWO}`)
  const names = async () => [...(await recordsOf(file)).keys()]
  const fingerprint = async () => (await list(file)).scopes[0]?.fingerprint
  const first = await fingerprint()
  expect(await names()).toEqual(['a', 'c'])
  writer.exec('CREATE TABLE e(f)')
  const second = await fingerprint()
  expect(second).not.toBe(first)
  writer.exec('BEGIN IMMEDIATE; CREATE TABLE pending(f)')
  const before = digest(folder)
  expect(await fingerprint()).toBe(second)
  expect(await names()).toEqual(['a', 'c', 'e'])
  // The -shm file holds the readers' marks.
  expect({ ...digest(folder), 'f.db-shm': '' }).toEqual({ ...before, 'f.db-shm': '' })
  writer.exec('COMMIT')
  expect(await names()).toEqual(['a', 'c', 'e', 'pending'])
})

const asNobody = process.getuid?.() === 0 ? test : test.skip

/** Runs as an account that owns nothing. */
async function withoutRights<T>(action: () => Promise<T>): Promise<T> {
  process.seteuid?.(65_534)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}

asNobody('a WAL database in a folder that cannot be written to', async () => {
  const folder = temporaryFolder()
  const file = path.join(folder, 'f.db')
  run(file, `PRAGMA journal_mode = WAL; ${TWO}`)
  chmodSync(folder, 0o555)
  expect(await withoutRights(() => crawl(file))).toHaveLength(3)
})

asNobody('a WAL left behind in a folder that cannot be written to', async () => {
  const folder = temporaryFolder()
  const [file, copy] = [path.join(folder, 'f.db'), path.join(folder, 'copy.db')]
  connect(file).exec(`PRAGMA journal_mode = WAL; ${TWO}`)
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  chmodSync(folder, 0o555)
  const failure = await withoutRights(() => failureOf(crawl(copy)))
  expect(failure).toMatchObject({ category: 'source_unavailable', hint: expect.stringContaining('-shm') })
})

asNobody('a file and a folder without the right to read them', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  run(path.join(folder, 'a.db'), TWO)
  mkdirSync(path.join(folder, 'closed'), { mode: 0o700 })
  run(path.join(folder, 'closed', 'b.db'), TWO)
  chmodSync(path.join(folder, 'a.db'), 0o600)
  const { listing, failure } = await withoutRights(async () => {
    const handle = await open(folder)
    const found = await handle.scopes()
    return { listing: found, failure: await failureOf(itemsOf(handle, { key: 'a.db', name: 'a.db' })) }
  })
  expect(failure.category).toBe('permission')
  expect(listing).toMatchObject({
    scopes: [{ key: 'a.db' }],
    leftOut: [{ key: 'closed/', reason: 'permission' }],
    complete: false,
  })
  chmodSync(folder, 0o700)
  expect(await withoutRights(() => failureOf(list(folder)))).toMatchObject({ category: 'permission' })
})

/** 600 views: three pages. */
const MANY = `CREATE TABLE base(a); PRAGMA writable_schema = ON;
  WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 600)
  INSERT INTO sqlite_schema SELECT 'view', 'v' || i, 'v' || i, 0, 'CREATE VIEW v' || i || ' AS SELECT a FROM base' FROM n`

test('DDL while a WAL database is read: the snapshot of the beginning, whole', async () => {
  const file = path.join(temporaryFolder(), 'f.db')
  run(file, `PRAGMA journal_mode = WAL; ${MANY}`)
  const writer = connect(file)
  writer.exec('INSERT INTO base VALUES (1)')
  const keys: string[] = []
  for await (const page of (await open(file)).inventory({ key: 'f.db', name: 'f.db' })) {
    if (keys.length === 0) writer.exec('ALTER TABLE base RENAME COLUMN a TO b; DROP VIEW v600; CREATE TABLE late(x)')
    for (const { key, records } of page) {
      keys.push(key)
      if (records?.[0]?.kind === 'view') expect(records[0].fields?.[0]?.name).toBe('a')
    }
  }
  expect(keys).toHaveLength(602)
  expect(await crawl(file)).toHaveLength(602)
})

test.each([
  ['DELETE', 'its schema changed while it was being read'],
  ['WAL', 'was written to while it was being read'],
])('DDL between two pages of an idle %s database: no mixture, and the writer does not wait', async (mode, message) => {
  const file = path.join(temporaryFolder(), 'f.db')
  run(file, `PRAGMA journal_mode = ${mode}; ${MANY}`)
  const reading = (async () => {
    let pages = 0
    for await (const _ of (await open(file)).inventory({ key: 'f.db', name: 'f.db' })) {
      pages += 1
      if (pages === 1) run(file, 'DROP VIEW v600')
    }
  })()
  expect(await failureOf(reading)).toMatchObject({ category: 'source_unavailable', message: `f.db: ${message}` })
  expect(await crawl(file)).toHaveLength(601)
})

test('data written between two pages is no schema change', async () => {
  const file = path.join(temporaryFolder(), 'f.db')
  run(file, MANY)
  let count = 0
  for await (const page of (await open(file)).inventory({ key: 'f.db', name: 'f.db' })) {
    count += page.length
    run(file, 'INSERT INTO base VALUES (1)')
  }
  expect(count).toBe(602)
})

test('abort and disposal close the file', async () => {
  const file = path.join(temporaryFolder(), 'f.db')
  run(file, MANY)
  const abort = new AbortController()
  const handle = await open(file, {}, abort.signal)
  const reader = handle.inventory({ key: 'f.db', name: 'f.db' })
  await reader.next()
  abort.abort()
  await expect(reader.next()).rejects.toThrow('This operation was aborted')
  await expect(handle.scopes()).rejects.toThrow('This operation was aborted')
  const other = await open(file)
  const abandoned = other.inventory({ key: 'f.db', name: 'f.db' })
  await abandoned.next()
  await other[Symbol.asyncDispose]()
  run(file, 'PRAGMA journal_mode = WAL')
  expect(contextOf().signal.aborted).toBe(false)
  onTestFinished(() => void abandoned.return({ listing: 'partial' }))
})

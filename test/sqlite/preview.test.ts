import path from 'node:path'
import { expect, test } from 'vitest'
import { type ConnectorHandle, IngestError, type Preview } from '../../connectors/kit/index.ts'
import { connect, open, run, temporaryFolder } from './support.ts'

function makeFile(sql: string): string {
  const file = path.join(temporaryFolder(), 'shop.db')
  run(file, sql)
  return file
}

async function preview(handle: ConnectorHandle, name: string, limit = 20, file = 'shop.db'): Promise<Preview> {
  if (handle.preview === undefined) throw new Error('no preview')
  return await handle.preview({ group: 'relation', path: [file, name] }, limit)
}

async function refusal(promise: Promise<unknown>): Promise<IngestError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof IngestError)) throw new Error(`not refused: ${String(error)}`)
  return error
}

test('rows come with their types, long values cut, at most as many as asked for', async () => {
  const handle = await open(
    makeFile(`
      CREATE TABLE "odd ""one""" (a INTEGER, b TEXT, c BLOB, "d "" e" REAL, f);
      INSERT INTO "odd ""one""" VALUES (1, 'text', x'0102', 1.5, NULL), (9007199254740993, 't', 7, 'b', 'bx');
      CREATE TABLE wide (t TEXT, b BLOB);
      INSERT INTO wide VALUES (printf('%.100000c', 'x'), zeroblob(100000));
      CREATE VIEW many AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n`),
  )
  expect(await preview(handle, 'odd "one"')).toEqual({
    columns: [
      { name: 'a', nativeType: 'INTEGER' },
      { name: 'b', nativeType: 'TEXT' },
      { name: 'c', nativeType: 'BLOB' },
      { name: 'd " e', nativeType: 'REAL' },
      { name: 'f', nativeType: '' },
    ],
    rows: [
      [1, 'text', "x'0102'", 1.5, null],
      ['9007199254740993', 't', 7, 'b', 'bx'],
    ],
  })
  const [[text, blob] = []] = (await preview(handle, 'wide')).rows
  expect(text).toBe(`${'x'.repeat(1_000)}…`)
  expect(blob).toBe(`x'${'00'.repeat(500)}…'`)
  expect((await preview(handle, 'many', 7)).rows).toHaveLength(7)
  expect((await preview(handle, 'many', 1_000_000)).rows).toHaveLength(1_000)
})

test('a view without an end is given up after 3 seconds, or at once when asked to', async () => {
  const file = makeFile(`
    CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n`)
  const started = performance.now()
  expect(await refusal(preview(await open(file), 'endless'))).toMatchObject({ category: 'timeout' })
  expect(performance.now() - started).toBeLessThan(8_000)
  const controller = new AbortController()
  const running = preview(await open(file, {}, controller.signal), 'endless').catch(() => 'ended')
  const aborted = performance.now()
  controller.abort()
  expect(await running).toBe('ended')
  expect(performance.now() - aborted).toBeLessThan(1_000)
})

test('what is locked, not there, or left out is told', async () => {
  const file = makeFile('CREATE TABLE t (a INTEGER); CREATE TABLE kept (a INTEGER)')
  const handle = await open(file, { tables: { deny: ['kept'] } })
  expect(await refusal(preview(handle, "nowhere'; --"))).toMatchObject({ category: 'not_found' })
  expect(await refusal(preview(handle, 'kept'))).toMatchObject({ category: 'permission' })
  expect(await refusal(preview(handle, 't', 1, '../other.db'))).toMatchObject({ category: 'not_found' })
  expect(await refusal(preview(handle, 't', 1, 'second.db'))).toMatchObject({ category: 'not_found' })
  connect(file).exec('BEGIN EXCLUSIVE')
  expect(await refusal(preview(handle, 't'))).toMatchObject({
    category: 'source_unavailable',
    message: expect.stringContaining('is locked'),
  })
})

test('rows are counted where ANALYZE has counted them', async () => {
  const file = makeFile(`
    CREATE TABLE counted (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX some ON counted (b) WHERE b = 'y';
    INSERT INTO counted (b) VALUES ('x'), ('x'), ('y'); CREATE TABLE left_out (a); INSERT INTO left_out VALUES (1)`)
  const numbers = async () => {
    const handle = await open(file, { tables: { deny: ['left_out'] } })
    const all = []
    for await (const page of handle.statistics?.({ key: 'shop.db', name: 'shop.db' }) ?? []) all.push(...page)
    return all
  }
  expect(await numbers()).toEqual([])
  run(file, 'ANALYZE')
  expect(await numbers()).toEqual([{ group: 'relation', path: ['shop.db', 'counted'], rowCount: 3 }])
})

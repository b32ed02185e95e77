import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { nameKey } from '../../connectors/kit/index.ts'
import connector from '../../connectors/sqlite/index.ts'
import { crawl, failureOf, itemsOf, list, open, run, temporaryFolder } from './support.ts'

const { manifest } = connector
const keysOf = async (folder: string, options?: object) => (await list(folder, options)).scopes.map(({ key }) => key)

/** A folder with these files, each a database. */
function folderOf(...files: string[]): string {
  const folder = temporaryFolder()
  for (const file of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    run(path.join(folder, file), 'CREATE TABLE t(a)')
  }
  return folder
}

describe('the walk', () => {
  const all = ['a.db', 'b.sqlite', 'sub/c.sqlite3', 'sub/deep/d.db3', 'e.data', '.hidden.db', '.git/f.db', 'G.DB']

  test('defaults: the usual suffixes, folders inside, nothing hidden', async () => {
    const { scopes, leftOut, complete } = await list(folderOf(...all))
    expect(scopes.map(({ key }) => key)).toEqual(['a.db', 'b.sqlite', 'sub/c.sqlite3', 'sub/deep/d.db3'])
    // A suffix in capitals does not fit the default patterns; it is told, not silently missed.
    expect(leftOut).toMatchObject([{ key: 'G.DB', reason: 'filtered' }])
    expect(complete).toBe(true)
  })

  test('patterns, recursion and filters', async () => {
    const folder = folderOf(...all)
    expect(await keysOf(folder, { pattern: '*.data' })).toEqual(['e.data'])
    expect(await keysOf(folder, { pattern: ['*.data', 'a*'], recursive: false })).toEqual(['a.db', 'e.data'])
    const { scopes, leftOut } = await list(folder, { files: { allow: ['sub/*', 'a.db'], deny: ['*deep*'] } })
    expect(scopes.map(({ key }) => key)).toEqual(['a.db', 'sub/c.sqlite3'])
    const reasons = Object.fromEntries(leftOut.map(({ key, reason, message }) => [key, `${reason}: ${message}`]))
    expect(reasons).toMatchObject({
      'b.sqlite': 'filtered: no allow pattern fits',
      'sub/deep/d.db3': 'filtered: denied by pattern "*deep*"',
    })
  })

  test('a pattern for everything takes no WAL or journal for a database', async () => {
    const folder = folderOf('a.db')
    for (const suffix of ['wal', 'shm', 'journal']) writeFileSync(path.join(folder, `a.db-${suffix}`), '')
    expect(await keysOf(folder, { pattern: '*' })).toEqual(['a.db'])
  })

  test('links to files count, broken ones are unavailable, links to folders are not followed', async () => {
    const folder = folderOf('a.db', 'sub/b.db')
    symlinkSync(path.join(folder, 'a.db'), path.join(folder, 'link.db'))
    symlinkSync(path.join(folder, 'nowhere'), path.join(folder, 'broken.db'))
    symlinkSync(folder, path.join(folder, 'sub', 'loop.db'))
    const { scopes, leftOut } = await list(folder)
    expect(scopes.map(({ key }) => key)).toEqual(['a.db', 'link.db', 'sub/b.db'])
    expect(leftOut).toMatchObject([{ key: 'broken.db', reason: 'unavailable' }])
  })

  test('names that are no text are told, and names of every kind are opened', async () => {
    const names = ['per%20cent.db', 'quest?ion.db', 'ha#sh.db', "quo'te.db", 'sp ace.db', 'ünï.db', 'back\\slash.db']
    const folder = folderOf(...names)
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff]), Buffer.from('.db')]), '')
    const { scopes, leftOut } = await list(folder)
    expect(scopes.map(({ key }) => key).sort()).toEqual([...names].sort())
    expect(scopes.every(({ fingerprint }) => fingerprint !== undefined)).toBe(true)
    expect(leftOut).toMatchObject([{ key: 'bad-\ufffd.db', reason: 'unavailable' }])
    for (const name of names) expect([...(await crawl(path.join(folder, name))).keys()]).toContain(nameKey([name, 't']))
    // Immutable opening goes through a URL with a query of its own.
    for (const name of names) run(path.join(folder, name), 'PRAGMA journal_mode = WAL')
    for (const name of names) expect(await crawl(path.join(folder, name))).toHaveLength(2)
  })

  test('an empty folder is complete; a missing path is an error, and so is a file that went away', async () => {
    const folder = temporaryFolder()
    expect(await list(folder)).toEqual({ scopes: [], leftOut: [], complete: true })
    expect(await failureOf(list(path.join(folder, 'gone')))).toMatchObject({ category: 'not_found' })
    expect(await failureOf(list(path.join(folder, 'gone.db')))).toMatchObject({ category: 'not_found' })
    run(path.join(folder, 'a.db'), 'CREATE TABLE t(a)')
    const handle = await open(folder)
    const [scope] = (await handle.scopes()).scopes
    rmSync(path.join(folder, 'a.db'))
    if (scope === undefined) throw new Error('no scope')
    expect(await failureOf(itemsOf(handle, scope))).toMatchObject({ category: 'not_found' })
  })

  test('neither a file nor a folder', async () => {
    expect(await failureOf(list('/dev/null'))).toMatchObject({ category: 'invalid_config' })
  })

  test('one file: its folder is the namespace, its name the scope', async () => {
    const folder = folderOf('odd.name', 'b.db')
    expect(await keysOf(path.join(folder, 'odd.name'))).toEqual(['odd.name'])
    const config = (target: string) => manifest.config.parse({ path: target })
    expect(manifest.namespace(config(path.join(folder, 'odd.name')))).toBe(`sqlite://${folder}`)
    expect(manifest.namespace(config(folder))).toBe(`sqlite://${folder}`)
    expect(manifest.namespace(config(`${folder}/`))).toBe(`sqlite://${folder}`)
    expect(manifest.namespace(config('/no/such/shop.db'))).toBe('sqlite:///no/such')
    expect(manifest.suggestName(config('/no/such/shop.db'))).toBe('shop')
    expect(manifest.suggestName(config(folder))).toBe(path.basename(folder))
  })
})

describe('the manifest', () => {
  test.each([
    ['sqlite:///abs/shop.db', { path: '/abs/shop.db' }],
    ['sqlite:////abs/shop.db', { path: '/abs/shop.db' }],
    ['sqlite:///a%20b/%23.db', { path: '/a b/#.db' }],
    ['sqlite:data/shop.db', { path: path.resolve('data/shop.db') }],
    ['sqlite3:/abs', { path: '/abs' }],
    [
      'SQLite:///abs?pattern=*.x&pattern=*.y&recursive=false',
      { path: '/abs', pattern: ['*.x', '*.y'], recursive: false },
    ],
    ['data/sh%20op.db', { path: path.resolve('data/sh%20op.db') }],
    ['/abs/what?.db', { path: '/abs/what?.db' }],
  ])('%s', (url, expected) => {
    expect(manifest.fromUrl(url)).toEqual(expected)
    manifest.config.parse(manifest.fromUrl(url))
  })

  test.each(['sqlite://host/shop.db', 'sqlite:', 'sqlite:///a?pattern=', 'sqlite:%zz'])('refused: %s', (url) => {
    expect(() => manifest.config.parse(manifest.fromUrl(url))).toThrow()
  })

  test('paths it takes', () => {
    const folder = folderOf('a.db', 'plain')
    mkdirSync(path.join(folder, 'empty'))
    writeFileSync(path.join(folder, 'notes.txt'), 'SQLite')
    const accepts = (target: string) => manifest.acceptsPath?.(target)
    expect(['a.db', 'plain', 'not-yet.SQLITE3', ''].map((name) => accepts(path.join(folder, name)))).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect(['notes.txt', 'empty', 'missing'].map((name) => accepts(path.join(folder, name)))).toEqual([
      false,
      false,
      false,
    ])
    expect(accepts('postgres://host/shop.db')).toBe(false)
    expect(accepts(pathToFileURL(folder).href)).toBe(false)
  })

  test('the example is valid', () => {
    expect(manifest.config.parse(manifest.example)).toMatchObject({ lockTimeoutMs: 2_000 })
  })
})

describe('checks', () => {
  const results = async (target: string, options?: object) => {
    const handle = await open(target, options)
    const run = async (check: { run: () => Promise<string | undefined> }) =>
      check.run().catch((error) => error.category)
    return Promise.all(handle.checks().map(run))
  }

  test('good, missing, empty, filtered', async () => {
    const folder = folderOf('a.db', 'b.db')
    expect(await results(folder)).toEqual(['a folder', '2 files', '2 objects in 2 files'])
    expect(await results(path.join(folder, 'a.db'))).toEqual(['a file', '1 file', '1 object in 1 file'])
    expect(await results(path.join(folder, 'c.db'))).toEqual(['not_found', 'not_found', 'not_found'])
    expect(await results(temporaryFolder())).toEqual(['a folder', '0 files', '0 objects in 0 files'])
    const left = await results(path.join(folder, 'a.db'), { files: { deny: ['*'] } })
    expect(left).toEqual(['a file', 'invalid_config', 'invalid_config'])
  })

  test('one bad file among good ones is told, and bad ones alone fail', async () => {
    const folder = folderOf('a.db')
    writeFileSync(path.join(folder, 'bad.db'), 'no database at all')
    expect((await results(folder))[2]).toBe('1 object in 1 file; not read: bad.db: file is not a database')
    expect((await results(path.join(folder, 'bad.db')))[2]).toBe('invalid_config')
  })
})

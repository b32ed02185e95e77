import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { extractFile } from '../../runtime/archive.ts'
import { locateTemporal } from '../../runtime/temporal-binary.ts'
import { INSTALL_METHODS, TEMPORAL_FILE } from '../../runtime/temporal-install.ts'
import { cleanUp, makeFolder } from './support.ts'

afterEach(() => vi.unstubAllGlobals())
afterAll(cleanUp)

const script = '#!/bin/sh\necho "temporal version 9.9.9 (Server 8.8.8, UI 7.7.7)"\n'

/** A folder with `package/temporal` in it, and both kinds of archive of it. */
function makeArchives(): { tar: Buffer; zip: Buffer } {
  const folder = makeFolder()
  mkdirSync(join(folder, 'package'))
  writeFileSync(join(folder, 'package', 'LICENSE'), 'x'.repeat(700))
  writeFileSync(join(folder, 'package', TEMPORAL_FILE), script, { mode: 0o755 })
  execFileSync('tar', ['--format=pax', '-czf', 'a.tar.gz', 'package'], { cwd: folder })
  execFileSync('python3', ['-m', 'zipfile', '-c', 'a.zip', 'package'], { cwd: folder })
  return { tar: readFileSync(join(folder, 'a.tar.gz')), zip: readFileSync(join(folder, 'a.zip')) }
}

test('one file is taken out of a tar.gz and a zip; anything else is refused', async () => {
  const { tar, zip } = makeArchives()
  expect((await extractFile(tar, TEMPORAL_FILE)).toString()).toBe(script)
  expect((await extractFile(zip, TEMPORAL_FILE)).toString()).toBe(script)
  await expect(extractFile(tar, 'other')).rejects.toThrow(/holds no file/)
  await expect(extractFile(Buffer.from('<html>'), TEMPORAL_FILE)).rejects.toThrow(/holds no file/)
})

describe('the official download', () => {
  test('falls back to the latest when the pinned one is gone, and is cached', async () => {
    const { tar } = makeArchives()
    const asked: string[] = []
    vi.stubGlobal('fetch', (url: string) => {
      asked.push(new URL(url).pathname)
      return Promise.resolve(
        url.includes('/latest') ? new Response(new Uint8Array(tar)) : new Response('', { status: 404 }),
      )
    })
    const cache = makeFolder()
    const env = { ...process.env, PATH: '', TIDEMARK_TEMPORAL_BIN: '', XDG_CACHE_HOME: cache, HOME: cache }
    const found = await locateTemporal({ env })
    expect(found).toMatchObject({ version: '9.9.9 (Server 8.8.8)', source: expect.stringContaining('official') })
    expect(asked).toEqual([expect.stringMatching(/v\d/), '/cli/archive/latest'])
    expect(statSync(String(found?.path)).mode & 0o111).toBe(0o111)
    expect(await locateTemporal({ env })).toMatchObject({ path: found?.path, source: 'the cache' })
  })

  test('says so when there is no network', async () => {
    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('fetch failed', { cause })))
    await expect(INSTALL_METHODS[0]?.install(makeFolder(), undefined)).rejects.toThrow('no network')
  })
})

test('a program that was named but does not run is an error', async () => {
  const env = { ...process.env, TIDEMARK_TEMPORAL_BIN: process.execPath }
  await expect(locateTemporal({ env })).rejects.toMatchObject({ category: 'invalid_config' })
})

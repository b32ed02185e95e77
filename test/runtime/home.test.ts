import { spawnSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readRuntimeFile, removeRuntimeFile, tidemarkHome, writeRuntimeFile } from '../../runtime/home.ts'
import { takeLock } from '../../runtime/lock.ts'
import { freePort } from '../../runtime/process.ts'
import { isAlive, processStamp } from '../../runtime/process-table.ts'
import { cleanUp, makeFolder } from './support.ts'

afterAll(cleanUp)

const info = {
  pid: process.pid,
  startedAt: '2026-01-02T03:04:05.000Z',
  databaseUrl: 'postgres://tidemark:secret@127.0.0.1:1/tidemark',
  version: '0.1.0',
}

describe('tidemarkHome', () => {
  test('is TIDEMARK_HOME, else .tidemark in the home', () => {
    expect(tidemarkHome({ TIDEMARK_HOME: '/srv/tide' })).toBe('/srv/tide')
    expect(tidemarkHome({ TIDEMARK_HOME: '~/tide', HOME: '/home/a' })).toBe('/home/a/tide')
    expect(tidemarkHome({ HOME: '/home/a' })).toBe('/home/a/.tidemark')
    expect(tidemarkHome({})).toBe(join(homedir(), '.tidemark'))
  })
})

describe('the runtime file', () => {
  test('is read back, for its owner alone, and removed', async () => {
    const home = makeFolder()
    await writeRuntimeFile(home, { ...info, temporalAddress: '127.0.0.1:2', httpPort: 3 })
    expect(statSync(join(home, 'runtime.json')).mode & 0o777).toBe(0o600)
    expect(await readRuntimeFile(home)).toEqual({ ...info, temporalAddress: '127.0.0.1:2', httpPort: 3 })
    await removeRuntimeFile(home)
    expect(await readRuntimeFile(home)).toBeUndefined()
  })

  test('of a dead process, of a reused id, or spoilt, is ignored', async () => {
    const home = makeFolder()
    const path = join(home, 'runtime.json')
    const dead = spawnSync(process.execPath, ['--version']).pid
    await writeRuntimeFile(home, info)
    const written = readFileSync(path, 'utf8')
    for (const text of [
      JSON.stringify({ ...JSON.parse(written), pid: dead }),
      JSON.stringify({ ...JSON.parse(written), processStamp: 'another time' }),
      written.slice(0, 20),
      '{}',
    ]) {
      writeFileSync(path, text)
      expect(await readRuntimeFile(home)).toBeUndefined()
    }
    writeFileSync(path, written)
    expect(await readRuntimeFile(home)).toEqual(info)
  })
})

test('a lock has one owner, is told of, and can be taken again', async () => {
  const path = join(makeFolder(), 'lock')
  const lock = await takeLock(path, 'the thing')
  await expect(takeLock(path, 'the thing')).rejects.toThrow(/owns the thing/)
  lock.release()
  const again = await takeLock(path, 'the thing')
  again.release()
})

test('processes have a stamp that does not change, the dead have none', async () => {
  const dead = spawnSync(process.execPath, ['--version']).pid
  expect(await processStamp(process.pid)).toBe(await processStamp(process.pid))
  expect(await processStamp(dead)).toBeUndefined()
  expect([isAlive(process.pid), isAlive(dead), isAlive(0), isAlive(-1)]).toEqual([true, false, false, false])
})

test('a free port keeps to the preferred one and avoids others', async () => {
  const port = await freePort()
  expect(await freePort(port)).toBe(port)
  expect(await freePort(port, [port])).not.toBe(port)
})

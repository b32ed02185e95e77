import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { findSourceByName } from '../../db/sources.ts'
import { createKeyRing, type KeyRing, makeMasterKeyText, openSecrets, parseMasterKey } from '../../db/vault.ts'
import { loadKeyRing } from '../../services/master-key.ts'
import { rotateKeys } from '../../services/rotate-key.ts'
import { addSource } from '../../services/sources.ts'
import { requestSync } from '../../services/sync.ts'
import { listed, type Script, scriptedConnector, thing } from '../helpers/synthetic/scripted.ts'
import { checkedConnector, createContext, honour, type TestContext } from './support.ts'

const makeHome = () => mkdtempSync(join(tmpdir(), 'tidemark-rotate-'))

/** A context whose keys are those of a home's files. */
async function withHome(context: TestContext, home: string) {
  return { ...context, keyRing: await loadKeyRing({ home, store: context.store, env: {} }) }
}

async function addSources(context: Parameters<typeof addSource>[0], count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await addSource(context, { name: `s${n}`, connector: 'checked', config: { host: 'h', token: `tok-${n}` } })
  }
}

async function secretsOf(context: TestContext, keyRing: KeyRing, name: string): Promise<Record<string, string>> {
  const row = await findSourceByName(context.store, 'default', name)
  if (row === undefined) throw new Error(`no source ${name}`)
  return openSecrets(keyRing, row, name)
}

const stored = async (context: TestContext) =>
  await context.store.sql<{ key: string; data: string }[]>`
    select master_key_id as key, encode(data_key, 'hex') || encode(secrets, 'hex') as data from tidemark.source order by id`

test('a home gets a new key; every source moves to it, audited, and the old key is kept apart', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const ours = await withHome(context, home)
  await addSources(ours, 3)
  const before = readFileSync(join(home, 'master.key'), 'utf8')
  const old = ours.keyRing.keys()[0].id
  const rotation = await rotateKeys(ours, { home, dataKeys: false, env: {} })
  expect(rotation).toMatchObject({ sources: ['s0', 's1', 's2'], failed: [] })
  expect(rotation.masterKeyId).not.toBe(old)
  expect((await stored(context)).map(({ key }) => key)).toEqual(Array(3).fill(rotation.masterKeyId))
  expect(readFileSync(join(home, 'master.key.previous'), 'utf8')).toBe(before)
  for (const file of ['master.key', 'master.key.previous']) expect(statSync(join(home, file)).mode & 0o777).toBe(0o600)
  // A process that starts with the new key alone can do everything; one with the old alone is refused.
  const alone = createKeyRing(parseMasterKey(readFileSync(join(home, 'master.key'), 'utf8'), 'test'))
  expect(await secretsOf(context, alone, 's1')).toEqual({ token: 'tok-1' })
  await expect(
    loadKeyRing({ home, store: context.store, env: { TIDEMARK_MASTER_KEY: before.trim() } }),
  ).rejects.toThrow('wrong master key')
  const audits = await context.store.sql`select subject, detail from tidemark.audit_log where action = 'source.rekey'`
  expect(audits).toHaveLength(3)
  expect(audits[0]).toMatchObject({ detail: { from: old, to: rotation.masterKeyId } })
})

test('with --data-keys nothing of what was stored is left', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const ours = await withHome(context, home)
  await addSources(ours, 2)
  const before = await stored(context)
  await rotateKeys(ours, { home, dataKeys: false, env: {} })
  const wrapped = await stored(context)
  await rotateKeys(ours, { home, dataKeys: true, env: {} })
  const anew = await stored(context)
  const secretsPart = (rows: typeof before) => rows.map(({ data }) => data.slice(120))
  expect(secretsPart(wrapped)).toEqual(secretsPart(before))
  expect(secretsPart(anew)).not.toEqual(secretsPart(wrapped))
  expect(await secretsOf(context, ours.keyRing, 's1')).toEqual({ token: 'tok-1' })
})

test('keys from the environment: the first seals, all open; a new one cannot be made there', async () => {
  await using context = await createContext([checkedConnector([])])
  const [old, next] = [makeMasterKeyText(), makeMasterKeyText()]
  const load = async (keys: string) => {
    const env = { TIDEMARK_MASTER_KEY: keys }
    return { ...context, env, keyRing: await loadKeyRing({ home: '/nowhere', store: context.store, env }) }
  }
  const before = await load(old)
  await addSources(before, 2)
  const settings = { home: '/nowhere', dataKeys: false }
  await expect(rotateKeys(before, { ...settings, env: before.env })).rejects.toMatchObject({
    category: 'invalid_config',
    hint: expect.stringContaining('openssl rand -base64 32'),
  })
  const both = await load(`${next}, ${old}`)
  expect(await secretsOf(context, both.keyRing, 's0')).toEqual({ token: 'tok-0' })
  expect((await rotateKeys(both, { ...settings, env: both.env })).sources).toEqual(['s0', 's1'])
  const after = await load(next)
  expect(await secretsOf(context, after.keyRing, 's0')).toEqual({ token: 'tok-0' })
  await expect(load(old)).rejects.toThrow('wrong master key')
})

test('one cut short is taken up again, and makes no further key', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const ours = await withHome(context, home)
  await addSources(ours, 4)
  // The process ends after the second source: its transaction never commits.
  let moved = 0
  const begin = ours.store.sql.begin.bind(ours.store.sql)
  const dying = vi.spyOn(ours.store.sql, 'begin').mockImplementation((async (work: never) => {
    moved += 1
    if (moved > 2) throw new Error('the process is gone')
    return await begin(work)
  }) as never)
  await expect(rotateKeys(ours, { home, dataKeys: false, env: {} })).rejects.toThrow('the process is gone')
  dying.mockRestore()
  const half = (await stored(context)).map(({ key }) => key)
  expect(new Set(half).size).toBe(2)
  // Whoever has the home, and whoever comes new, opens all of them in between.
  for (const ring of [ours.keyRing, (await withHome(context, home)).keyRing]) {
    for (let n = 0; n < 4; n += 1) expect(await secretsOf(context, ring, `s${n}`)).toEqual({ token: `tok-${n}` })
  }
  const key = readFileSync(join(home, 'master.key'), 'utf8')
  expect((await rotateKeys(ours, { home, dataKeys: false, env: {} })).sources).toEqual(['s2', 's3'])
  expect(readFileSync(join(home, 'master.key'), 'utf8')).toBe(key)
  expect(new Set((await stored(context)).map((row) => row.key)).size).toBe(1)
})

test('a source under a key that nobody has is told, and the others move', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const ours = await withHome(context, home)
  await addSources(ours, 2)
  const stranger = { ...context, keyRing: createKeyRing(parseMasterKey(makeMasterKeyText(), 'test')) }
  await addSource(stranger, { name: 'lost', connector: 'checked', config: { host: 'h', token: 't' } })
  const { sources, failed } = await rotateKeys(ours, { home, dataKeys: false, env: {} })
  expect(sources).toEqual(['s0', 's1'])
  expect(failed).toEqual([{ source: 'lost', message: expect.stringContaining('source lost were encrypted with key') }])
})

test('a running process notices a new key, and goes on with those it knows while the file is bad', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const running = await withHome(context, home)
  await addSources(running, 1)
  const path = join(home, 'master.key')
  const old = readFileSync(path, 'utf8').trim()
  const next = makeMasterKeyText()
  writeFileSync(path, `${next}\n${old}\n`)
  expect(running.keyRing.keys().map(({ id }) => id)).toEqual([next, old].map((text) => parseMasterKey(text, 'test').id))
  writeFileSync(path, 'rubbish')
  expect(await secretsOf(context, running.keyRing, 's0')).toEqual({ token: 'tok-0' })
})

test('rotated in a loop under syncs that rotate their tokens: nothing is lost, nothing fails', async () => {
  const script: Script = {}
  const connector = scriptedConnector(script)
  await using context = await createContext([connector])
  const home = makeHome()
  const ours = await withHome(context, home)
  // Workers of their own: each has read the key files by itself.
  const workers = await Promise.all([1, 2, 3].map(() => withHome(context, home)))
  const names = ['a', 'b', 'c']
  for (const name of names) await addSource(ours, { name, connector: 'scripted', config: { password: `${name}-0` } })
  const latest = new Map(names.map((name) => [name, `${name}-0`]))
  const seen: string[] = []
  script.open = async ({ password }, { secrets }) => {
    const [name = '', version = ''] = password.split('-')
    seen.push(password)
    if (password !== latest.get(name)) throw new Error(`${name} was opened with another password than its latest`)
    const next = `${name}-${Number(version) + 1}`
    await secrets.replace('password', next)
    latest.set(name, next)
  }
  script.inventory = async function* () {
    yield listed('x')
    return { listing: 'complete' }
  }
  script.describe = async function* (items) {
    yield items.map(({ key }) => ({ key, records: [thing(key)] }))
  }
  const done = new AbortController()
  const syncing = names.map(async (source, index) => {
    const worker = workers[index] ?? ours
    let syncs = 0
    for (; !done.signal.aborted; syncs += 1) {
      const result = await honour({ ...context, ...worker }, await requestSync(worker, { source, mode: 'full' }))
      expect(result).toMatchObject({ outcome: 'succeeded' })
    }
    return syncs
  })
  const keys = new Set<string>()
  try {
    for (let round = 0; round < 25; round += 1) {
      const { masterKeyId, failed } = await rotateKeys(ours, { home, dataKeys: round % 3 === 0, env: {} })
      expect(failed).toEqual([])
      keys.add(masterKeyId)
      await nextTurn()
    }
  } finally {
    done.abort()
  }
  const syncs = await Promise.all(syncing)
  expect(keys.size).toBe(25)
  expect(Math.min(...syncs)).toBeGreaterThan(1)
  expect(seen.length).toBeGreaterThan(syncs.length * 3)
  for (const name of names) expect(await secretsOf(context, ours.keyRing, name)).toEqual({ password: latest.get(name) })
  const alone = createKeyRing(parseMasterKey(readFileSync(join(home, 'master.key'), 'utf8'), 'test'))
  for (const name of names) expect(await secretsOf(context, alone, name)).toEqual({ password: latest.get(name) })
}, 120_000)

test('two rotations at once: one is refused', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const ours = await withHome(context, home)
  await addSources(ours, 5)
  const results = await Promise.allSettled([1, 2].map(() => rotateKeys(ours, { home, dataKeys: false, env: {} })))
  const refused = results.filter((result) => result.status === 'rejected')
  expect(refused.length).toBeLessThan(2)
  for (const { reason } of refused) expect(String(reason)).toContain('another process is at it')
  for (let n = 0; n < 5; n += 1) expect(await secretsOf(context, ours.keyRing, `s${n}`)).toEqual({ token: `tok-${n}` })
})

import { chmodSync, mkdtempSync, statSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeMasterKeyText } from '../../db/vault.ts'
import { loadKeyRing } from '../../services/master-key.ts'
import { addSource } from '../../services/sources.ts'
import { checkedConnector, createContext } from './support.ts'

const makeHome = () => mkdtempSync(join(tmpdir(), 'tidemark-key-'))

test('it is made once, for its owner alone', async () => {
  await using context = await createContext([])
  const home = makeHome()
  const rings = await Promise.all([1, 2, 3].map(() => loadKeyRing({ home, store: context.store, env: {} })))
  expect(new Set(rings.map((ring) => ring.keys()[0].id)).size).toBe(1)
  expect(statSync(join(home, 'master.key')).mode & 0o777).toBe(0o600)
  expect((await loadKeyRing({ home, store: context.store, env: {} })).keys()[0].id).toBe(rings[0]?.keys()[0].id)
})

test('a file that others may read is refused, with the command that mends it', async () => {
  await using context = await createContext([])
  const home = makeHome()
  await loadKeyRing({ home, store: context.store, env: {} })
  const path = join(home, 'master.key')
  chmodSync(path, 0o640)
  await expect(loadKeyRing({ home, store: context.store, env: {} })).rejects.toMatchObject({
    category: 'invalid_config',
    hint: `chmod 600 ${path}`,
  })
})

test('another key than the one the secrets are under is refused, and none is made in its place', async () => {
  await using context = await createContext([checkedConnector([])])
  const home = makeHome()
  const store = context.store
  const keyRing = await loadKeyRing({ home, store, env: {} })
  await addSource(
    { ...context, keyRing },
    { name: 'kept', connector: 'checked', config: { host: 'h', token: 'tok-1' } },
  )
  const env = { TIDEMARK_MASTER_KEY: makeMasterKeyText() }
  await expect(loadKeyRing({ home, store, env })).rejects.toThrow(/wrong master key: TIDEMARK_MASTER_KEY holds key/)
  unlinkSync(join(home, 'master.key'))
  await expect(loadKeyRing({ home, store, env: {} })).rejects.toThrow('does not exist, but this store holds secrets')
  expect(statSync(join(home, 'master.key'), { throwIfNoEntry: false })).toBeUndefined()
})

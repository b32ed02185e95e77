import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test, vi } from 'vitest'
import { prepareConfig } from '../../connectors/config.ts'
import { beginReading } from '../../connectors/reading.ts'
import { readReference } from '../../connectors/references.ts'
import { parseSettings } from '../../services/settings.ts'
import { type FakeVault, startFakeVault } from '../helpers/fake-vault.ts'
import { describeVault } from '../helpers/vault-suite.ts'
import { checkedConnector } from './support.ts'

describe('references to a Vault made after its documentation', () => describeVault(startFakeVault))

const TLS = new URL('../fixtures/postgres/tls/', import.meta.url)

async function arranged(vault: FakeVault) {
  await vault.put('secret/shop', { password: 'hush', user: 'me', host: 'db' })
  return { VAULT_ADDR: vault.address, VAULT_TOKEN: vault.root }
}

const read = async (env: Readonly<Record<string, string>>) =>
  await readReference('${vault:secret/shop#password}', beginReading(env))

test('a step asks for a secret once, whatever the number of its fields; what was read is a secret', async () => {
  await using vault = await startFakeVault()
  for (const [name, value] of Object.entries(await arranged(vault))) vi.stubEnv(name, value)
  try {
    const config = { host: '${vault:secret/shop#host}', token: '${vault:secret/shop#password}' }
    const prepared = await prepareConfig(checkedConnector([]), config)
    expect(prepared.config).toEqual({ host: 'db', token: 'hush' })
    expect(prepared.secrets).toContain('hush')
    const reads = () => vault.requests.filter((request) => request === 'GET secret/data/shop').length
    expect(reads()).toBe(1)
    await prepareConfig(checkedConnector([]), config)
    expect(reads()).toBe(2)
    // The token is looked at once, not with every step.
    expect(vault.requests.filter((request) => request.endsWith('lookup-self'))).toHaveLength(1)
  } finally {
    vi.unstubAllEnvs()
  }
})

test('temporal.yaml takes them too, and tells the place of one that is wrong', async () => {
  await using vault = await startFakeVault()
  const env = await arranged(vault)
  expect((await parseSettings('apiKey: ${vault:secret/shop#password}', 't.yaml', env)).apiKey).toBe('hush')
  await expect(parseSettings('window: 2\napiKey: ${vault:secret/shop#key}', 't.yaml', env)).rejects.toThrow(
    't.yaml:2:9: apiKey: ${vault:secret/shop#key}: the secret secret/shop has no field "key"',
  )
})

test('tokens are renewed half way through their life, and got anew when they cannot be', async () => {
  await using vault = await startFakeVault()
  await arranged(vault)
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const { roleId, secretId } = await vault.role({ allowed: ['*'], ttlSeconds: 1000 })
    const env = { VAULT_ADDR: vault.address, VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId }
    const asked = (what: string) => vault.requests.filter((request) => request.endsWith(what)).length
    for (const seconds of [0, 100, 450, 400]) {
      vi.setSystemTime(Date.now() + seconds * 1000)
      expect(await read(env)).toBe('hush')
    }
    expect([asked('approle/login'), asked('renew-self')]).toEqual([1, 1])
    vi.setSystemTime(Date.now() + 5000 * 1000)
    expect(await read(env)).toBe('hush')
    expect(asked('approle/login')).toBe(2)
    const token = await vault.token({ allowed: ['*'], ttlSeconds: 1000 })
    const given = { VAULT_ADDR: vault.address, VAULT_TOKEN: token }
    for (const seconds of [0, 600, 600, 600]) {
      vi.setSystemTime(Date.now() + seconds * 1000)
      expect(await read(given)).toBe('hush')
    }
  } finally {
    vi.useRealTimers()
  }
})

test('an enterprise namespace goes along', async () => {
  await using vault = await startFakeVault({ namespace: 'team/data' })
  const env = await arranged(vault)
  expect(await read({ ...env, VAULT_NAMESPACE: 'team/data' })).toBe('hush')
  await expect(read(env)).rejects.toMatchObject({ category: 'permission' })
})

test('TLS: its own CA is given by VAULT_CACERT', async () => {
  const [cert, key] = ['server.crt', 'server.key'].map((name) => readFileSync(new URL(name, TLS))) as [Buffer, Buffer]
  await using vault = await startFakeVault({ tls: { cert, key } })
  const env = await arranged(vault)
  expect(await read({ ...env, VAULT_CACERT: fileURLToPath(new URL('ca.crt', TLS)) })).toBe('hush')
  await expect(read(env)).rejects.toMatchObject({
    category: 'dependency_unavailable',
    hint: expect.stringContaining('VAULT_CACERT'),
  })
  await expect(read({ ...env, VAULT_CACERT: '/no/such/ca.pem' })).rejects.toThrow('VAULT_CACERT cannot be read')
})

test('a standby sends on to the active node, once', async () => {
  await using active = await startFakeVault()
  await using standby = await startFakeVault()
  const env = await arranged(active)
  standby.intercept = ({ path }) => ({ status: 307, headers: { location: `${active.address}/v1/${path}` } })
  expect(await read({ ...env, VAULT_ADDR: standby.address })).toBe('hush')
})

test.each([
  ['sealed', { status: 503, body: { errors: ['Vault is sealed'] } }, 'dependency_unavailable', 'vault operator unseal'],
  [
    'too busy',
    { status: 429, body: { errors: ['rate limit quota exceeded'] } },
    'dependency_unavailable',
    'vault status',
  ],
])('one that is %s is worth another try', async (_, answer, category, hint) => {
  await using vault = await startFakeVault()
  const env = await arranged(vault)
  vault.intercept = () => answer
  await expect(read(env)).rejects.toMatchObject({ category, hint: expect.stringContaining(hint) })
  vault.intercept = undefined
  expect(await read(env)).toBe('hush')
})

test('one that does not tell of its mounts is read all the same', async () => {
  await using vault = await startFakeVault()
  const env = await arranged(vault)
  await vault.put('kv/shop', { password: 'old' })
  vault.intercept = ({ path }) =>
    path.startsWith('sys/internal') ? { status: 404, body: { errors: ['unsupported path'] } } : undefined
  expect(await readReference('${vault:kv/shop#password}', beginReading(env))).toBe('old')
  expect(await readReference('${vault:secret/data/shop#password}', beginReading(env))).toBe('hush')
})

test('what is missing to reach one is told', async () => {
  const told = async (env: Readonly<Record<string, string>>) =>
    await read(env).catch((error: { message: string; hint?: string }) => [error.message, error.hint ?? ''].join(' '))
  expect(await told({})).toMatch(/VAULT_ADDR is not set .*VAULT_ROLE_ID/)
  expect(await told({ VAULT_ADDR: 'vault:8200' })).toContain('VAULT_ADDR is no http(s) URL')
  expect(await told({ VAULT_ADDR: 'http://127.0.0.1:1' })).toContain('Set VAULT_TOKEN, or VAULT_ROLE_ID')
  expect(await told({ VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 't' })).toMatch(
    /does not answer: .*ECONNREFUSED.* Check VAULT_ADDR/,
  )
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { beginReading } from '../../connectors/reading.ts'
import { readReference } from '../../connectors/references.ts'
import type { VaultUnderTest } from './fake-vault.ts'

/** What references to Vault promise, tried on a Vault of either kind. */
export function describeVault(start: () => Promise<VaultUnderTest>): void {
  let vault: VaultUnderTest
  beforeAll(async () => {
    vault = await start()
    await vault.put('kv/shop/db', { password: 'one', port: 5432 })
    await vault.put('secret/shop/db', { password: 'hush "two"\n', user: 'me' })
    await vault.put('secret/gone', { password: 'x' })
    await vault.remove('secret/gone')
  })
  afterAll(() => vault[Symbol.asyncDispose]())

  const withToken = (token: string) => ({ VAULT_ADDR: vault.address, VAULT_TOKEN: token })
  const read = async (reference: string, env: Readonly<Record<string, string>> = withToken(vault.root)) =>
    await readReference(reference, beginReading(env))

  test('fields of both versions, by the path of the command line or of the API', async () => {
    expect(await read('${vault:kv/shop/db#password}')).toBe('one')
    expect(await read('${vault:kv/shop/db#port}')).toBe('5432')
    expect(await read('${vault:secret/shop/db#password}')).toBe('hush "two"\n')
    expect(await read('${vault:secret/data/shop/db#user}')).toBe('me')
  })

  test('a token that may read the one path, and no more, is enough', async () => {
    const token = await vault.token({ allowed: ['secret/data/shop/db'] })
    expect(await read('${vault:secret/shop/db#user}', withToken(token))).toBe('me')
    await expect(read('${vault:kv/shop/db#password}', withToken(token))).rejects.toMatchObject({
      category: 'permission',
      message: expect.stringContaining('does not let us read kv/shop/db: '),
      hint: expect.stringContaining('capabilities = ["read"]'),
    })
  })

  test('an AppRole signs in; when its token is taken no more, again', async () => {
    const { roleId, secretId } = await vault.role({ allowed: ['secret/data/shop/db'] })
    const env = { VAULT_ADDR: vault.address, VAULT_ROLE_ID: roleId, VAULT_SECRET_ID: secretId }
    expect(await read('${vault:secret/shop/db#user}', env)).toBe('me')
    await vault.revokeRoleTokens()
    expect(await read('${vault:secret/shop/db#user}', env)).toBe('me')
    await expect(read('${vault:secret/shop/db#user}', { ...env, VAULT_SECRET_ID: 'wrong' })).rejects.toMatchObject({
      category: 'auth',
      message: expect.stringContaining('refuses the AppRole'),
    })
  })

  test('a value is read anew by each step', async () => {
    await vault.put('secret/turning', { token: 'first' })
    expect(await read('${vault:secret/turning#token}')).toBe('first')
    await vault.put('secret/turning', { token: 'second' })
    expect(await read('${vault:secret/turning#token}')).toBe('second')
  })

  test.each([
    ['${vault:secret/shop/db#pasword}', 'invalid_config', 'the secret secret/shop/db has no field "pasword"'],
    ['${vault:secret/nobody#password}', 'invalid_config', 'has no secret secret/nobody'],
    ['${vault:secret/gone#password}', 'invalid_config', 'its latest version is deleted'],
    ['${vault:secret/shop/db}', 'invalid_config', 'it does not name a path and a field'],
  ])('%s is told, and how to mend it', async (reference, category, message) => {
    const error = await read(reference).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ category, hint: expect.any(String) })
    expect((error as Error).message).toContain(`${reference}: `)
    expect((error as Error).message).toContain(message)
    expect(JSON.stringify(error)).not.toContain('hush')
  })

  test('a token that is none is told as such', async () => {
    await expect(read('${vault:secret/shop/db#user}', withToken('hvs.none'))).rejects.toMatchObject({
      category: 'permission',
      hint: expect.stringContaining('Check that VAULT_TOKEN has not expired'),
    })
  })
}

import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { digestConfig, joinSecrets, prepareConfig, splitSecrets, validateConfig } from '../../connectors/config.ts'
import { type Connector, defineConnector, secret } from '../../connectors/kit/index.ts'
import { createRegistry } from '../../connectors/registry.ts'
import { createKeyRing, makeMasterKeyText, openSecrets, parseMasterKey, sealSecrets } from '../../db/vault.ts'

const connector: Connector = defineConnector<{ host: string; schemas?: string[] | undefined }>({
  manifest: {
    type: 'sample',
    title: 'Sample',
    category: 'database',
    version: '1.0.0',
    protocol: 1,
    recordVersion: 1,
    config: z.strictObject({
      host: z.string(),
      url: z.string().optional(),
      password: secret().optional(),
      tls: z.strictObject({ key: secret() }).optional(),
      schemas: z.array(z.string()).optional(),
    }),
    example: { host: 'db' },
    kinds: [],
    scopeNoun: 'database',
    grants: [],
    urlSchemes: [],
    fromUrl: () => ({}),
    namespace: ({ host }) => `sample://${host}`,
    suggestName: ({ host }) => host,
    shape: () => null,
    filter: ({ schemas }) => schemas ?? null,
  },
  errorRules: [],
  open: () => Promise.reject(new Error('not opened here')),
})

describe('config', () => {
  test('an unknown key is refused with what was meant, a wrong one by its path', async () => {
    await expect(validateConfig(connector, { host: 'db', pasword: 'x' })).rejects.toThrow(
      /unknown key pasword \(did you mean password\?\)/,
    )
    await expect(validateConfig(connector, { host: 5 })).rejects.toThrow(/host: /)
    await expect(validateConfig(connector, { host: 'db', tls: {} })).rejects.toThrow(/tls\.key: /)
  })

  test('references are resolved at use and kept as written', async () => {
    process.env.SAMPLE_PASSWORD = 'from the environment'
    const config = { host: 'db', password: '${env:SAMPLE_PASSWORD}' }
    expect(splitSecrets(connector, config)).toEqual({ config, secrets: {} })
    const prepared = await prepareConfig(connector, config)
    expect(prepared.config).toMatchObject({ password: 'from the environment' })
    expect(prepared.secrets).toContain('from the environment')
    await expect(validateConfig(connector, { host: '${env:NO_SUCH_NAME}' })).rejects.toThrow(/NO_SUCH_NAME is not set/)
    await expect(validateConfig(connector, { host: '${file:/no/such/file}' })).rejects.toThrow(/cannot be read/)
  })

  test('secrets are taken out, passwords in URLs too, and put back', () => {
    const config = { host: 'db', url: 'postgres://u:pw@db/x', password: 'p', tls: { key: 'k' }, schemas: ['a'] }
    const split = splitSecrets(connector, config)
    expect(split).toEqual({
      config: { host: 'db', tls: {}, schemas: ['a'] },
      secrets: { url: config.url, password: 'p', 'tls.key': 'k' },
    })
    expect(joinSecrets(split.config, split.secrets)).toEqual(config)
  })

  test('digests move with what they stand for alone', () => {
    const [plain, filtered] = [
      digestConfig(connector, { host: 'a' }),
      digestConfig(connector, { host: 'b', schemas: ['x'] }),
    ]
    expect(plain.shape).toBe(filtered.shape)
    expect(plain.filter).not.toBe(filtered.filter)
  })

  test('an unknown connector is refused with the nearest name', () => {
    expect(() => createRegistry([connector]).get('smaple')).toThrow(
      expect.objectContaining({ category: 'invalid_config', hint: expect.stringContaining('Did you mean sample?') }),
    )
  })
})

describe('the vault', () => {
  const master = createKeyRing(parseMasterKey(makeMasterKeyText(), 'test'))
  test('opens what it sealed, under no other key, and not when tampered with', () => {
    const sealed = sealSecrets(master, { password: 'geheim' })
    expect(openSecrets(master, sealed, 's')).toEqual({ password: 'geheim' })
    expect(Buffer.from(sealed.secrets).includes('geheim')).toBe(false)
    expect(() => openSecrets(createKeyRing(parseMasterKey(makeMasterKeyText(), 'test')), sealed, 's')).toThrow(
      /encrypted with key/,
    )
    const tampered = Uint8Array.from(sealed.secrets, (byte, index) => (index === 30 ? byte ^ 1 : byte))
    expect(() => openSecrets(master, { ...sealed, secrets: tampered }, 's')).toThrow(/other bytes/)
  })
  test('refuses a key of the wrong length', () => {
    expect(() => parseMasterKey('c2hvcnQ=', 'TIDEMARK_MASTER_KEY')).toThrow(/TIDEMARK_MASTER_KEY is not 32 bytes/)
  })
})

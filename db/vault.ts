import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { IngestError } from '../model/errors.ts'

/** AES-256-GCM; a sealed value is the nonce, the tag and the ciphertext in a row. */
const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key that wraps sources' data keys. It never enters the store; its id does. */
export interface MasterKey {
  readonly id: string
  readonly key: Buffer
}

/** The master keys at hand. Asked anew at each use: a key may join them while a process runs. */
export interface KeyRing {
  /** The first one seals; each opens what was sealed under it. */
  keys(): readonly [MasterKey, ...MasterKey[]]
}

/** @throws IngestError `invalid_config` unless the text is 32 bytes of base64 or hex. */
export function parseMasterKey(text: string, origin: string): MasterKey {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== KEY_BYTES) {
    throw new IngestError('invalid_config', `the master key in ${origin} is not 32 bytes of base64 or hex`, {
      hint: 'Make one with: openssl rand -base64 32',
    })
  }
  return { id: createHash('sha256').update('tidemark master key').update(key).digest('hex').slice(0, 16), key }
}

/** A ring that stays as it is. */
export function createKeyRing(first: MasterKey, ...others: readonly MasterKey[]): KeyRing {
  return { keys: () => [first, ...others] }
}

export function makeMasterKeyText(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/** A source's secrets as stored. */
export interface SealedSecrets {
  readonly secrets: Uint8Array
  readonly dataKey: Uint8Array
  readonly masterKeyId: string
}

type Secrets = Readonly<Record<string, string>>

/** Encrypts a source's secrets (config path to value) under a fresh data key. */
export function sealSecrets(ring: KeyRing, secrets: Secrets): SealedSecrets {
  const [master] = ring.keys()
  const dataKey = randomBytes(KEY_BYTES)
  return { secrets: sealText(dataKey, secrets), dataKey: seal(master.key, dataKey), masterKeyId: master.id }
}

/** @throws IngestError `invalid_config` when the master key that the secrets were stored under is not in the ring. */
export function openSecrets(ring: KeyRing, sealed: SealedSecrets, source: string): Record<string, string> {
  const dataKey = openDataKey(ring, sealed, source)
  return guarded(source, () => JSON.parse(unseal(dataKey, sealed.secrets).toString('utf8')) as Record<string, string>)
}

/**
 * Other secrets in the place of those sealed, under the same keys: a process that has not heard of a newer master key
 * takes no source back to an older one. @throws as {@link openSecrets}.
 */
export function replaceSecrets(ring: KeyRing, sealed: SealedSecrets, secrets: Secrets, source: string): SealedSecrets {
  return { ...sealed, secrets: sealText(openDataKey(ring, sealed, source), secrets) }
}

/** The same secrets with their data key wrapped by the ring's first key. @throws as {@link openSecrets}. */
export function rewrapSecrets(ring: KeyRing, sealed: SealedSecrets, source: string): SealedSecrets {
  const [master] = ring.keys()
  const dataKey = openDataKey(ring, sealed, source)
  return { ...sealed, dataKey: seal(master.key, dataKey), masterKeyId: master.id }
}

function openDataKey(ring: KeyRing, { dataKey, masterKeyId }: SealedSecrets, source: string): Buffer {
  const keys = ring.keys()
  const master = keys.find(({ id }) => id === masterKeyId)
  if (master === undefined) {
    throw wrongKey(source, `key ${masterKeyId}, not ${keys.map(({ id }) => id).join(' or ')}`)
  }
  return guarded(source, () => unseal(master.key, dataKey))
}

function guarded<T>(source: string, open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw wrongKey(source, 'other bytes than these', error)
  }
}

function wrongKey(source: string, detail: string, cause?: unknown): IngestError {
  return new IngestError('invalid_config', `the secrets of source ${source} were encrypted with ${detail}`, {
    hint: 'Give the master key they were stored with (TIDEMARK_MASTER_KEY, or master.key in TIDEMARK_HOME).',
    ...(cause === undefined ? {} : { cause }),
  })
}

function sealText(dataKey: Buffer, secrets: Secrets): Buffer {
  return seal(dataKey, Buffer.from(JSON.stringify(secrets), 'utf8'))
}

function seal(key: Buffer, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce)
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

function unseal(key: Buffer, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed)
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
}

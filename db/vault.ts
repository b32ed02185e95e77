import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { IngestError } from '../model/errors.ts'

/** AES-256-GCM; a sealed value is the nonce, the tag and the ciphertext in a row. */
const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The key that wraps every source's data key. It never enters the store; its id does. */
export interface MasterKey {
  readonly id: string
  readonly key: Buffer
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

export function makeMasterKeyText(): string {
  return randomBytes(KEY_BYTES).toString('base64')
}

/** A source's secrets as stored. */
export interface SealedSecrets {
  readonly secrets: Uint8Array
  readonly dataKey: Uint8Array
  readonly masterKeyId: string
}

/** Encrypts a source's secrets (config path to value) under a fresh data key. */
export function sealSecrets(master: MasterKey, secrets: Readonly<Record<string, string>>): SealedSecrets {
  const dataKey = randomBytes(KEY_BYTES)
  return {
    secrets: seal(dataKey, Buffer.from(JSON.stringify(secrets), 'utf8')),
    dataKey: seal(master.key, dataKey),
    masterKeyId: master.id,
  }
}

/** @throws IngestError `invalid_config` when this is not the master key the secrets were stored under. */
export function openSecrets(master: MasterKey, sealed: SealedSecrets, source: string): Record<string, string> {
  if (sealed.masterKeyId !== master.id) throw wrongKey(source, `key ${sealed.masterKeyId}, not ${master.id}`)
  try {
    const dataKey = unseal(master.key, sealed.dataKey)
    return JSON.parse(unseal(dataKey, sealed.secrets).toString('utf8')) as Record<string, string>
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

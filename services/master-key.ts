import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readReference } from '../connectors/config.ts'
import { listMasterKeys } from '../db/queries.ts'
import type { Store } from '../db/store.ts'
import { type MasterKey, makeMasterKeyText, parseMasterKey } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'

/**
 * The key that the sources' secrets are encrypted under: TIDEMARK_MASTER_KEY, else `<home>/master.key`, made on first
 * use. `home` must exist. @throws IngestError `invalid_config` when others may read the file, or the store's secrets
 * were encrypted under another key.
 */
export async function loadMasterKey(input: {
  readonly home: string
  readonly store: Store
  readonly env?: Readonly<Record<string, string | undefined>>
}): Promise<MasterKey> {
  const env = input.env ?? process.env
  const given = env.TIDEMARK_MASTER_KEY ? readReference(env.TIDEMARK_MASTER_KEY, env) : undefined
  const path = join(input.home, 'master.key')
  const stored = await listMasterKeys(input.store.sql)
  const origin = given ? 'TIDEMARK_MASTER_KEY' : path
  const text = given || readKeyFile(path)
  if (text !== undefined) return refuseOther(parseMasterKey(text, origin), stored, origin)
  if (stored.length > 0) {
    throw new IngestError(
      'invalid_config',
      `${path} does not exist, but this store holds secrets encrypted with key ${stored[0]}`,
      {
        hint: 'Give the master key they were stored with: TIDEMARK_MASTER_KEY, or master.key in TIDEMARK_HOME.',
      },
    )
  }
  return parseMasterKey(makeKeyFile(path), path)
}

function refuseOther(key: MasterKey, stored: readonly string[], origin: string): MasterKey {
  if (stored.length === 0 || stored.includes(key.id)) return key
  throw new IngestError(
    'invalid_config',
    `wrong master key: ${origin} holds key ${key.id}, but this store's secrets were encrypted with key ${stored.join(', ')}`,
    { hint: 'Give the master key they were stored with: TIDEMARK_MASTER_KEY, or master.key in TIDEMARK_HOME.' },
  )
}

function readKeyFile(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  // Windows has no such modes; its home folders are private.
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0')
    throw new IngestError('invalid_config', `${path} may be read by others (mode ${mode})`, {
      hint: `chmod 600 ${path}`,
    })
  }
  return readFileSync(path, 'utf8')
}

/** Two processes that make the key at once end up with one: a link is refused where a file is already. */
function makeKeyFile(path: string): string {
  const text = makeMasterKeyText()
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(temporary, `${text}\n`, { mode: 0o600, flag: 'wx' })
    linkSync(temporary, path)
    return text
  } catch (cause) {
    const made = (cause as { code?: string }).code === 'EEXIST' ? readKeyFile(path) : undefined
    if (made !== undefined) return made
    throw new IngestError('invalid_config', `the master key ${path} cannot be made: ${(cause as Error).message}`, {
      hint: 'Make the folder writable for this account, or set TIDEMARK_HOME to another.',
      cause,
    })
  } finally {
    rmSync(temporary, { force: true })
  }
}

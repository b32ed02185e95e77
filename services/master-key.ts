import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beginReading, type Environment } from '../connectors/reading.ts'
import { readReference } from '../connectors/references.ts'
import { listMasterKeys } from '../db/queries.ts'
import type { Store } from '../db/store.ts'
import { createKeyRing, type KeyRing, type MasterKey, makeMasterKeyText, parseMasterKey } from '../db/vault.ts'
import { IngestError } from '../model/errors.ts'

type Keys = readonly [MasterKey, ...MasterKey[]]

const VARIABLE = 'TIDEMARK_MASTER_KEY'
const HINT = 'Give the master key they were stored with: TIDEMARK_MASTER_KEY, or master.key in TIDEMARK_HOME.'

/**
 * The keys that the sources' secrets are encrypted under: TIDEMARK_MASTER_KEY (several with commas between, or a
 * reference to such), else
 * `<home>/master.key` (one a line) and `<home>/master.key.previous`. The file is made on first use, and read again when
 * it has changed. `home` must exist. @throws IngestError `invalid_config` when others may read the file, or no key fits
 * the store's secrets.
 */
export async function loadKeyRing(input: {
  readonly home: string
  readonly store: Store
  readonly env?: Environment
}): Promise<KeyRing> {
  const stored = await listMasterKeys(input.store.sql)
  const env = input.env ?? process.env
  const given = env[VARIABLE]
  if (given) {
    const text = await readReference(given, beginReading(env))
    return refuseOther(createKeyRing(...parseKeys(text, VARIABLE)), stored, VARIABLE)
  }
  const path = keyFile(input.home)
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    if (stored.length > 0) {
      throw new IngestError(
        'invalid_config',
        `${path} does not exist, but this store holds secrets encrypted with key ${stored[0]}`,
        { hint: HINT },
      )
    }
    makeKeyFile(path)
  }
  return refuseOther(openKeyFiles(input.home), stored, path)
}

const keyFile = (home: string) => join(home, 'master.key')
const previousFile = (home: string) => `${keyFile(home)}.previous`

function parseKeys(text: string, origin: string): Keys {
  const [first = '', ...others] = text.split(/[\s,]+/).filter((part) => part !== '')
  return [parseMasterKey(first, origin), ...others.map((other) => parseMasterKey(other, origin))]
}

function refuseOther(ring: KeyRing, stored: readonly string[], origin: string): KeyRing {
  const ids = ring.keys().map(({ id }) => id)
  if (stored.length === 0 || stored.some((id) => ids.includes(id))) return ring
  throw new IngestError(
    'invalid_config',
    `wrong master key: ${origin} holds key ${ids.join(', ')}, but this store's secrets were encrypted with key ${stored.join(', ')}`,
    { hint: HINT },
  )
}

/** The keys of a home's files, read again whenever one of them is another than before. */
function openKeyFiles(home: string): KeyRing {
  const stampOf = () => [keyFile(home), previousFile(home)].map(stampOfFile).join(' ')
  let stamp = stampOf()
  let keys = readKeyFiles(home)
  return {
    keys() {
      const now = stampOf()
      if (now === stamp) return keys
      try {
        keys = readKeyFiles(home)
        stamp = now
      } catch {
        // The keys known stay good for what they have sealed; the next command tells what is wrong with the file.
      }
      return keys
    },
  }
}

function stampOfFile(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats === undefined ? 'none' : `${stats.ino}.${stats.size}.${stats.mtimeNs}`
}

function readKeyFiles(home: string): Keys {
  const path = keyFile(home)
  const [first, ...others] = parseKeys(readPrivate(path), path)
  const previous = statSync(previousFile(home), { throwIfNoEntry: false }) === undefined ? [] : readPrevious(home)
  return [first, ...others, ...previous]
}

const readPrevious = (home: string) => parseKeys(readPrivate(previousFile(home)), previousFile(home))

function readPrivate(path: string): string {
  const { mode } = statSync(path)
  // Windows has no such modes; its home folders are private.
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new IngestError('invalid_config', `${path} may be read by others (mode ${shown})`, {
      hint: `chmod 600 ${path}`,
    })
  }
  return readFileSync(path, 'utf8')
}

/** Two processes that make the key at once end up with one: a link is refused where a file is already. */
function makeKeyFile(path: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeDurably(temporary, `${makeMasterKeyText()}\n`)
    linkSync(temporary, path)
  } catch (cause) {
    if ((cause as { code?: string }).code === 'EEXIST') return
    throw new IngestError('invalid_config', `the master key ${path} cannot be made: ${(cause as Error).message}`, {
      hint: 'Make the folder writable for this account, or set TIDEMARK_HOME to another.',
      cause,
    })
  } finally {
    rmSync(temporary, { force: true })
  }
}

/**
 * Makes a new first key in a home's file. The ones so far move to `master.key.previous` before, where every process that
 * has the home finds them; and all of it is on disk when this returns, as nothing may be sealed under a key that a power
 * cut takes away. @throws IngestError `invalid_config` when the key comes from the environment, or a file cannot be written.
 */
export function addMasterKey(home: string, env: Environment = process.env): void {
  if (env[VARIABLE]) {
    throw new IngestError('invalid_config', `${VARIABLE} holds the master key, so a new one cannot be made for it`, {
      hint: `Put a new key before it, here and for every worker: ${VARIABLE}="$(openssl rand -base64 32),$${VARIABLE}"`,
    })
  }
  try {
    const known = readKeyFiles(home).map(({ key }) => key.toString('base64'))
    replaceDurably(previousFile(home), `${[...new Set(known)].join('\n')}\n`)
    replaceDurably(keyFile(home), `${makeMasterKeyText()}\n`)
  } catch (cause) {
    if (cause instanceof IngestError) throw cause
    throw new IngestError('invalid_config', `no new master key can be made in ${home}: ${(cause as Error).message}`, {
      cause,
    })
  }
}

function replaceDurably(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  writeDurably(temporary, text)
  renameSync(temporary, path)
  sync(dirname(path))
}

function writeDurably(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600, flag: 'wx', flush: true })
}

/** A folder's own entries; Windows writes them by itself. */
function sync(folder: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

import { open, realpath, stat } from 'node:fs/promises'
import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { IngestError } from '../kit/index.ts'
import { fileError, sqliteCode } from './errors.ts'

type Sqlite = typeof import('node:sqlite')

export interface OpenOptions {
  readonly sqlite: Sqlite
  readonly file: string
  /** The name that messages use. */
  readonly name: string
  readonly lockTimeoutMs: number
  readonly signal: AbortSignal
}

/**
 * One database file, opened read-only, read in transactions.
 *
 * - A database in WAL mode is read in one transaction: a snapshot that no writer waits for.
 * - One in WAL mode that nobody writes to (no WAL, or an empty one) is opened as immutable, since opening it otherwise
 *   would make -wal and -shm files beside it. No locks are taken then, so `pause` verifies that the file stood still.
 * - In the other modes a reader keeps writers from committing. So the transaction ends at every `pause`, and `resume`
 *   refuses to go on when the schema has moved since.
 */
export interface OpenFile extends Disposable {
  readonly database: DatabaseSync
  /** Begins or continues reading; waits for a writer to finish, up to the lock timeout. */
  resume(): Promise<void>
  /** Ends a stretch of synchronous reading; what was read since `resume` is sound once it has returned. */
  pause(): Promise<void>
}

const LOCK_POLL_MS = 50

export async function openFile(options: OpenOptions): Promise<OpenFile> {
  const { name } = options
  try {
    // SQLite looks for the WAL beside the file itself, not beside a link to it.
    const file = await realpath(options.file)
    const state = await readState(file)
    const database = connect({ ...options, file }, state.immutable)
    return createOpenFile({ ...options, file }, database, state)
  } catch (error) {
    throw fileError(error, name)
  }
}

interface FileState {
  readonly wal: boolean
  readonly immutable: boolean
  readonly stamp: string
}

/** https://www.sqlite.org/fileformat2.html#file_format_version_numbers: bytes 18 and 19 are 2 in WAL mode. */
async function readState(file: string): Promise<FileState> {
  const stamp = await readStamp(file)
  const header = await readHeader(file)
  const wal = header[18] === 2 || header[19] === 2
  if (!wal) return { wal, immutable: false, stamp }
  const walBytes = await stat(`${file}-wal`).then(
    ({ size }) => size,
    () => 0,
  )
  return { wal, immutable: walBytes === 0, stamp }
}

async function readHeader(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    return (await handle.read({ buffer: Buffer.alloc(20), position: 0 })).buffer
  } finally {
    await handle.close()
  }
}

async function readStamp(file: string): Promise<string> {
  const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true })
  return [dev, ino, size, mtimeNs].join(' ')
}

function connect({ sqlite, file }: OpenOptions, immutable: boolean): DatabaseSync {
  const url = pathToFileURL(file)
  if (immutable) url.searchParams.set('immutable', '1')
  // Waiting is ours to do: SQLite's own busy timeout would block the event loop. Schemas written with double-quoted
  // strings must stay readable.
  const database = new sqlite.DatabaseSync(url, {
    readOnly: true,
    timeout: 0,
    enableDoubleQuotedStringLiterals: true,
    allowExtension: false,
  })
  // https://www.sqlite.org/security.html: a file from elsewhere may hold hostile views.
  database.exec('PRAGMA trusted_schema = OFF')
  return database
}

function createOpenFile(options: OpenOptions, database: DatabaseSync, state: FileState): OpenFile {
  const { file, name } = options
  let version: unknown
  const begin = () => {
    database.exec('BEGIN')
    // The first read takes the lock and the snapshot.
    const current = database.prepare('PRAGMA main.schema_version').get()?.schema_version
    if (current === (version ?? current)) version = current
    else throw new IngestError('source_unavailable', `${name}: its schema changed while it was being read`)
  }
  return {
    database,
    async resume() {
      options.signal.throwIfAborted()
      if (!database.isTransaction) await waitForLock(options, database, begin)
    },
    async pause() {
      if (!state.wal) database.exec('COMMIT')
      if (!state.immutable) return
      const stamp = await readStamp(file).catch(() => undefined)
      if (stamp === state.stamp) return
      throw new IngestError('source_unavailable', `${name}: was written to while it was being read`)
    },
    [Symbol.dispose]() {
      if (database.isOpen) database.close()
    },
  }
}

async function waitForLock({ name, lockTimeoutMs, signal }: OpenOptions, database: DatabaseSync, begin: () => void) {
  for (let waited = 0; ; waited += LOCK_POLL_MS) {
    try {
      return begin()
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK')
      if (sqliteCode(error) !== 'SQLITE_BUSY' || waited >= lockTimeoutMs) throw fileError(error, name)
    }
    await sleep(LOCK_POLL_MS, undefined, { signal })
  }
}

import { chmodSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { IngestError } from '../model/errors.ts'
import { readTextIfAny } from './process.ts'
import { isAlive } from './process-table.ts'

// One owner at a time, held by the kernel. Node has no file locks of its own, but SQLite, which it has built in, locks its files
// with fcntl (LockFileEx on Windows): the kernel drops such a lock with the process, however it dies, so there is nothing stale to
// recognise and no race in taking over, as there is with a file that names a process id. The owner's id in the file beside the
// lock is only told to people.

/** A lock that is held until it is released or the process ends. */
export interface Lock {
  release(): void
}

// A collected DatabaseSync would close its file and so drop the lock.
const held = new Set<DatabaseSync>()

/** How long a dead owner's lock may outlive it, while the kernel puts its last threads away. */
const LAPSE_LIMIT_MS = 5_000

/** Takes the lock `path` for `what` ("the database in /home/a/.tidemark"), or says who has it. */
export async function takeLock(path: string, what: string): Promise<Lock> {
  const deadline = Date.now() + LAPSE_LIMIT_MS
  for (;;) {
    const database = openLock(path, what)
    try {
      // Its journal in memory: nothing is written, so there is nothing to roll back.
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
      return hold(database, path)
    } catch (cause) {
      database.close()
      const owner = Number(readTextIfAny(ownerPath(path)))
      if (!isBusy(cause) || isAlive(owner) || Date.now() > deadline) throw lockError(path, what, cause)
    }
    await delay(20)
  }
}

function hold(database: DatabaseSync, path: string): Lock {
  // By path: opening and closing the file here would drop the lock, as fcntl has it.
  chmodSync(path, 0o600)
  writeFileSync(ownerPath(path), `${process.pid}\n`, { mode: 0o600 })
  held.add(database)
  return {
    release() {
      if (held.delete(database)) database.close()
    },
  }
}

function openLock(path: string, what: string): DatabaseSync {
  try {
    return new DatabaseSync(path)
  } catch (cause) {
    throw lockError(path, what, cause)
  }
}

const SQLITE_BUSY = 5

function isBusy(cause: unknown): boolean {
  return (cause as { errcode?: number }).errcode === SQLITE_BUSY
}

function ownerPath(path: string): string {
  return `${path}.owner`
}

function lockError(path: string, what: string, cause: unknown): IngestError {
  if (!isBusy(cause)) {
    return new IngestError('invalid_config', `Cannot lock ${what} (${path}): ${(cause as Error).message}`, {
      cause,
      hint: 'The folder must be writable for this account; set TIDEMARK_HOME to choose another.',
    })
  }
  const pid = readTextIfAny(ownerPath(path))?.trim()
  const owner = pid === String(process.pid) ? 'This process already' : `Another tidemark${pid ? ` (pid ${pid})` : ''}`
  return new IngestError('dependency_unavailable', `${owner} owns ${what}`, {
    code: 'already_owned',
    hint: 'Stop it first, or set TIDEMARK_HOME to another folder to run a second one.',
  })
}

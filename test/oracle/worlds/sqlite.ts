import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BARE_CHANGES, CHANGES, columnList, createTable, makeChange, type Picks, pick } from '../../sqlite/changes.ts'
import type { OracleWorld } from '../world.ts'

const FILES = ['a.db', 'b.sqlite', 'sub/c.db', 'sub/d e.db3', "f'#%.db"]

export interface SqliteWorld extends OracleWorld {
  /** How often each operation has found something to change. */
  readonly applied: ReadonlyMap<string, number>
}

/**
 * A folder of SQLite files. Files in WAL mode keep an open connection, so that a WAL stands beside them while they are
 * crawled. Locks are not waited for, since whoever holds them lives in this process: a change that meets one is none.
 */
export async function sqliteWorld(directory: string, seed: number): Promise<SqliteWorld> {
  const files = new Files(directory)
  const applied = new Map<string, number>()
  let transaction: { readonly file: string; readonly database: DatabaseSync } | undefined
  let commits = seed
  const attempt = (operation: string, action: () => void) => {
    try {
      action()
      applied.set(operation, (applied.get(operation) ?? 0) + 1)
    } catch {
      // Nothing there that fits, a name already taken, a lock: no change.
    }
  }
  const change = (operation: string, picks: Picks) => {
    const fileChange = FILE_CHANGES[operation]
    if (fileChange !== undefined) return fileChange(files, picks, transaction?.file)
    const file = pick(files.list(), picks[3])
    if (file === undefined) throw new Error('no file')
    const bare = BARE_CHANGES[operation]
    if (bare !== undefined && file === transaction?.file) throw new Error('in a transaction')
    makeChange(files.connect(file), bare ?? CHANGES[operation] ?? createTable, picks, bare !== undefined)
    files.release(file)
  }
  const world: SqliteWorld = {
    type: 'sqlite',
    config: { path: directory, lockTimeoutMs: 0 },
    operations: [
      ...Object.keys(CHANGES),
      'create table',
      'create view',
      'create rich table',
      ...Object.keys(BARE_CHANGES),
      ...Object.keys(FILE_CHANGES),
    ],
    applied,
    async apply(operation, picks) {
      attempt(operation, () => change(operation, picks))
    },
    async applyInTransaction(operation, picks) {
      if (CHANGES[operation] === undefined) return
      attempt(operation, () => {
        const file = transaction?.file ?? pick(files.list(), picks[3])
        if (file === undefined) throw new Error('no file')
        if (transaction === undefined) {
          transaction = { file, database: files.open(file) }
          transaction.database.exec('BEGIN')
        }
        makeChange(transaction.database, CHANGES[operation] ?? createTable, picks)
      })
    },
    async commit() {
      const { database } = transaction ?? {}
      transaction = undefined
      commits += 1
      attempt('commit', () => database?.exec(commits % 3 === 0 ? 'ROLLBACK' : 'COMMIT'))
      // A commit that met a lock is rolled back.
      database?.close()
    },
    async [Symbol.asyncDispose]() {
      transaction?.database.close()
      files.close()
    },
  }
  await populate(world, seed)
  return world
}

/** One to three files with a random schema each. */
async function populate(world: SqliteWorld, seed: number): Promise<void> {
  let state = seed >>> 0
  const next = () => {
    // Numerical Recipes' generator: enough to vary what a seed stands for.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 8
  }
  const picks = () => [next(), next(), next(), next()]
  for (let count = 1 + (next() % 3); count > 0; count -= 1) await world.apply('new file', picks())
  for (let count = 4 + (next() % 12); count > 0; count -= 1) {
    await world.apply(world.operations[next() % Object.keys(CHANGES).length] ?? '', picks())
  }
}

/** The files of a folder, with the connections that the world keeps to them. */
class Files {
  readonly #directory: string
  readonly #open = new Map<string, DatabaseSync>()

  constructor(directory: string) {
    this.#directory = directory
  }

  path(file: string): string {
    return path.join(this.#directory, file)
  }

  list(): string[] {
    return FILES.filter((file) => existsSync(this.path(file)))
  }

  open(file: string): DatabaseSync {
    return new DatabaseSync(this.path(file), { timeout: 0, enableForeignKeyConstraints: false })
  }

  connect(file: string): DatabaseSync {
    const database = this.#open.get(file) ?? this.open(file)
    this.#open.set(file, database)
    return database
  }

  /** Closes the connection to a file, unless it is in WAL mode. */
  release(file: string): void {
    const database = this.#open.get(file)
    if (database?.prepare('PRAGMA journal_mode').get()?.journal_mode === 'wal') return
    database?.close()
    this.#open.delete(file)
  }

  /** Brings a file to rest, with nothing beside it; throws where a reader or a writer is at it. */
  settle(file: string): void {
    const database = this.connect(file)
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    const [checkpoint] = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
    if (checkpoint?.busy === 1) throw new Error('busy')
    database.close()
    this.#open.delete(file)
  }

  removeSidecars(file: string): void {
    for (const suffix of ['-wal', '-shm', '-journal']) rmSync(this.path(file) + suffix, { force: true })
  }

  close(): void {
    for (const database of this.#open.values()) database.close()
    this.#open.clear()
  }
}

/** Changes of files; the one with an open transaction stays where it is. */
type FileChange = (files: Files, picks: Picks, busy: string | undefined) => void

function takeFile(files: Files, number: number | undefined, busy: string | undefined): string {
  const file = pick(files.list(), number)
  if (file === undefined || file === busy) throw new Error('no file to change')
  files.settle(file)
  return file
}

const FILE_CHANGES: Readonly<Record<string, FileChange>> = {
  'new file': (files, [name, mode = 0, columns = 0]) => {
    const file = pick(FILES, name) ?? ''
    if (existsSync(files.path(file))) throw new Error('it exists')
    mkdirSync(path.dirname(files.path(file)), { recursive: true })
    files
      .connect(file)
      .exec(
        `PRAGMA journal_mode = ${mode % 2 === 0 ? 'WAL' : 'DELETE'}; CREATE TABLE "${columns % 3}"(${columnList(columns)})`,
      )
    files.release(file)
  },
  'delete file': (files, [number], busy) => {
    const file = takeFile(files, number, busy)
    rmSync(files.path(file))
    files.removeSidecars(file)
  },
  'rename file': (files, [number, name], busy) => {
    const to = pick(FILES, name) ?? ''
    if (existsSync(files.path(to))) throw new Error('it exists')
    const file = takeFile(files, number, busy)
    mkdirSync(path.dirname(files.path(to)), { recursive: true })
    renameSync(files.path(file), files.path(to))
    files.removeSidecars(file)
  },
  'replace file': (files, [number, other], busy) => {
    const [to, from] = [pick(files.list(), number), pick(files.list(), other)]
    if (to === undefined || from === undefined || to === from || from === busy) throw new Error('no two files')
    takeFile(files, number, busy)
    files.settle(from)
    copyFileSync(files.path(from), `${files.path(to)}.new`)
    files.removeSidecars(to)
    renameSync(`${files.path(to)}.new`, files.path(to))
  },
}

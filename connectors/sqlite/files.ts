import { closeSync, openSync, readSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { IngestError, type LeftOutReason, type NameFilter, whyLeftOut } from '../kit/index.ts'
import { fileError } from './errors.ts'

export const DEFAULT_PATTERNS = ['*.db', '*.sqlite', '*.sqlite3', '*.db3'] as const
const HEADER = 'SQLite format 3\0'
/** Scope keys hold 1 kB at most. */
const MAX_KEY_BYTES = 1024

export function hasDefaultSuffix(file: string): boolean {
  return /\.(db|sqlite|sqlite3|db3)$/i.test(file)
}

/** Whether a file starts as SQLite databases do; false when it cannot be read. */
export function hasSqliteHeader(file: string): boolean {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const bytes = Buffer.alloc(HEADER.length)
      readSync(descriptor, bytes, 0, bytes.length, 0)
      return bytes.toString('latin1') === HEADER
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return false
  }
}

export interface FileFilter {
  readonly pattern: string | readonly string[]
  readonly recursive: boolean
  readonly files?: NameFilter | undefined
}

/** What was met on the walk: a database, something left out, or a folder that could not be listed. */
export type Found =
  | { readonly kind: 'file'; readonly key: string }
  | { readonly kind: 'leftOut'; readonly key: string; readonly reason: LeftOutReason; readonly message: string }
  | { readonly kind: 'unlisted'; readonly key: string; readonly error: IngestError }

/** Where the files are: keys are relative to `folder`, with slashes. `file` is the key of a single configured file. */
export interface Root {
  readonly folder: string
  readonly file?: string
}

/** The configured path; throws `not_found` when nothing is there, for that is no empty folder. */
export async function resolveRoot(configured: string): Promise<Root> {
  const root = path.resolve(configured)
  const stats = await stat(root).catch((error: unknown) => {
    throw fileError(error, root)
  })
  if (stats.isDirectory()) return { folder: root }
  if (stats.isFile()) return { folder: path.dirname(root), file: path.basename(root) }
  throw new IngestError('invalid_config', `${root} is neither a file nor a folder`)
}

/** Walks the folder in the order of names, holding one listing per level. */
export async function* walkFiles(root: Root, filter: FileFilter, signal: AbortSignal): AsyncGenerator<Found> {
  if (root.file === undefined) yield* walkFolder({ root, filter, signal }, '')
  else yield judgeFile(filter, root.file, { single: true })
}

interface Walk {
  readonly root: Root
  readonly filter: FileFilter
  readonly signal: AbortSignal
}

async function* walkFolder(walk: Walk, folder: string): AsyncGenerator<Found> {
  const entries = await readdir(path.join(walk.root.folder, folder), { withFileTypes: true }).catch((error: unknown) =>
    fileError(error, path.join(walk.root.folder, folder)),
  )
  if (entries instanceof IngestError) {
    if (folder === '') throw entries
    yield { kind: 'unlisted', key: folder, error: entries }
    return
  }
  for (const entry of entries.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    walk.signal.throwIfAborted()
    // Hidden entries are caches, version control and the like.
    if (entry.name.startsWith('.')) continue
    const key = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      if (walk.filter.recursive) yield* walkFolder(walk, key)
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      const found = judgeFile(walk.filter, key)
      if (found.kind === 'file') yield* resolveFile(walk.root, key)
      // Every other file of the folder is no database, unless its name says so.
      else if (hasDefaultSuffix(key) || matches(walk.filter, key)) yield found
    }
  }
}

/** A file that is there. One that is not is a broken link, or has a name that is no UTF-8: it counts as unavailable. */
async function* resolveFile(root: Root, key: string): AsyncGenerator<Found> {
  try {
    const stats = await stat(path.join(root.folder, key))
    if (stats.isFile()) yield { kind: 'file', key }
  } catch (error) {
    const { category, message } = fileError(error, key)
    // Listed but not to be looked at: its reading fails with the reason.
    if (category === 'permission') yield { kind: 'file', key }
    else yield { kind: 'leftOut', key, reason: 'unavailable', message }
  }
}

function judgeFile(filter: FileFilter, key: string, { single = false } = {}): Found {
  const leftOut = (reason: LeftOutReason, message: string): Found => ({ kind: 'leftOut', key, reason, message })
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) return leftOut('unavailable', 'its path is longer than 1 kB')
  if (!single && !matches(filter, key)) return leftOut('filtered', 'does not fit the pattern')
  const why = whyLeftOut(filter.files, key)
  return why === undefined ? { kind: 'file', key } : leftOut('filtered', why)
}

function matches({ pattern }: FileFilter, key: string): boolean {
  const name = path.posix.basename(key)
  return !/-(wal|shm|journal)$/.test(name) && whyLeftOut({ allow: [pattern].flat() }, name) === undefined
}

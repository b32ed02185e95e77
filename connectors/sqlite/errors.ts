import { classifyError, type ErrorRule, type IngestError } from '../kit/index.ts'

/** https://www.sqlite.org/rescode.html: primary codes by name; node:sqlite gives the extended number only. */
const CODES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  14: 'SQLITE_CANTOPEN',
  23: 'SQLITE_AUTH',
  26: 'SQLITE_NOTADB',
}

export const errorRules: readonly ErrorRule[] = [
  {
    category: 'source_unavailable',
    codes: ['SQLITE_BUSY', 'SQLITE_LOCKED'],
    hint: 'Another process holds the file for writing; the next sync tries again. Raise lockTimeoutMs, or use WAL mode.',
  },
  {
    category: 'data_integrity',
    codes: ['SQLITE_CORRUPT'],
    patterns: [/malformed database schema/],
    hint: 'Run `PRAGMA integrity_check`, then `.recover` in the sqlite3 shell, or restore a backup.',
  },
  {
    category: 'invalid_config',
    codes: ['SQLITE_NOTADB'],
    hint: 'The file is not an SQLite database, or it is encrypted. Leave it out: `files: { deny: [...] }`.',
  },
  {
    category: 'source_unavailable',
    codes: ['SQLITE_READONLY'],
    hint: 'A writer died in a transaction, and only a writer can undo it: open the file once with its application.',
  },
  {
    category: 'source_unavailable',
    codes: ['SQLITE_CANTOPEN'],
    hint: 'A WAL file waits to be read beside the database: its -shm file, or the right to make one, is missing.',
  },
  {
    category: 'unsupported',
    patterns: [/unsupported file format/],
    hint: 'A newer SQLite wrote the file: run Tidemark on a newer Node.',
  },
  { category: 'source_unavailable', codes: ['SQLITE_IOERR', 'EIO', 'ESTALE', 'EMFILE', 'ENFILE'] },
  {
    category: 'permission',
    codes: ['SQLITE_PERM', 'SQLITE_AUTH', 'EACCES', 'EPERM'],
    hint: 'Give the account that runs Tidemark read permission on the file and search permission on its folders.',
  },
  { category: 'not_found', codes: ['ENOENT', 'ENOTDIR'], hint: 'Check `path`; a relative one starts at the worker.' },
  { category: 'invalid_config', codes: ['ENAMETOOLONG', 'ELOOP'] },
]

/** SQLite's result code by name, such as `SQLITE_BUSY`, of an error thrown by node:sqlite. */
export function sqliteCode(error: unknown): string | undefined {
  const errcode = typeof error === 'object' && error !== null && 'errcode' in error ? error.errcode : undefined
  if (typeof errcode !== 'number') return undefined
  return CODES[errcode & 0xff] ?? `SQLITE_${errcode & 0xff}`
}

/** An error of SQLite or the file system as an IngestError that names the file. */
export function fileError(error: unknown, file: string): IngestError {
  const code = sqliteCode(error)
  if (code === undefined || !(error instanceof Error)) return classifyError(error, errorRules, file)
  const message = code === 'SQLITE_BUSY' ? `is locked by another process (${error.message})` : error.message
  return classifyError(Object.assign(new Error(message, { cause: error }), { code }), errorRules, file)
}

import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type ConnectorManifest, IngestError, type Json, nameFilter, PROTOCOL_VERSION } from '../kit/index.ts'
import { DEFAULT_PATTERNS, hasDefaultSuffix, hasSqliteHeader } from './files.ts'

const config = z.strictObject({
  path: z.string().min(1).describe('A database file, or a folder of them.'),
  pattern: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .default([...DEFAULT_PATTERNS])
    .describe('Which file names in a folder are databases: one glob pattern or several.'),
  recursive: z.boolean().default(true).describe('Whether folders inside the folder are searched too.'),
  files: nameFilter.optional().describe('Allow and deny lists over the paths relative to the folder, such as `old/*`.'),
  tables: nameFilter.optional().describe('Tables and views to crawl, by their names as stored.'),
  lockTimeoutMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(2_000)
    .describe('How long to wait for a writer to release a file, in milliseconds.'),
})
export type SqliteConfig = z.infer<typeof config>

export const manifest: ConnectorManifest<SqliteConfig> = {
  type: 'sqlite',
  title: 'SQLite',
  category: 'database',
  version: '0.1.0',
  protocol: PROTOCOL_VERSION,
  recordVersion: 1,
  config,
  example: { path: '/srv/data', pattern: ['*.db', '*.sqlite'], recursive: true, files: { deny: ['archive/*'] } },
  kinds: [
    { kind: 'database file', group: 'container', levels: ['schema'] },
    { kind: 'table', group: 'relation', levels: ['schema', 'table'] },
    { kind: 'virtual table', group: 'relation', levels: ['schema', 'table'] },
    { kind: 'shadow table', group: 'relation', levels: ['schema', 'table'] },
    { kind: 'view', group: 'relation', levels: ['schema', 'table'] },
  ],
  scopeNoun: 'file',
  grants: [
    { purpose: 'Search the folders', statement: 'chmod a+rx {folder}  # or: setfacl -m u:{user}:rx {folder}' },
    { purpose: 'Read the files', statement: 'chmod a+r {file}  # or: setfacl -m u:{user}:r {file}' },
    {
      purpose: 'Read a WAL database that its application has open',
      statement: 'setfacl -m u:{user}:rw {file}-shm  # with {file}-wal readable',
    },
  ],
  capabilities: ['statistics', 'preview'],
  sql: {
    dialect: 'sqlite',
    // A view sees its own file alone, under the name `main`.
    defaults: () => ({ schemas: ['main'] }),
    assetPath: ([schema = '', name = '', ...more], [file = '']) =>
      more.length === 0 && /^main$/i.test(schema) ? [file, name] : undefined,
    // https://www.sqlite.org/fileformat2.html#intschema
    isSystem: (name) => /^sqlite_/i.test(name.at(-1) ?? ''),
  },
  urlSchemes: ['sqlite', 'sqlite3'],
  acceptsPath,
  fromUrl,
  namespace: ({ path: root }) => `sqlite://${slashed(folderOf(path.resolve(root)))}`,
  suggestName: ({ path: root }) =>
    path.basename(path.resolve(root)).replace(/\.(db|sqlite|sqlite3|db3)$/i, '') || 'root',
  shape: () => ({}),
  filter: ({ pattern, recursive, files, tables }) =>
    ({ pattern, recursive, files: files ? { ...files } : null, tables: tables ? { ...tables } : null }) as Json,
}

/** A file with a usual suffix or SQLite's header, or a folder with such a file directly in it. */
function acceptsPath(file: string): boolean {
  if (/^[a-z][a-z0-9+.-]+:/i.test(file)) return false
  if (!isFolder(file)) return hasDefaultSuffix(file) || hasSqliteHeader(file)
  try {
    return readdirSync(file).some((name) => !name.startsWith('.') && hasDefaultSuffix(name))
  } catch {
    return false
  }
}

/** `sqlite:///absolute/path`, `sqlite:relative/path`, a path; `?pattern=` (repeatable) and `?recursive=false`. */
function fromUrl(url: string): Record<string, Json> {
  const match = /^sqlite3?:([^?]*)(?:\?(.*))?$/is.exec(url)
  if (match === null) return { path: path.resolve(url) }
  const [, location = '', query] = match
  if (/^\/\/[^/]/.test(location)) {
    throw new IngestError('invalid_config', `${url} names a host, but SQLite databases are files`, {
      hint: 'Write sqlite:///absolute/path (three slashes) or sqlite:relative/path.',
    })
  }
  const parameters = new URLSearchParams(query)
  const patterns = parameters.getAll('pattern')
  const recursive = parameters.get('recursive')
  return {
    path: location.startsWith('//')
      ? fileURLToPath(`file://${location.replace(/^\/+/, '/')}`)
      : relative(url, location),
    ...(patterns.length === 0 ? {} : { pattern: patterns }),
    ...(recursive === null ? {} : { recursive: recursive !== 'false' }),
  }
}

function relative(url: string, location: string): string {
  if (location === '') throw new IngestError('invalid_config', `${url} names no file or folder`)
  try {
    return path.resolve(decodeURIComponent(location))
  } catch (cause) {
    throw new IngestError('invalid_config', `${url} has a broken percent escape`, { cause })
  }
}

/** Of a path with nothing there yet, the suffix decides. */
function folderOf(root: string): string {
  return (isFolder(root) ?? !hasDefaultSuffix(root)) ? root : path.dirname(root)
}

/** Undefined where nothing is there, or may be looked at. */
function isFolder(file: string): boolean | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isDirectory()
  } catch {
    return undefined
  }
}

/** Windows paths in the habit of file URLs: `/C:/data`. */
function slashed(folder: string): string {
  const text = folder.split(path.sep).join('/')
  return text.startsWith('/') ? text : `/${text}`
}

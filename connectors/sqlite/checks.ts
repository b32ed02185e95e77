import { type Check, type ConnectorContext, IngestError } from '../kit/index.ts'
import type { Access } from './access.ts'
import { resolveRoot, walkFiles } from './files.ts'
import type { SqliteConfig } from './manifest.ts'

/** Checks look at no more files than this: they prove access, they do not list. */
const MAX_FILES = 10

export function createChecks(config: SqliteConfig, { signal }: ConnectorContext, access: Access): Check[] {
  return [
    {
      name: 'path exists',
      run: async () => ((await resolveRoot(config.path)).file === undefined ? 'a folder' : 'a file'),
    },
    {
      name: 'list files',
      run: async () => {
        const { length } = await findFiles(config, signal)
        return length < MAX_FILES ? countOf(length, 'file') : `${MAX_FILES} files or more`
      },
    },
    { name: 'read schema', run: () => readSchemas(config, signal, access) },
  ]
}

/** Passes when any of the files can be read: a damaged one is a gap of its own scope. */
async function readSchemas(config: SqliteConfig, signal: AbortSignal, access: Access): Promise<string> {
  const root = await resolveRoot(config.path)
  const failures: unknown[] = []
  const keys = await findFiles(config, signal)
  let objects = 0
  for (const key of keys) {
    try {
      objects += await access.read({ root, key, lockTimeoutMs: config.lockTimeoutMs }, ({ database }) =>
        Number(database.prepare('SELECT count(*) AS count FROM main.sqlite_schema').get()?.count),
      )
    } catch (error) {
      signal.throwIfAborted()
      failures.push(error)
    }
  }
  if (failures.length > 0 && failures.length === keys.length) throw failures[0]
  const failed = failures.map((error) => (error instanceof Error ? error.message : String(error))).join('; ')
  const summary = `${countOf(objects, 'object')} in ${countOf(keys.length - failures.length, 'file')}`
  return failed === '' ? summary : `${summary}; not read: ${failed}`
}

async function findFiles(config: SqliteConfig, signal: AbortSignal): Promise<string[]> {
  const root = await resolveRoot(config.path)
  const keys: string[] = []
  for await (const found of walkFiles(root, config, signal)) {
    if (found.kind === 'unlisted') throw found.error
    if (found.kind === 'file') keys.push(found.key)
    if (keys.length === MAX_FILES) break
  }
  if (root.file !== undefined && keys.length === 0) {
    throw new IngestError('invalid_config', `${config.path} is left out by the \`files\` filter`)
  }
  return keys
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

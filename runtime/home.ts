import { chmodSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { readTextIfAny } from './process.ts'
import { processStamp } from './process-table.ts'

/**
 * The folder of everything Tidemark keeps on this machine: TIDEMARK_HOME, or `.tidemark` in the person's home, root's too. Nothing
 * is created here: whoever writes calls `ensureHome` first.
 */
export function tidemarkHome(env: NodeJS.ProcessEnv = process.env): string {
  const given = env.TIDEMARK_HOME?.trim()
  if (!given) return join(env.HOME || homedir(), '.tidemark')
  // Files of environment variables do not expand the tilde; a shell would have.
  return given.startsWith('~/') ? join(env.HOME || homedir(), given.slice(2)) : resolve(given)
}

/**
 * Creates the home, for its owner alone, and gives its path. Root's may be passed through by others (0711), because the database
 * server then runs as another account; every file with a secret in it is 0600 by itself.
 */
export function ensureHome(home: string): string {
  return ensureFolder(home)
}

/** Creates a folder of the home with the home's permissions, when it is not there. Gives its real path, free of links. */
export function ensureFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: isRoot() ? 0o711 : 0o700 })
    return realpathSync(path)
  } catch (cause) {
    throw new IngestError('invalid_config', `Cannot create the folder ${path}: ${(cause as Error).message}`, {
      cause,
      hint: 'Make it writable for this account, or set TIDEMARK_HOME to another folder.',
    })
  }
}

/** Whether this process runs as root (never on Windows). */
export function isRoot(): boolean {
  return process.getuid?.() === 0
}

/** Writes a file that only its owner may read, so that a reader sees the old text or the new one, never a part. */
export function writePrivateFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  rmSync(temporary, { force: true })
  writeFileSync(temporary, text, { mode: 0o600 })
  chmodSync(temporary, 0o600)
  renameSync(temporary, path)
}

const runtimeInfoSchema = z.object({
  pid: z.int().positive(),
  /** ISO 8601. */
  startedAt: z.string(),
  databaseUrl: z.string(),
  temporalAddress: z.string().optional(),
  temporalUiUrl: z.string().optional(),
  httpPort: z.int().optional(),
  version: z.string(),
})

const runtimeFileSchema = runtimeInfoSchema.extend({ processStamp: z.string() })

/** What a running `tidemark up` tells other commands on this machine. `databaseUrl` holds a password. */
export type RuntimeInfo = z.infer<typeof runtimeInfoSchema>

/** What the running Tidemark of this home says about itself; undefined when none runs, whatever a dead one left behind. */
export async function readRuntimeFile(home: string): Promise<RuntimeInfo | undefined> {
  const parsed = runtimeFileSchema.safeParse(parseJson(readTextIfAny(runtimePath(home))))
  if (!parsed.success) return undefined
  const { processStamp: stamp, ...info } = parsed.data
  // The same id can belong to another process by now; the moment it started tells.
  return (await processStamp(info.pid)) === stamp ? info : undefined
}

/** Tells other commands about the running process `info.pid`. */
export async function writeRuntimeFile(home: string, info: RuntimeInfo): Promise<void> {
  const stamp = await processStamp(info.pid)
  if (stamp === undefined) throw new IngestError('internal', `No process ${info.pid} to write the runtime file for`)
  ensureHome(home)
  writePrivateFile(runtimePath(home), `${JSON.stringify({ ...info, processStamp: stamp }, undefined, 2)}\n`)
}

/** Removes the file, unless another process that still runs has written it. */
export async function removeRuntimeFile(home: string): Promise<void> {
  const current = await readRuntimeFile(home)
  if (current && current.pid !== process.pid) return
  rmSync(runtimePath(home), { force: true })
}

/** A JSON text's value; undefined when it is none. */
export function parseJson(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function runtimePath(home: string): string {
  return join(home, 'runtime.json')
}

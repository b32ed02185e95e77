import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { cacheDirectory, putInPlace, withTemporaryBeside } from './cache.ts'
import { checkCancelled, findOnPath, run } from './process.ts'
import { INSTALL_METHODS, type InstallMethod, TEMPORAL_FILE } from './temporal-install.ts'

export interface FindTemporalOptions {
  readonly onStatus?: (message: string) => void
  readonly signal?: AbortSignal
  readonly env?: NodeJS.ProcessEnv
}

/** Temporal's CLI on this machine. */
export interface TemporalBinary {
  readonly path: string
  /** How it was obtained. */
  readonly source: string
  /** Such as '1.9.1 (Server 1.32.0)'. */
  readonly version: string
}

/** A `temporal` program that runs: TIDEMARK_TEMPORAL_BIN, from PATH, from the cache, or installed; undefined when none is to be had. */
export async function locateTemporal(options: FindTemporalOptions = {}): Promise<TemporalBinary | undefined> {
  const { onStatus, env = process.env } = options
  const given = env.TIDEMARK_TEMPORAL_BIN
  if (given) return checkGiven(given)
  const onPath = findOnPath(TEMPORAL_FILE, env)
  const found = onPath && (await probe(onPath, 'PATH'))
  if (found) return found
  if (onPath) onStatus?.(`Temporal: ${onPath} does not run here, looking elsewhere`)
  const target = join(cacheDirectory(env), 'temporal', TEMPORAL_FILE)
  if (existsSync(target)) {
    const cached = await probe(target, 'the cache')
    if (cached) return cached
    onStatus?.(`Temporal: ${target} does not run, fetching it anew`)
    rmSync(target, { force: true })
  }
  return install(target, options)
}

async function install(target: string, { onStatus, signal }: FindTemporalOptions): Promise<TemporalBinary | undefined> {
  const failures: string[] = []
  for (const method of INSTALL_METHODS) {
    checkCancelled(signal, 'Getting Temporal')
    const unavailable = method.unavailable()
    if (unavailable) {
      failures.push(`${method.source}: ${unavailable}`)
      continue
    }
    const before = failures.at(-1)
    onStatus?.(`Temporal: ${before ? `${before}; ` : ''}${method.doing}`)
    try {
      return await installBy(method, target, signal)
    } catch (error) {
      if (error instanceof IngestError && error.category === 'cancelled') throw error
      failures.push(`${method.source}: ${(error as Error).message}`)
    }
  }
  onStatus?.(
    `Temporal: none to be had (${failures.join('; ')}). Install its CLI, or set TIDEMARK_TEMPORAL_BIN or TEMPORAL_ADDRESS`,
  )
  return undefined
}

async function installBy(
  method: InstallMethod,
  target: string,
  signal: AbortSignal | undefined,
): Promise<TemporalBinary> {
  await withTemporaryBeside(target, async (folder) => {
    await method.install(folder, signal)
    const made = join(folder, TEMPORAL_FILE)
    if (!(await probe(made, method.source)))
      throw new IngestError('dependency_unavailable', 'what came does not run here')
    putInPlace(made, target)
  })
  const placed = await probe(target, method.source)
  if (!placed) throw new IngestError('dependency_unavailable', 'what came does not run here')
  return placed
}

async function checkGiven(path: string): Promise<TemporalBinary> {
  const binary = await probe(path, 'TIDEMARK_TEMPORAL_BIN')
  if (binary) return binary
  throw new IngestError('invalid_config', `TIDEMARK_TEMPORAL_BIN names ${path}, which does not run as Temporal's CLI`, {
    hint: 'Name the program `temporal`, or unset it to have one found.',
  })
}

async function probe(path: string, source: string): Promise<TemporalBinary | undefined> {
  const { code, output } = await run({ command: path, args: ['--version'] }, { timeoutMs: 20_000 })
  const match = /temporal version (\S+)(?: \((Server [^,)]+))?/.exec(output)
  if (code !== 0 || !match) return undefined
  return { path, source, version: match[2] ? `${match[1]} (${match[2]})` : String(match[1]) }
}

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheDirectory } from '../../runtime/cache.ts'

const run = promisify(execFile)
const INSTALL_MS = 500_000

/** Packages of the Python index, each with its version: `bqemulator==1.4.0`. */
export interface PythonPeer {
  /** Of the folder they are kept in; with the versions in it. */
  readonly name: string
  readonly packages: readonly string[]
  /** Run once, after installing. */
  readonly setUp?: string
}

/**
 * Installs the packages into an environment of their own in the user's cache, once, and answers with the folder of its programs;
 * or with why there is none.
 */
export async function installPythonPeer({
  name,
  packages,
  setUp,
}: PythonPeer): Promise<{ bin: string } | { skip: string }> {
  const cache = join(cacheDirectory(), 'peers')
  const folder = join(cache, name)
  const bin = join(folder, 'bin')
  if (existsSync(join(folder, 'ready'))) return { bin }
  try {
    await mkdir(cache, { recursive: true })
    await rm(folder, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', folder])
    await run(join(bin, 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], { timeout: INSTALL_MS })
    if (setUp !== undefined) await run(join(bin, 'python'), ['-c', setUp], { timeout: 60_000 })
    await mkdir(join(folder, 'ready'))
    return { bin }
  } catch (error) {
    return { skip: `${name} cannot be installed: ${String(error).slice(0, 300)}` }
  }
}

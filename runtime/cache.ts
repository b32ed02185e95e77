import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The folder of what Tidemark fetched and can fetch again, in the user's cache folder. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const home = env.HOME || homedir()
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'tidemark')
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'tidemark')
  if (process.platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'tidemark', 'cache')
  return join(home, '.cache', 'tidemark')
}

/** Calls `work` with a new folder beside `target` (so that a rename puts its result in place) and removes it afterwards. */
export async function withTemporaryBeside<T>(target: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(dirname(target), `.new-${process.pid}-${randomBytes(4).toString('hex')}`)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Renames what was made to its place. Of two processes that race, one wins and both have it. */
export function putInPlace(made: string, target: string): void {
  try {
    renameSync(made, target)
  } catch (error) {
    if (!existsSync(target)) throw error
  }
}

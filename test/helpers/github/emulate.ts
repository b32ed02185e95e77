import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { cacheDirectory, putInPlace, withTemporaryBeside } from '../../../runtime/cache.ts'

const VERSION = '0.11.2'
const TOKEN = 'token-of-ada'

const SEED = `
tokens: { ${TOKEN}: { login: ada, scopes: [repo, user] } }
github:
  users: [{ login: ada, name: Ada }]
  repos: [{ owner: ada, name: shop, description: The shop, auto_init: true }]
`

/** Vercel's emulator of GitHub's REST API (npm `emulate`), installed once into the user's cache, with one repository of `ada`. */
export async function startEmulate(): Promise<{ readonly url: string; readonly token: string } & AsyncDisposable> {
  const program = await install()
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-emulate-'))
  writeFileSync(join(folder, 'seed.yaml'), SEED)
  const port = await freePort()
  const preload = fileURLToPath(new URL('loopback.cjs', import.meta.url))
  const args = ['-r', preload, program, 'start', '--service', 'github', '--port', String(port), '--seed', 'seed.yaml']
  const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  await vi.waitUntil(
    () =>
      fetch(url).then(
        () => true,
        () => false,
      ),
    { timeout: 20_000, interval: 50 },
  )
  return {
    url,
    token: TOKEN,
    async [Symbol.asyncDispose]() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function install(): Promise<string> {
  const place = join(cacheDirectory(), `emulate-${VERSION}`)
  if (!existsSync(place)) {
    await withTemporaryBeside(place, async (folder) => {
      const options = ['--no-audit', '--no-fund', '--no-save', '--ignore-scripts', '--prefix', folder]
      execFileSync('npm', ['install', ...options, `emulate@${VERSION}`], { stdio: 'ignore', timeout: 120_000 })
      putInPlace(folder, place)
    })
  }
  return join(place, 'node_modules/emulate/dist/index.js')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}

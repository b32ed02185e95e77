import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startServers } from './servers.ts'
import { makeSource } from './source.ts'

/**
 * What a person waits for with a PostgreSQL of 500 tables: real commands, as processes, over the embedded store of a home
 * that is there already. A first command makes it, which takes some seconds once.
 */
const TABLES = 500
const LIMITS = { test: 2, sync: 5, add: 8 }
const ROUNDS = 3

const CLI = fileURLToPath(new URL('../cli/bin.ts', import.meta.url))

interface Timed {
  readonly seconds: number
  readonly output: string
}

async function tidemark(home: string, ...args: readonly string[]): Promise<Timed> {
  // Empty stands for unset: the embedded store, and no Temporal.
  const env = { ...process.env, TIDEMARK_HOME: home, DATABASE_URL: '', TEMPORAL_ADDRESS: '' }
  const started = performance.now()
  const child = spawn(process.execPath, [CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  if (code !== 0) throw new Error(`tidemark ${args[0]} ended with ${code}\n${errors}`)
  return { seconds: (performance.now() - started) / 1000, output }
}

async function measureRound(home: string, url: string, name: string): Promise<Record<keyof typeof LIMITS, number>> {
  const test = await tidemark(home, 'test', url)
  const add = await tidemark(home, 'add', url, '--name', name, '--yes', '--json')
  const { run } = JSON.parse(add.output) as { run: { startedAt: string; completedAt: string; described: number } }
  if (run.described < TABLES) throw new Error(`only ${run.described} items were described`)
  const sync = (Date.parse(run.completedAt) - Date.parse(run.startedAt)) / 1000
  return { test: test.seconds, sync, add: add.seconds }
}

async function measure(): Promise<number> {
  await using servers = await startServers()
  const home = await mkdtemp(join(tmpdir(), 'tidemark-bench-home-'))
  try {
    const { seconds } = await tidemark(home, 'sources')
    console.log(`A command that makes the home and its store: ${seconds.toFixed(2)} s`)
    const best = { test: Number.POSITIVE_INFINITY, sync: Number.POSITIVE_INFINITY, add: Number.POSITIVE_INFINITY }
    for (let round = 1; round <= ROUNDS; round += 1) {
      // Databases of their own: each first sync finds nothing of the last one's.
      const figures = await measureRound(
        home,
        await makeSource(servers.source, `quick_${round}`, TABLES),
        `quick_${round}`,
      )
      console.log(
        `Round ${round}: ${Object.entries(figures)
          .map(([what, took]) => `${what} ${took.toFixed(2)} s`)
          .join(', ')}`,
      )
      for (const what of ['test', 'sync', 'add'] as const) best[what] = Math.min(best[what], figures[what])
    }
    return judge(best)
  } finally {
    await rm(home, { recursive: true, force: true })
  }
}

/** Noise only ever adds, so the best round counts. */
function judge(best: Record<keyof typeof LIMITS, number>): number {
  const names = { test: 'tidemark test', sync: 'the first sync', add: 'tidemark add, from command to prompt' }
  const verdicts = (['test', 'sync', 'add'] as const).map((what) => {
    const passed = best[what] < LIMITS[what]
    console.log(`${passed ? '  ok  ' : '  FAIL'} ${names[what]}: ${best[what].toFixed(2)} s (below ${LIMITS[what]})`)
    return passed
  })
  return verdicts.every(Boolean) ? 0 : 1
}

console.log(`Making PostgreSQL databases of ${TABLES} tables …`)
process.exitCode = await measure()

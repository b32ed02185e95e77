import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createEngine, QUICK_RETRY, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { type ExportedAsset, exportStore, firstDifference } from '../helpers/export.ts'
import { workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'
import { BATCH, crashWorld } from './crash-world.ts'

const WINDOW = 2
let temporal: TestTemporal
let undisturbed: ExportedAsset[]
const connector = workbookConnector(new Map([['main', crashWorld()]]))

beforeAll(async () => {
  temporal = await createTemporal()
  await using engine = await createEngine([connector])
  await (await engine.addSource(connector, { world: 'main' })).sync()
  undisturbed = await exportStore(engine.store)
})
afterAll(() => temporal[Symbol.asyncDispose]())

const processes: ChildProcess[] = []
afterEach(() => {
  for (const child of processes.splice(0)) child.kill('SIGKILL')
})

interface WorkerProcess {
  readonly child: ChildProcess
  readonly described: string[]
}

/** Starts a worker process; resolves when it serves. */
async function startProcess(engine: TestEngine, taskQueue: string): Promise<WorkerProcess> {
  const script = fileURLToPath(new URL('worker-process.ts', import.meta.url))
  const child = spawn(process.execPath, [script, engine.store.url, temporal.address, taskQueue], {
    env: { ...process.env, TEST_MASTER_KEY: engine.deps.keyRing.keys()[0].key.toString('base64') },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  processes.push(child)
  const described: string[] = []
  const ready = Promise.withResolvers<void>()
  child.on('exit', (code) => ready.reject(new Error(`the worker ended with ${code}`)))
  let rest = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === 'ready') ready.resolve()
      else described.push(...(JSON.parse(line) as string[]))
    }
  })
  await ready.promise
  return { child, described }
}

async function endInMidSync(signal: 'SIGKILL' | 'SIGTERM') {
  const engine = await createEngine([connector])
  const taskQueue = randomUUID()
  const source: TestSource = await engine.addSource(connector, { world: 'main' })
  const first = await startProcess(engine, taskQueue)
  const workflow = await startSync(temporal.client, taskQueue, {
    organization: 'default',
    source: randomUUID(),
    sourceId: source.id,
    requestId: await source.request(),
    window: WINDOW,
    retry: QUICK_RETRY,
    heartbeatMs: 8_000,
  })
  const merged = async () => {
    const [row] = await engine.store.sql`select coalesce(sum(described), 0)::int as n from tidemark.sync_scope`
    return row?.n as number
  }
  await expect.poll(merged, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(3 * BATCH)
  first.child.kill(signal)
  if (signal === 'SIGTERM') await once(first.child, 'exit')
  const mergedAtDeath = await merged()
  expect(mergedAtDeath).toBeLessThan(80)
  const second = await startProcess(engine, taskQueue)
  expect(await workflow.result()).toMatchObject({ outcome: 'succeeded', runId: 1 })
  return { engine, first, second, mergedAtDeath }
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a worker ended by %s in mid-sync: another completes the run, nothing is lost or doubled',
  async (signal) => {
    const { engine, first, second } = await endInMidSync(signal)
    await using _ = engine
    expect(firstDifference(await exportStore(engine.store), undisturbed)).toBeUndefined()
    const [run] = await engine.store.sql`
      select (select count(*)::int from tidemark.sync_run) as runs, outcome, listed, described, added,
             (select count(*)::int from tidemark.asset_version) as versions,
             (select max(attempt) from tidemark.sync_scope) as attempts,
             (select count(*)::int from tidemark.sync_work) as work
      from tidemark.sync_run`
    // 80 workbooks, 160 sheets, one data set: each merged once, whatever was described twice.
    expect(run).toEqual({
      runs: 1,
      outcome: 'succeeded',
      listed: 80,
      described: 80,
      added: 241,
      versions: 241,
      attempts: expect.any(Number),
      work: 0,
    })
    expect(run?.attempts).toBeGreaterThan(1)
    const all = [...first.described, ...second.described]
    expect(new Set(all).size).toBe(80)
    const counts = Map.groupBy(all, (key) => key)
    expect(Math.max(...[...counts.values()].map((times) => times.length))).toBeLessThanOrEqual(2)
    // Per scope at most the page being merged and the one read ahead.
    expect(all.length - 80).toBeLessThanOrEqual(WINDOW * 2 * BATCH)
  },
  180_000,
)

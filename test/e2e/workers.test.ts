import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeMasterKeyText } from '../../db/vault.ts'
import { freePort } from '../../runtime/process.ts'
import { type Environment, makeHome, start, tidemark } from '../cli/support.ts'
import { createDatabase, TEMPLATE } from '../helpers/store.ts'
import { createTemporal, type TestTemporal } from '../helpers/temporal.ts'

let temporal: TestTemporal
let database: Awaited<ReturnType<typeof createDatabase>>
let shared: Environment
const processes: ReturnType<typeof start>[] = []

beforeAll(async () => {
  temporal = await createTemporal()
  database = await createDatabase(TEMPLATE)
  shared = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TIDEMARK_MASTER_KEY: makeMasterKeyText(),
    TIDEMARK_ACTOR: 'tester',
  }
})
afterAll(async () => {
  for (const { child } of processes) child.kill('SIGKILL')
  await temporal[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

interface Line {
  readonly msg: string
  readonly [label: string]: unknown
}

/** A worker process with a home of its own, once it serves. */
async function startWorker(args: readonly string[], http = false) {
  const home = makeHome()
  const port = await freePort()
  const settings = join(home, 'temporal.yaml')
  writeFileSync(settings, http ? `http: { port: ${port} }\n` : 'defaultSchedule: none\n')
  const env = { ...shared, TIDEMARK_HOME: home, TIDEMARK_CONFIG: settings, LOG_LEVEL: 'debug' }
  const worker = start(['worker', ...args], env)
  processes.push(worker)
  const lines: Line[] = []
  const serves = Promise.withResolvers<void>()
  let rest = ''
  worker.child.stderr.on('data', (chunk: Buffer) => {
    const texts = (rest + chunk.toString()).split('\n')
    rest = texts.pop() ?? ''
    for (const text of texts.filter((line) => line.startsWith('{'))) lines.push(JSON.parse(text) as Line)
    if (lines.some(({ msg }) => msg === 'the worker serves')) serves.resolve()
  })
  worker.child.once('exit', (code) => serves.reject(new Error(`the worker ended with ${code}`)))
  await serves.promise
  return { worker, lines, get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`) }
}

test('workers on two queues share the work, tell how they are, and stop in order', async () => {
  const main = await startWorker([], true)
  const far = await startWorker(['--queue', 'far'])
  const file = join(mkdtempSync(join(tmpdir(), 'tidemark-workers-')), 'shop.db')
  const shop = new DatabaseSync(file)
  shop.exec('create table orders (id integer primary key); create view big as select * from orders')
  shop.close()

  const env = { ...shared, TIDEMARK_HOME: makeHome() }
  const added = await tidemark(['add', file, '--name', 'shop', '--queue', 'far', '--yes', '--json'], env)
  expect(JSON.parse(added.stdout)).toMatchObject({ run: { outcome: 'succeeded', added: 3 } })

  // Who reaches the source did what needs it, and no more; every line of the sync names its run and source.
  const stepsOf = ({ lines }: typeof main) =>
    new Set(lines.flatMap(({ step }) => (typeof step === 'string' ? [step] : [])))
  expect([...stepsOf(far)].sort()).toEqual([
    'openRun',
    'planScopes',
    'readQueryLogs',
    'reconcile',
    'syncScope',
    'takeStatistics',
  ])
  expect([...stepsOf(main)]).toEqual(expect.arrayContaining(['listPendingScopes', 'closeRun']))
  for (const line of [...far.lines, ...main.lines].filter(({ step }) => step !== undefined)) {
    expect(line).toMatchObject({ sourceId: 1, level: expect.any(String), time: expect.any(String) })
    if (line.step !== 'openRun' && line.step !== 'requestSync') expect(line).toMatchObject({ runId: 1, source: 'shop' })
  }
  expect(main.lines.find(({ msg }) => msg === 'run closed')).toMatchObject({ outcome: 'succeeded', runId: 1 })

  expect(await (await main.get('/healthz')).text()).toBe('alive\n')
  expect((await main.get('/readyz')).status).toBe(200)
  expect((await main.get('/nothing')).status).toBe(404)
  const metrics = await (await main.get('/metrics')).text()
  expect(metrics).toContain('tidemark_sync_runs_total{outcome="succeeded"} 1\n')
  expect(metrics).toMatch(/^tidemark_source_last_success_age_seconds\{source="shop",connector="sqlite"\} \d/m)
  expect(metrics).toContain('tidemark_source_held_removals{source="shop",connector="sqlite"} 0\n')
  expect(metrics).toContain('tidemark_store_up 1\n')
  // Temporal's own numbers, of the same process.
  expect(metrics).toMatch(/^temporal_workflow_completed_total\{.*workflow_type="syncSource".*\} [1-9]/m)
  expectWellFormed(metrics)

  const doctor = await tidemark(['doctor', '--json'], env)
  expect(JSON.parse(doctor.stdout)).toMatchObject({ healthy: true })

  for (const { worker, lines } of [far, main]) {
    worker.child.kill('SIGTERM')
    expect((await worker.finished()).code).toBe(0)
    expect(lines.at(-1)).toMatchObject({ msg: 'the worker has stopped' })
  }
}, 120_000)

/** Each family is described once, before its samples, and each sample is a name, labels and a number. */
function expectWellFormed(metrics: string): void {
  const described = new Set<string>()
  for (const line of metrics.split('\n').filter((text) => text !== '')) {
    const [, type] = /^# TYPE (\S+) /.exec(line) ?? []
    if (type !== undefined) {
      expect(described).not.toContain(type)
      described.add(type)
    } else if (!line.startsWith('#')) expect(line).toMatch(/^[a-z_:][\w:]*(\{[^}]*\})? [-+\d.eInfNa]+$/i)
  }
}

test('a worker without what it needs says what that is', async () => {
  const refuse = async (env: Environment) => await tidemark(['worker'], { TIDEMARK_HOME: makeHome(), ...env })
  expect(await refuse({})).toMatchObject({ code: 2, stderr: expect.stringContaining('DATABASE_URL is not set') })
  expect(await refuse({ DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('a worker needs the master key of the store'),
  })
  expect(await refuse({ ...shared, TEMPORAL_ADDRESS: undefined })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('TEMPORAL_ADDRESS is not set'),
  })
})

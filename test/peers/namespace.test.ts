import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeMasterKeyText } from '../../db/vault.ts'
import { type Environment, makeHome, NODE, start, tidemark } from '../cli/support.ts'
import { createDatabase, TEMPLATE, testServer } from '../helpers/store.ts'
import { createTemporal, type TestTemporal } from '../helpers/temporal.ts'

// A worker inside a private network: a network namespace of its own, which alone reaches the source. It reaches the
// store and Temporal over a pair of virtual interfaces, as through a firewall that lets it out.
const SPACE = `tidemark${process.pid}`
const [OUTSIDE, INSIDE] = [1, 2].map((host) => `10.213.${process.pid % 250}.${host}`) as [string, string]

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' })

/** Why this machine cannot have such a namespace; undefined when it can. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces need Linux and root'
  if (spawnSync('ip', ['-V']).error !== undefined) {
    const installed = spawnSync('sh', ['-c', 'apt-get update -q && apt-get install -qy iproute2'], { stdio: 'ignore' })
    if (installed.status !== 0) return 'there is no `ip`, and iproute2 cannot be installed'
  }
  const made = spawnSync('ip', ['netns', 'add', SPACE])
  return made.status === 0 ? undefined : `no namespace can be made: ${String(made.stderr).trim()}`
}

const reason = whyNot()
if (reason !== undefined) console.log(`skipped: ${reason}`)

const servers: Server[] = []
/** Lets the namespace reach a port of this machine's loopback; resolves to the port it sees. */
async function letThrough(port: number): Promise<number> {
  const server = createServer((socket) => {
    const inner = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
    }
  })
  server.listen(0, OUTSIDE)
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as { port: number }).port
}

describe.skipIf(reason !== undefined)('a worker inside a private network', () => {
  let temporal: TestTemporal
  let database: Awaited<ReturnType<typeof createDatabase>>
  let sourceUrl: string
  let outside: Environment
  let inside: Environment
  const stops: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const veth = `tm${process.pid}`
    ip('link', 'add', `${veth}a`, 'type', 'veth', 'peer', 'name', `${veth}b`)
    ip('link', 'set', `${veth}b`, 'netns', SPACE)
    ip('addr', 'add', `${OUTSIDE}/30`, 'dev', `${veth}a`)
    ip('link', 'set', `${veth}a`, 'up')
    for (const args of [
      ['addr', 'add', `${INSIDE}/30`, 'dev', `${veth}b`],
      ['link', 'set', `${veth}b`, 'up'],
      ['link', 'set', 'lo', 'up'],
    ]) {
      ip('-n', SPACE, ...args)
    }
    temporal = await createTemporal()
    database = await createDatabase(TEMPLATE)
    const script = fileURLToPath(new URL('namespace-postgres.ts', import.meta.url))
    const source = spawn('ip', ['netns', 'exec', SPACE, NODE, script], { stdio: ['pipe', 'pipe', 'inherit'] })
    stops.push(async () => {
      source.stdin.end()
      await once(source, 'exit')
    })
    const [line] = (await once(source.stdout, 'data')) as [Buffer]
    sourceUrl = line.toString().trim()

    const key = { TIDEMARK_MASTER_KEY: makeMasterKeyText() }
    outside = { ...key, DATABASE_URL: database.url, TEMPORAL_ADDRESS: temporal.address, TIDEMARK_HOME: makeHome() }
    const store = new URL(database.url)
    store.host = `${OUTSIDE}:${await letThrough(Number(new URL(testServer()).port))}`
    const temporalPort = await letThrough(Number(temporal.address.split(':')[1]))
    inside = {
      ...key,
      DATABASE_URL: store.href,
      TEMPORAL_ADDRESS: `${OUTSIDE}:${temporalPort}`,
      TIDEMARK_HOME: makeHome(),
    }
  }, 120_000)

  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop()
    for (const server of servers) server.close()
    await temporal?.[Symbol.asyncDispose]()
    await database?.[Symbol.asyncDispose]()
    // Its end of the pair, and so the pair, goes with it.
    ip('netns', 'del', SPACE)
  })

  async function serve(args: readonly string[], env: Environment, wrapper: readonly string[] = []): Promise<void> {
    const worker = start(['worker', ...args], env, wrapper)
    stops.push(async () => {
      worker.child.kill('SIGTERM')
      await worker.finished()
    })
    let log = ''
    await new Promise<void>((resolve, reject) => {
      worker.child.stderr.on('data', (chunk: Buffer) => {
        log += chunk.toString()
        if (log.includes('the worker serves')) resolve()
      })
      worker.child.once('exit', (code) => reject(new Error(`the worker ended with ${code}: ${log}`)))
    })
  }

  test('syncs a source that nobody else reaches', async () => {
    // From here it cannot be reached at all.
    expect(await tidemark(['test', sourceUrl], outside)).toMatchObject({ code: 1 })
    await serve([], outside)
    await serve(['--queue', 'private'], inside, ['ip', 'netns', 'exec', SPACE])
    const added = await tidemark(
      ['add', sourceUrl, '--name', 'ledger', '--queue', 'private', '--yes', '--json'],
      outside,
    )
    expect(JSON.parse(added.stdout)).toMatchObject({ run: { outcome: 'succeeded', gaps: 0 } })
    const found = await tidemark(
      ['sql', "select table_name from catalog.tables where schema_name = 'public' order by 1", '--json'],
      outside,
    )
    expect(JSON.parse(found.stdout)).toEqual([{ table_name: 'ledger' }, { table_name: 'totals' }])
    // Probes go the same way: it is healthy, though this machine does not reach it.
    const doctor = await tidemark(['doctor', '--json'], outside)
    expect(JSON.parse(doctor.stdout)).toMatchObject({ healthy: true })
  }, 180_000)
})

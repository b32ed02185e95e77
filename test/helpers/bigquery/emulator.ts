import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePort } from '../../../runtime/process.ts'
import { installPythonPeer } from '../python-peer.ts'
import { listPage } from './answers.ts'
import type { ApiCall, Reply } from './api.ts'
import { type StandIn, startStandIn } from './stand-in.ts'
import { createWorld, type Resource, type World } from './world.ts'

/** The packages that `bqemulator` needs to start without a network, its extension of DuckDB put in place. */
const PEER = {
  name: 'bqemulator-1.4.0',
  packages: ['bqemulator==1.4.0', 'duckdb==1.5.5', 'duckdb-extension-spatial==1.5.5', 'duckdb-extensions', 'numpy'],
  setUp: "from duckdb_extensions import import_extension; import_extension('spatial')",
}

export interface Emulator extends AsyncDisposable {
  /** Asks the emulator itself. @throws Error with its answer when it refuses. */
  ask(method: string, path: string, body?: object): Promise<Resource>
  /** Runs a statement of SQL, DDL too. */
  query(text: string): Promise<Resource>
  /** What sources connect to: the emulator, with a stand-in in front for what it does not have. */
  readonly front: StandIn
  /** What the stand-in adds: connections, policy tags, and properties of tables that the emulator forgets. */
  readonly world: World
  /** By `dataset.table`. */
  readonly more: Map<string, Resource>
}

/** Starts the emulator with one project on the loopback; or tells why it cannot be had. */
export async function startEmulator(project: string): Promise<Emulator | { readonly skip: string }> {
  const installed = await installPythonPeer(PEER)
  if ('skip' in installed) return installed
  const [rest, grpc] = [await freePort(), await freePort()]
  const args = ['start', '--rest-host', '127.0.0.1', '--rest-port', String(rest), '--grpc-host', '127.0.0.1']
  const child = spawn(
    join(installed.bin, 'bqemulator'),
    [...args, '--grpc-port', String(grpc), '--project', project, '--ephemeral'],
    {
      stdio: 'ignore',
    },
  )
  const base = `http://127.0.0.1:${rest}/bigquery/v2/`
  await vi.waitUntil(async () => (await fetch(`${base}projects`).catch(() => undefined))?.ok === true, {
    timeout: 60_000,
  })
  const ask = async (method: string, path: string, body?: object): Promise<Resource> => {
    const { status, body: answer } = await send(base, method, path, body)
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(answer)}`)
    return answer as Resource
  }
  const world = createWorld()
  world.projects.set(project, { datasets: new Map(), connections: new Map(), jobs: [] })
  const more = new Map<string, Resource>()
  // The emulator answers for whatever project it is asked for.
  const isThere = ({ path: [head, name = ''] }: ApiCall) => head !== 'projects' || world.projects.has(name)
  const front = await startStandIn(world, {
    answer: async (call) => (isThere(call) ? await forward(base, call, more) : undefined),
  })
  return {
    ask,
    query: (query) => ask('POST', `projects/${project}/queries`, { query, useLegacySql: false }),
    front,
    world,
    more,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      const closed = once(child, 'close')
      child.kill()
      await closed
    },
  }
}

async function send(base: string, method: string, path: string, body?: unknown): Promise<Reply> {
  const response = await fetch(base + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

const LISTS: ReadonlySet<string> = new Set(['datasets', 'tables', 'routines', 'models', 'rowAccessPolicies', 'jobs'])

/** The emulator does not page: it is asked for all, and its answer cut. What it forgets of a table is added. */
async function forward(base: string, call: ApiCall, more: ReadonlyMap<string, Resource>): Promise<Reply | undefined> {
  const [head, , kind, dataset, what, name, sub] = call.path
  if (head !== 'projects' || call.method === 'HEAD' || kind === 'locations') return undefined
  const path = call.path.map(encodeURIComponent).join('/').replaceAll('%3A', ':')
  const query = new URLSearchParams(call.query)
  query.delete('fields')
  const list = call.path.at(-1) ?? ''
  if (LISTS.has(list)) query.set('maxResults', '100000')
  const reply = await send(base, call.method, `${path}?${query.toString()}`, call.body)
  if (reply.status !== 200) return reply
  const body = reply.body as Resource
  if (LISTS.has(list)) return { status: 200, body: listPage(call, list, (body[list] ?? []) as unknown[]) }
  if (what === 'tables' && sub === undefined)
    return { status: 200, body: { ...body, ...more.get(`${dataset}.${name}`) } }
  return reply
}

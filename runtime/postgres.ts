import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { ensureFolder, ensureHome, parseJson, writePrivateFile } from './home.ts'
import { type KeptServer, keepRunning } from './keeper.ts'
import { takeLock } from './lock.ts'
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts'
import { type Cluster, openCluster, runOffline } from './postgres-cluster.ts'
import { clearLeftovers, type PostgresServer, startPostmaster } from './postgres-server.ts'
import { freePort, readTextIfAny, requestedPort } from './process.ts'

export { type ScratchPostgres, startScratchPostgres } from './postgres-scratch.ts'

export interface EmbeddedPostgresOptions {
  readonly home: string
  readonly onStatus?: (message: string) => void
  /** Insists on this port; otherwise a free one is chosen once and kept while it stays free. */
  readonly port?: number
  /** Gives up starting. It does not stop a server that has started. */
  readonly signal?: AbortSignal
}

/** The running store of a home. */
export interface EmbeddedPostgres {
  /** `postgres://tidemark:<password>@127.0.0.1:<port>/tidemark`. The role owns that database and may create others and roles; it is no superuser. */
  readonly url: string
  readonly port: number
  readonly dataDirectory: string
  /** Such as '18.4'. */
  readonly version: string
  /** The postmaster's process id; it changes when the server is started again after ending unasked. */
  readonly pid: number
  /** Settles when the server has ended for good: stopped, or ended unasked again and again. */
  readonly exited: Promise<void>
  /** Shuts down in order, bounded to half a minute, and lets others own the home. Twice is as good as once. */
  stop(): Promise<void>
}

interface State {
  readonly port: number
  readonly password: string
}

// One small store on a laptop: written into its postgresql.conf when it is made, so a person may change them there.
const SETTINGS: readonly string[] = [
  'max_connections=100',
  'shared_buffers=128MB',
  'max_wal_size=2GB',
  'jit=off',
  'fsync=on',
  'synchronous_commit=on',
  'password_encryption=scram-sha-256',
  'log_min_messages=warning',
  'log_line_prefix=%m [%p] ',
]

const ACCESS_RULES =
  '# Loopback only, with a password. The superuser has none, so nobody signs in as it.\nhost all all 127.0.0.1/32 scram-sha-256\n'

/**
 * Starts the PostgreSQL of a home, making its cluster the first time. Everything lies under `<home>/postgres` and its log in
 * `<home>/logs/postgres.log`. One process owns it at a time; a server that a killed owner left behind is stopped and started anew, and
 * one that ends unasked is started again at the same address.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { onStatus } = options
  const home = ensureHome(options.home)
  const directory = ensureFolder(join(home, 'postgres'))
  const logs = ensureFolder(join(home, 'logs'))
  const lock = await takeLock(join(directory, 'lock'), `the database in ${home}`)
  try {
    const binaries = await findPostgresBinaries({ libraryDirectory: join(directory, 'lib') })
    const { cluster, state } = await prepare(binaries, { directory, logFile: join(logs, 'postgres.log') }, options)
    const { server, port } = await startOnSomePort(cluster, state, options)
    if (port !== state.port) writeState(directory, { ...state, port })
    const restart = (signal: AbortSignal) => startPostmaster(cluster, { port, settings: [], onStatus, signal })
    const kept = keepRunning({ name: 'PostgreSQL', first: server, restart, onStatus, release: lock.release })
    return describe(cluster, kept, { ...state, port })
  } catch (error) {
    lock.release()
    throw error
  }
}

async function prepare(
  binaries: PostgresBinaries,
  place: { directory: string; logFile: string },
  { onStatus, signal }: EmbeddedPostgresOptions,
): Promise<{ cluster: Cluster; state: State }> {
  const { directory } = place
  const known = readState(directory)
  const state = known ?? { port: await freePort(), password: randomBytes(24).toString('hex') }
  const cluster = await openCluster(binaries, place, {
    initArgs: initArgs(),
    accessRules: ACCESS_RULES,
    statements: [
      `CREATE ROLE tidemark LOGIN CREATEDB CREATEROLE PASSWORD '${state.password}'`,
      'CREATE DATABASE tidemark OWNER tidemark',
    ],
    signal,
    onInit: () => {
      onStatus?.(`PostgreSQL ${binaries.version}: making the database (once)`)
      // Before the cluster is in its place: a cluster without its password would be worth less than a password without a cluster.
      writeState(directory, state)
    },
  })
  if (await clearLeftovers(cluster)) onStatus?.('PostgreSQL: stopped the server that a killed tidemark left running')
  if (!known && !cluster.isNew) {
    await runOffline(cluster, [`ALTER ROLE tidemark PASSWORD '${state.password}'`], signal)
    writeState(directory, state)
  }
  return { cluster, state }
}

// C.UTF-8 from PostgreSQL itself: byte order everywhere, whatever the machine's libc, with Unicode's letter cases.
function initArgs(): readonly string[] {
  const settings = SETTINGS.map((setting) => `--set=${setting}`)
  return ['--auth=reject', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', ...settings]
}

async function startOnSomePort(
  cluster: Cluster,
  state: State,
  { port: asked, onStatus, signal }: EmbeddedPostgresOptions,
): Promise<{ server: PostgresServer; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port =
      asked === undefined
        ? await freePort(attempt === 1 ? state.port : undefined)
        : await requestedPort(asked, 'for PostgreSQL')
    try {
      const server = await startPostmaster(cluster, { port, settings: [], onStatus, signal })
      if (asked === undefined && port !== state.port)
        onStatus?.(`PostgreSQL: port ${state.port} is in use, took ${port}`)
      return { server, port }
    } catch (error) {
      const lost = error instanceof IngestError && error.code === 'port_busy'
      if (!lost || asked !== undefined || attempt >= 5) throw error
    }
  }
}

function describe(cluster: Cluster, kept: KeptServer, { port, password }: State): EmbeddedPostgres {
  return {
    url: `postgres://tidemark:${password}@127.0.0.1:${port}/tidemark`,
    port,
    dataDirectory: cluster.dataDirectory,
    version: cluster.binaries.version,
    get pid() {
      return kept.pid()
    },
    exited: kept.exited,
    stop: kept.stop,
  }
}

const stateSchema = z.object({ port: z.int().min(1).max(65_535), password: z.string().regex(/^[0-9a-f]{16,}$/) })

function statePath(directory: string): string {
  return join(directory, 'connection.json')
}

function readState(directory: string): State | undefined {
  return stateSchema.safeParse(parseJson(readTextIfAny(statePath(directory)))).data
}

function writeState(directory: string, state: State): void {
  writePrivateFile(statePath(directory), `${JSON.stringify(state)}\n`)
}

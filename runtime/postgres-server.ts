import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { IngestError } from '../model/errors.ts'
import { type Cluster, serverError } from './postgres-cluster.ts'
import {
  lastLines,
  readTextIfAny,
  run,
  type ServerProcess,
  type StopStep,
  startServer,
  stopProcess,
  waitFor,
} from './process.ts'
import { isAlive, processArgs, processesIn } from './process-table.ts'

// Runs a cluster's server: clear away what a killed one left, start, wait until it takes connections, stop.

/** Replaying the log of a crash can take minutes on a slow disk. */
const READY_LIMIT_MS = 300_000
const SLOW_AFTER_MS = 3_000
const START_TRIES = 40

// Fast shutdown, then an immediate one (which the next start recovers from), then the kernel's.
const STOP_STEPS: readonly StopStep[] = [
  { signal: 'SIGINT', waitMs: 20_000 },
  { signal: 'SIGQUIT', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
]

/** A running server. */
export interface PostgresServer {
  readonly pid: number
  readonly exited: Promise<void>
  readonly logTail: () => string
  stop(): Promise<void>
}

export interface StartOptions {
  readonly port: number
  /** `name=value` settings, for the server's command line. */
  readonly settings: readonly string[]
  readonly onStatus?: (message: string) => void
  readonly signal?: AbortSignal
}

/** Starts the server and waits until it takes connections. A busy port is an error of code `port_busy`. */
export async function startPostmaster(cluster: Cluster, options: StartOptions): Promise<PostgresServer> {
  await clearLeftovers(cluster)
  for (let attempt = 1; ; attempt++) {
    const server = await launch(cluster, options)
    const failure = await untilReady(cluster, server, options)
    if (failure === undefined) return handle(cluster, server)
    if (/could not bind|Address already in use|could not create any TCP\/IP sockets/i.test(failure)) {
      throw new IngestError('dependency_unavailable', `Port ${options.port} on 127.0.0.1 is in use`, {
        code: 'port_busy',
      })
    }
    // The workers of a killed server hold its shared memory until they notice.
    const lingering = /pre-existing shared memory block/.test(failure)
    if (!lingering || attempt >= START_TRIES) throw serverError('PostgreSQL did not start', failure)
    await clearLeftovers(cluster)
  }
}

/**
 * Stops what is still running of this cluster without an owner, and removes the note of one that is dead. The caller holds the
 * cluster's lock, so nothing that runs is anybody's.
 */
export async function clearLeftovers({ dataDirectory }: Cluster): Promise<boolean> {
  const note = join(dataDirectory, 'postmaster.pid')
  // Single-user mode notes its id negated.
  const pid = Math.abs(Number(readTextIfAny(note)?.split('\n')[0]))
  const orphan = await isServerOf(pid, dataDirectory)
  if (orphan && !(await stopProcess(pid, STOP_STEPS))) {
    throw new IngestError(
      'dependency_unavailable',
      `A PostgreSQL (pid ${pid}) still runs on ${dataDirectory} and cannot be stopped`,
      {
        hint: `Stop process ${pid} and start again.`,
      },
    )
  }
  await endLingering(dataDirectory)
  // Another process may have the dead one's id by now, which would make PostgreSQL refuse to start.
  if (existsSync(note)) rmSync(note, { force: true })
  return orphan
}

async function isServerOf(pid: number, dataDirectory: string): Promise<boolean> {
  if (!isAlive(pid)) return false
  const args = await processArgs(pid)
  if (args === undefined || !isPostgres(args)) return false
  return args.includes(dataDirectory) || processesIn(dataDirectory).includes(pid)
}

// Its program, or the title that a worker gives itself. A person's shell may stand in the data directory too.
function isPostgres(args: string): boolean {
  return /^(\S*[/\\])?postgres(\.exe)?(:| |$)/.test(args) || /[/\\]postgres(\.exe)?"? .*-D /.test(args)
}

// A killed postmaster's workers end by themselves, unless they are stuck; they work in the data directory.
async function endLingering(dataDirectory: string): Promise<void> {
  const remaining = async () => {
    const found = await Promise.all(
      processesIn(dataDirectory).map(async (pid) => (isPostgres((await processArgs(pid)) ?? '') ? pid : undefined)),
    )
    return found.filter((pid) => pid !== undefined)
  }
  const gone = async () => (await remaining()).length === 0
  if (await waitFor('workers to end', gone, { timeoutMs: 3_000 }).catch(() => false)) return
  await Promise.all((await remaining()).map((pid) => stopProcess(pid, STOP_STEPS.slice(1))))
}

function launch(
  { binaries, account, dataDirectory, logFile }: Cluster,
  { port, settings }: StartOptions,
): Promise<ServerProcess> {
  const fixed = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=']
  const args = ['-D', dataDirectory, ...[...fixed, ...settings].flatMap((setting) => ['-c', setting])]
  return startServer(account.wrap(binaries.postgres, args), { logFile, exitSignal: 'SIGINT' })
}

/** undefined once it takes connections; what it wrote, when it ended instead. */
async function untilReady(
  { dataDirectory }: Cluster,
  server: ServerProcess,
  { onStatus, signal }: StartOptions,
): Promise<string | undefined> {
  const started = Date.now()
  let told = false
  const check = () => {
    if (server.hasExited()) return 'ended' as const
    if (!told && Date.now() - started > SLOW_AFTER_MS) {
      told = true
      onStatus?.('PostgreSQL: still starting, probably recovering after it was stopped abruptly')
    }
    // Its eighth line is the status that pg_ctl waits for too.
    const lines = readTextIfAny(join(dataDirectory, 'postmaster.pid'))?.split('\n') ?? []
    return Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready' && ('ready' as const)
  }
  try {
    const outcome = await waitFor('PostgreSQL to take connections', check, { timeoutMs: READY_LIMIT_MS, signal })
    return outcome === 'ready' ? undefined : lastLines(server.logTail()) || 'it said nothing'
  } catch (error) {
    await server.stop(STOP_STEPS)
    throw error
  }
}

function handle(cluster: Cluster, server: ServerProcess): PostgresServer {
  return {
    pid: server.pid,
    exited: server.exited,
    logTail: server.logTail,
    async stop() {
      if (server.hasExited()) return
      // On Windows a signal would end it at once; pg_ctl knows how to ask.
      if (process.platform === 'win32') await stopByPgCtl(cluster)
      await server.stop(STOP_STEPS)
    },
  }
}

async function stopByPgCtl({ binaries, account, dataDirectory }: Cluster): Promise<void> {
  const args = ['stop', '-D', dataDirectory, '-m', 'fast', '-w', '-t', '20']
  await run(account.wrap(binaries.pgCtl, args), { timeoutMs: 30_000 })
}

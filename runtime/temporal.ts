import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { ensureFolder, ensureHome, parseJson, writePrivateFile } from './home.ts'
import { type KeptServer, keepRunning, type Runnable } from './keeper.ts'
import { takeLock } from './lock.ts'
import {
  freePort,
  lastLines,
  readTextIfAny,
  requestedPort,
  type ServerProcess,
  type StopStep,
  startServer,
  stopProcess,
  waitFor,
} from './process.ts'
import { listProcesses, processStamp } from './process-table.ts'
import { locateTemporal, type TemporalBinary } from './temporal-binary.ts'

/** The search attributes that Tidemark's workflows set, with their types. */
export const TEMPORAL_SEARCH_ATTRIBUTES = {
  TidemarkSource: 'Keyword',
  TidemarkConnector: 'Keyword',
  TidemarkOutcome: 'Keyword',
} as const

const READY_LIMIT_MS = 60_000
const PROBE_LIMIT_MS = 2_000

const STOP_STEPS: readonly StopStep[] = [
  { signal: 'SIGTERM', waitMs: 10_000 },
  { signal: 'SIGKILL', waitMs: 2_000 },
]

export interface StartTemporalOptions {
  readonly home: string
  readonly onStatus?: (message: string) => void
  /** Insists on these ports; otherwise free ones are chosen once and kept while they stay free. */
  readonly port?: number
  readonly uiPort?: number
  /** Gives up getting and starting it. It does not stop a server that has started. */
  readonly signal?: AbortSignal
}

/** A running Temporal development server. */
export interface TemporalServer {
  /** `127.0.0.1:<port>`, its gRPC service; the namespace is `default`. */
  readonly address: string
  readonly uiUrl: string
  /** How its program was obtained. */
  readonly source: string
  readonly version: string
  readonly pid: number
  /** Settles when the server has ended for good: stopped, or ended unasked again and again. */
  readonly exited: Promise<void>
  /** Shuts down in order, bounded. Twice is as good as once. */
  stop(): Promise<void>
}

interface Ports {
  readonly port: number
  readonly uiPort: number
}

interface State extends Ports {
  readonly pid?: number
  readonly stamp?: string
}

/**
 * Starts the Temporal of a home; its schedules and histories lie in `<home>/temporal.db`. undefined, with the reasons told through
 * `onStatus`, when no program is to be had. One process owns it at a time; a server that a killed owner left behind is stopped first,
 * for two on one file would spoil it.
 */
export async function startTemporal(options: StartTemporalOptions): Promise<TemporalServer | undefined> {
  const { onStatus, signal } = options
  const binary = await locateTemporal({ onStatus, signal })
  if (!binary) return undefined
  const home = ensureHome(options.home)
  const directory = ensureFolder(join(home, 'temporal'))
  const logs = ensureFolder(join(home, 'logs'))
  const lock = await takeLock(join(directory, 'lock'), `the Temporal server in ${home}`)
  try {
    const databaseFile = join(home, 'temporal.db')
    const state = readState(directory)
    if (await stopOrphans(databaseFile, state))
      onStatus?.('Temporal: stopped the server that a killed tidemark left running')
    const place: Place = {
      databaseFile,
      logFile: join(logs, 'temporal.log'),
      onLaunch: async (pid, chosen) => writeState(directory, { ...chosen, pid, stamp: await processStamp(pid) }),
    }
    const { server, ports } = await launchReady(binary, state, options, place)
    // It makes the file for all to read, and inputs of workflows are in it.
    chmodSync(databaseFile, 0o600)
    return describe(binary, ports, keep(binary, server, ports, place, { onStatus, release: lock.release }))
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Starts a throwaway server that keeps everything in memory, its log in `directory`; undefined when no program is to be had. */
export async function startScratchTemporal(options: {
  readonly directory: string
  readonly onStatus?: (message: string) => void
}): Promise<TemporalServer | undefined> {
  const binary = await locateTemporal({ onStatus: options.onStatus })
  if (!binary) return undefined
  const directory = ensureFolder(options.directory)
  const logFile = join(directory, `temporal-${randomBytes(4).toString('hex')}.log`)
  const { server, ports } = await launchReady(binary, undefined, {}, { logFile })
  const first = runnable(server)
  return describe(binary, ports, { pid: () => first.pid, exited: first.exited, stop: first.stop })
}

function keep(
  binary: TemporalBinary,
  server: ServerProcess,
  ports: Ports,
  place: Place,
  { onStatus, release }: { onStatus?: (message: string) => void; release: () => void },
): KeptServer {
  const restart = async (signal: AbortSignal) => {
    const again = await launchReady(binary, undefined, { ...ports, signal }, place)
    return runnable(again.server)
  }
  return keepRunning({ name: 'Temporal', first: runnable(server), restart, onStatus, release })
}

function runnable(server: ServerProcess): Runnable {
  return { pid: server.pid, exited: server.exited, stop: () => server.stop(STOP_STEPS) }
}

async function choosePorts(
  state: State | undefined,
  asked: { readonly port?: number; readonly uiPort?: number },
): Promise<Ports> {
  const port = asked.port === undefined ? await freePort(state?.port) : await requestedPort(asked.port, 'for Temporal')
  const uiPort =
    asked.uiPort === undefined
      ? await freePort(state?.uiPort, [port])
      : await requestedPort(asked.uiPort, "for Temporal's user interface")
  return { port, uiPort }
}

interface Place {
  /** Without one, everything stays in memory. */
  readonly databaseFile?: string
  readonly logFile: string
  readonly onLaunch?: (pid: number, ports: Ports) => Promise<void>
}

async function launchReady(
  binary: TemporalBinary,
  state: State | undefined,
  asked: { readonly port?: number; readonly uiPort?: number; readonly signal?: AbortSignal },
  place: Place,
): Promise<{ server: ServerProcess; ports: Ports }> {
  for (let attempt = 1; ; attempt++) {
    const ports = await choosePorts(attempt === 1 ? state : undefined, asked)
    const server = await launch(binary, ports, place)
    try {
      await place.onLaunch?.(server.pid, ports)
      await untilReady(server, ports, asked.signal)
      return { server, ports }
    } catch (error) {
      await server.stop(STOP_STEPS)
      // Another process may have taken the port since it was seen free.
      if (!/address already in use/i.test(server.logTail()) || attempt >= 5) throw error
    }
  }
}

function launch(
  { path }: TemporalBinary,
  { port, uiPort }: Ports,
  { databaseFile, logFile }: Place,
): Promise<ServerProcess> {
  const attributes = Object.entries(TEMPORAL_SEARCH_ATTRIBUTES).flatMap(([name, type]) => [
    '--search-attribute',
    `${name}=${type}`,
  ])
  const args = [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    ...['--namespace', 'default', '--log-level', 'warn', '--log-format', 'json'],
    ...(databaseFile ? ['--db-filename', databaseFile] : []),
    ...attributes,
  ]
  // TEMPORAL_* would steer the CLI: an address, a profile, a TLS key.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_')))
  return startServer({ command: path, args, env }, { logFile, exitSignal: 'SIGTERM' })
}

/** Whether one was found. Only to be called by the lock's owner. */
async function stopOrphans(databaseFile: string, state: State | undefined): Promise<boolean> {
  const listed = await listProcesses()
  const pids = new Set(
    listed
      .filter(({ args }) => args.includes('start-dev') && args.includes(`--db-filename ${databaseFile} `))
      .map(({ pid }) => pid),
  )
  if (state?.pid !== undefined && state.stamp !== undefined && (await processStamp(state.pid)) === state.stamp)
    pids.add(state.pid)
  for (const pid of pids) {
    if (await stopProcess(pid, STOP_STEPS)) continue
    throw new IngestError(
      'dependency_unavailable',
      `A Temporal server (pid ${pid}) still runs on ${databaseFile} and cannot be stopped`,
      {
        hint: `Stop process ${pid} and start again.`,
      },
    )
  }
  return pids.size > 0
}

async function untilReady(server: ServerProcess, { port }: Ports, signal?: AbortSignal): Promise<void> {
  // Loaded late: commands that start no server need no gRPC.
  const { Connection } = await import('@temporalio/client')
  const check = async () => {
    if (server.hasExited()) throw startError(server)
    let connection: Awaited<ReturnType<typeof Connection.connect>> | undefined
    try {
      connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: PROBE_LIMIT_MS })
      const { workflowService } = connection
      await connection.withDeadline(Date.now() + PROBE_LIMIT_MS, () =>
        workflowService.describeNamespace({ namespace: 'default' }),
      )
      return true
    } catch {
      return false
    } finally {
      await connection?.close()
    }
  }
  try {
    await waitFor('Temporal to answer', check, { timeoutMs: READY_LIMIT_MS, intervalMs: 50, signal })
  } catch (error) {
    throw error instanceof IngestError && error.category === 'timeout' ? startError(server, error) : error
  }
}

function startError(server: ServerProcess, cause?: Error): IngestError {
  const detail = lastLines(server.logTail(), 6) || 'it said nothing'
  return new IngestError('dependency_unavailable', `The Temporal server did not start:\n${detail}`, {
    cause,
    hint: 'Its last lines say why. TEMPORAL_ADDRESS can name a server of your own instead.',
  })
}

function describe(binary: TemporalBinary, { port, uiPort }: Ports, kept: KeptServer): TemporalServer {
  return {
    address: `127.0.0.1:${port}`,
    uiUrl: `http://127.0.0.1:${uiPort}`,
    source: binary.source,
    version: binary.version,
    get pid() {
      return kept.pid()
    },
    exited: kept.exited,
    stop: kept.stop,
  }
}

const stateSchema = z.object({
  port: z.int().min(1).max(65_535),
  uiPort: z.int().min(1).max(65_535),
  pid: z.int().optional(),
  stamp: z.string().optional(),
})

function readState(directory: string): State | undefined {
  return stateSchema.safeParse(parseJson(readTextIfAny(join(directory, 'server.json')))).data
}

function writeState(directory: string, state: State): void {
  writePrivateFile(join(directory, 'server.json'), `${JSON.stringify(state)}\n`)
}

import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type { Connection } from 'mysql2/promise'
import { type ConnectorContext, IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { classify } from './errors.ts'
import { addressOf, openSocket, tlsOptions } from './socket.ts'

export type Driver = Pick<typeof import('mysql2/promise'), 'createConnection'>
export type Row = Readonly<Record<string, unknown>>

const CLOSE_TIMEOUT_MS = 300

/** One connection, open until closed, lost or aborted. */
export interface Session {
  /** No longer usable: closed, aborted, or the connection is gone. */
  readonly ended: boolean
  /** Such as `TLSv1.3`; undefined without TLS. */
  readonly tls: string | undefined
  /** Sends statements in one round trip and returns the rows of each. */
  run(...statements: readonly string[]): Promise<readonly (readonly Row[])[]>
  close(): Promise<void>
}

/** Connects and signs in. @throws IngestError */
export async function openSession(driver: Driver, settings: Settings, context: ConnectorContext): Promise<Session> {
  const { signal } = context
  const what = `Connecting to ${addressOf(settings)}`
  try {
    const opened = await connect(driver, settings, signal)
    return createSession(opened, () => killQuery(driver, settings, opened.connection.threadId), settings, context)
  } catch (error) {
    throw classify(error, what, signal)
  }
}

interface Opened {
  readonly connection: Connection
  readonly socket: Duplex
}

async function connect(driver: Driver, settings: Settings, signal: AbortSignal): Promise<Opened> {
  const ssl = await tlsOptions(settings)
  try {
    return await connectOnce(driver, settings, ssl, signal)
  } catch (error) {
    const offered = (error as { code?: unknown }).code !== 'HANDSHAKE_NO_SSL_SUPPORT'
    if (offered || settings.ssl !== 'prefer') throw error
    return await connectOnce(driver, settings, undefined, signal)
  }
}

async function connectOnce(
  driver: Driver,
  settings: Settings,
  ssl: Record<string, unknown> | undefined,
  signal: AbortSignal,
): Promise<Opened> {
  const socket = await openSocket(settings, signal)
  // Node compares the certificate of an address with "localhost" unless the socket tells where it leads.
  if (ssl !== undefined) Object.assign(socket, { _host: settings.host })
  const abort = () => socket.destroy(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const connection = await driver.createConnection({
      host: settings.host,
      port: settings.port,
      user: settings.user,
      password: settings.password,
      stream: () => socket,
      // Not to connect by: a password may go through it as it is.
      ...(settings.socket === undefined ? {} : { socketPath: settings.socket }),
      ...(ssl === undefined ? {} : { ssl }),
      connectTimeout: settings.connectTimeoutMs,
      connectAttributes: { program_name: 'tidemark' },
      charset: 'utf8mb4',
      multipleStatements: true,
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      // Files of this machine are nobody's to ask for.
      flags: ['-LOCAL_FILES'],
    })
    return { connection, socket }
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function createSession(
  { connection, socket }: Opened,
  kill: () => Promise<void>,
  settings: Settings,
  { signal, meter }: ConnectorContext,
): Session {
  const what = `Reading ${addressOf(settings)}`
  let ended = false
  let counted = 0
  let aborting: Promise<unknown> | undefined
  const lost = () => new IngestError('source_unavailable', `${what}: the connection was lost`)
  /** The statement is ended on the server too, which would otherwise run it to its end. */
  const abort = () => {
    ended = true
    aborting ??= Promise.race([kill(), sleep(CLOSE_TIMEOUT_MS)]).then(() => connection.destroy())
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  connection.on('error', () => {
    ended = true
  })
  socket.once('close', () => {
    ended = true
  })
  return {
    get ended() {
      return ended
    },
    tls: protocolOf(connection),
    async run(...statements) {
      if (ended || signal.aborted) throw classify(lost(), what, signal)
      meter.request()
      try {
        const [result] = await connection.query(statements.join(';\n'))
        // Several statements have a list of results, one has its own: rows, or the header of a statement without rows.
        const sets = (statements.length === 1 ? [result] : result) as readonly unknown[]
        return sets.map((set) => (Array.isArray(set) ? (set as Row[]) : []))
      } catch (error) {
        throw classify(error, what, signal)
      } finally {
        const received = bytesReceived(socket)
        meter.bytes(received - counted)
        counted = received
      }
    },
    async close() {
      ended = true
      signal.removeEventListener('abort', abort)
      await aborting
      const goodbye = connection.end().catch(() => undefined)
      await Promise.race([goodbye, sleep(CLOSE_TIMEOUT_MS)])
      connection.destroy()
      socket.destroy()
    },
  }
}

/** Never throws: the connection is destroyed anyway, and the statement ends at its timeout. */
async function killQuery(driver: Driver, settings: Settings, threadId: number): Promise<void> {
  try {
    const { connection } = await connect(driver, settings, AbortSignal.timeout(CLOSE_TIMEOUT_MS))
    await connection.query(`kill query ${threadId}`)
    connection.destroy()
  } catch {
    // As above.
  }
}

/** mysql2 puts its stream through TLS in place; its types leave the stream out. */
function protocolOf(connection: Connection): string | undefined {
  const { stream } = (connection as unknown as { connection: { stream: { getProtocol?(): string | null } } }).connection
  return stream.getProtocol?.() ?? undefined
}

/** A stream through a tunnel does not count. */
function bytesReceived(socket: Duplex): number {
  return (socket as Partial<net.Socket>).bytesRead ?? 0
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

import type net from 'node:net'
import type postgres from 'postgres'
import { type ConnectorContext, IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { classify } from './errors.ts'
import { addressOf, type BackendKey, cancelBackend, connectSocket, offersTls, openSocket } from './socket.ts'

export type Driver = typeof postgres
export type Row = Readonly<Record<string, unknown>>

const IDLE_IN_TRANSACTION_MS = 600_000
const CLOSE_TIMEOUT_S = 0.3

/** One connection. Whatever runs on it runs inside a read-only transaction; see {@link Session.begin}. */
export interface Session {
  readonly database: string
  /** Sends statements in one round trip and returns the rows of each. */
  run(statements: string): Promise<readonly (readonly Row[])[]>
  /** Opens a snapshot: everything read until `commit` or `rollback` is of one moment. */
  begin(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
}

interface PooledSession extends Session {
  readonly broken: boolean
  close(): Promise<void>
}

export interface Connections extends AsyncDisposable {
  /** Lends a connection to a database; it is closed afterwards instead of kept when the use failed. */
  use<T>(database: string, action: (session: Session) => Promise<T>): Promise<T>
  /** As `use`, for generators: the connection goes back when the generator ends, in whichever way. */
  stream<T, R>(database: string, action: (session: Session) => AsyncGenerator<T, R, void>): AsyncGenerator<T, R, void>
  /** Closes the idle connections to a database. */
  release(database: string): Promise<void>
}

/**
 * Settings are made per transaction, not per connection: behind PgBouncer another client may get the connection next,
 * and start-up parameters are refused there. They also pin whatever changes the text the catalogue functions return.
 */
function beginStatements(settings: Settings): string {
  const local = Object.entries({
    search_path: 'pg_catalog',
    statement_timeout: Math.round(settings.statementTimeoutMs),
    lock_timeout: Math.round(settings.lockTimeoutMs),
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    extra_float_digits: 1,
    datestyle: 'ISO, MDY',
    intervalstyle: 'postgres',
    timezone: 'UTC',
    bytea_output: 'hex',
    quote_all_identifiers: 'off',
    standard_conforming_strings: 'on',
    cursor_tuple_fraction: 1,
    jit: 'off',
  }).map(([name, value]) => `set local ${name} = '${value}'`)
  return ['begin isolation level repeatable read read only', ...local].join(';')
}

async function openSession(
  driver: Driver,
  settings: Settings,
  database: string,
  context: ConnectorContext,
): Promise<PooledSession> {
  const what = `Reading ${database} at ${addressOf(settings)}`
  let socket: net.Socket | undefined
  let failure: unknown
  let ended = false
  let key: BackendKey | undefined
  const sql = driver({
    database,
    user: settings.user,
    // A function, so that the driver never falls back to PGPASSWORD of this process.
    pass: () => settings.password,
    max: 1,
    ssl: false,
    prepare: false,
    fetch_types: false,
    max_lifetime: null,
    idle_timeout: 0,
    connect_timeout: settings.connectTimeoutMs / 1000,
    onnotice: () => undefined,
    connection: { application_name: settings.applicationName },
    onclose: () => {
      ended = true
    },
    // postgres.js hands over the making of its socket; a lost connection must not come back silently in mid-transaction.
    socket: async () => {
      try {
        if (ended || socket !== undefined)
          throw new IngestError('source_unavailable', `${what}: the connection was lost`)
        socket = await openSocket(settings, context.signal)
        return socket
      } catch (error) {
        failure = error
        ended = true
        throw error
      }
    },
    // `socket` and `pass` are options of postgres.js that its types leave out.
  } as postgres.Options<Record<string, never>> & { socket: () => Promise<net.Socket> })

  let aborting: Promise<void> | undefined
  const abort = () => {
    aborting ??= (async () => {
      ended = true
      if (key !== undefined) await Promise.race([cancelBackend(settings, key), sleep(CLOSE_TIMEOUT_S * 1000)])
      socket?.destroy()
    })()
  }
  context.signal.addEventListener('abort', abort, { once: true })

  const run = async (statements: string): Promise<readonly (readonly Row[])[]> => {
    if (context.signal.aborted || ended) throw classify(failure ?? lost(what), what, context.signal)
    context.meter.request()
    try {
      const result = (await sql.unsafe(statements)) as unknown as ResultSet | readonly ResultSet[]
      const sets = isList(result) ? result : [result]
      const state = sets[0]?.state
      if (state?.pid) key = { pid: state.pid, secret: state.secret }
      return sets
    } catch (error) {
      throw classify(failure ?? error, what, context.signal)
    }
  }
  const close = async () => {
    ended = true
    context.signal.removeEventListener('abort', abort)
    await aborting
    await sql.end({ timeout: CLOSE_TIMEOUT_S }).catch(() => undefined)
    socket?.destroy()
  }
  const rollback = async () => {
    if (!ended) await run('rollback')
  }
  return {
    database,
    get broken() {
      return ended
    },
    run,
    begin: async () => void (await run(beginStatements(settings))),
    commit: async () => void (await run('commit')),
    rollback,
    close,
  }
}

/** What postgres.js resolves a simple query to: rows, or a list of such for several statements. */
type ResultSet = readonly Row[] & { readonly state?: BackendKey }

function isList(result: ResultSet | readonly ResultSet[]): result is readonly ResultSet[] {
  return !('statement' in result) && Array.isArray(result[0])
}

function lost(what: string): IngestError {
  return new IngestError('source_unavailable', `${what}: the connection was lost`)
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

/** Connections are made at first use and kept while the handle lives, one per database unless used at the same time. */
export function createConnections(driver: Driver, settings: Settings, context: ConnectorContext): Connections {
  const idle = new Map<string, PooledSession[]>()
  const all = new Set<PooledSession>()
  let known: Promise<void> | undefined

  const acquire = async (database: string): Promise<PooledSession> => {
    const session = idle.get(database)?.pop()
    if (session !== undefined && !session.broken) return session
    known ??= proveServer(settings, context).catch((error: unknown) => {
      known = undefined
      throw error
    })
    await known
    const opened = await openSession(driver, settings, database, context)
    all.add(opened)
    return opened
  }
  const drop = async (session: PooledSession) => {
    all.delete(session)
    await session.close()
  }
  const giveBack = (session: PooledSession) => {
    const list = idle.get(session.database) ?? []
    idle.set(session.database, [...list, session])
  }

  return {
    async use(database, action) {
      const session = await acquire(database)
      try {
        const result = await action(session)
        giveBack(session)
        return result
      } catch (error) {
        await drop(session)
        throw error
      }
    },
    async *stream(database, action) {
      const session = await acquire(database)
      let finished = false
      try {
        const result = yield* action(session)
        finished = true
        return result
      } finally {
        if (finished) giveBack(session)
        else await drop(session)
      }
    },
    async release(database) {
      const sessions = idle.get(database) ?? []
      idle.delete(database)
      await Promise.all(sessions.map(drop))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...all].map(drop))
      idle.clear()
    },
  }
}

/** Without TLS negotiation nothing shows early that the peer is not PostgreSQL, so it is asked once, by itself. */
async function proveServer(settings: Settings, context: ConnectorContext): Promise<void> {
  if (settings.ssl !== 'disable' || settings.socket !== undefined) return
  try {
    const socket = await connectSocket(settings, context.signal)
    try {
      await offersTls(socket, settings)
    } finally {
      socket.destroy()
    }
  } catch (error) {
    throw classify(error, `Connecting to ${addressOf(settings)}`, context.signal)
  }
}

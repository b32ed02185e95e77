import type net from 'node:net'
import type { Duplex } from 'node:stream'
import type postgres from 'postgres'
import { type ConnectorContext, IngestError } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { classify } from './errors.ts'
import { addressOf, type BackendKey, cancelBackend, openSocket } from './socket.ts'

export type Driver = typeof postgres
export type Row = Readonly<Record<string, unknown>>

const IDLE_IN_TRANSACTION_MS = 600_000
const CLOSE_TIMEOUT_MS = 300

/** What postgres.js resolves a simple query to: rows, or a list of such for several statements. */
type ResultSet = readonly Row[] & { readonly statement?: unknown; readonly state?: BackendKey }

/** One connection, open until closed, lost or aborted. Whatever runs on it runs inside a read-only transaction. */
export class Session {
  readonly database: string
  readonly #settings: Settings
  readonly #context: ConnectorContext
  readonly #what: string
  readonly #sql: postgres.Sql
  #socket: Duplex | undefined
  #counted = 0
  #key: BackendKey | undefined
  #failure: unknown
  #ended = false
  #aborting: Promise<void> | undefined

  constructor(driver: Driver, settings: Settings, database: string, context: ConnectorContext) {
    this.database = database
    this.#settings = settings
    this.#context = context
    this.#what = `Reading ${database} at ${addressOf(settings)}`
    this.#sql = driver(this.#options())
    context.signal.addEventListener('abort', this.#abort, { once: true })
  }

  /** No longer usable: closed, aborted, or the connection is gone. */
  get ended(): boolean {
    return this.#ended
  }

  /** Sends statements in one round trip and returns the rows of each. */
  async run(statements: string): Promise<readonly (readonly Row[])[]> {
    if (this.#ended || this.#context.signal.aborted) throw this.#classified(this.#failure ?? this.#lost())
    this.#context.meter.request()
    try {
      const result = (await this.#sql.unsafe(statements)) as unknown as ResultSet | readonly ResultSet[]
      const sets = isList(result) ? result : [result]
      const state = sets[0]?.state
      if (state?.pid) this.#key = { pid: state.pid, secret: state.secret }
      return sets
    } catch (error) {
      throw this.#classified(this.#failure ?? error)
    } finally {
      const received = bytesReceived(this.#socket)
      this.#context.meter.bytes(received - this.#counted)
      this.#counted = received
    }
  }

  /** Opens a snapshot: everything read until `commit` or `rollback` is of one moment. */
  async begin(): Promise<void> {
    await this.run(beginStatements(this.#settings))
  }

  async commit(): Promise<void> {
    await this.run('commit')
  }

  async rollback(): Promise<void> {
    if (!this.#ended) await this.run('rollback')
  }

  async close(): Promise<void> {
    this.#ended = true
    this.#context.signal.removeEventListener('abort', this.#abort)
    await this.#aborting
    await this.#sql.end({ timeout: CLOSE_TIMEOUT_MS / 1000 }).catch(() => undefined)
    this.#socket?.destroy()
  }

  /** The statement is cancelled on the server too, which would otherwise run it to its end. */
  readonly #abort = (): void => {
    this.#ended = true
    const cancelled = this.#key === undefined ? undefined : cancelBackend(this.#settings, this.#key)
    this.#aborting ??= Promise.race([cancelled, sleep(CLOSE_TIMEOUT_MS)]).then(() => {
      this.#socket?.destroy()
    })
  }

  #options(): postgres.Options<Record<string, never>> {
    const { host, port, user, password, connectTimeoutMs, applicationName } = this.#settings
    const options = {
      host,
      port,
      database: this.database,
      user,
      // A function, so that the driver never falls back to PGPASSWORD of this process.
      pass: () => password,
      socket: () => this.#openSocket(),
      max: 1,
      ssl: false,
      prepare: false,
      fetch_types: false,
      max_lifetime: null,
      idle_timeout: 0,
      connect_timeout: connectTimeoutMs / 1000,
      onnotice: () => undefined,
      onclose: () => {
        this.#ended = true
      },
      connection: { application_name: applicationName },
    }
    // `socket` and `pass` are options of postgres.js that its types leave out.
    return options
  }

  /** postgres.js has us make its socket. A lost connection must not come back in mid-transaction, so only once. */
  async #openSocket(): Promise<Duplex> {
    try {
      if (this.#ended || this.#socket !== undefined) throw this.#lost()
      this.#socket = await openSocket(this.#settings, this.#context.signal)
      return this.#socket
    } catch (error) {
      this.#failure = error
      this.#ended = true
      throw error
    }
  }

  #lost(): IngestError {
    return new IngestError('source_unavailable', `${this.#what}: the connection was lost`)
  }

  #classified(error: unknown): IngestError {
    return classify(error, this.#what, this.#context.signal)
  }
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
    xmlbinary: 'base64',
    quote_all_identifiers: 'off',
    standard_conforming_strings: 'on',
    cursor_tuple_fraction: 1,
    jit: 'off',
  }).map(([name, value]) => `set local ${name} = '${value}'`)
  return ['begin isolation level repeatable read read only', ...local].join(';')
}

/** A stream through a tunnel does not count. */
function bytesReceived(socket: Duplex | undefined): number {
  return (socket as Partial<net.Socket> | undefined)?.bytesRead || 0
}

function isList(result: ResultSet | readonly ResultSet[]): result is readonly ResultSet[] {
  return !('statement' in result) && Array.isArray(result[0])
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

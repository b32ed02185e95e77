import type { Connection, RowStatement, SnowflakeError } from 'snowflake-sdk'
import { type ConnectorContext, IngestError } from '../kit/index.ts'
import type { SnowflakeConfig } from './config.ts'
import { connectionOptions, type Driver } from './driver.ts'
import { classify } from './errors.ts'
import { createWire, type Wire } from './wire.ts'

/** Every value as text: see the driver's `fetchAsString`. Columns of SELECT are in upper case, those of SHOW in lower. */
export type Row = Readonly<Record<string, string | null>>

/** A statement with its values, named `:1`, `:2` and so on in the text. */
export interface Statement {
  readonly text: string
  readonly binds?: readonly string[]
  /** Seconds; the source's own limit when absent. */
  readonly timeoutSeconds?: number
}

const PAGE = 1000
const CLOSE_MS = 700
/** Beyond the server's own limit: it tells of it by itself. */
const MARGIN_MS = 15_000
const SLOW = 'Raise `statementTimeout` of the source, or give it a larger warehouse.'

/** One session, made at first use; statements may run side by side in it. */
export class Session implements AsyncDisposable {
  readonly #driver: Driver
  readonly #config: SnowflakeConfig
  readonly #context: ConnectorContext
  readonly #wires = new Map<Connection, Wire>()
  #connection: Promise<Connection> | undefined
  #closed = false

  constructor(driver: Driver, config: SnowflakeConfig, context: ConnectorContext) {
    this.#driver = driver
    this.#config = config
    this.#context = context
  }

  /** Signs in, unless it has. */
  async connect(): Promise<void> {
    await this.#connect()
  }

  /** All rows of a statement whose result is small. */
  async rows(statement: Statement | string): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const page of this.pages(statement)) rows.push(...page)
    return rows
  }

  /** The rows as they arrive; the client reads at most two chunks ahead. */
  async *pages(statement: Statement | string): AsyncGenerator<readonly Row[], void, void> {
    const asked = typeof statement === 'string' ? { text: statement } : statement
    const what = `Snowflake (${firstWords(asked.text)})`
    const connection = await this.#connect()
    const wire = this.#wires.get(connection)
    if (wire === undefined) throw new IngestError('source_unavailable', `${what}: the session has ended`)
    this.#context.meter.request()
    const end = this.#patience(wire, asked)
    let running: RowStatement | undefined
    try {
      const answer = execute(wire, connection, { ...asked, parameters: this.#parameters(asked) }, (started) => {
        running = started
      })
      const statement = await Promise.race([answer, rejectionOf(end.signal)])
      yield* streamPages(wire, end.signal, statement)
      running = undefined
    } catch (error) {
      throw this.#failure(error, what, end.signal, connection)
    } finally {
      end.clear()
      // What nobody reads any more need not run, nor hold a warehouse.
      if (running !== undefined) wire.run(() => cancel(running))
    }
  }

  #connect(): Promise<Connection> {
    if (this.#closed) return Promise.reject(new IngestError('cancelled', 'Snowflake: the handle is closed'))
    this.#connection ??= this.#signIn().catch((error: unknown) => {
      this.#connection = undefined
      throw error
    })
    return this.#connection
  }

  async #signIn(): Promise<Connection> {
    const { signal, meter } = this.#context
    const what = `Snowflake: signing in to ${this.#config.account} as ${this.#config.user}`
    const wire = createWire(meter)
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(this.#config.connectTimeout * 1000)])
    try {
      const connection = this.#driver.createConnection(connectionOptions(this.#config))
      this.#wires.set(connection, wire)
      const { promise, resolve, reject } = Promise.withResolvers<Connection>()
      wire.run(() => connection.connect((error) => (error ? reject(error) : resolve(connection))))
      return await Promise.race([promise, rejectionOf(timeout)])
    } catch (error) {
      wire.close()
      if (timeout.aborted && !signal.aborted)
        throw new IngestError('timeout', `${what}: no answer in time`, { cause: error })
      throw classify(causeOf(error), what, signal)
    }
  }

  #parameters({ timeoutSeconds }: Statement): Record<string, string | number> {
    return {
      QUERY_TAG: this.#config.queryTag,
      STATEMENT_TIMEOUT_IN_SECONDS: Math.ceil(timeoutSeconds ?? this.#config.statementTimeout),
      TIMEZONE: 'UTC',
    }
  }

  /** A signal for the end of our patience: cancelled, too late, or trouble on the way. */
  #patience(wire: Wire, { timeoutSeconds }: Statement): { readonly signal: AbortSignal; clear(): void } {
    const end = new AbortController()
    const { signal } = this.#context
    const abort = () => end.abort(signal.reason)
    const milliseconds = (timeoutSeconds ?? this.#config.statementTimeout) * 1000 + MARGIN_MS
    const timer = setTimeout(
      () => end.abort(new IngestError('timeout', 'no answer in time', { hint: SLOW })),
      milliseconds,
    )
    const quiet = wire.onTrouble((error) => end.abort(error))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    return {
      signal: end.signal,
      clear() {
        clearTimeout(timer)
        quiet()
        signal.removeEventListener('abort', abort)
      },
    }
  }

  /** A session that has ended is forgotten, so that trying again signs in again. */
  #failure(error: unknown, what: string, end: AbortSignal, connection: Connection): IngestError {
    const { signal } = this.#context
    if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
    const told: unknown = end.aborted ? end.reason : error
    if (told instanceof IngestError) {
      const { category, message, cause: _, ...details } = told
      return new IngestError(category, `${what}: ${message}`, { ...withoutUndefined(details), cause: told })
    }
    const failure = classify(causeOf(error), what, signal)
    if (!connection.isUp() || /^(390|407)/.test(failure.code ?? '')) this.#forget(connection)
    return failure
  }

  #forget(connection: Connection): void {
    this.#connection = undefined
    this.#wires.get(connection)?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const signal = AbortSignal.timeout(CLOSE_MS)
    const connection = await Promise.race([this.#connection?.catch(() => undefined), rejectionOf(signal)]).catch(
      () => undefined,
    )
    if (connection !== undefined)
      await Promise.race([signOut(connection, this.#wires.get(connection)), rejectionOf(signal)]).catch(() => {})
    for (const wire of this.#wires.values()) wire.close()
  }
}

interface Running extends Statement {
  readonly parameters: Record<string, string | number>
}

function execute(
  wire: Wire,
  connection: Connection,
  { text, binds = [], parameters }: Running,
  started: (statement: RowStatement) => void,
): Promise<RowStatement> {
  return wire.run(
    () =>
      new Promise((resolve, reject) => {
        const statement = connection.execute({
          sqlText: text,
          parameters,
          streamResult: true,
          ...(binds.length === 0 ? {} : { binds: [...binds] }),
          complete: (error, completed) => (error ? reject(error) : resolve(completed)),
        })
        started(statement)
      }),
  )
}

async function* streamPages(
  wire: Wire,
  end: AbortSignal,
  statement: RowStatement,
): AsyncGenerator<readonly Row[], void, void> {
  const stream = wire.run(() => statement.streamRows())
  const stop = () => stream.destroy(end.reason as Error)
  end.addEventListener('abort', stop, { once: true })
  if (end.aborted) stop()
  try {
    let page: Row[] = []
    const rows = (stream as AsyncIterable<Row>)[Symbol.asyncIterator]()
    // Later chunks are fetched when they are read: those requests are this handle's too.
    for (let next = await wire.run(() => rows.next()); next.done !== true; next = await wire.run(() => rows.next())) {
      page.push(next.value)
      if (page.length < PAGE) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  } finally {
    end.removeEventListener('abort', stop)
    stream.destroy()
  }
}

function cancel(statement: RowStatement | undefined): void {
  try {
    statement?.cancel(() => {})
  } catch {
    // It has ended meanwhile.
  }
}

async function signOut(connection: Connection, wire: Wire | undefined): Promise<void> {
  await new Promise<void>((resolve) => wire?.run(() => connection.destroy(() => resolve())))
}

function rejectionOf(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => {})
  if (signal.aborted) reject(signal.reason)
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  return promise
}

/** The client wraps what the network or the server said; the innermost code says most. */
function causeOf(error: unknown): unknown {
  const { code, cause, response } = (error ?? {}) as SnowflakeError
  const network = cause as NodeJS.ErrnoException | undefined
  if (network?.code !== undefined && network.code !== 'ERR_BAD_RESPONSE') return network
  const status = (response as { statusCode?: number } | undefined)?.statusCode
  if (status === 429) return Object.assign(new Error(String((error as Error).message)), { code: '429', cause: error })
  // Codes come as numbers or as texts, with their leading zeros or without.
  return code === undefined
    ? error
    : Object.assign(new Error((error as Error).message), { code: String(code), cause: error })
}

function firstWords(text: string): string {
  return text.trim().split(/\s+/).slice(0, 3).join(' ')
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  // Partial says exactly that some keys are missing.
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>
}

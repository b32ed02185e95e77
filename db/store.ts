import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres, { type Sql, type TransactionSql } from 'postgres'
import { IngestError } from '../model/errors.ts'

/** Plain tagged templates for set-based work. Bigints come as numbers: ids stay below 2^53. */
export type Query = Sql<{ bigint: number }>
export type Transaction = TransactionSql<{ bigint: number }>

/** The metadata store: one pool for set-based SQL, one for drizzle's typed queries. */
export interface Store extends AsyncDisposable {
  readonly sql: Query
  /** Drizzle resets the parsers of the client it is given (times, JSON), so it has a client of its own. */
  readonly orm: PostgresJsDatabase
  readonly url: string
  close(): Promise<void>
}

const BIGINT = {
  to: 20,
  from: [20],
  serialize: (value: number) => String(value),
  parse: (text: string) => Number(text),
}

const CONNECT_SECONDS = 10

/**
 * postgres.js leaves Nagle's algorithm on, and the end of each COPY then waits some 40 ms for a delayed
 * acknowledgement. Hosts are tried in turn, as postgres.js itself would.
 */
async function connectWithoutDelay(options: {
  readonly host: readonly string[]
  readonly port: readonly number[]
  readonly path?: string
}): Promise<Socket> {
  if (options.path) return await connected(connect({ path: options.path }))
  let failure: unknown
  for (const [index, host] of options.host.entries()) {
    try {
      return await connected(connect({ host, port: options.port[index] ?? 5432, noDelay: true }))
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

async function connected(socket: Socket): Promise<Socket> {
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_SECONDS * 1000) })
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** Opens the store; connections are made on first use. */
export function openStore(
  url: string,
  options: { readonly connections?: number; readonly readOnly?: boolean } = {},
): Store {
  const common = {
    onnotice: () => {},
    connect_timeout: CONNECT_SECONDS,
    connection: {
      application_name: 'tidemark',
      jit: false,
      ...(options.readOnly === true ? { default_transaction_read_only: true } : {}),
    },
    socket: connectWithoutDelay,
  }
  const sql: Query = postgres(url, { ...common, max: options.connections ?? 10, types: { bigint: BIGINT } })
  const client = postgres(url, { ...common, max: 2, types: { bigint: BIGINT } })
  const close = async () => {
    await Promise.all([sql.end({ timeout: 5 }), client.end({ timeout: 5 })])
  }
  return { sql, orm: drizzle(client), url, close, [Symbol.asyncDispose]: close }
}

/** Deadlock and serialization failure: the transaction did nothing and may simply run again. */
const RETRY_CODES: ReadonlySet<string> = new Set(['40P01', '40001'])
const MAX_ATTEMPTS = 5

/** Runs `work` in one transaction, again when the server chose it as a deadlock's victim. */
export async function inTransaction<T>(sql: Query, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await sql.begin(work)) as T
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !RETRY_CODES.has(sqlState(error) ?? '')) throw asStoreError(error)
    }
  }
}

/** The SQLSTATE or Node error code of a failed store query, if it has one. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

const STORE_HINTS: Readonly<Record<string, string>> = {
  '53100': "The store's disk is full: free space, then sync again. Nothing was half written.",
  '53300': 'The store has no connection to spare: raise max_connections or run fewer workers.',
  '28P01': 'Check the user and password in DATABASE_URL.',
  '3D000': 'Create the database that DATABASE_URL names, or name another.',
  '25006': 'This session may only read: TIDEMARK_READ_ONLY is set, or DATABASE_URL is that of a reader.',
  '42501': 'The role in DATABASE_URL lacks the right to do this: see docs/operations.md for roles.',
  ECONNREFUSED: 'Check that the PostgreSQL in DATABASE_URL is up, or unset it to use the embedded one.',
}

/** Codes after which trying again can help: connections, rollbacks, resources, operator intervention, I/O. */
const UNAVAILABLE = /^(08|40|53|57|58)|^(E[A-Z]+|CONNECTION_[A-Z]+|CONNECT_TIMEOUT)$/

/** An error of a store query as an IngestError; others pass. Source errors never get here: they are classified first. */
export function asStoreError(error: unknown): unknown {
  const code = sqlState(error)
  if (error instanceof IngestError || code === undefined || !(error instanceof Error)) return error
  if (!UNAVAILABLE.test(code) && !(code in STORE_HINTS) && error.name !== 'PostgresError') return error
  const hint = STORE_HINTS[code]
  const category = UNAVAILABLE.test(code)
    ? 'dependency_unavailable'
    : code in STORE_HINTS
      ? 'invalid_config'
      : 'internal'
  return new IngestError(category, `metadata store: ${error.message || code}`, {
    code,
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  })
}

import postgres from 'postgres'
import { IngestError } from '../model/errors.ts'
import { findReader } from './reader.ts'
import { asStoreError, sqlState } from './store.ts'

export interface QueryResult {
  readonly columns: readonly string[]
  readonly rows: readonly Readonly<Record<string, unknown>>[]
}

// Its types do not tell of `simple`, without which a query with no parameters goes by the simple protocol.
const ONE_STATEMENT = { prepare: true, simple: false } as postgres.UnsafeQueryOptions

/** PostgreSQL's type numbers of bigint and numeric. */
const BIGINT = 20
const NUMERIC = 1700

/**
 * Runs one statement that somebody typed, on a connection of its own that can only read, as the readers' role where there
 * is one. Whole numbers and decimals come
 * as numbers where a number holds them exactly, else as text. @throws IngestError `invalid_config` for a bad statement.
 */
export async function queryReadOnly(url: string, text: string): Promise<QueryResult> {
  const client = postgres(url, {
    max: 1,
    onnotice: () => {},
    connect_timeout: 10,
    connection: { application_name: 'tidemark sql', default_transaction_read_only: true },
    types: {
      bigint: { to: BIGINT, from: [BIGINT], serialize: String, parse: exactNumber },
      numeric: { to: NUMERIC, from: [NUMERIC], serialize: String, parse: exactNumber },
    },
  })
  try {
    const role = await findReader(client)
    if (role !== undefined) await client.unsafe(`set role ${role}`)
    // Prepared, so that it is one statement: a second could switch the read-only mode off.
    const rows = await client.unsafe(text.replace(/;\s*$/, ''), [], ONE_STATEMENT)
    return { columns: (rows.columns ?? []).map((column) => column.name), rows: [...rows] }
  } catch (error) {
    throw explain(error)
  } finally {
    await client.end({ timeout: 5 })
  }
}

function exactNumber(text: string): number | string {
  const value = Number(text)
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '')
  return Number.isFinite(value) && digits.length <= 15 ? value : text
}

const READ_ONLY = '25006'
const SEVERAL_STATEMENTS = /cannot insert multiple commands/

function explain(error: unknown): unknown {
  const code = sqlState(error)
  const message = error instanceof Error ? error.message : String(error)
  if (code === READ_ONLY || SEVERAL_STATEMENTS.test(message)) {
    return new IngestError('invalid_config', message, { hint: 'tidemark sql runs one statement, which may only read.' })
  }
  // 42: syntax, unknown names, rights; 22: bad values.
  if (code !== undefined && /^(42|22|0A)/.test(code)) {
    const { hint, position } = error as { hint?: string; position?: string }
    const where = position === undefined ? '' : ` (at character ${position})`
    return new IngestError('invalid_config', `${message}${where}`, {
      code,
      hint:
        hint ??
        'The views to query are in schema catalog: catalog.tables, catalog.columns, catalog.lineage, catalog.changes …',
    })
  }
  return asStoreError(error)
}

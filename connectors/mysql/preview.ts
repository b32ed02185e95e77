import {
  IngestError,
  type Json,
  type NamedAsset,
  type NamePath,
  PREVIEW_MAX_ROWS,
  PREVIEW_TIMEOUT_MS,
  type Preview,
  previewValueLength,
  quoteIdentifier,
  quotePath,
  whyDatabaseLeftOut,
  whyLeftOut,
} from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Connections, Reader } from './connection.ts'
import { symbolOf } from './errors.ts'
import { accountName } from './scopes.ts'
import { isSystemDatabase, literal } from './text.ts'

/** Digests keep names, and lose comments: this one stands for the rows that a preview reads. */
export const PREVIEW_MARK = 'tidemark_preview'

/** The first rows of a table or view, in a read-only transaction whose statements the server itself ends in time. */
export async function readPreview(
  connections: Connections,
  settings: Settings,
  { group, path }: NamedAsset,
  limit: number,
): Promise<Preview> {
  const [database, name] = path
  if (group !== 'relation' || database === undefined || name === undefined) {
    throw new IngestError('unsupported', `${path.join('.')} has no rows`, { hint: 'Preview a table or a view.' })
  }
  refuseFiltered(settings, database, name)
  const rows = Math.max(1, Math.min(Math.trunc(limit), PREVIEW_MAX_ROWS))
  return await connections.use(async (reader) => {
    const deadline = Date.now() + PREVIEW_TIMEOUT_MS
    try {
      return await read(reader, settings, { database, name, rows, deadline })
    } catch (error) {
      throw toPreviewError(error, path, reader)
    }
  })
}

/** What the source's filters leave out is not for anybody to look at through Tidemark. */
function refuseFiltered(settings: Settings, database: string, name: string): void {
  const why = isSystemDatabase(database)
    ? 'it is the server’s own'
    : (whyDatabaseLeftOut(settings, database) ?? whyLeftOut(settings.tables, name))
  if (why === undefined) return
  throw new IngestError('permission', `${database}.${name} is left out by the filters of the source: ${why}`)
}

interface Wanted {
  readonly database: string
  readonly name: string
  readonly rows: number
  /** Milliseconds since the epoch. */
  readonly deadline: number
}

interface Column {
  readonly name: string
  readonly nativeType: string
  readonly dataType: string
}

const columnsOf = (database: string, name: string) => `
  select table_name as object, column_name as name, column_type as nativeType, lower(data_type) as dataType
  from information_schema.columns where table_schema = ${literal(database)} and table_name = ${literal(name)}
  order by ordinal_position`

async function read(reader: Reader, settings: Settings, { database, name, rows, deadline }: Wanted): Promise<Preview> {
  const { session } = reader
  const [found = []] = await session.run(columnsOf(database, name))
  const columns = found.filter(({ object }) => object === name) as unknown as readonly Column[]
  if (columns.length === 0)
    throw new IngestError('not_found', 'it is not there, or no longer, or hidden from the account')
  const length = previewValueLength(rows, columns.length)
  const values = columns.map((column, at) => `${expressionOf(column, length)} as c${at}`)
  const left = Math.max(1, deadline - Date.now())
  try {
    const [, , read = []] = await session.run(
      limits(reader, left, Math.min(settings.lockTimeoutMs, left)),
      'start transaction read only',
      `select ${values.join(', ')} from ${quotePath([database, name], '`')} as ${PREVIEW_MARK} limit ${rows}`,
      'commit',
    )
    return {
      columns: columns.map(({ name: column, nativeType }) => ({ name: column, nativeType })),
      rows: read.map((row) => columns.map((column, at) => toJson(row[`c${at}`], column, length))),
    }
  } finally {
    if (!session.ended) {
      await session.run('rollback', limits(reader, settings.statementTimeoutMs, settings.lockTimeoutMs))
    }
  }
}

/** Both servers have a limit of their own for statements, in another unit. */
function limits({ server }: Reader, statementMs: number, lockMs: number): string {
  const statement = server.mariadb
    ? `max_statement_time = ${statementMs / 1000}`
    : `max_execution_time = ${Math.ceil(statementMs)}`
  const seconds = Math.max(1, Math.round(lockMs / 1000))
  return `set session ${statement}, lock_wait_timeout = ${seconds}, innodb_lock_wait_timeout = ${seconds}`
}

const NUMBER = /^(tinyint|smallint|mediumint|int|year|float|double)$/
const BYTES = /^((tiny|medium|long)?blob|binary|varbinary)$/
const SHAPE = /^(geometry|point|linestring|polygon|multi\w+|geom\w+)$/

/** Long values are cut by the server: one character more than shown tells that there was more. */
function expressionOf({ name, dataType }: Column, length: number): string {
  const column = quoteIdentifier(name, '`')
  if (NUMBER.test(dataType) || dataType === 'bigint') return column
  if (dataType === 'bit') return `bin(${column} + 0)`
  if (BYTES.test(dataType) || dataType === 'vector') return `hex(left(${column}, ${Math.ceil(length / 2) + 1}))`
  if (SHAPE.test(dataType)) return `left(st_astext(${column}), ${length + 1})`
  return `left(convert(${column} using utf8mb4), ${length + 1})`
}

function toJson(value: unknown, { dataType }: Column, length: number): Json {
  if (value === null || value === undefined) return null
  if (NUMBER.test(dataType)) return Number(value)
  const text = String(value)
  if (dataType === 'bigint') return Number.isSafeInteger(Number(text)) ? Number(text) : text
  const characters = text.length > length ? [...text] : []
  const shown = characters.length > length ? `${characters.slice(0, length).join('')}…` : text
  return BYTES.test(dataType) || dataType === 'vector' ? `0x${shown}` : shown
}

function toPreviewError(error: unknown, path: NamePath, { server }: Reader): IngestError {
  const told = error instanceof IngestError ? error : new IngestError('internal', String(error), { cause: error })
  // An abort ends the statement too, whatever the server then says of it.
  if (told.category === 'cancelled') return told
  const fail = (category: IngestError['category'], message: string, hint?: string) =>
    new IngestError(category, `preview of ${path.join('.')}: ${message}`, {
      ...(told.code === undefined ? {} : { code: told.code }),
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    })
  if (told.category === 'permission') {
    return fail('permission', told.message, `GRANT SELECT ON ${quotePath(path, '`')} TO ${accountName(server)};`)
  }
  const symbol = symbolOf(error)
  if (symbol === 'ER_LOCK_WAIT_TIMEOUT') {
    return fail('timeout', 'it is locked', 'Another session holds a lock on it: try again when that has ended.')
  }
  if (told.category === 'timeout') {
    const seconds = PREVIEW_TIMEOUT_MS / 1000
    return fail('timeout', `no rows within ${seconds} s`, 'It takes too long to read: query it at the source itself.')
  }
  if (symbol === 'ER_VIEW_INVALID')
    return fail('unsupported', 'it reads what is no longer there, or not for its definer')
  if (symbol === 'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION') {
    return fail('unsupported', 'reading it would write, which a preview may not')
  }
  return fail(told.category, told.message, told.hint)
}

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
import type { Connections } from './connection.ts'
import { sqlStateOf } from './errors.ts'
import { columnsOf, PREVIEW_MARK } from './queries/preview.sql.ts'
import type { Row, Session } from './session.ts'

/** The first rows of a table, a view or the like, in a read-only transaction that the server itself ends in time. */
export async function readPreview(
  connections: Connections,
  settings: Settings,
  { group, path }: NamedAsset,
  limit: number,
): Promise<Preview> {
  const [database, schema, name] = path
  if (group !== 'relation' || database === undefined || schema === undefined || name === undefined) {
    throw new IngestError('unsupported', `${path.join('.')} has no rows`, { hint: 'Preview a table or a view.' })
  }
  refuseFiltered(settings, path)
  return await connections.use(database, async (session) => {
    await session.begin()
    const deadline = Date.now() + PREVIEW_TIMEOUT_MS
    const rows = Math.min(Math.trunc(limit), PREVIEW_MAX_ROWS)
    try {
      return await read(session, { schema, name, limit: rows, deadline, lockTimeoutMs: settings.lockTimeoutMs })
    } catch (error) {
      throw toPreviewError(error, path, settings)
    }
  })
}

/** What the source's filters leave out is not for anybody to look at through Tidemark. */
function refuseFiltered(settings: Settings, path: NamePath): void {
  const [database = '', schema = '', name = ''] = path
  const why =
    whyDatabaseLeftOut(settings, database) ?? whyLeftOut(settings.schemas, schema) ?? whyLeftOut(settings.tables, name)
  if (why === undefined) return
  throw new IngestError('permission', `${path.join('.')} is left out by the filters of the source: ${why}`)
}

interface Wanted {
  readonly schema: string
  readonly name: string
  readonly limit: number
  /** Milliseconds since the epoch. */
  readonly deadline: number
  readonly lockTimeoutMs: number
}

interface ColumnRow {
  readonly name: string
  readonly nativeType: string
  /** The oid of the type, of a domain's base type. */
  readonly type: number
}

async function read(session: Session, wanted: Wanted): Promise<Preview> {
  const { schema, name, limit, deadline, lockTimeoutMs } = wanted
  const [found = []] = (await session.run(columnsOf(schema, name))) as unknown as [(ColumnRow & Row)[]]
  if (found.length === 0) throw new IngestError('not_found', 'it is not there, or no longer under this name')
  // A relation without columns has one row here, without a name.
  const columns = found.filter((column) => column.name !== null)
  const length = previewValueLength(limit, columns.length)
  const values = columns.map((column, index) => `${expressionOf(column, length)} as c${index}`)
  const left = Math.max(1, deadline - Date.now())
  const [, rows = []] = await session.run(
    [
      `set local statement_timeout = ${left}`,
      `set local lock_timeout = ${Math.round(Math.min(lockTimeoutMs, left))}`,
      // What a view calls may rely on the path that the role has.
      'set local search_path to default',
      `select ${PREVIEW_MARK} ${values.join(', ')} from ${quotePath([schema, name])} limit ${limit}`,
    ].join(';'),
  )
  await session.commit()
  return {
    columns: columns.map(({ name: column, nativeType }) => ({ name: column, nativeType })),
    rows: rows.map((row) => columns.map((column, index) => toJson(row[`c${index}`], column, length))),
  }
}

const BOOLEAN = 16
const BYTEA = 17
const BIGINT = 20
/** smallint, integer, real, double precision: a JavaScript number holds each exactly. */
const NUMBERS: ReadonlySet<number> = new Set([21, 23, 700, 701])

/** Long values are cut by the server: one character more than shown tells that there was more. */
function expressionOf({ name, type }: ColumnRow, length: number): string {
  const column = quoteIdentifier(name)
  if (type === BOOLEAN || type === BIGINT || NUMBERS.has(type)) return column
  if (type === BYTEA) return `pg_catalog.encode(substring(${column} from 1 for ${Math.ceil(length / 2) + 1}), 'hex')`
  return `pg_catalog.left(${column}::pg_catalog.text, ${length + 1})`
}

function toJson(value: unknown, { type }: ColumnRow, length: number): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  const text = String(value)
  if (type === BIGINT) return Number.isSafeInteger(Number(text)) ? Number(text) : text
  const shown = text.length > length ? cut(text, length) : text
  return type === BYTEA ? `\\x${shown}` : shown
}

/** PostgreSQL counts characters, JavaScript counts halves of some. */
function cut(text: string, length: number): string {
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : text
}

function toPreviewError(error: unknown, path: NamePath, settings: Settings): IngestError {
  const told = error instanceof IngestError ? error : new IngestError('internal', String(error), { cause: error })
  // An abort ends the statement too, whatever the server then says of it.
  if (told.category === 'cancelled') return told
  const what = `preview of ${path.join('.')}`
  const relation = quotePath(path.slice(1))
  const fail = (category: IngestError['category'], message: string, hint?: string) =>
    new IngestError(category, `${what}: ${message}`, {
      ...(told.code === undefined ? {} : { code: told.code }),
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    })
  const state = sqlStateOf(error)
  if (state === '42501') {
    const role = quoteIdentifier(settings.user)
    const schema = quoteIdentifier(path[1] ?? '')
    const grants = `GRANT USAGE ON SCHEMA ${schema} TO ${role}; GRANT SELECT ON ${relation} TO ${role};`
    return fail('permission', told.message, grants)
  }
  if (state === '57014') {
    const seconds = PREVIEW_TIMEOUT_MS / 1000
    return fail('timeout', `no rows within ${seconds} s`, 'It takes too long to read: query it at the source itself.')
  }
  if (state === '55P03') {
    return fail('timeout', 'it is locked', 'Another session holds a lock on it: try again when that has ended.')
  }
  if (state === '25006') return fail('unsupported', 'reading it would write, which a preview may not')
  if (state?.startsWith('HV')) return fail('source_unavailable', told.message, 'The foreign server refuses.')
  return fail(told.category, told.message, told.hint)
}

import {
  IngestError,
  type Json,
  type NamedAsset,
  PREVIEW_MAX_ROWS,
  PREVIEW_TIMEOUT_MS,
  type Preview,
  previewValueLength,
  quoteIdentifier,
  quotePath,
  whyLeftOut,
} from '../kit/index.ts'
import { type SnowflakeConfig, whyDatabaseLeftOut } from './config.ts'
import { type Entry, text } from './entries.ts'
import { isHidden } from './errors.ts'
import type { Reader } from './reader.ts'
import type { Session } from './session.ts'
import { nativeTypeOf, readStructures } from './types.ts'

const NUMBERS = /^(NUMBER|FLOAT|DECFLOAT)\b/
const AS_JSON = new Set(['VARIANT', 'OBJECT', 'ARRAY', 'MAP'])

/** The first rows of a relation, with every value cut by the server; it wakes the warehouse. */
export async function readPreview(
  session: Session,
  config: SnowflakeConfig,
  readerOf: (database: string) => Reader,
  { group, path }: NamedAsset,
  limit: number,
): Promise<Preview> {
  const [database, schema, name] = path
  if (group !== 'relation' || database === undefined || schema === undefined || name === undefined) {
    throw new IngestError('unsupported', `${path.join('.')} has no rows`, { hint: 'Preview a table or a view.' })
  }
  const why =
    whyDatabaseLeftOut(config, database) ?? whyLeftOut(config.schemas, schema) ?? whyLeftOut(config.tables, name)
  if (why !== undefined)
    throw new IngestError('permission', `${path.join('.')} is left out by the filters of the source: ${why}`)
  const entries: Entry[] = []
  for await (const entry of readerOf(database).description([{ schema, name }]))
    if (entry.schema === schema && entry.name === name) entries.push(entry)
  if (!entries.some(({ kind }) => kind === 'table')) {
    throw new IngestError('not_found', `${path.join('.')} is not there, or no longer under this name`)
  }
  const columns = entries.filter(({ kind }) => kind === 'column').sort((left, right) => left.position - right.position)
  const structures = readStructures(entries)
  const length = previewValueLength(limit, columns.length)
  const rows = await readRows(session, path, columns, { limit: Math.min(Math.trunc(limit), PREVIEW_MAX_ROWS), length })
  return {
    columns: columns.map((column) => ({
      name: text(column.body, 'name') ?? '',
      nativeType: nativeTypeOf(column, structures),
    })),
    rows: rows.map((row) =>
      columns.map((column, index) => toJson(row[`C${index}`] ?? null, text(column.body, 'type') ?? '', length)),
    ),
  }
}

async function readRows(
  session: Session,
  path: readonly string[],
  columns: readonly Entry[],
  { limit, length }: { readonly limit: number; readonly length: number },
) {
  const values = columns.map((column, index) => `${expressionOf(column, length)} AS C${index}`)
  try {
    return await session.rows({
      text: `SELECT ${values.join(', ')} FROM ${quotePath(path)} LIMIT ${limit}`,
      timeoutSeconds: PREVIEW_TIMEOUT_MS / 1000,
    })
  } catch (error) {
    if (!isHidden(error)) throw error
    throw new IngestError('permission', `preview of ${path.join('.')}: ${(error as Error).message}`, {
      hint: `GRANT SELECT ON TABLE ${quotePath(path)} TO ROLE …;`,
      cause: error,
    })
  }
}

/** One character more than shown tells that there was more. */
function expressionOf({ body }: Entry, length: number): string {
  const column = quoteIdentifier(text(body, 'name') ?? '')
  const type = text(body, 'type') ?? ''
  if (NUMBERS.test(type) || type === 'BOOLEAN') return column
  if (AS_JSON.has(type)) return `LEFT(TO_JSON(${column}), ${length + 1})`
  if (type === 'VECTOR') return `LEFT(TO_JSON(TO_ARRAY(${column})), ${length + 1})`
  if (type === 'BINARY') return `LEFT(HEX_ENCODE(${column}), ${length + 1})`
  if (type === 'GEOGRAPHY' || type === 'GEOMETRY') return `LEFT(ST_ASTEXT(${column}), ${length + 1})`
  return `LEFT(TO_VARCHAR(${column}), ${length + 1})`
}

function toJson(value: string | null, type: string, length: number): Json {
  if (value === null) return null
  if (type === 'BOOLEAN') return /^(true|1)$/i.test(value)
  if (NUMBERS.test(type)) {
    const number = Number(value)
    return String(number) === value ? number : value
  }
  const characters = [...value]
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : value
}

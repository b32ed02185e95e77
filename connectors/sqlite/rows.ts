import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { IngestError, type Json, type Preview, previewValueLength, quoteIdentifier } from '../kit/index.ts'

/** The first rows of a table or view. Long texts and blobs are cut by SQLite, and marked. */
export function readRows(database: DatabaseSync, name: string, limit: number): Preview {
  const found = database
    .prepare("SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') AND name = ?")
    .get(name)
  if (found === undefined) throw new IngestError('not_found', `there is no table or view ${name}, or no longer`)
  const columns = database.prepare("SELECT name, type FROM pragma_table_xinfo(?, 'main') ORDER BY cid").all(name)
  const length = previewValueLength(limit, columns.length)
  const values = columns.map((column) => expressionOf(quoteIdentifier(String(column.name)), length))
  const statement = database.prepare(`SELECT ${values.join(', ')} FROM main.${quoteIdentifier(name)} LIMIT ?`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  // Arrays, as asked for: the types know objects alone.
  const rows = statement.all(limit) as unknown as readonly (readonly SQLOutputValue[])[]
  return {
    columns: columns.map((column) => ({ name: String(column.name), nativeType: String(column.type) })),
    rows: rows.map((row) => row.map((value) => toJson(value, length))),
  }
}

/** A column holds values of any type: texts and blobs come with a letter that tells them apart. */
function expressionOf(column: string, length: number): string {
  const bytes = Math.ceil(length / 2) + 1
  return `CASE typeof(${column}) WHEN 'text' THEN 't' || substr(${column}, 1, ${length + 1})
    WHEN 'blob' THEN 'b' || hex(substr(${column}, 1, ${bytes})) ELSE ${column} END`
}

function toJson(value: SQLOutputValue | undefined, length: number): Json {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'string') return null
  const characters = [...value.slice(1)]
  const shown = characters.length > length ? `${characters.slice(0, length).join('')}…` : value.slice(1)
  return value.startsWith('b') ? `x'${shown}'` : shown
}

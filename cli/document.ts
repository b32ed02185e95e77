import { createRequire } from 'node:module'
import type { stringify } from 'yaml'
import { IngestError } from '../model/errors.ts'

/** A result as a text for programs, with a newline at its end. Times are ISO 8601 in UTC. */
export function writeDocument(form: 'json' | 'yaml' | 'csv', value: unknown): string {
  if (form === 'json') return `${JSON.stringify(value, undefined, 2)}\n`
  // As JSON has it: times and other objects as text.
  const plain: unknown = JSON.parse(JSON.stringify(value ?? null))
  return form === 'yaml' ? writeYaml(plain) : writeCsv(rowsOf(plain))
}

/** Its package is loaded for those alone who want YAML, at once, as results are written in one go. */
function writeYaml(value: unknown): string {
  const yaml = createRequire(import.meta.url)('yaml') as { readonly stringify: typeof stringify }
  return yaml.stringify(value, { lineWidth: 0 })
}

type Row = Readonly<Record<string, unknown>>

/**
 * The list in a result: the result itself, or the one list in it; a result without any is a single row.
 * @throws IngestError `invalid_config` for one with several.
 */
function rowsOf(value: unknown): readonly Row[] {
  if (Array.isArray(value)) return value.map(toRow)
  const entries = typeof value === 'object' && value !== null ? Object.values(value) : []
  const lists = entries.filter(Array.isArray)
  if (lists.length > 1) {
    throw new IngestError('invalid_config', 'this result is more than one list, and CSV holds one', {
      hint: 'Take --output json or --output yaml.',
    })
  }
  if (lists[0] !== undefined) return lists[0].map(toRow)
  const [only] = entries
  return [toRow(entries.length === 1 && typeof only === 'object' && only !== null ? only : value)]
}

function toRow(value: unknown): Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Row) : { value }
}

/** RFC 4180; what is no number, text or truth value is written as JSON. Without rows there is no header to know. */
function writeCsv(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))]
  if (columns.length === 0) return ''
  const line = (cells: readonly unknown[]) => `${cells.map(cellText).join(',')}\r\n`
  return line(columns) + rows.map((row) => line(columns.map((column) => row[column]))).join('')
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

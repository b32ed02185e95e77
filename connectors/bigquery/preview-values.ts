import type { Json } from '../kit/index.ts'
import type { TableField } from './resources.ts'

/** A row as the API has it: values in the order of the schema, all scalars as text. */
export interface ApiRow {
  readonly f?: readonly { readonly v?: unknown }[]
}

export function toRow({ f: cells = [] }: ApiRow, fields: readonly TableField[], length: number): Json[] {
  return fields.map((field, index) => {
    const value = toValue(cells[index]?.v, field)
    if (typeof value === 'string') return cut(value, length)
    return typeof value === 'object' && value !== null ? cut(JSON.stringify(value), length) : value
  })
}

function toValue(value: unknown, field: TableField): Json {
  if (value === null || value === undefined) return null
  if (field.mode === 'REPEATED') {
    const list = Array.isArray(value) ? value : []
    return list.map((entry: { readonly v?: unknown }) => toValue(entry.v, { ...field, mode: 'NULLABLE' }))
  }
  const { type = '', fields = [] } = field
  if (type === 'RECORD' || type === 'STRUCT') {
    // The API nests rows where a column is a STRUCT.
    const cells = (value as ApiRow).f ?? []
    return Object.fromEntries(fields.map((inner, index) => [inner.name ?? '', toValue(cells[index]?.v, inner)]))
  }
  const text = String(value)
  if (type === 'BOOLEAN' || type === 'BOOL') return text === 'true'
  if (type === 'INTEGER' || type === 'INT64') return Number.isSafeInteger(Number(text)) ? Number(text) : text
  if (type === 'FLOAT' || type === 'FLOAT64') return Number.isFinite(Number(text)) ? Number(text) : text
  return text
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const characters = [...text]
  return characters.length > length ? `${characters.slice(0, length).join('')}…` : text
}

import type { FieldRecord } from '../../../model/records.ts'
import type { FieldType } from '../../../model/types.ts'

/** A field as a schema file tells of it; its place follows from the order. */
export interface SchemaField {
  readonly path: readonly string[]
  readonly nativeType: string
  readonly type: FieldType
  readonly nullable: boolean
  readonly comment?: string | undefined
}

/** Schemas may nest and repeat themselves; what is beyond is left out. */
const MAX_FIELDS = 2_000
export const MAX_DEPTH = 12

/** Fields in their order, each name once. */
export function toFieldRecords(fields: readonly SchemaField[]): FieldRecord[] {
  const seen = new Set<string>()
  const records: FieldRecord[] = []
  for (const { path, nativeType, type, nullable, comment } of fields) {
    const key = JSON.stringify(path)
    const name = path.at(-1)
    if (name === undefined || seen.has(key) || records.length === MAX_FIELDS) continue
    seen.add(key)
    records.push({
      name,
      ...(path.length > 1 ? { path: [...path] } : {}),
      position: records.length + 1,
      nativeType,
      type,
      nullable,
      ...(comment === undefined || comment === '' ? {} : { comment }),
    })
  }
  return records
}

export type JsonObject = Readonly<Record<string, unknown>>

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

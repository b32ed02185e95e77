import type { FieldType } from '../kit/index.ts'

/** Declared names that say more than SQLite's affinity of them does. */
const BY_NAME: Readonly<Record<string, FieldType>> = {
  bool: 'boolean',
  boolean: 'boolean',
  bit: 'boolean',
  date: 'date',
  time: 'time',
  datetime: 'timestamp',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  interval: 'interval',
  json: 'json',
  jsonb: 'json',
  xml: 'xml',
  uuid: 'uuid',
  guid: 'uuid',
  uniqueidentifier: 'uuid',
  any: 'unknown',
  string: 'string',
  binary: 'binary',
  varbinary: 'binary',
  bytea: 'binary',
  point: 'geometry',
  linestring: 'geometry',
  polygon: 'geometry',
  multipoint: 'geometry',
  geometry: 'geometry',
}

/** In the order in which SQLite tries them: https://www.sqlite.org/datatype3.html#determination_of_column_affinity */
const BY_AFFINITY: readonly (readonly [RegExp, FieldType])[] = [
  [/int/, 'integer'],
  [/char|clob|text/, 'string'],
  [/blob/, 'binary'],
  [/real|floa|doub/, 'float'],
]

/** The normalised type of a declared one: by its name where that is telling, else by SQLite's affinity rules. */
export function fieldType(declared: string): FieldType {
  const text = declared.toLowerCase()
  if (text.trim() === '') return 'unknown'
  const word = /^[^\s(]+/.exec(text.trim())?.[0] ?? ''
  if (Object.hasOwn(BY_NAME, word)) return BY_NAME[word] ?? 'unknown'
  return BY_AFFINITY.find(([pattern]) => pattern.test(text))?.[1] ?? 'decimal'
}

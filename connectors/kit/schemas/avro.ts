import type { FieldType } from '../../../model/types.ts'
import { asObject, asText, type JsonObject, MAX_DEPTH, type SchemaField } from './fields.ts'

const TYPES: Readonly<Record<string, FieldType>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  float: 'float',
  double: 'float',
  bytes: 'binary',
  fixed: 'binary',
  string: 'string',
  enum: 'enum',
  array: 'array',
  map: 'map',
  record: 'struct',
  error: 'struct',
}

const LOGICAL: Readonly<Record<string, FieldType>> = {
  decimal: 'decimal',
  uuid: 'uuid',
  date: 'date',
  'time-millis': 'time',
  'time-micros': 'time',
  'timestamp-millis': 'timestamp',
  'timestamp-micros': 'timestamp',
  'local-timestamp-millis': 'timestamp',
  'local-timestamp-micros': 'timestamp',
  duration: 'interval',
}

/** The fields of an Avro schema (`.avsc`), nested records included. https://avro.apache.org/docs/1.12.0/specification/ */
export function readAvroFields(schema: unknown): SchemaField[] {
  const record = asObject(Array.isArray(schema) ? schema.find((entry) => asObject(entry)?.type === 'record') : schema)
  return record === undefined ? [] : recordFields(record, [])
}

function recordFields(record: JsonObject, prefix: readonly string[]): SchemaField[] {
  if (!Array.isArray(record.fields) || prefix.length >= MAX_DEPTH) return []
  return record.fields.flatMap((entry): SchemaField[] => {
    const field = asObject(entry)
    const name = asText(field?.name)
    if (field === undefined || name === undefined) return []
    const path = [...prefix, name]
    const branches = Array.isArray(field.type) ? field.type : [field.type]
    const present = branches.filter((branch) => branch !== 'null')
    const own = present.length === 1 ? present[0] : undefined
    const nested = asObject(own)
    const items = asObject(nested?.type === 'array' ? nested.items : nested)
    return [
      {
        path,
        nativeType: present.map(typeName).join(' | '),
        type: own === undefined ? 'unknown' : typeOf(own),
        nullable: present.length < branches.length,
        comment: asText(field.doc),
      },
      ...(items?.type === 'record' ? recordFields(items, path) : []),
    ]
  })
}

function typeOf(type: unknown): FieldType {
  const object = asObject(type)
  const logical = LOGICAL[asText(object?.logicalType) ?? '']
  if (logical !== undefined) return logical
  const inner = object?.type
  return typeof inner === 'object' && inner !== null ? typeOf(inner) : (TYPES[asText(inner ?? type) ?? ''] ?? 'struct')
}

function typeName(type: unknown): string {
  const object = asObject(type)
  if (object === undefined) return String(type)
  const inner = asObject(object.type) === undefined ? String(object.type) : typeName(object.type)
  if (inner === 'array') return `array<${typeName(object.items)}>`
  if (inner === 'map') return `map<${typeName(object.values)}>`
  const logical = asText(object.logicalType)
  return logical === undefined ? (asText(object.name) ?? inner) : `${inner} (${logical})`
}

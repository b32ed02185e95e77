import type { FieldType } from '../../../model/types.ts'
import { asObject, asText, type JsonObject, MAX_DEPTH, type SchemaField } from './fields.ts'

const TYPES: Readonly<Record<string, FieldType>> = {
  string: 'string',
  integer: 'integer',
  number: 'float',
  boolean: 'boolean',
  array: 'array',
  object: 'struct',
}

const FORMATS: Readonly<Record<string, FieldType>> = {
  date: 'date',
  time: 'time',
  'date-time': 'timestamp',
  duration: 'interval',
  uuid: 'uuid',
  byte: 'binary',
  binary: 'binary',
  double: 'float',
  float: 'float',
}

/** The properties of a JSON Schema, nested ones included; references within the document are followed once each. */
export function readJsonSchemaFields(schema: unknown): SchemaField[] {
  const root = asObject(schema)
  return root === undefined ? [] : properties({ root, seen: [] }, root, [])
}

/** The properties of the schemas that an OpenAPI (or Swagger) document defines, each under its schema's name. */
export function readOpenApiFields(document: unknown): SchemaField[] {
  const root = asObject(document)
  const schemas = asObject(asObject(root?.components)?.schemas) ?? asObject(root?.definitions)
  if (root === undefined || schemas === undefined) return []
  return Object.entries(schemas).flatMap(([name, schema]): SchemaField[] => {
    const object = asObject(schema)
    if (object === undefined) return []
    return [describeField([name], object, true), ...properties({ root, seen: [] }, object, [name])]
  })
}

interface Reading {
  readonly root: JsonObject
  /** References under way: a schema may hold itself. */
  readonly seen: readonly string[]
}

function properties(reading: Reading, schema: JsonObject, prefix: readonly string[]): SchemaField[] {
  if (prefix.length >= MAX_DEPTH) return []
  const { schema: own, reading: inside } = resolve(reading, schema)
  const required = new Set(Array.isArray(own.required) ? own.required : [])
  const parts = Array.isArray(own.allOf) ? own.allOf : []
  return [
    ...parts.flatMap((part) => properties(inside, asObject(part) ?? {}, prefix)),
    ...Object.entries(asObject(own.properties) ?? {}).flatMap(([name, value]) => {
      const property = asObject(value)
      if (property === undefined) return []
      const resolved = resolve(inside, property)
      const items = asObject(resolved.schema.items)
      return [
        describeField([...prefix, name], { ...resolved.schema, ...property }, !required.has(name)),
        ...properties(resolved.reading, items ?? resolved.schema, [...prefix, name]),
      ]
    }),
  ]
}

function resolve(reading: Reading, schema: JsonObject): { readonly schema: JsonObject; readonly reading: Reading } {
  const reference = asText(schema.$ref)
  if (reference === undefined) return { schema, reading }
  if (!reference.startsWith('#/') || reading.seen.includes(reference)) return { schema: {}, reading }
  let target: unknown = reading.root
  for (const step of reference.slice(2).split('/')) {
    target = asObject(target)?.[step.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return { schema: asObject(target) ?? {}, reading: { ...reading, seen: [...reading.seen, reference] } }
}

function describeField(path: readonly string[], schema: JsonObject, optional: boolean): SchemaField {
  const named = Array.isArray(schema.type) ? schema.type.filter((type) => type !== 'null') : [schema.type]
  const nullable = (Array.isArray(schema.type) && schema.type.includes('null')) || schema.nullable === true
  const type = asText(named[0]) ?? (schema.properties === undefined ? undefined : 'object')
  const format = asText(schema.format)
  const reference = asText(schema.$ref)?.split('/').at(-1)
  return {
    path,
    nativeType: reference ?? (type === undefined ? 'any' : format === undefined ? type : `${type} (${format})`),
    type: Array.isArray(schema.enum) ? 'enum' : (FORMATS[format ?? ''] ?? TYPES[type ?? ''] ?? 'unknown'),
    nullable: optional || nullable,
    comment: asText(schema.description),
  }
}

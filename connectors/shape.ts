import { z } from 'zod'

type Shape = Readonly<Record<PropertyKey, unknown>>

/** The keys of an object schema with their schemas, whatever wraps it (optional, default, a transformation …). */
export function shapeOf(schema: unknown): Shape | undefined {
  if (schema instanceof z.ZodObject) return schema.shape as Shape
  const { innerType, in: input } =
    (schema as { _zod?: { def: { innerType?: unknown; in?: unknown } } })?._zod?.def ?? {}
  const inner = innerType ?? input
  return inner === undefined ? undefined : shapeOf(inner)
}

/** The keys that a schema knows at a path; of a record, those of its values. */
export function knownKeys(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let at = schema
  for (const key of path)
    at = shapeOf(at)?.[key] ?? (at as { _zod?: { def: { valueType?: unknown } } })?._zod?.def.valueType
  return Object.keys(shapeOf(at) ?? {})
}

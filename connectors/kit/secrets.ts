import { z } from 'zod'

const secretFields = z.registry<{ readonly secret: true }>()

/** A config string that is stored encrypted and never shown: a password, a token, a private key. */
export function secret(): z.ZodString {
  const schema = z.string()
  secretFields.add(schema, { secret: true })
  return schema
}

/** Whether a schema, or what it wraps (optional, default …), is a secret. */
export function isSecret(schema: z.core.$ZodType): boolean {
  if (secretFields.has(schema)) return true
  const inner = (schema as { _zod: { def: { innerType?: z.core.$ZodType } } })._zod.def.innerType
  return inner !== undefined && isSecret(inner)
}

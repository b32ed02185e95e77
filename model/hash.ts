import { createHash } from 'node:crypto'

/** SHA-256 (hex) over JSON with sorted keys, so that equal content hashes equally whatever order it was built in. */
export function canonicalHash(value: unknown): string {
  return hashText(canonicalJson(value))
}

export function hashText(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with object keys sorted and absent values left out. Every record goes through it, so it makes no lists of its own. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  let text = ''
  if (Array.isArray(value)) {
    for (const entry of value) text += `,${canonicalJson(entry)}`
    return `[${text.slice(1)}]`
  }
  const object = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(object).sort()) {
    if (object[key] !== undefined) text += `,${JSON.stringify(key)}:${canonicalJson(object[key])}`
  }
  return `{${text.slice(1)}}`
}

import type { SchemaField } from './fields.ts'

const DELIMITERS = [',', '\t', ';', '|'] as const

/** The columns that the first line of a delimited text names; none where it does not look like a header. */
export function readDelimitedFields(text: string): SchemaField[] {
  const line = firstRecord(text.replace(/^\uFEFF/, ''))
  const delimiter = DELIMITERS.map((candidate) => ({ candidate, parts: split(line, candidate) })).reduce(
    (best, next) => (next.parts.length > best.parts.length ? next : best),
  )
  const names = delimiter.parts.map((part) => part.trim())
  const named = names.every((name) => name !== '' && name.length <= 200 && Number.isNaN(Number(name)))
  if (!named || new Set(names).size !== names.length) return []
  return names.map((name) => ({ path: [name], nativeType: 'text', type: 'string', nullable: true }))
}

/** Up to the first line break outside quotes. */
function firstRecord(text: string): string {
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted
    else if (!quoted && (text[at] === '\n' || text[at] === '\r')) return text.slice(0, at)
  }
  return text
}

function split(line: string, delimiter: string): string[] {
  const parts = ['']
  let quoted = false
  for (const character of line) {
    if (character === '"') quoted = !quoted
    else if (character === delimiter && !quoted) parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts
}

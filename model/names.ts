import { createHash } from 'node:crypto'

/** The exact catalogue parts of a name, outermost first: `['shop', 'public', 'orders']`. Never empty. */
export type NamePath = readonly string[]

/** A btree entry holds about 2.7 kB at most; keys stay well below it. */
const MAX_KEY_BYTES = 1024
const KEPT_KEY_BYTES = 900

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '.': '\\.', '\0': '\\0' }

/**
 * The key that identifies a name within its namespace and kind group.
 * Parts are joined by dots, with dots and backslashes inside a part escaped, so `["a.b","c"]` and `["a","b.c"]`
 * differ. Nothing is case-folded: a connector folds where its platform compares so. A key past 1 kB keeps its first
 * 900 bytes and ends in `\#` and the SHA-256 of the whole, a sequence that escaping never yields.
 */
export function nameKey(path: NamePath): string {
  if (path.length === 0) throw new RangeError('a name needs at least one part')
  const key = path.map(escapePart).join('.').toWellFormed()
  const bytes = Buffer.from(key, 'utf8')
  if (bytes.length <= MAX_KEY_BYTES) return key
  const digest = createHash('sha256').update(bytes).digest('hex')
  return `${cutUtf8(bytes, KEPT_KEY_BYTES)}\\#${digest}`
}

/** The parts of a key; undefined for one too long to be kept whole. The inverse of {@link nameKey}. */
export function keyPath(key: string): NamePath | undefined {
  if (/(?<!\\)(?:\\\\)*\\#[0-9a-f]{64}$/.test(key)) return undefined
  const parts = ['']
  for (const [, escaped, plain] of key.matchAll(/\\([\s\S])|([\s\S])/g)) {
    if (plain === '.') parts.push('')
    else parts.push(`${parts.pop()}${escaped === undefined ? plain : escaped === '0' ? '\0' : escaped}`)
  }
  return parts
}

function escapePart(part: string): string {
  return part.replace(/[\\.\0]/g, (character) => ESCAPES[character] ?? character)
}

/** The longest prefix of at most `length` bytes that does not end inside a character. */
function cutUtf8(bytes: Buffer, length: number): string {
  let end = length
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return bytes.toString('utf8', 0, end)
}

/** The dotted name people read. A part that would be ambiguous is double-quoted, as SQL does. */
export function displayName(path: NamePath): string {
  return path.map(displayPart).join('.')
}

function displayPart(part: string): string {
  if (part !== '' && !/[."\s\p{Cc}]/u.test(part)) return part
  return `"${part.replaceAll('"', '""')}"`
}

/** Reads a dotted display name back into its parts; the inverse of {@link displayName}. */
export function parseDisplayName(text: string): string[] {
  const parts: string[] = []
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^."]*))\s*(\.|$)/gy
  while (true) {
    const match = pattern.exec(text)
    if (match === null) return [text]
    parts.push(match[1] === undefined ? (match[2] ?? '').trim() : match[1].replaceAll('""', '"'))
    if (match[3] !== '.') return parts
  }
}

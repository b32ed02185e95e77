/**
 * A text as a literal that no SQL mode or character set reads otherwise: names come from outside, and backslashes mean
 * something in one mode and nothing in another.
 */
export function literal(text: string): string {
  return `_utf8mb4 x'${Buffer.from(text, 'utf8').toString('hex')}'`
}

/** A list for `in`; an empty one fits nothing. */
export function literals(texts: readonly string[]): string {
  return texts.length === 0 ? '(null)' : `(${texts.map(literal).join(', ')})`
}

/** Names that the server keeps for itself. */
const SYSTEM_DATABASE = /^(information_schema|performance_schema|mysql|sys|ndbinfo)$/i

export function isSystemDatabase(name: string): boolean {
  return SYSTEM_DATABASE.test(name)
}

import { advance, type Cursor, peek, previousEnd, unexpected } from './cursor.ts'

/** Dialects whose stages begin with `@`. */
const STAGES = new Set<string>(['snowflake', 'generic', 'databricks'])

/** Whether a file, a folder or a stage is named next: a string, or `@stage/path`. */
export function isLocationNext(c: Cursor): boolean {
  const token = peek(c)
  if (token.type === 'string') return true
  return (token.type === 'quoted' && isUrl(token.text)) || isStageNext(c)
}

export function isStageNext(c: Cursor): boolean {
  const token = peek(c)
  const at = token.key === '@' || (token.type === 'variable' && token.text.startsWith('@'))
  return at && STAGES.has(c.traits.dialect)
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
}

/** A location as it is written: the string's text, or the stage with its path. */
export function readLocation(c: Cursor): string {
  const token = peek(c)
  if (token.type === 'end') throw unexpected(c, 'a location')
  c.at += 1
  if (token.type === 'string' || token.type === 'quoted') return token.text
  while (peek(c).start === previousEnd(c) && !/^[();,]$/.test(peek(c).key) && peek(c).type !== 'end') advance(c)
  return c.text.slice(token.start, previousEnd(c))
}

import type { Traits } from '../dialects.ts'
import type { Expression, Name, Path, Query, Script, Span, Statement } from './ast.ts'
import { SqlSyntaxError, type Token } from './lexer.ts'

/** How deep queries and parentheses may nest before the parser gives up: JavaScript's stack holds about four times this. */
const MAX_DEPTH = 700

/** What the parts of the grammar need of each other: tied together in `parse.ts`, so that its files form no cycle. */
export interface Grammar {
  expression(c: Cursor): Expression
  query(c: Cursor): Query
  /** Goes on after a query that stood in parentheses: UNION, ORDER BY … */
  continueQuery(c: Cursor, first: Query): Query
  statement(c: Cursor): Statement
  body(c: Cursor): Script
}

/** A place in the tokens of a text. One per parse; everything that reads moves it. */
export interface Cursor {
  readonly grammar: Grammar
  readonly text: string
  readonly tokens: readonly Token[]
  readonly traits: Traits
  at: number
  depth: number
  /** Inside a procedure, where SELECT … INTO fills variables. */
  inRoutine: boolean
  /** How many BEGIN … END stand open: what is in a block may be a call or an assignment. */
  blocks: number
  /** Clauses stepped over in the statement being read. */
  skipped: Span[]
}

const END: Token = { type: 'end', text: '', key: '', start: 0, end: 0 }

export function createCursor(text: string, tokens: readonly Token[], traits: Traits, grammar: Grammar): Cursor {
  return { text, tokens, traits, grammar, at: 0, depth: 0, inRoutine: false, blocks: 0, skipped: [] }
}

export function peek(c: Cursor, ahead = 0): Token {
  return c.tokens[c.at + ahead] ?? c.tokens.at(-1) ?? END
}

export function advance(c: Cursor): Token {
  const token = peek(c)
  if (token.type !== 'end') c.at += 1
  return token
}

export function previousEnd(c: Cursor): number {
  return c.tokens[c.at - 1]?.end ?? 0
}

/** Whether the next tokens are these keywords or operators. */
export function isNext(c: Cursor, ...keys: readonly string[]): boolean {
  for (let index = 0; index < keys.length; index++) {
    if (peek(c, index).key !== keys[index]) return false
  }
  return true
}

/** Steps over the keywords where they are next. */
export function take(c: Cursor, ...keys: readonly string[]): boolean {
  if (!isNext(c, ...keys)) return false
  c.at += keys.length
  return true
}

export function takeOne(c: Cursor, keys: ReadonlySet<string>): string | undefined {
  const { key } = peek(c)
  if (key === '' || !keys.has(key)) return undefined
  c.at += 1
  return key
}

export function expect(c: Cursor, key: string): Token {
  const token = peek(c)
  if (token.key !== key) throw unexpected(c, key)
  c.at += 1
  return token
}

export function unexpected(c: Cursor, wanted: string): SqlSyntaxError {
  const token = peek(c)
  const found =
    token.type === 'end' ? 'the end of the statement' : `'${c.text.slice(token.start, token.end).slice(0, 40)}'`
  return new SqlSyntaxError(`expected ${wanted}, found ${found}`, token.start)
}

/** Whether a line ends before the next token. */
export function startsLine(c: Cursor): boolean {
  return c.text.slice(previousEnd(c), peek(c).start).includes('\n')
}

/** Runs a part of the parser one level deeper. */
export function nested<T>(c: Cursor, read: () => T): T {
  c.depth += 1
  if (c.depth > MAX_DEPTH) throw new SqlSyntaxError(`nested deeper than ${MAX_DEPTH} levels`, peek(c).start)
  const result = read()
  c.depth -= 1
  return result
}

export function isName(token: Token): boolean {
  return token.type === 'word' || token.type === 'quoted'
}

export function toName(token: Token): Name {
  return { text: token.text, quoted: token.type !== 'word', start: token.start, end: token.end }
}

export function readName(c: Cursor, what: string): Name {
  const token = peek(c)
  if (!isName(token) && token.type !== 'string') throw unexpected(c, what)
  c.at += 1
  return toName(token)
}

/** Names in parentheses: `(a, b)`. Whatever stands behind a name up to the comma is stepped over. */
export function readNameList(c: Cursor): Name[] {
  expect(c, '(')
  const names: Name[] = []
  while (!take(c, ')')) {
    if (take(c, ',')) continue
    let name = readName(c, 'a column name')
    while (take(c, '.')) name = readName(c, 'a column name')
    names.push(name)
    skipUntil(c, NAME_ENDS)
    if (peek(c).type === 'end') throw unexpected(c, ')')
  }
  return names
}

const NAME_ENDS = new Set([',', ')'])

/** Steps over tokens, whole parentheses at once, until one of the keys is next at this level, or a `)` closes it. */
export function skipUntil(c: Cursor, keys: ReadonlySet<string>): void {
  for (;;) {
    const token = peek(c)
    if (token.type === 'end' || (token.key !== '' && keys.has(token.key)) || token.key === ')' || token.key === ';')
      return
    if (token.key === '(') skipParens(c)
    else c.at += 1
  }
}

/** From an opening parenthesis past the one that closes it. */
export function skipParens(c: Cursor): void {
  const open = expect(c, '(')
  let depth = 1
  while (depth > 0) {
    const token = advance(c)
    if (token.type === 'end') throw new SqlSyntaxError('a parenthesis never closes', open.start)
    if (token.key === '(') depth += 1
    else if (token.key === ')') depth -= 1
  }
}

/** A name written in a string: `'db."My schema".t'`. */
export function spelledPath(text: string, span: Span): Path {
  const parts = text.match(/"(?:[^"]|"")*"|`[^`]*`|[^."`\s]+/g) ?? [text]
  return parts.map((part) => {
    const quoted = /^["`]/.test(part)
    return { text: quoted ? part.slice(1, -1).replaceAll('""', '"') : part, quoted, start: span.start, end: span.end }
  })
}

/** Dialects with IDENTIFIER('name') where a name is expected. */
const IDENTIFIERS = new Set<string>(['snowflake', 'databricks', 'spark'])

/** `a.b.c`, with the dialect's own ways of writing it: `proj-x.ds.t`, `` `proj.ds.t` ``, `db..t`, IDENTIFIER('a.b'). */
export function readPath(c: Cursor, what: string): Path {
  if (isNext(c, 'IDENTIFIER', '(') && IDENTIFIERS.has(c.traits.dialect)) {
    const name = peek(c, 2)
    if (name.type !== 'string' || peek(c, 3).key !== ')')
      throw unexpected(c, `${what} that is not put together when it runs`)
    c.at += 4
    return spelledPath(name.text, name)
  }
  const path: Name[] = [...readPathPart(c, what)]
  for (;;) {
    if (isNext(c, '.', '.')) {
      c.at += 2
      // SQL Server's db..t: the schema that is the user's own.
      if (c.traits.dialect === 'tsql') path.push({ text: '', quoted: true, start: previousEnd(c), end: previousEnd(c) })
    } else if (isNext(c, '.') && (isName(peek(c, 1)) || peek(c, 1).type === 'number')) c.at += 1
    else return path
    path.push(...readPathPart(c, what))
  }
}

function readPathPart(c: Cursor, what: string): Name[] {
  const token = peek(c)
  if (token.type === 'quoted' && c.traits.dottedQuotes && token.text.includes('.')) {
    c.at += 1
    return token.text.split('.').map((text) => ({ text, quoted: true, start: token.start, end: token.end }))
  }
  if (token.type === 'variable' && token.text.startsWith('@')) {
    c.at += 1
    return [toName(token)]
  }
  if (!isName(token) && token.type !== 'string' && token.type !== 'number') throw unexpected(c, what)
  c.at += 1
  return [c.traits.dashedNames && token.type === 'word' ? joinDashes(c, token) : toName(token)]
}

/** `my-project`: words that dashes hold together, no blank between. */
function joinDashes(c: Cursor, first: Token): Name {
  let end = first.end
  while (
    isNext(c, '-') &&
    peek(c).start === end &&
    peek(c, 1).start === end + 1 &&
    /^(?:word|number)$/.test(peek(c, 1).type)
  ) {
    end = peek(c, 1).end
    c.at += 2
  }
  return { text: c.text.slice(first.start, end), quoted: false, start: first.start, end }
}

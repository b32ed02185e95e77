import type { ParsedStatement, Query } from './ast.ts'
import { type Cursor, expect, isName, peek, previousEnd, skipParens } from './cursor.ts'
import { SqlSyntaxError } from './lexer.ts'
import { readQuery, readUnsaidSelect } from './query.ts'
import { hasUnsaidSelects, isQueryNext } from './query-start.ts'

/**
 * What a value that stands between `from` and the cursor reads. PL/pgSQL's are the inside of a SELECT and may have a FROM of
 * their own: https://www.postgresql.org/docs/current/plpgsql-expressions.html
 */
export function readValue(c: Cursor, from: number, out: ParsedStatement[]): void {
  const to = c.at
  if (isUnsaidSelect(c, from, to)) {
    c.at = from
    pushQuery(c, out, () => readUnsaidSelect(c))
    c.at = to
  } else readSubqueries(c, from, out)
}

/** The subqueries between `from` and the cursor, each as a query that answers. One that cannot be read is told. */
export function readSubqueries(c: Cursor, from: number, out: ParsedStatement[]): void {
  const to = c.at
  c.at = from
  while (c.at < to) {
    const open = c.at
    if (isSubqueryNext(c)) pushQuery(c, out, () => readSubquery(c))
    c.at = Math.max(c.at, open + 1)
  }
  c.at = to
}

function isUnsaidSelect(c: Cursor, from: number, to: number): boolean {
  if (!hasUnsaidSelects(c)) return false
  let depth = 0
  return c.tokens.slice(from, to).some(({ key }, index, tokens) => {
    if (key === '(') depth += 1
    else if (key === ')') depth -= 1
    return depth === 0 && key === 'FROM' && tokens[index - 1]?.key !== 'DISTINCT'
  })
}

/** `(SELECT`, `(WITH a`; not `trim(FROM a)`, nor VALUES, which has no source but the subqueries in it. */
function isSubqueryNext(c: Cursor): boolean {
  if (peek(c).key !== '(') return false
  const { key } = peek(c, 1)
  if (key === 'WITH') return isName(peek(c, 2))
  return /^(?:SELECT|SEL|TABLE)$/.test(key) && isQueryNext(c, 1)
}

function readSubquery(c: Cursor): Query {
  expect(c, '(')
  const query = readQuery(c)
  expect(c, ')')
  return query
}

function pushQuery(c: Cursor, out: ParsedStatement[], read: () => Query): void {
  const { at, depth } = c
  const { start } = peek(c)
  c.skipped = []
  try {
    const query = read()
    out.push({ statement: { kind: 'query', query }, start, end: previousEnd(c), skipped: c.skipped })
  } catch (error) {
    if (!(error instanceof SqlSyntaxError) && !(error instanceof RangeError)) throw error
    c.depth = depth
    const { message, position } =
      error instanceof SqlSyntaxError ? error : { message: 'nested too deep', position: start }
    c.at = at
    if (isSubqueryNext(c)) skipParens(c)
    out.push({ statement: undefined, failure: { message, position }, start, end: previousEnd(c), skipped: [] })
  }
}

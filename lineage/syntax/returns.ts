import type { ParsedStatement, Statement } from './ast.ts'
import { advance, type Cursor, isNext, peek, previousEnd, take, unexpected } from './cursor.ts'
import { readGrouped } from './declarations.ts'
import { readQuery } from './query.ts'
import { isQueryNext } from './query-start.ts'
import { read, readGuarded } from './script-statement.ts'
import { skipStatement } from './statement-end.ts'
import { readSubqueries, readValue } from './subqueries.ts'

/** RETURN QUERY SELECT …, RETURN QUERY EXECUTE text, RETURN (SELECT …) + 1, RETURN TABLE(…), PERFORM f(…). */
export function readReturn(c: Cursor, out: ParsedStatement[]): void {
  const { start, key } = advance(c)
  take(c, 'QUERY')
  take(c, 'TABLE')
  const from = c.at
  if (isNext(c, 'EXECUTE')) read(c, out)
  else if (isQueryNext(c) || (isGroupedQueryNext(c) && !isOperandNext(c))) {
    readGuarded(c, out, start, () =>
      key === 'RETURN' && isNext(c, '(') ? readReturned(c) : { kind: 'query', query: readQuery(c) },
    )
  } else {
    skipStatement(c)
    readValue(c, from, out)
  }
}

/** OPEN c FOR SELECT …, OPEN c FOR EXECUTE text, Oracle's OPEN c FOR text; OPEN c (a) of a cursor whose query is known. */
export function readOpen(c: Cursor, out: ParsedStatement[]): void {
  const from = c.at
  const { start } = advance(c)
  while (!isNext(c, 'FOR') && !isNext(c, ';') && peek(c).type !== 'end') c.at += 1
  if (!take(c, 'FOR')) readSubqueries(c, from, out)
  else if (isNext(c, 'EXECUTE')) read(c, out)
  else if (isQueryNext(c) || isGroupedQueryNext(c))
    readGuarded(c, out, start, () => ({ kind: 'query', query: readQuery(c) }))
  else {
    const text = peek(c).type === 'string' && /^(?:;|USING)$/.test(peek(c, 1).key) ? peek(c).text : undefined
    skipStatement(c)
    const statement: Statement = { kind: 'dynamic', ...(text === undefined ? {} : { text }) }
    out.push({ statement, start, end: previousEnd(c), skipped: [] })
  }
}

function isGroupedQueryNext(c: Cursor): boolean {
  return isNext(c, '(') && (isQueryNext(c, 1) || peek(c, 1).key === '(')
}

/** Whether the parenthesis that opens here is the first operand of an expression: `(SELECT …) > 0`. */
function isOperandNext(c: Cursor): boolean {
  let depth = 0
  for (let ahead = 0; ; ahead++) {
    const { key, type } = peek(c, ahead)
    if (type === 'end') return false
    if (key === '(') depth += 1
    else if (key === ')') depth -= 1
    if (depth > 0) continue
    const next = peek(c, ahead + 1)
    return (next.type === 'operator' && !/^[;/]$/.test(next.key)) || OPERATOR_WORDS.has(next.key)
  }
}

const OPERATOR_WORDS = new Set(['AND', 'OR', 'IS', 'IN', 'NOT', 'BETWEEN', 'LIKE', 'ILIKE', 'COLLATE'])

function readReturned(c: Cursor): Statement {
  const query = readGrouped(c)
  if (query === undefined) throw unexpected(c, 'a query')
  return { kind: 'query', query }
}

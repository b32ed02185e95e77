import type { Expression, WindowSpec } from './ast.ts'
import { type Cursor, expect, isName, isNext, peek, readName, skipUntil, take, takeOne } from './cursor.ts'

/** Small clauses that expressions, calls and queries share. */

const ORDER_ENDS = new Set([',', 'LIMIT', 'ROWS', 'RANGE', 'GROUPS', 'SEPARATOR', 'OFFSET', 'FETCH', 'INTERPOLATE'])
const ORDER_WORDS = new Set(['ASC', 'DESC'])

export function readExpressionList(c: Cursor): Expression[] {
  const list: Expression[] = []
  do {
    if (peek(c).key === ')') break
    list.push(c.grammar.expression(c))
  } while (take(c, ','))
  return list
}

/** What follows ORDER BY: expressions with their directions. */
export function readOrderList(c: Cursor): Expression[] {
  const list: Expression[] = []
  do {
    list.push(c.grammar.expression(c))
    takeOne(c, ORDER_WORDS)
    if (take(c, 'USING')) skipUntil(c, ORDER_ENDS)
    if (isNext(c, 'NULLS', 'FIRST') || isNext(c, 'NULLS', 'LAST')) c.at += 2
    if (isNext(c, 'WITH', 'FILL')) skipUntil(c, ORDER_ENDS)
  } while (take(c, ','))
  return list
}

/** `(base PARTITION BY … ORDER BY … frame)`. */
export function readWindowSpec(c: Cursor): WindowSpec {
  expect(c, '(')
  let partition: Expression[] = []
  let order: Expression[] = []
  const named = isName(peek(c)) && !isNext(c, 'PARTITION', 'BY') && !isNext(c, 'ORDER', 'BY') && !FRAME.has(peek(c).key)
  const base = named && !isNext(c, 'DISTRIBUTE', 'BY') && !isNext(c, 'SORT', 'BY') ? readName(c, 'a window') : undefined
  if (take(c, 'PARTITION', 'BY') || take(c, 'DISTRIBUTE', 'BY')) partition = readExpressionList(c)
  if (take(c, 'ORDER', 'BY') || take(c, 'SORT', 'BY')) order = readOrderList(c)
  skipUntil(c, NOTHING)
  expect(c, ')')
  return { ...(base === undefined ? {} : { base }), partition, order }
}

const FRAME = new Set(['ROWS', 'RANGE', 'GROUPS'])
const NOTHING = new Set<string>()

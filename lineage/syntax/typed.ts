import type { Expression, Span } from './ast.ts'
import { skipAngles } from './calls.ts'
import { readExpressionList } from './clauses.ts'
import { type Cursor, expect, isName, isNext, peek, previousEnd } from './cursor.ts'
import type { Token } from './lexer.ts'

/** `ARRAY[…]`, `ARRAY<INT64>[…]`, `STRUCT<a INT64>(…)`. */
export function readTyped(
  c: Cursor,
  token: Token,
  readElements: (c: Cursor, open: Token, close: string) => Expression,
): Expression {
  c.at += 1
  const fields = isNext(c, '<') ? readFields(c) : []
  if (isNext(c, '[')) {
    const array = readElements(c, peek(c), ']')
    return fields.length === 0 || array.kind !== 'operation'
      ? { ...array, start: token.start }
      : { ...array, operands: array.operands.map((element) => toStruct(element, fields)), start: token.start }
  }
  if (isNext(c, '{')) return { ...readElements(c, peek(c), '}'), start: token.start }
  expect(c, '(')
  const operands = readExpressionList(c)
  expect(c, ')')
  const tuple: Expression = { kind: 'operation', operands, cast: false, start: token.start, end: previousEnd(c) }
  return token.key === 'STRUCT' ? struct(tuple, operands, fields) : tuple
}

/** The names in `<a INT64, b STRUCT<c STRING>>`, or in the struct an array's type is made of; none where a type has none. */
function readFields(c: Cursor): string[] {
  const from = c.at
  skipAngles(c)
  const inner = c.tokens[from + 1]?.key === 'STRUCT' ? 2 : 0
  const names: string[] = []
  let depth = 0
  for (let at = from; at < c.at; at++) {
    const token = peek(c, at - c.at)
    if (token.key === '<' || token.key === '(') depth += 1
    else if (token.key === '>' || token.key === ')') depth -= 1
    else if (token.key === '>>') depth -= 2
    const before = peek(c, at - c.at - 1)
    const begins = depth === 1 + inner / 2 && (before.key === '<' || before.key === ',')
    if (begins && isName(token) && isName(peek(c, at - c.at + 1))) names.push(token.text)
  }
  return names
}

/** An element of a typed array: a tuple gets the names of the type's fields. */
function toStruct(element: Expression, fields: readonly string[]): Expression {
  if (element.kind === 'operation' && !element.cast && element.operands.length === fields.length)
    return struct(element, element.operands, fields)
  if (element.kind !== 'call' || element.key !== 'STRUCT') return element
  return struct(
    element,
    element.args.map((argument) => argument.value),
    fields,
  )
}

function struct(whole: Span, values: readonly Expression[], fields: readonly string[]): Expression {
  const args = values.map((value, index) => (fields[index] === undefined ? { value } : { name: fields[index], value }))
  return { kind: 'call', name: [], key: 'STRUCT', args, order: [], start: whole.start, end: whole.end }
}

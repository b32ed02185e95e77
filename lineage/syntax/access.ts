import type { Expression } from './ast.ts'
import { readExpressionList } from './clauses.ts'
import { type Cursor, expect, isName, isNext, peek, previousEnd, skipParens, take, toName } from './cursor.ts'
import type { Token } from './lexer.ts'
import { took } from './operators.ts'
import { readStarModifiers } from './star-items.ts'

/** `.field`, `.*`, `[index]`, `:path` behind a value. */
export function readAccess(c: Cursor, base: Expression, token: Token): Expression | undefined {
  const done = (indexes: readonly Expression[], star = false): Expression => ({
    kind: 'field',
    base,
    indexes,
    star,
    start: base.start,
    end: previousEnd(c),
  })
  const adjacent = token.start === previousEnd(c)
  if (c.traits.dialect === 'oracle' && takeIntervalType(c)) return done([])
  if (token.key === '.' && peek(c, 1).key === '*') {
    c.at += 2
    const star = readStarModifiers(c, [], base.start)
    return star.except.length + star.replace.length > 0 ? done([], true) : done([], true)
  }
  // ClickHouse's json.a.:Int64 and json.^nested.
  if (token.key === '.' && (peek(c, 1).key === '^' || /^:./.test(peek(c, 1).key))) {
    c.at += peek(c, 1).key === '^' ? 3 : 2
    if (isNext(c, '(')) skipParens(c)
    return done([])
  }
  if (token.key === '.' && (isName(peek(c, 1)) || peek(c, 1).type === 'number')) {
    const field = peek(c, 1)
    c.at += 2
    if (isNext(c, '(')) return readMethod(c, base)
    // (t).a is t.a, and (t.a).b its field.
    if (base.kind === 'column' && isName(field)) {
      return { kind: 'column', path: [...base.path, toName(field)], start: base.start, end: field.end }
    }
    return done([])
  }
  if (token.type === 'number' && token.text.startsWith('.') && adjacent) return took(c, 1, done([]))
  if (token.key === '[') return readIndex(c, done)
  if (
    token.key === ':' &&
    c.traits.colonPath &&
    (isName(peek(c, 1)) || peek(c, 1).key === '[' || peek(c, 1).key === '*')
  ) {
    c.at += peek(c, 1).key === '[' ? 1 : 2
    return done([])
  }
  return undefined
}

/** Oracle's `(a - b) DAY(9) TO SECOND(3)`. */
function takeIntervalType(c: Cursor): boolean {
  if (!isNext(c, 'DAY') && !isNext(c, 'YEAR')) return false
  const precision = peek(c, 1).key === '(' ? 3 : 0
  if (peek(c, 1 + precision).key !== 'TO') return false
  c.at += precision + 3
  if (isNext(c, '(')) skipParens(c)
  return true
}

function readIndex(c: Cursor, done: (indexes: readonly Expression[]) => Expression): Expression {
  expect(c, '[')
  const indexes: Expression[] = []
  while (!take(c, ']')) {
    if (take(c, ':') || take(c, ',')) continue
    if (isNext(c, '*')) c.at += 1
    else indexes.push(c.grammar.expression(c))
  }
  return done(indexes)
}

/** DuckDB's and Oracle's `value.method(…)`. */
function readMethod(c: Cursor, base: Expression): Expression {
  expect(c, '(')
  const operands = [base, ...readExpressionList(c)]
  expect(c, ')')
  return { kind: 'operation', operands, cast: false, start: base.start, end: previousEnd(c) }
}

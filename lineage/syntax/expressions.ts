import { readAccess } from './access.ts'
import type { ColumnRef, Expression, Name, Query } from './ast.ts'
import { readCall, readCast, skipType } from './calls.ts'
import { readExpressionList, readWindowSpec } from './clauses.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  nested,
  peek,
  previousEnd,
  readName,
  skipParens,
  take,
  toName,
  unexpected,
} from './cursor.ts'
import type { Token } from './lexer.ts'
import { takeOperator } from './operators.ts'
import { isQueryNext } from './query-start.ts'
import { readPattern, readStarModifiers } from './star-items.ts'
import { readTyped } from './typed.ts'
import { CONSTANT_WORDS, NOT_EXPRESSIONS, PSEUDO_COLUMNS } from './words.ts'

/** Reads one expression. Operators are taken as they come: what matters is which operands there are. */
export function readExpression(c: Cursor): Expression {
  return nested(c, () => continueExpression(c, readOperand(c)))
}

function continueExpression(c: Cursor, first: Expression): Expression {
  const operands = [first]
  let computed = false
  for (;;) {
    const operator = takeOperator(c)
    if (operator === undefined) break
    if (operator === 'none') continue
    computed = true
    if (operator === 'binary') operands.push(readOperand(c))
  }
  if (!computed) return first
  return { kind: 'operation', operands, cast: false, start: first.start, end: previousEnd(c) }
}

const SIGNS = new Set(['+', '-', '~', '!', '@', '|/', '||/', '!!'])
const PASSING_WORDS = new Set([
  'APPROXIMATE',
  'DISTINCT',
  'ALL',
  'PRIOR',
  'CONNECT_BY_ROOT',
  'BINARY',
  'UNIQUE',
  'VARIADIC',
])

function readOperand(c: Cursor): Expression {
  const token = peek(c)
  if (SIGNS.has(token.key) || (token.key === 'NOT' && token.type === 'word')) {
    c.at += 1
    const value = nested(c, () => readOperand(c))
    return { kind: 'operation', operands: [value], cast: false, start: token.start, end: value.end }
  }
  const called = token.key !== 'APPROXIMATE' || peek(c, 2).key === '('
  if (PASSING_WORDS.has(token.key) && called && startsOperand(peek(c, 1), token)) {
    c.at += 1
    return readOperand(c)
  }
  return readPostfix(c, readPrimary(c))
}

/** Whether a word such as BINARY stands before an operand rather than being a name itself. */
function startsOperand(next: Token, token: Token): boolean {
  if (next.type === 'word') return !CLAUSE_AFTER_NAME.has(next.key)
  if (next.key === '(')
    return token.key === 'DISTINCT' || token.key === 'ALL' || token.key === 'UNIQUE' || token.key === 'PRIOR'
  return (
    next.type === 'quoted' ||
    next.type === 'string' ||
    next.type === 'number' ||
    (next.key === '*' && token.key === 'DISTINCT')
  )
}

const CLAUSE_AFTER_NAME = new Set([
  'FROM',
  'AS',
  'AND',
  'OR',
  'IN',
  'IS',
  'LIKE',
  'BETWEEN',
  'ASC',
  'DESC',
  'THEN',
  'END',
  'WHERE',
])

function readPrimary(c: Cursor): Expression {
  const token = peek(c)
  switch (token.type) {
    case 'number':
    case 'string':
      return readLiteral(c)
    case 'variable':
      // Oracle's :NEW.a in a trigger.
      if (/^:(?:NEW|OLD|PARENT)$/.test(token.key) && peek(c, 1).key === '.') return readReference(c, token)
      c.at += 1
      return toPosition(c, [], token) ?? { kind: 'literal', start: token.start, end: token.end }
    case 'operator':
      return readSymbolic(c, token)
    case 'word':
    case 'quoted':
      return readWordy(c, token)
    default:
      throw unexpected(c, 'an expression')
  }
}

function readLiteral(c: Cursor): Expression {
  const token = advance(c)
  // Strings side by side are one string.
  while (token.type === 'string' && peek(c).type === 'string' && !c.traits.stringAlias) c.at += 1
  return { kind: 'literal', value: token.text, start: token.start, end: previousEnd(c) }
}

function readSymbolic(c: Cursor, token: Token): Expression {
  switch (token.key) {
    case '(': {
      const inner = nested(c, () => readParenthesis(c))
      return inner.query === undefined ? inner.expression : toSubquery(inner.query, token.start, previousEnd(c), false)
    }
    case '*':
      c.at += 1
      // DuckDB's *COLUMNS(…) spreads what COLUMNS finds over the arguments.
      if (isNext(c, 'COLUMNS', '(')) return readPrimary(c)
      return readStarModifiers(c, [], token.start)
    case '[':
      return readElements(c, token, ']')
    case '{':
      return readElements(c, token, '}')
    case '?':
      c.at += 1
      return { kind: 'literal', start: token.start, end: token.end }
    case ':':
      c.at += 2
      return { kind: 'literal', start: token.start, end: previousEnd(c) }
    default:
      throw unexpected(c, 'an expression')
  }
}

function toSubquery(query: Query, start: number, end: number, exists: boolean): Expression {
  return { kind: 'subquery', query, exists, start, end }
}

/** Elements of a list or a struct: `[a, b]`, `{'k': a}`, `{d '2020-01-01'}`. */
function readElements(c: Cursor, open: Token, close: string): Expression {
  c.at += 1
  const operands: Expression[] = []
  while (!take(c, close)) {
    if (operands.length === 1 && isNext(c, 'FOR') && isName(peek(c, 1))) return readComprehension(c, operands, open)
    if (take(c, ',') || take(c, ':')) continue
    if (isName(peek(c)) && (peek(c, 1).key === ':' || peek(c, 1).type === 'string')) c.at += 1
    else operands.push(readExpression(c))
  }
  const list = close === ']'
  return { kind: 'operation', operands, cast: false, list, start: open.start, end: previousEnd(c) }
}

/** DuckDB's `[f(x) FOR x IN list IF g(x)]`. */
function readComprehension(c: Cursor, [value]: readonly Expression[], open: Token): Expression {
  c.at += 1
  const parameters = [readName(c, 'a variable')]
  if (take(c, ',')) parameters.push(readName(c, 'a variable'))
  const lambda = (body: Expression): Expression => ({
    kind: 'lambda',
    parameters,
    body,
    start: body.start,
    end: body.end,
  })
  expect(c, 'IN')
  const operands = [...(value === undefined ? [] : [lambda(value)]), readExpression(c)]
  if (take(c, 'IF')) operands.push(lambda(readExpression(c)))
  expect(c, ']')
  return { kind: 'operation', operands, cast: false, start: open.start, end: previousEnd(c) }
}

const CONTINUES_QUERY = new Set(['UNION', 'INTERSECT', 'EXCEPT', 'MINUS', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', '|>'])

/** A parenthesis holds a query, an expression or several; only reading on tells which. */
function readParenthesis(
  c: Cursor,
):
  | { readonly query: Query; readonly expression?: undefined }
  | { readonly query?: undefined; readonly expression: Expression } {
  const open = expect(c, '(')
  if (isQueryNext(c)) {
    const query = c.grammar.query(c)
    expect(c, ')')
    return { query }
  }
  if (take(c, ')'))
    return { expression: { kind: 'operation', operands: [], cast: false, start: open.start, end: previousEnd(c) } }
  let first: Expression
  if (isNext(c, '(')) {
    const inner = nested(c, () => readParenthesis(c))
    if (inner.query !== undefined && (isNext(c, ')') || CONTINUES_QUERY.has(peek(c).key))) {
      const query = isNext(c, ')') ? inner.query : c.grammar.continueQuery(c, inner.query)
      expect(c, ')')
      return { query }
    }
    const start = open.end
    const operand = inner.query === undefined ? inner.expression : toSubquery(inner.query, start, previousEnd(c), false)
    first = continueExpression(c, readPostfix(c, operand))
  } else {
    first = readElement(c)
  }
  return { expression: readTuple(c, first, open.start) }
}

function readTuple(c: Cursor, first: Expression, start: number): Expression {
  const operands = [first]
  while (take(c, ',')) {
    if (isNext(c, ')')) break
    operands.push(readElement(c))
  }
  expect(c, ')')
  if (operands.length === 1) return first
  return { kind: 'operation', operands, cast: false, start, end: previousEnd(c) }
}

/** An element of a parenthesis, which some dialects let have an alias. */
function readElement(c: Cursor): Expression {
  const element = readExpression(c)
  if (take(c, 'AS')) readName(c, 'an alias')
  else if (isName(peek(c)) && (peek(c, 1).key === ',' || peek(c, 1).key === ')')) c.at += 1
  return element
}

function readWordy(c: Cursor, token: Token): Expression {
  if (token.type === 'word') {
    const special = readSpecial(c, token)
    if (special !== undefined) return special
    if (NOT_EXPRESSIONS.has(token.key) && peek(c, 1).key !== '.' && peek(c, 1).key !== '(')
      throw unexpected(c, 'an expression')
  }
  return readReference(c, token)
}

/** What begins with a keyword of its own. */
function readSpecial(c: Cursor, token: Token): Expression | undefined {
  const next = peek(c, 1)
  switch (token.key) {
    case 'CASE':
      return next.key === '.' || next.key === ',' ? undefined : nested(c, () => readCase(c))
    case 'CAST':
    case 'TRY_CAST':
    case 'SAFE_CAST':
    case 'XMLCAST':
      return next.key === '(' ? readCast(c) : undefined
    case 'EXISTS':
      return next.key === '(' ? readExists(c, token) : undefined
    case 'INTERVAL':
      return isIntervalName(next) ? undefined : readInterval(c, token)
    case 'ARRAY':
      return next.key === '[' || next.key === '<' ? readTyped(c, token, readElements) : undefined
    case 'STRUCT':
    case 'MAP':
      return next.key === '<' || (token.key === 'MAP' && next.key === '{')
        ? readTyped(c, token, readElements)
        : undefined
    case 'COLUMNS':
      return readPattern(c, token)
    case 'NEXT':
      return isNext(c, 'NEXT', 'VALUE', 'FOR') ? readSequence(c, token) : undefined
  }
  // DATE '2020-01-01', _utf8mb4'x', CURRENT_DATE.
  if (next.type === 'string' && !STRING_AFTER.has(token.key) && (next.start === token.end || TYPED.has(token.key))) {
    c.at += 2
    return { kind: 'literal', start: token.start, end: next.end }
  }
  const constant = CONSTANT_WORDS.has(token.key) || (PSEUDO_COLUMNS[c.traits.dialect]?.has(token.key) ?? false)
  if (!constant || next.key === '.' || (next.key === '(' && token.key !== 'NULL' && token.key !== 'TRUE'))
    return undefined
  c.at += 1
  return { kind: 'literal', start: token.start, end: token.end }
}

const TYPED = new Set(
  'DATE TIME TIMESTAMP DATETIME TIMESTAMPTZ TIMESTAMP_NTZ JSON NUMERIC BIGNUMERIC DECIMAL RANGE UUID INET BYTEA POINT BOX INT BIGINT BOOL BOOLEAN CHAR VARCHAR TEXT DOUBLE REAL'.split(
    ' ',
  ),
)
const STRING_AFTER = new Set(['IN', 'LIKE', 'AS', 'ESCAPE'])

function readExists(c: Cursor, token: Token): Expression | undefined {
  const start = c.at
  c.at += 1
  const inner = nested(c, () => readParenthesis(c))
  if (inner.query !== undefined) return toSubquery(inner.query, token.start, previousEnd(c), true)
  // A function of that name over an array: exists(xs, x -> …).
  c.at = start
  return undefined
}

const UNIT_WORDS = new Set(
  'YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND MILLISECOND MICROSECOND NANOSECOND YEARS QUARTERS MONTHS WEEKS DAYS HOURS MINUTES SECONDS MILLISECONDS MICROSECONDS YEAR_MONTH DAY_HOUR DAY_MINUTE DAY_SECOND HOUR_MINUTE HOUR_SECOND MINUTE_SECOND DAY_MICROSECOND TO'.split(
    ' ',
  ),
)

const AFTER_NAME = new Set([
  'FROM',
  'AS',
  'IS',
  'IN',
  'END',
  'THEN',
  'WHEN',
  'ELSE',
  'AND',
  'OR',
  'ASC',
  'DESC',
  'LIKE',
])

/** Whether the word INTERVAL before this token is a column's name. */
function isIntervalName(next: Token): boolean {
  if (next.type === 'end' || AFTER_NAME.has(next.key)) return true
  return next.type === 'operator' && !/^(?:\(|-|\+|\?|:)$/.test(next.key)
}

/** `INTERVAL '1' DAY TO SECOND`, `INTERVAL n MONTH`, `INTERVAL '1 day'`. */
function readInterval(c: Cursor, token: Token): Expression {
  c.at += 1
  const value = peek(c).type === 'string' ? readLiteral(c) : nested(c, () => readIntervalValue(c))
  const operands = [value]
  while (UNIT_WORDS.has(peek(c).key)) {
    c.at += 1
    if (isNext(c, '(') && peek(c, 1).type === 'number') c.at += isNext(c, '(', ',') ? 5 : 3
    // Spark: INTERVAL 1 DAY 2 HOURS.
    if (/^(?:number|string)$/.test(peek(c).type) && UNIT_WORDS.has(peek(c, 1).key)) c.at += 1
  }
  return { kind: 'operation', operands, cast: false, start: token.start, end: previousEnd(c) }
}

function readIntervalValue(c: Cursor): Expression {
  const first = readOperand(c)
  if (UNIT_WORDS.has(peek(c).key)) return first
  return continueExpression(c, first)
}

function readSequence(c: Cursor, token: Token): Expression {
  c.at += 3
  readName(c, 'a sequence')
  while (take(c, '.')) readName(c, 'a sequence')
  if (take(c, 'OVER')) skipParens(c)
  return { kind: 'literal', start: token.start, end: previousEnd(c) }
}

function readCase(c: Cursor): Expression {
  const { start } = expect(c, 'CASE')
  const conditions: Expression[] = []
  const results: Expression[] = []
  if (!isNext(c, 'WHEN')) conditions.push(readExpression(c))
  while (take(c, 'WHEN')) {
    conditions.push(...readExpressionList(c))
    expect(c, 'THEN')
    results.push(readExpression(c))
  }
  if (take(c, 'ELSE')) results.push(readExpression(c))
  expect(c, 'END')
  take(c, 'CASE')
  return { kind: 'case', conditions, results, start, end: previousEnd(c) }
}

/** A column or a call: names with dots between. */
function readReference(c: Cursor, token: Token): Expression {
  const path: Name[] = [...splitQuoted(c, advance(c))]
  while (isNext(c, '.')) {
    const next = peek(c, 1)
    if (next.key === '*') {
      c.at += 2
      return readStarModifiers(c, path, token.start)
    }
    if (next.type === 'variable') {
      if (next.text.startsWith(':')) break
      c.at += 2
      return toPosition(c, path, next) ?? { kind: 'literal', start: token.start, end: next.end }
    }
    if (isNext(c, '.', '.') && isName(peek(c, 2))) c.at += 1
    else if (!isName(next) && next.type !== 'string') break
    c.at += 1
    path.push(...splitQuoted(c, advance(c)))
  }
  // Snowflake's model!method(…).
  if (isNext(c, '!') && isName(peek(c, 1)) && peek(c).start === previousEnd(c) && c.traits.dialect === 'snowflake') {
    c.at += 1
    path.push(toName(advance(c)))
    if (!isNext(c, '(')) return { kind: 'literal', start: token.start, end: previousEnd(c) }
  }
  if (isNext(c, '(') && !isNext(c, '(', '+', ')')) return readCall(c, path)
  const last = path.at(-1)?.text.toUpperCase()
  const sequence = path.length > 1 && (last === 'NEXTVAL' || last === 'CURRVAL')
  if (sequence) return { kind: 'literal', start: token.start, end: previousEnd(c) }
  return { kind: 'column', path, start: token.start, end: previousEnd(c) } satisfies ColumnRef
}

/** Snowflake's `$1` and `t.$1`; elsewhere `$1` is a parameter. */
function toPosition(c: Cursor, qualifier: readonly Name[], { text, start, end }: Token): Expression | undefined {
  if (!c.traits.positions || !/^\$\d+$/.test(text)) return undefined
  return { kind: 'position', qualifier, position: Number(text.slice(1)), start: qualifier[0]?.start ?? start, end }
}

/** BigQuery lets one pair of quotes hold a whole path, as tables have it. */
function splitQuoted(c: Cursor, token: Token): Name[] {
  if (token.type !== 'quoted' || !c.traits.dottedQuotes || !token.text.includes('.')) return [toName(token)]
  return token.text.split('.').map((text) => ({ text, quoted: true, start: token.start, end: token.end }))
}

function readPostfix(c: Cursor, first: Expression): Expression {
  let value = first
  for (;;) {
    const token = peek(c)
    if (token.key === '::') {
      c.at += 1
      skipType(c)
      value = { kind: 'operation', operands: [value], cast: true, start: first.start, end: previousEnd(c) }
    } else if (token.key === 'OVER' && peek(c, 1).key === '(' && value.kind === 'call' && value.over === undefined) {
      c.at += 1
      value = { ...value, over: readWindowSpec(c), end: previousEnd(c) }
    } else {
      const access = readAccess(c, value, token)
      if (access === undefined) return value
      value = access
    }
  }
}

import type { ColumnRef, Expression, Name, Query, SelectItem, StarRef } from './ast.ts'
import { readCall, readCast, skipType } from './calls.ts'
import { readExpressionList } from './clauses.ts'
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
  readNameList,
  skipParens,
  take,
  toName,
  unexpected,
} from './cursor.ts'
import type { Token } from './lexer.ts'
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

const SYMBOLS = new Set(
  `= == <> != < > <= >= <=> + - * / % ^ & | ~ || && << >> -> ->> #> #>> #- @> <@ ?| ?& ~* !~ !~* ~~ !~~ ~~* !~~* <-> := ** ^@ @? @@ # &< &>`.split(
    /\s+/,
  ),
)
const WORDS = new Set(
  'AND OR XOR LIKE ILIKE RLIKE REGEXP GLOB MATCH BETWEEN DIV MOD ESCAPE UESCAPE IN OVERLAPS EQ NE GT LT GE LE'.split(
    ' ',
  ),
)

/** Steps over an operator and says whether an operand follows; `none` for what changes no value. */
function takeOperator(c: Cursor): 'binary' | 'postfix' | 'none' | undefined {
  const token = peek(c)
  if (token.type === 'operator') return takeSymbol(c, token)
  if (token.type !== 'word') return undefined
  if (WORDS.has(token.key)) {
    c.at += 1
    return 'binary'
  }
  if (token.key === 'NOT') return takeNot(c)
  if (token.key === 'IS') return takeIs(c)
  if (token.key === 'ISNULL' || token.key === 'NOTNULL') return took(c, 1, 'postfix')
  if (isNext(c, 'AT', 'TIME', 'ZONE')) return took(c, 3, 'binary')
  if (isNext(c, 'AT', 'LOCAL')) return took(c, 2, 'postfix')
  if (isNext(c, 'SIMILAR', 'TO') || isNext(c, 'MEMBER', 'OF') || isNext(c, 'SOUNDS', 'LIKE'))
    return took(c, 2, 'binary')
  if (token.key === 'COLLATE') {
    c.at += 1
    readName(c, 'a collation')
    while (take(c, '.')) readName(c, 'a collation')
    return 'none'
  }
  if (isNext(c, 'OPERATOR', '(')) {
    while (!take(c, ')')) if (advance(c).type === 'end') throw unexpected(c, ')')
    return 'binary'
  }
  return undefined
}

function took<T>(c: Cursor, tokens: number, result: T): T {
  c.at += tokens
  return result
}

function takeSymbol(c: Cursor, token: Token): 'binary' | 'postfix' | undefined {
  const { dialect } = c.traits
  if (isNext(c, '(', '+', ')')) return took(c, 3, 'postfix')
  if (SYMBOLS.has(token.key)) return took(c, 1, 'binary')
  const ternary = dialect === 'clickhouse' && (token.key === '?' || token.key === ':')
  const json = dialect === 'postgres' && token.key === '?'
  return ternary || json ? took(c, 1, 'binary') : undefined
}

function takeNot(c: Cursor): 'binary' | 'postfix' | undefined {
  const after = peek(c, 1).key
  if (after === 'NULL') return took(c, 2, 'postfix')
  if (after === 'SIMILAR' || after === 'MEMBER') return took(c, 3, 'binary')
  return WORDS.has(after) ? took(c, 2, 'binary') : undefined
}

const IS_WORDS = new Set(
  'NOT NULL TRUE FALSE UNKNOWN NAN INFINITE EMPTY JSON OBJECT SCALAR VALUE NORMALIZED NFC NFD NFKC NFKD DOCUMENT'.split(
    ' ',
  ),
)

function takeIs(c: Cursor): 'binary' | 'postfix' {
  c.at += 1
  take(c, 'NOT')
  if (take(c, 'DISTINCT', 'FROM')) return 'binary'
  if (!IS_WORDS.has(peek(c).key)) return 'binary'
  while (IS_WORDS.has(peek(c).key)) c.at += 1
  return 'postfix'
}

const SIGNS = new Set(['+', '-', '~', '!', '@', '|/', '||/', '!!'])
const PASSING_WORDS = new Set(['DISTINCT', 'ALL', 'PRIOR', 'CONNECT_BY_ROOT', 'BINARY', 'UNIQUE', 'VARIADIC'])

function readOperand(c: Cursor): Expression {
  const token = peek(c)
  if (SIGNS.has(token.key) || (token.key === 'NOT' && token.type === 'word')) {
    c.at += 1
    const value = nested(c, () => readOperand(c))
    return { kind: 'operation', operands: [value], cast: false, start: token.start, end: value.end }
  }
  if (PASSING_WORDS.has(token.key) && startsOperand(peek(c, 1), token)) {
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
      c.at += 1
      return { kind: 'literal', start: token.start, end: token.end }
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
    if (take(c, ',') || take(c, ':') || take(c, 'FOR')) continue
    if (isName(peek(c)) && (peek(c, 1).key === ':' || peek(c, 1).type === 'string')) c.at += 1
    else operands.push(readExpression(c))
  }
  return { kind: 'operation', operands, cast: false, start: open.start, end: previousEnd(c) }
}

const QUERY_STARTS = new Set(['SELECT', 'SEL', 'WITH', 'VALUES', 'FROM', 'TABLE'])

/** Whether what comes next reads as a query. */
export function isQueryNext(c: Cursor, ahead = 0): boolean {
  const token = peek(c, ahead)
  if (token.type !== 'word' || !QUERY_STARTS.has(token.key)) return false
  const next = peek(c, ahead + 1)
  if (token.key === 'VALUES') return next.key === '(' || next.key === 'ROW'
  if (token.key === 'SEL') return c.traits.dialect === 'generic'
  if (token.key === 'TABLE') return isName(next)
  if (token.key === 'WITH' || token.key === 'FROM')
    return next.key === '(' || (next.type !== 'operator' && next.type !== 'end')
  return true
}

const CONTINUES_QUERY = new Set(['UNION', 'INTERSECT', 'EXCEPT', 'MINUS', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH', '|>'])

/** A parenthesis holds a query, an expression or several; only reading on tells which. */
export function readParenthesis(
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
      return next.key === ',' || next.key === ')' || next.key === '.' || next.key === 'FROM' || next.key === 'AS'
        ? undefined
        : readInterval(c, token)
    case 'ARRAY':
      return next.key === '[' || next.key === '<' ? readTyped(c, token) : undefined
    case 'STRUCT':
    case 'MAP':
      return next.key === '<' || (token.key === 'MAP' && next.key === '{') ? readTyped(c, token) : undefined
    case 'COLUMNS':
      return next.key === '(' && PATTERNS.has(c.traits.dialect) ? readPattern(c, token) : undefined
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

/** Dialects with COLUMNS('regular expression') in the select list. */
const PATTERNS = new Set<string>(['clickhouse', 'duckdb'])

function readPattern(c: Cursor, token: Token): Expression {
  c.at += 1
  const inside = peek(c, 1)
  if (inside.key === '*' && peek(c, 2).key === ')') {
    c.at += 3
    return { kind: 'star', qualifier: [], except: [], replace: [], rename: [], start: token.start, end: previousEnd(c) }
  }
  const plain = inside.type === 'string' && peek(c, 2).key === ')'
  skipParens(c)
  if (isNext(c, 'APPLY', '(')) {
    c.at += 1
    skipParens(c)
  }
  return { kind: 'pattern', pattern: plain ? inside.text : undefined, start: token.start, end: previousEnd(c) }
}

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

/** `INTERVAL '1' DAY TO SECOND`, `INTERVAL n MONTH`, `INTERVAL '1 day'`. */
function readInterval(c: Cursor, token: Token): Expression {
  c.at += 1
  const value = peek(c).type === 'string' ? readLiteral(c) : nested(c, () => readIntervalValue(c))
  const operands = [value]
  while (UNIT_WORDS.has(peek(c).key)) {
    c.at += 1
    if (isNext(c, '(') && peek(c, 1).type === 'number') c.at += isNext(c, '(', ',') ? 5 : 3
    // Spark: INTERVAL 1 DAY 2 HOURS.
    if (peek(c).type === 'number' && UNIT_WORDS.has(peek(c, 1).key)) c.at += 1
  }
  return { kind: 'operation', operands, cast: false, start: token.start, end: previousEnd(c) }
}

function readIntervalValue(c: Cursor): Expression {
  const first = readOperand(c)
  if (UNIT_WORDS.has(peek(c).key)) return first
  return continueExpression(c, first)
}

/** `ARRAY[…]`, `ARRAY<INT64>[…]`, `STRUCT<a INT64>(…)`. */
function readTyped(c: Cursor, token: Token): Expression {
  c.at += 1
  if (isNext(c, '<')) skipType(c)
  if (isNext(c, '[')) return { ...readElements(c, peek(c), ']'), start: token.start }
  if (isNext(c, '{')) return { ...readElements(c, peek(c), '}'), start: token.start }
  expect(c, '(')
  const operands = readExpressionList(c)
  expect(c, ')')
  return { kind: 'operation', operands, cast: false, start: token.start, end: previousEnd(c) }
}

function readSequence(c: Cursor, token: Token): Expression {
  c.at += 3
  readName(c, 'a sequence')
  while (take(c, '.')) readName(c, 'a sequence')
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
    // Snowflake's t.$1: which column that is, only the order of the source tells.
    if (next.type === 'variable') {
      c.at += 2
      return { kind: 'literal', start: token.start, end: next.end }
    }
    if (isNext(c, '.', '.') && isName(peek(c, 2))) c.at += 1
    else if (!isName(next) && next.type !== 'string') break
    c.at += 1
    path.push(...splitQuoted(c, advance(c)))
  }
  if (isNext(c, '(') && !(isNext(c, '(', '+', ')') && c.traits.dialect === 'oracle')) return readCall(c, path)
  const last = path.at(-1)?.text.toUpperCase()
  const sequence = path.length > 1 && (last === 'NEXTVAL' || last === 'CURRVAL')
  if (sequence) return { kind: 'literal', start: token.start, end: previousEnd(c) }
  return { kind: 'column', path, start: token.start, end: previousEnd(c) } satisfies ColumnRef
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
    } else {
      const access = readAccess(c, value, token)
      if (access === undefined) return value
      value = access
    }
  }
}

/** `.field`, `.*`, `[index]`, `:path` behind a value. */
function readAccess(c: Cursor, base: Expression, token: Token): Expression | undefined {
  const done = (indexes: readonly Expression[], star = false): Expression => ({
    kind: 'field',
    base,
    indexes,
    star,
    start: base.start,
    end: previousEnd(c),
  })
  const adjacent = token.start === previousEnd(c)
  if (token.key === '.' && peek(c, 1).key === '*') {
    c.at += 2
    const star = readStarModifiers(c, [], base.start)
    return star.except.length + star.replace.length > 0 ? done([], true) : done([], true)
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

function readIndex(c: Cursor, done: (indexes: readonly Expression[]) => Expression): Expression {
  expect(c, '[')
  const indexes: Expression[] = []
  while (!take(c, ']')) {
    if (take(c, ':') || take(c, ',')) continue
    if (isNext(c, '*')) c.at += 1
    else indexes.push(readExpression(c))
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

const EXCEPT_WORDS = new Set(['EXCEPT', 'EXCLUDE'])

function readStarModifiers(c: Cursor, qualifier: readonly Name[], start: number): StarRef {
  let except: Name[] = []
  let replace: SelectItem[] = []
  let rename: { from: Name; to: Name }[] = []
  let like: string | undefined
  for (;;) {
    if (EXCEPT_WORDS.has(peek(c).key) && isStarException(c)) {
      c.at += 1
      except = isNext(c, '(') ? readNameList(c) : [readName(c, 'a column name')]
    } else if (isNext(c, 'REPLACE') && (peek(c, 1).key === '(' || isName(peek(c, 1)))) {
      c.at += 1
      replace = readReplacements(c)
    } else if (isNext(c, 'RENAME') && (peek(c, 1).key === '(' || isName(peek(c, 1)))) {
      c.at += 1
      rename = readRenames(c)
    } else if (isNext(c, 'ILIKE') && peek(c, 1).type === 'string') {
      c.at += 1
      like = advance(c).text
    } else if (isNext(c, 'APPLY', '(')) {
      c.at += 1
      readParenthesis(c)
    } else if (c.traits.dialect === 'trino' && qualifier.length > 0 && isNext(c, 'AS', '(')) {
      c.at += 1
      const aliases = readNameList(c)
      return { kind: 'star', qualifier, except, replace, rename, aliases, start, end: previousEnd(c) }
    } else {
      return {
        kind: 'star',
        qualifier,
        except,
        replace,
        rename,
        ...(like === undefined ? {} : { like }),
        start,
        end: previousEnd(c),
      }
    }
  }
}

/** `* EXCEPT (a, b)`, not the set operation `… EXCEPT (SELECT …)`. */
function isStarException(c: Cursor): boolean {
  if (isNext(c, peek(c).key, '(')) return !isQueryNext(c, 2) && peek(c, 2).key !== '('
  return peek(c).key === 'EXCLUDE'
    ? isName(peek(c, 1))
    : isName(peek(c, 1)) && !isQueryNext(c, 1) && !/^(?:ALL|DISTINCT)$/.test(peek(c, 1).key)
}

function readReplacements(c: Cursor): SelectItem[] {
  const one = (): SelectItem => {
    const value = readExpression(c)
    expect(c, 'AS')
    return { value, alias: readName(c, 'a column name'), start: value.start, end: previousEnd(c) }
  }
  return readOneOrMany(c, one)
}

function readRenames(c: Cursor): { from: Name; to: Name }[] {
  const one = (): { from: Name; to: Name } => {
    let from = readName(c, 'a column name')
    while (take(c, '.')) from = readName(c, 'a column name')
    expect(c, 'AS')
    return { from, to: readName(c, 'a column name') }
  }
  return readOneOrMany(c, one)
}

function readOneOrMany<T>(c: Cursor, one: () => T): T[] {
  if (!take(c, '(')) return [one()]
  const list: T[] = []
  do {
    if (isNext(c, ')')) break
    list.push(one())
  } while (take(c, ','))
  expect(c, ')')
  return list
}

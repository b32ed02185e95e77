import type { Argument, Call, Expression, Name, Path, Query, WindowSpec } from './ast.ts'
import { readOrderList, readWindowSpec } from './clauses.ts'
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
  readPath,
  skipParens,
  skipUntil,
  take,
  toName,
  unexpected,
} from './cursor.ts'
import { DATE_PART_FUNCTIONS, DATE_PARTS } from './words.ts'

const TYPE_ENDS = new Set([',', ')', 'FORMAT', 'DEFAULT', 'ON', 'USING'])

/** CAST(x AS type) and its relatives. */
export function readCast(c: Cursor): Expression {
  const { start } = advance(c)
  expect(c, '(')
  const value = c.grammar.expression(c)
  // CAST((SELECT …) AS x) and ClickHouse's CAST(x, 'type').
  if (take(c, 'AS')) skipUntil(c, TYPE_ENDS)
  skipUntil(c, new Set())
  expect(c, ')')
  return { kind: 'operation', operands: [value], cast: true, start, end: previousEnd(c) }
}

const TYPE_MORE = new Set(['PRECISION', 'VARYING', 'UNSIGNED', 'SIGNED', 'ARRAY'])

/** Steps over the name of a type: `numeric(10, 2)[]`, `timestamp with time zone`, `ARRAY<STRUCT<a INT64>>`. */
export function skipType(c: Cursor): void {
  if (!isNext(c, '<')) {
    readPath(c, 'a type')
    while (TYPE_MORE.has(peek(c).key)) c.at += 1
  }
  for (;;) {
    if (isNext(c, '(')) skipParens(c)
    else if (isNext(c, '<')) skipAngles(c)
    else if (isNext(c, '[') && (peek(c, 1).key === ']' || (peek(c, 1).type === 'number' && peek(c, 2).key === ']'))) {
      // After a cast `[1]` reads an element; only `[]` and sizes of arrays belong to the type.
      if (peek(c, 1).key !== ']') return
      c.at += 2
    } else if (isNext(c, 'WITH', 'TIME', 'ZONE') || isNext(c, 'WITHOUT', 'TIME', 'ZONE')) c.at += 3
    else if (isNext(c, 'WITH', 'LOCAL', 'TIME', 'ZONE')) c.at += 4
    else return
  }
}

/** From `<` past the `>` that closes it. */
export function skipAngles(c: Cursor): void {
  let depth = 0
  do {
    const { key, type } = advance(c)
    if (type === 'end') throw unexpected(c, '>')
    if (key === '<') depth += 1
    else if (key === '>') depth -= 1
    else if (key === '>>') depth -= 2
  } while (depth > 0)
}

/** Words between the arguments of functions with a grammar of their own: TRIM(BOTH x FROM y), JSON_OBJECT(KEY a VALUE b). */
const SEPARATORS = new Set(
  'FROM FOR IN PLACING USING SEPARATOR VALUE KEY PASSING LEADING TRAILING BOTH RESPECT IGNORE NULLS FORMAT ABSENT EMPTY ERROR ON WITH WITHOUT CONDITIONAL UNCONDITIONAL WRAPPER ARRAY UNIQUE KEYS HAVING MAX MIN NAME OVERFLOW TRUNCATE COUNT LIMIT DEFAULT STRICT LAX NULL : |'.split(
    ' ',
  ),
)
/** Of these, those that are names as well: only between arguments are they anything else. */
const SOFT = new Set(
  'VALUE KEY KEYS NAME MAX MIN COUNT ARRAY FORMAT EMPTY ERROR UNIQUE NULL DEFAULT FOR TRUNCATE WRAPPER OVERFLOW STRICT LAX CONDITIONAL UNCONDITIONAL IGNORE'.split(
    ' ',
  ),
)

const NO_ARGUMENT_TYPE = new Set(['CONVERT', 'TRY_CONVERT'])
/** Dialects that write CONVERT(type, x), where MySQL writes CONVERT(x, type). */
const TYPE_FIRST = new Set<string>(['tsql', 'redshift'])

interface Inside {
  readonly args: Argument[]
  readonly order: Expression[]
  readonly columns: Name[]
  readonly tables: Path[]
  readonly models: Path[]
}

/** From the opening parenthesis of a call to the end of its OVER. */
export function readCall(c: Cursor, name: Path): Call {
  const start = name[0]?.start ?? 0
  const key = name.at(-1)?.text.toUpperCase() ?? ''
  const inside: Inside = { args: [], order: [], columns: [], tables: [], models: [] }
  nested(c, () => readArguments(c, key, inside))
  // ClickHouse: quantile(0.5)(x).
  // Snowflake: IDENTIFIER('f')(x).
  if ((c.traits.dialect === 'clickhouse' || key === 'IDENTIFIER') && isNext(c, '('))
    nested(c, () => readArguments(c, key, inside))
  let filter: Expression | undefined
  let over: WindowSpec | Name | undefined
  for (;;) {
    if (isNext(c, 'WITHIN', 'GROUP', '(')) {
      c.at += 3
      expect(c, 'ORDER')
      expect(c, 'BY')
      inside.order.push(...readOrderList(c))
      expect(c, ')')
    } else if (isNext(c, 'FILTER', '(')) {
      c.at += 2
      take(c, 'WHERE')
      filter = c.grammar.expression(c)
      expect(c, ')')
    } else if (isNext(c, 'KEEP', '(')) readKeep(c, inside)
    else if (
      isNext(c, 'IGNORE', 'NULLS') ||
      isNext(c, 'RESPECT', 'NULLS') ||
      isNext(c, 'FROM', 'FIRST') ||
      isNext(c, 'FROM', 'LAST')
    )
      c.at += 2
    else if (isNext(c, 'OVER') && (peek(c, 1).key === '(' || isName(peek(c, 1)))) {
      c.at += 1
      over = isNext(c, '(') ? nested(c, () => readWindowSpec(c)) : readName(c, 'a window')
    } else if (isNext(c, 'WITH', '(') && (key === 'OPENJSON' || key === 'OPENXML')) {
      c.at += 1
      readColumnDefinitions(c, inside.columns)
    } else break
  }
  return {
    kind: 'call',
    name,
    key,
    args: inside.args,
    order: inside.order,
    ...(filter === undefined ? {} : { filter }),
    ...(over === undefined ? {} : { over }),
    ...(inside.columns.length === 0 ? {} : { columns: inside.columns }),
    ...(inside.tables.length === 0 ? {} : { tables: inside.tables }),
    ...(inside.models.length === 0 ? {} : { models: inside.models }),
    start,
    end: previousEnd(c),
  }
}

/** Oracle's KEEP (DENSE_RANK FIRST ORDER BY …). */
function readKeep(c: Cursor, inside: Inside): void {
  c.at += 2
  while (!isNext(c, 'ORDER', 'BY')) if (advance(c).type === 'end') throw unexpected(c, 'ORDER BY')
  c.at += 2
  inside.order.push(...readOrderList(c))
  expect(c, ')')
}

function readArguments(c: Cursor, key: string, inside: Inside): void {
  expect(c, '(')
  if (key === 'EXTRACT' && isName(peek(c))) skipUntil(c, EXTRACT_ENDS)
  if (NAMED_XML.has(key) && take(c, 'NAME')) readName(c, 'a name')
  if (isNext(c, 'MODEL') && isName(peek(c, 1))) inside.models.push(...readModel(c))
  if (NO_ARGUMENT_TYPE.has(key) && TYPE_FIRST.has(c.traits.dialect)) skipUntil(c, COMMA)
  if (key === 'SEMANTIC_VIEW') {
    inside.tables.push(readPath(c, 'a semantic view'))
    skipUntil(c, new Set())
  }
  let between = false
  while (!take(c, ')')) {
    const token = peek(c)
    if (token.type === 'end') throw unexpected(c, ')')
    if (key === 'XMLTABLE' && isNext(c, 'COLUMNS') && !isNext(c, 'COLUMNS', '(')) {
      c.at += 1
      readDefinitionList(c, inside.columns)
      return
    }
    if (take(c, ',')) between = false
    else if (isNext(c, 'IGNORE', 'NULLS') || isNext(c, 'RESPECT', 'NULLS')) c.at += 2
    else if (take(c, 'ORDER', 'BY')) inside.order.push(...readOrderList(c))
    else if (take(c, 'AS')) skipUntil(c, COMMA)
    else if (take(c, 'RETURNING')) skipUntil(c, RETURNING_ENDS)
    else if (isNext(c, 'COLUMNS', '(') && inside.args.length > 0) {
      c.at += 1
      readColumnDefinitions(c, inside.columns)
    } else if (token.key === 'TABLE' && (peek(c, 1).key === '(' || isName(peek(c, 1)))) readTableArgument(c, inside)
    else if (isSeparator(c, between)) c.at += 1
    else {
      inside.args.push(readArgument(c, key, inside.args.length))
      between = true
      // CONVERT(x, type) of MySQL.
      if (NO_ARGUMENT_TYPE.has(key) && !TYPE_FIRST.has(c.traits.dialect) && isNext(c, ',')) skipUntil(c, new Set())
    }
  }
}

/** Functions whose first argument names an element, not a column. */
const NAMED_XML = new Set(['XMLELEMENT', 'XMLPI'])
const EXTRACT_ENDS = new Set(['FROM', ','])

const COMMA = new Set([','])
const RETURNING_ENDS = new Set([',', 'COLUMNS', 'DEFAULT', 'NULL', 'ERROR', 'EMPTY', 'WITH', 'WITHOUT', 'FORMAT', 'ON'])

/** Whether the next word separates arguments: behind an argument any of them may, before one only those that are no names. */
function isSeparator(c: Cursor, between: boolean): boolean {
  const token = peek(c)
  if (token.key === '' || !SEPARATORS.has(token.key)) return false
  if (between) return true
  const next = peek(c, 1)
  if (token.key === ':') return true
  return !SOFT.has(token.key) || (token.key === 'KEY' && (next.type === 'string' || isName(next)))
}

/** BigQuery's `MODEL dataset.m`: what ML.PREDICT and its relatives read beside a table. */
function readModel(c: Cursor): Path[] {
  c.at += 1
  return [readPath(c, 'a model')]
}

/** `TABLE(t)`, `TABLE t`, with PARTITION BY and ORDER BY of polymorphic functions. */
function readTableArgument(c: Cursor, inside: Inside): void {
  c.at += 1
  if (take(c, '(')) {
    if (isName(peek(c)) && !/^(?:SELECT|WITH|VALUES)$/.test(peek(c).key)) {
      const path = readPath(c, 'a table')
      if (isNext(c, '(')) inside.args.push({ value: readCall(c, path) })
      else inside.tables.push(path)
    } else inside.args.push({ value: readQueryArgument(c) })
    expect(c, ')')
  } else inside.tables.push(readPath(c, 'a table'))
  while (take(c, 'PARTITION', 'BY') || take(c, 'ORDER', 'BY')) skipUntil(c, new Set([',', 'ORDER', 'COPARTITION']))
}

function readQueryArgument(c: Cursor): Expression {
  const { start } = peek(c)
  const query: Query = c.grammar.query(c)
  return { kind: 'subquery', query, exists: false, start, end: previousEnd(c) }
}

function readArgument(c: Cursor, key: string, index: number): Argument {
  const token = peek(c)
  const next = peek(c, 1)
  if (token.type === 'word' && (token.key === 'SELECT' || (token.key === 'WITH' && isName(next))))
    return { value: readQueryArgument(c) }
  if ((next.key === '=>' || next.key === ':=') && (isName(token) || token.type === 'variable')) {
    c.at += 2
    if (isNext(c, 'TABLE') && (peek(c, 1).key === '(' || isName(peek(c, 1))))
      return { name: token.text, value: readTableValue(c) }
    return { name: token.text, value: readArgument(c, key, index).value }
  }
  if (c.traits.lambdaArrow) {
    const lambda = readLambda(c)
    if (lambda !== undefined) return { value: lambda }
  }
  if (token.type === 'word' && DATE_PART_FUNCTIONS.has(key) && DATE_PARTS.has(token.key) && isDatePart(c, key, index)) {
    c.at += 1
    if (isNext(c, '(')) skipParens(c)
    return { value: { kind: 'literal', start: token.start, end: previousEnd(c) } }
  }
  const value = c.grammar.expression(c)
  // BigQuery's STRUCT(a AS x), Spark's and ClickHouse's aliases in arguments.
  if (isNext(c, 'AS') && isName(peek(c, 1)) && (peek(c, 2).key === ',' || peek(c, 2).key === ')')) {
    c.at += 1
    return { name: readName(c, 'an alias').text, value }
  }
  return { value }
}

/** `input => TABLE(t)`: as a whole-table reference it is a literal here; the table itself is read by `tables`. */
function readTableValue(c: Cursor): Expression {
  const inside: Inside = { args: [], order: [], columns: [], tables: [], models: [] }
  const { start } = peek(c)
  readTableArgument(c, inside)
  return {
    kind: 'call',
    name: [],
    key: 'TABLE',
    args: inside.args,
    order: [],
    tables: inside.tables,
    start,
    end: previousEnd(c),
  }
}

/** A bare DAY is the unit where the dialect has it: last in BigQuery, first elsewhere. */
function isDatePart(c: Cursor, key: string, index: number): boolean {
  const after = peek(c, 1).key
  const last = after === ')' || (after === '(' && c.traits.dialect === 'bigquery')
  const trailing = c.traits.dialect === 'bigquery' || key === 'LAST_DAY' || key === 'TRUNC'
  // Whose text a generic one is nobody knows: MONTH stands at either end, M is a column.
  if (trailing || (c.traits.dialect === 'generic' && index > 0 && peek(c).key.length > 3)) return index > 0 && last
  return index === 0 && after === ','
}

/** DuckDB's `lambda x, y : x + y`. */
function readNamedLambda(c: Cursor): Expression | undefined {
  const { start } = peek(c)
  let ahead = 2
  while (isName(peek(c, ahead - 1)) && peek(c, ahead).key === ',') ahead += 2
  if (!isName(peek(c, ahead - 1)) || peek(c, ahead).key !== ':') return undefined
  const parameters = Array.from({ length: ahead / 2 }, (_, index) => toName(peek(c, 1 + index * 2)))
  c.at += ahead + 1
  const body = c.grammar.expression(c)
  return { kind: 'lambda', parameters, body, start, end: body.end }
}

function readLambda(c: Cursor): Expression | undefined {
  const token = peek(c)
  if (token.key === 'LAMBDA' && c.traits.dialect === 'duckdb') {
    const lambda = readNamedLambda(c)
    if (lambda !== undefined) return lambda
  }
  if (isName(token) && peek(c, 1).key === '->') {
    const body = peek(c, 2)
    if (c.traits.dialect === 'duckdb' && (body.type === 'string' || body.type === 'number')) return undefined
    c.at += 2
    const value = c.grammar.expression(c)
    return { kind: 'lambda', parameters: [toName(token)], body: value, start: token.start, end: value.end }
  }
  if (token.key !== '(') return undefined
  let ahead = 1
  const parameters: Name[] = []
  while (isName(peek(c, ahead))) {
    parameters.push(toName(peek(c, ahead)))
    ahead += 1
    if (peek(c, ahead).key !== ',') break
    ahead += 1
  }
  if (peek(c, ahead).key !== ')' || peek(c, ahead + 1).key !== '->') return undefined
  c.at += ahead + 2
  const body = c.grammar.expression(c)
  return { kind: 'lambda', parameters, body, start: token.start, end: body.end }
}

/** The columns JSON_TABLE, XMLTABLE and OPENJSON declare, nested ones too. */
function readColumnDefinitions(c: Cursor, names: Name[]): void {
  expect(c, '(')
  readDefinitionList(c, names)
}

function readDefinitionList(c: Cursor, names: Name[]): void {
  while (!take(c, ')')) {
    if (take(c, ',')) continue
    if (peek(c).type === 'end') throw unexpected(c, ')')
    if (take(c, 'NESTED')) {
      while (!isNext(c, 'COLUMNS', '(')) if (advance(c).type === 'end') throw unexpected(c, 'COLUMNS')
      c.at += 1
      nested(c, () => readColumnDefinitions(c, names))
    } else {
      names.push(readName(c, 'a column name'))
      skipUntil(c, COMMA)
    }
  }
}

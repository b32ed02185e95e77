import { HINTS, readSourceAlias } from './aliases.ts'
import type { Expression, FromItem, JoinType, Name, Path, Query, Source, TableSource, ValuesSource } from './ast.ts'
import { readCall } from './calls.ts'
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
  readPath,
  skipParens,
  spelledPath,
  take,
  unexpected,
} from './cursor.ts'
import { isStageNext, readLocation } from './locations.ts'
import { readMatch, readPivot, readUnpivot } from './pivots.ts'
import { isQueryNext } from './query-start.ts'
import { readSelectItems } from './select-items.ts'
import { readTableSuffixes } from './table-suffixes.ts'
import { NOT_TABLES } from './words.ts'

/** What follows FROM: sources and how each is joined to those before. */
export function readFromItems(c: Cursor): FromItem[] {
  return continueFrom(c, [plain(readSource(c), 'first')])
}

function plain(source: Source, join: JoinType): FromItem {
  return { source, join, natural: false, using: [], on: [] }
}

export function continueFrom(c: Cursor, first: readonly FromItem[]): FromItem[] {
  const items = [...first]
  for (;;) {
    if (take(c, ',')) {
      // Snowflake and DuckDB let a comma too many pass.
      if (peek(c).type === 'end' || (NOT_TABLES.has(peek(c).key) && peek(c, 1).key !== '.') || isNext(c, ';'))
        return items
      items.push(plain(readSource(c), 'comma'))
    } else if (isPivotedJoin(c, items)) items.splice(0, items.length, plain(readPivot(c, joined(c, items)), 'first'))
    else if (isNext(c, 'LATERAL', 'VIEW')) items.push(plain(readLateralView(c), 'cross'))
    else {
      const join = takeJoin(c)
      if (join === undefined) {
        const last = items.at(-1)
        if (
          last === undefined ||
          items.length < 2 ||
          !isNext(c, 'ON') ||
          /^(?:CONFLICT|DUPLICATE)$/.test(peek(c, 1).key)
        )
          return items
        // The condition of an outer join, written after that of an inner one: a JOIN b JOIN c ON … ON …
        c.at += 1
        items[items.length - 1] = { ...last, on: [...last.on, c.grammar.expression(c)] }
        continue
      }
      items.push(readJoined(c, join))
    }
  }
}

/** Oracle's PIVOT behind the condition of a join takes the whole join. */
function isPivotedJoin(c: Cursor, items: readonly FromItem[]): boolean {
  return isNext(c, 'PIVOT', '(') && (items.at(-1)?.on.length ?? 0) > 0
}

function joined(c: Cursor, items: readonly FromItem[]): Source {
  return { kind: 'joined', items: [...items], columns: [], start: items[0]?.source.start ?? 0, end: previousEnd(c) }
}

interface Join {
  readonly type: JoinType
  readonly natural: boolean
  readonly arrays: boolean
  readonly apply: boolean
}

const JOIN_WORDS = new Set(
  'NATURAL GLOBAL LOCAL ANY ALL ASOF SEMI ANTI INNER LEFT RIGHT FULL OUTER CROSS DIRECTED POSITIONAL PASTE HASH MERGE LOOP REMOTE'.split(
    ' ',
  ),
)

/** Steps over the words of a join: up to six of them in ClickHouse. */
function takeJoin(c: Cursor): Join | undefined {
  if (take(c, 'STRAIGHT_JOIN')) return { type: 'inner', natural: false, arrays: false, apply: false }
  let length = 0
  const words = new Set<string>()
  while (JOIN_WORDS.has(peek(c, length).key) && length < 7) {
    words.add(peek(c, length).key)
    length += 1
  }
  const arrays = peek(c, length).key === 'ARRAY' && peek(c, length + 1).key === 'JOIN'
  const apply = peek(c, length).key === 'APPLY' && (words.has('CROSS') || words.has('OUTER'))
  if (!arrays && !apply && peek(c, length).key !== 'JOIN') return undefined
  c.at += length + (arrays ? 2 : 1)
  return { type: joinType(words), natural: words.has('NATURAL'), arrays, apply }
}

function joinType(words: ReadonlySet<string>): JoinType {
  if (words.has('SEMI') || words.has('ANTI')) return 'semi'
  if (words.has('FULL')) return 'full'
  if (words.has('LEFT')) return 'left'
  if (words.has('RIGHT')) return 'right'
  return words.has('CROSS') || words.has('OUTER') ? 'cross' : 'inner'
}

function readJoined(c: Cursor, join: Join): FromItem {
  const start = previousEnd(c)
  const source: Source = join.arrays
    ? { kind: 'array-join', items: readSelectItems(c), columns: [], start, end: previousEnd(c) }
    : asLateral(readSource(c), join.apply)
  const on: Expression[] = []
  let using: Name[] = []
  // Snowflake's ASOF JOIN t MATCH_CONDITION (a.x >= t.y) ON ….
  if (take(c, 'MATCH_CONDITION', '(')) {
    on.push(c.grammar.expression(c))
    expect(c, ')')
  }
  if (take(c, 'ON')) on.push(c.grammar.expression(c))
  else if (take(c, 'USING')) {
    if (isNext(c, '(')) using = readNameList(c)
    else
      do {
        using.push(readName(c, 'a column'))
      } while (take(c, ','))
    if (isNext(c, 'AS')) {
      c.at += 1
      readName(c, 'an alias')
    }
  }
  return { source, join: join.type, natural: join.natural, using, on }
}

/** What APPLY applies sees the sources before it. */
function asLateral(source: Source, apply: boolean): Source {
  return apply && source.kind === 'query' ? { ...source, lateral: true } : source
}

/** Hive's `LATERAL VIEW [OUTER] f(x) t AS a, b`. */
function readLateralView(c: Cursor): Source {
  c.at += 2
  take(c, 'OUTER')
  const { start } = peek(c)
  const call = readCall(c, readPath(c, 'a function'))
  const alias =
    isName(peek(c)) && !isNext(c, 'AS') && !isNext(c, 'LATERAL') && !isNext(c, 'WHERE')
      ? readName(c, 'an alias')
      : undefined
  const columns: Name[] = []
  if (take(c, 'AS')) {
    if (isNext(c, '(')) columns.push(...readNameList(c))
    else
      do {
        columns.push(readName(c, 'a column'))
      } while (isName(peek(c, 1)) && take(c, ','))
  }
  return {
    kind: 'function',
    call,
    lateralView: true,
    ...(alias === undefined ? {} : { alias }),
    columns,
    start,
    end: previousEnd(c),
  }
}

/** One source with everything that may follow it. */
export function readSource(c: Cursor): Source {
  return nested(c, () => {
    let source = readBareSource(c)
    for (;;) {
      if (isNext(c, 'PIVOT', '(')) source = readPivot(c, source)
      else if (isNext(c, 'UNPIVOT', '(') || isNext(c, 'UNPIVOT', 'INCLUDE') || isNext(c, 'UNPIVOT', 'EXCLUDE'))
        source = readUnpivot(c, source)
      else if (isNext(c, 'MATCH_RECOGNIZE', '(')) source = readMatch(c, source)
      else if (
        isNext(c, 'TABLESAMPLE') ||
        (isNext(c, 'SAMPLE') &&
          (peek(c, 1).type === 'number' ||
            peek(c, 1).key === '(' ||
            (SAMPLES.has(peek(c, 1).key) && peek(c, 2).key === '(')))
      )
        readSample(c)
      else return source
      // Not every order of alias and sample is standard: FROM t TABLESAMPLE (1) AS x.
      if (source.alias === undefined) source = { ...source, ...readSourceAlias(c) }
    }
  })
}

const SAMPLES = new Set(['SYSTEM', 'BERNOULLI', 'RESERVOIR', 'BLOCK', 'ROW'])

function readSample(c: Cursor): void {
  c.at += 1
  while (SAMPLES.has(peek(c).key)) c.at += 1
  if (isNext(c, '(')) skipParens(c)
  else {
    c.at += 1
    if (take(c, '/')) c.at += 1
  }
  if (take(c, 'OFFSET')) {
    c.at += 1
    if (take(c, '/')) c.at += 1
  }
  if (isNext(c, 'REPEATABLE', '(') || isNext(c, 'SEED', '(')) {
    c.at += 1
    skipParens(c)
  }
}

function readBareSource(c: Cursor): Source {
  const { start } = peek(c)
  const lateral = take(c, 'LATERAL')
  if (isNext(c, '(')) return readParenthesised(c, lateral)
  if (isNext(c, 'VALUES') && isQueryNext(c))
    return withAlias(c, { kind: 'values', rows: readValuesRows(c), columns: [], start, end: 0 })
  if (isNext(c, 'ROWS', 'FROM', '(')) return readRowsFrom(c, start)
  if (isNext(c, 'TABLE', '(')) return readTableCall(c, start)
  if (isNext(c, 'STREAM', '(') && c.traits.dialect !== 'generic') return readTableCall(c, start)
  if (take(c, 'STREAM')) return readTable(c, start)
  if (c.traits.positions && /^\$\d+$/.test(peek(c).text) && peek(c).type === 'variable') return readResult(c)
  if (isNext(c, 'ONLY') && (isName(peek(c, 1)) || peek(c, 1).key === '(')) return readOnly(c, start)
  if (isNext(c, '[')) return readLegacyName(c, start)
  if (isNext(c, '{')) return readOdbcJoin(c)
  // DuckDB's `alias: source`.
  if (c.traits.dialect === 'duckdb' && isName(peek(c)) && peek(c, 1).key === ':') {
    const alias = readName(c, 'an alias')
    c.at += 1
    return { ...readBareSource(c), alias, start }
  }
  // Redshift's FROM t, UNPIVOT t.object AS value AT attribute.
  if (isNext(c, 'UNPIVOT') && isName(peek(c, 1)) && c.traits.dialect === 'redshift') c.at += 1
  return readTable(c, start)
}

function withAlias<T extends Source>(c: Cursor, source: T): T {
  const aliased = { ...source, ...readSourceAlias(c) }
  return { ...aliased, end: previousEnd(c) }
}

function readOnly(c: Cursor, start: number): Source {
  c.at += 1
  if (!take(c, '(')) return readTable(c, start)
  const path = readPath(c, 'a table')
  expect(c, ')')
  return withAlias(c, { kind: 'table', path, columns: [], start, end: 0 })
}

/** `{oj a LEFT JOIN b ON …}`. */
function readOdbcJoin(c: Cursor): Source {
  const { start } = advance(c)
  c.at += 1
  const items = readFromItems(c)
  expect(c, '}')
  return { kind: 'joined', items, columns: [], start, end: previousEnd(c) }
}

/** BigQuery's old `[project:dataset.table@time]`. */
function readLegacyName(c: Cursor, start: number): Source {
  const open = advance(c)
  while (!isNext(c, ']')) if (advance(c).type === 'end') throw unexpected(c, ']')
  const text = c.text.slice(open.end, peek(c).start).trim()
  c.at += 1
  const path = text.split(/[:.]/).map((part) => ({ text: part, quoted: true, start: open.start, end: previousEnd(c) }))
  return withAlias(c, { kind: 'table', path, columns: [], start, end: 0 })
}

/** What a parenthesis in FROM holds: a query or a join; nested ones tell only at the innermost. */
function readParenthesised(c: Cursor, lateral: boolean): Source {
  const { start } = peek(c)
  const inner = readGroup(c)
  if (Array.isArray(inner)) return withAlias(c, { kind: 'joined', items: inner, columns: [], start, end: 0 })
  const body = inner.body
  if (inner.with.length === 0 && body.kind === 'values')
    return withAlias(c, { kind: 'values', rows: body.rows, columns: [], start, end: 0 } satisfies ValuesSource)
  return withAlias(c, { kind: 'query', query: inner, lateral, columns: [], start, end: 0 })
}

/** SQL Server reads from what a statement gives back: FROM (MERGE … OUTPUT …) AS t. */
function isWriteNext(c: Cursor): boolean {
  return c.traits.dialect === 'tsql' && /^(?:INSERT|UPDATE|DELETE|MERGE)$/.test(peek(c).key) && isName(peek(c, 1))
}

function readWrite(c: Cursor): Query {
  const { start } = peek(c)
  const body = c.grammar.statement(c)
  return { kind: 'nested', with: [], recursive: false, body, order: [], start, end: previousEnd(c) }
}

const CONTINUES_QUERY = new Set(['UNION', 'INTERSECT', 'EXCEPT', 'MINUS', 'ORDER', 'LIMIT', 'OFFSET', 'FETCH'])

function readGroup(c: Cursor): Query | FromItem[] {
  expect(c, '(')
  if (isQueryNext(c) || isWriteNext(c)) {
    const query = isWriteNext(c) ? readWrite(c) : c.grammar.query(c)
    expect(c, ')')
    return query
  }
  if (!isNext(c, '(')) return closeJoin(c, readFromItems(c))
  const { start } = peek(c)
  const inner = nested(c, () => readGroup(c))
  if (Array.isArray(inner)) {
    const source = withAlias(c, { kind: 'joined' as const, items: inner, columns: [], start, end: 0 })
    return closeJoin(c, continueFrom(c, [plain(source, 'first')]))
  }
  if (take(c, ')')) return inner
  if (CONTINUES_QUERY.has(peek(c).key)) {
    const query = c.grammar.continueQuery(c, inner)
    expect(c, ')')
    return query
  }
  const source = withAlias(c, { kind: 'query' as const, query: inner, lateral: false, columns: [], start, end: 0 })
  return closeJoin(c, continueFrom(c, [plain(source, 'first')]))
}

function closeJoin(c: Cursor, items: FromItem[]): FromItem[] {
  expect(c, ')')
  return items
}

export function readValuesRows(c: Cursor): Expression[][] {
  expect(c, 'VALUES')
  const rows: Expression[][] = []
  let scalars = false
  do {
    take(c, 'ROW')
    if (take(c, '(')) {
      rows.push(readExpressionList(c))
      expect(c, ')')
    } else if (peek(c).type === 'end' || (rows.length > 0 && !scalars)) break
    else {
      scalars = true
      rows.push([c.grammar.expression(c)])
    }
  } while (take(c, ','))
  return rows
}

/** PostgreSQL's `ROWS FROM (f(…), g(…))`: the arguments of all make all columns. */
function readRowsFrom(c: Cursor, start: number): Source {
  c.at += 2
  expect(c, '(')
  const operands: Expression[] = []
  do {
    operands.push(c.grammar.expression(c))
    if (take(c, 'AS')) {
      if (isName(peek(c))) c.at += 1
      skipParens(c)
    }
  } while (take(c, ','))
  expect(c, ')')
  const call: Expression = { kind: 'operation', operands, cast: false, start, end: previousEnd(c) }
  return readFunctionTail(c, call, start)
}

/** `TABLE(f(…))`, `TABLE(db.t)`, `STREAM(t)`. */
function readTableCall(c: Cursor, start: number): Source {
  c.at += 1
  expect(c, '(')
  if (isQueryNext(c)) {
    const query = c.grammar.query(c)
    expect(c, ')')
    return withAlias(c, { kind: 'query', query, lateral: true, columns: [], start, end: 0 })
  }
  const expression = c.grammar.expression(c)
  expect(c, ')')
  // Snowflake's TABLE('db.schema.t').
  if (expression.kind === 'literal' && expression.value !== undefined)
    return withAlias(c, { kind: 'table', path: spelledPath(expression.value, expression), columns: [], start, end: 0 })
  if (expression.kind === 'column')
    return withAlias(c, { kind: 'table', path: expression.path, columns: [], start, end: 0 })
  if (expression.kind === 'call' && expression.over !== undefined) throw unexpected(c, 'a table function')
  if (expression.kind === 'call' && isNext(c, 'OVER')) throw unexpected(c, 'a table')
  return readFunctionTail(c, expression, start)
}

/** `FROM $1`: what the statement before the last pipe gave; `$2` that of the one before it. */
function readResult(c: Cursor): Source {
  const token = advance(c)
  const { start, end } = token
  return withAlias(c, { kind: 'result', back: Number(token.text.slice(1)), columns: [], start, end })
}

function readTable(c: Cursor, start: number): Source {
  const first = peek(c)
  if (NOT_TABLES.has(first.key) && peek(c, 1).key !== '.') throw unexpected(c, 'a table')
  const stage = isStageNext(c) ? readLocation(c) : undefined
  const path =
    stage === undefined ? readPath(c, 'a table') : [{ text: stage, quoted: true, start, end: previousEnd(c) }]
  const isCall =
    stage === undefined &&
    isNext(c, '(') &&
    !(c.traits.dialect === 'tsql' && HINTS.has(peek(c, 1).key)) &&
    first.type !== 'string'
  if (isCall) return readFunction(c, path, start)
  // The options of a stage or a file: (FILE_FORMAT => …, PATTERN => …).
  if ((stage !== undefined || first.text.startsWith('@')) && isNext(c, '(')) skipParens(c)
  // Redshift's t.items[0] in FROM is an array of t as t.items is.
  while (c.traits.dialect === 'redshift' && isNext(c, '[') && peek(c, 2).key === ']') c.at += 3
  const source: TableSource = {
    kind: 'table',
    path,
    ...(stage === undefined ? {} : { stage }),
    columns: [],
    start,
    end: previousEnd(c),
  }
  readTableSuffixes(c)
  const aliased = { ...source, ...readSourceAlias(c) }
  readTableSuffixes(c)
  // Redshift: FROM t, t.items AS i AT position.
  let ordinal: Name | undefined
  if (c.traits.dialect === 'redshift' && isNext(c, 'AT') && isName(peek(c, 1))) {
    advance(c)
    ordinal = readName(c, 'an alias')
  }
  return { ...aliased, ...(ordinal === undefined ? {} : { ordinal }), end: previousEnd(c) }
}

function readFunction(c: Cursor, path: Path, start: number): Source {
  // A table function around a query: ClickHouse's view(SELECT …) reads as one.
  const call = readCall(c, path)
  return readFunctionTail(c, call, start)
}

function readFunctionTail(c: Cursor, call: Expression, start: number): Source {
  let ordinal: Name | undefined
  const takeOrdinal = (): void => {
    if (take(c, 'WITH', 'ORDINALITY')) ordinal ??= { text: 'ordinality', quoted: false, start: 0, end: 0 }
    else if (take(c, 'WITH', 'OFFSET')) {
      take(c, 'AS')
      ordinal =
        isName(peek(c)) && !/^(?:WHERE|JOIN|LEFT|INNER|CROSS|ON|GROUP|ORDER|LIMIT)$/.test(peek(c).key)
          ? readName(c, 'an alias')
          : { text: 'offset', quoted: false, start: 0, end: 0 }
    }
  }
  takeOrdinal()
  const aliased = readSourceAlias(c)
  // PostgreSQL: f(…) AS (a int, b text).
  takeOrdinal()
  return {
    kind: 'function',
    call,
    lateralView: false,
    ...aliased,
    ...(ordinal === undefined ? {} : { ordinal }),
    start,
    end: previousEnd(c),
  }
}

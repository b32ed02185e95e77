import type {
  Cte,
  Expression,
  Name,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  SetOperator,
  Source,
  Statement,
  Target,
  WindowSpec,
} from './ast.ts'
import { readExpressionList, readOrderList, readWindowSpec } from './clauses.ts'
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
  take,
  toName,
  unexpected,
} from './cursor.ts'
import { readFromItems, readSource, readValuesRows } from './from.ts'
import { continuePipes } from './pipes.ts'
import { readPivotStatement, readUnpivotStatement } from './pivots.ts'
import { isQueryNext } from './query-start.ts'
import { readSelectItems } from './select-items.ts'

export interface With {
  readonly with: readonly Cte[]
  readonly recursive: boolean
}

export const NO_WITH: With = { with: [], recursive: false }

export function readQuery(c: Cursor): Query {
  return nested(c, () => {
    const ctes = isNext(c, 'WITH') ? readWith(c) : NO_WITH
    return readQueryAfter(c, ctes)
  })
}

/** A query whose WITH has been read. */
export function readQueryAfter(c: Cursor, ctes: With): Query {
  const { start } = peek(c)
  const first = toQuery(readBranch(c), start, previousEnd(c))
  const query = continueQuery(c, first)
  if (ctes.with.length === 0) return query
  return query.with.length === 0
    ? { ...query, ...ctes }
    : { kind: 'nested', ...ctes, body: query, order: [], start, end: query.end }
}

function toQuery(body: QueryBody, start: number, end: number): Query {
  return { kind: 'nested', with: [], recursive: false, body, order: [], start, end }
}

/** What may follow a query: set operations, ORDER BY, LIMIT, BigQuery's pipes. */
export function continueQuery(c: Cursor, first: Query): Query {
  let query = first
  for (;;) {
    const rest: SetOperation['rest'][number][] = []
    for (let operator = takeSetOperator(c); operator !== undefined; operator = takeSetOperator(c)) {
      const { start } = peek(c)
      const body = nested(c, () => readBranch(c))
      rest.push({ ...operator, query: toQuery(body, start, previousEnd(c)) })
    }
    if (rest.length > 0)
      query = toQuery(
        { kind: 'set', first: query, rest, start: first.start, end: previousEnd(c) },
        first.start,
        previousEnd(c),
      )
    const order = readTail(c)
    if (order.length > 0)
      query = query.order.length === 0 ? { ...query, order } : { ...toQuery(query, query.start, query.end), order }
    if (isNext(c, '|>')) query = continuePipes(c, query)
    else if (!isSetOperatorNext(c)) return { ...query, end: previousEnd(c) }
  }
}

const SET_OPERATORS: Readonly<Record<string, SetOperator>> = {
  UNION: 'union',
  INTERSECT: 'intersect',
  EXCEPT: 'except',
  MINUS: 'except',
}

function isSetOperatorNext(c: Cursor): boolean {
  return peek(c).type === 'word' && SET_OPERATORS[peek(c).key] !== undefined
}

function takeSetOperator(c: Cursor): { readonly operator: SetOperator; readonly byName: boolean } | undefined {
  const operator = peek(c).type === 'word' ? SET_OPERATORS[peek(c).key] : undefined
  if (operator === undefined) return undefined
  c.at += 1
  if (!take(c, 'ALL')) take(c, 'DISTINCT')
  const byName = take(c, 'BY', 'NAME') || take(c, 'CORRESPONDING')
  if (byName && (take(c, 'ON') || take(c, 'BY'))) skipParens(c)
  return { operator, byName }
}

function readBranch(c: Cursor): QueryBody {
  const token = peek(c)
  const { start } = token
  if (token.key === '(') {
    c.at += 1
    const query = nested(c, () => readQuery(c))
    expect(c, ')')
    return query
  }
  if (token.key === 'VALUES') return { kind: 'values', rows: readValuesRows(c), start, end: previousEnd(c) }
  if (token.key === 'WITH') return readQuery(c)
  if (take(c, 'TABLE')) return { kind: 'table-query', table: readPath(c, 'a table'), start, end: previousEnd(c) }
  if (isNext(c, 'PIVOT') || isNext(c, 'UNPIVOT')) return readPivotQuery(c)
  if (take(c, 'FROM')) return readFromFirst(c, start)
  if (take(c, 'SELECT') || take(c, 'SEL')) return readSelect(c, start, [])
  throw unexpected(c, 'a query')
}

function readPivotQuery(c: Cursor): QueryBody {
  const { start, key } = advance(c)
  const source = readSource(c)
  const pivoted = key === 'PIVOT' ? readPivotStatement(c, source) : readUnpivotStatement(c, source)
  return selectStar(pivoted ?? source, start, previousEnd(c))
}

function selectStar(source: Source, start: number, end: number): Select {
  const star: SelectItem = {
    value: { kind: 'star', qualifier: [], except: [], replace: [], rename: [], start, end },
    start,
    end,
  }
  return {
    ...EMPTY_SELECT,
    items: [star],
    from: [{ source, join: 'first', natural: false, using: [], on: [] }],
    start,
    end,
  }
}

const EMPTY_SELECT = {
  kind: 'select',
  distinctOn: [],
  items: [],
  from: [],
  where: [],
  group: [],
  having: [],
  windows: [],
  sort: [],
} as const

/** DuckDB's and BigQuery's `FROM t [SELECT …]`. */
function readFromFirst(c: Cursor, start: number): QueryBody {
  const from = readFromItems(c)
  if (take(c, 'SELECT')) return readSelect(c, start, from)
  const star: SelectItem = {
    value: { kind: 'star', qualifier: [], except: [], replace: [], rename: [], start, end: previousEnd(c) },
    start,
    end: previousEnd(c),
  }
  const select = readClauses(c, { items: [star], from: [...from] })
  return { ...select, start, end: previousEnd(c) }
}

const MODIFIERS = new Set(
  'ALL HIGH_PRIORITY STRAIGHT_JOIN SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT SQL_NO_CACHE SQL_CACHE SQL_CALC_FOUND_ROWS STREAM'.split(
    ' ',
  ),
)

function readSelect(c: Cursor, start: number, from: Select['from']): Select {
  const distinctOn: Expression[] = []
  for (;;) {
    if (take(c, 'DISTINCT', 'ON', '(')) {
      distinctOn.push(...readExpressionList(c))
      expect(c, ')')
    } else if (isNext(c, 'DISTINCT') || isNext(c, 'DISTINCTROW')) c.at += 1
    else if (
      MODIFIERS.has(peek(c).key) &&
      peek(c, 1).key !== ',' &&
      peek(c, 1).key !== '.' &&
      peek(c, 1).key !== 'FROM'
    )
      c.at += 1
    else if (
      isNext(c, 'TOP') &&
      (peek(c, 1).type === 'number' || peek(c, 1).type === 'variable' || peek(c, 1).key === '(')
    )
      readTop(c)
    else if (isNext(c, 'AS', 'STRUCT') || isNext(c, 'AS', 'VALUE')) c.at += 2
    else if (isNext(c, 'WITH', 'DIFFERENTIAL_PRIVACY') || isNext(c, 'WITH', 'AGGREGATION_THRESHOLD')) {
      c.at += 2
      if (take(c, 'OPTIONS')) skipParens(c)
    } else break
  }
  const items = readSelectItems(c)
  const select = readClauses(c, { items, from: [...from] })
  return { ...select, distinctOn, start, end: previousEnd(c) }
}

function readTop(c: Cursor): void {
  c.at += 1
  if (isNext(c, '(')) skipParens(c)
  else c.at += 1
  take(c, 'PERCENT')
  take(c, 'WITH', 'TIES')
}

type Building = { -readonly [K in keyof Select]: Select[K] extends readonly (infer T)[] ? T[] : Select[K] }

/** The clauses behind the select list, in whatever order the dialect has them. */
function readClauses(c: Cursor, begun: { items: SelectItem[]; from: Select['from'][number][] }): Building {
  const select: Building = {
    kind: 'select',
    distinctOn: [],
    where: [],
    group: [],
    having: [],
    windows: [],
    sort: [],
    start: 0,
    end: 0,
    ...begun,
  }
  for (;;) {
    if (isNext(c, 'BULK', 'COLLECT', 'INTO')) c.at += 2
    if (isNext(c, 'INTO')) readInto(c, select)
    else if (isNext(c, 'FROM') && select.from.length === 0) {
      c.at += 1
      select.from.push(...readFromItems(c))
    } else if (take(c, 'WHERE') || take(c, 'PREWHERE')) select.where.push(...readCondition(c))
    else if (take(c, 'CONNECT', 'BY')) {
      take(c, 'NOCYCLE')
      select.where.push(c.grammar.expression(c))
    } else if (take(c, 'START', 'WITH')) select.where.push(c.grammar.expression(c))
    else if (take(c, 'GROUP', 'BY')) select.group.push(...readGroup(c))
    else if (take(c, 'HAVING') || take(c, 'QUALIFY')) select.having.push(c.grammar.expression(c))
    else if (isNext(c, 'WINDOW') && isName(peek(c, 1)) && peek(c, 2).key === 'AS')
      select.windows.push(...readWindows(c))
    else if (take(c, 'SORT', 'BY') || take(c, 'CLUSTER', 'BY') || take(c, 'DISTRIBUTE', 'BY'))
      select.sort.push(...readOrderList(c))
    else if (isNext(c, 'USING', 'SAMPLE')) {
      c.at += 3
      while (take(c, '%') || take(c, 'PERCENT') || take(c, 'ROWS')) if (isNext(c, '(')) skipParens(c)
    } else if (isNext(c, 'MODEL') && c.traits.dialect === 'oracle') skipModel(c)
    else return select
  }
}

function readCondition(c: Cursor): Expression[] {
  if (take(c, 'CURRENT', 'OF')) {
    advance(c)
    return []
  }
  return [c.grammar.expression(c)]
}

function skipModel(c: Cursor): void {
  const { start } = advance(c)
  while (peek(c).type !== 'end' && !/^(?:\)|;|ORDER|UNION)$/.test(peek(c).key)) {
    if (isNext(c, '(')) skipParens(c)
    else c.at += 1
    if (isNext(c, 'ORDER') && peek(c, 1).key !== 'BY') c.at += 1
  }
  c.skipped.push({ start, end: previousEnd(c) })
}

const TABLE_WORDS = new Set(['TEMPORARY', 'TEMP', 'UNLOGGED', 'LOCAL', 'GLOBAL', 'TABLE'])

/** SELECT … INTO: a new table, or variables, which carry nothing. */
function readInto(c: Cursor, select: Building): void {
  const { start } = advance(c)
  let temporary = false
  while (TABLE_WORDS.has(peek(c).key) && isName(peek(c, 1))) temporary = /^TEMP/.test(advance(c).key) || temporary
  if (take(c, 'OUTFILE') || take(c, 'DUMPFILE')) {
    advance(c)
    return
  }
  take(c, 'STRICT')
  const paths = [
    peek(c).type === 'variable' && !peek(c).text.startsWith('@') ? [toName(advance(c))] : readPath(c, 'a table'),
  ]
  while (take(c, ',')) paths.push(peek(c).type === 'variable' ? [toName(advance(c))] : readPath(c, 'a variable'))
  const path = paths[0] ?? []
  const variable = /^[@:]/.test(path[0]?.text ?? '')
  if (
    paths.length > 1 ||
    variable ||
    !MAKES_TABLES.has(c.traits.dialect) ||
    (c.inRoutine && c.traits.dialect !== 'tsql')
  )
    return
  select.into = { path, temporary, start, end: previousEnd(c) } satisfies Target
}

const MAKES_TABLES = new Set<string>(['postgres', 'redshift', 'tsql', 'generic'])

function readGroup(c: Cursor): Expression[] {
  if (isNext(c, 'ALL') && peek(c, 1).key !== '.' && peek(c, 1).key !== ',') {
    c.at += 1
    return []
  }
  take(c, 'DISTINCT')
  const list: Expression[] = []
  do {
    if (take(c, 'GROUPING', 'SETS')) continueSets(c, list)
    else list.push(c.grammar.expression(c))
  } while (take(c, ',') || isNext(c, 'GROUPING', 'SETS'))
  while (isNext(c, 'WITH') && /^(?:ROLLUP|CUBE|TOTALS)$/.test(peek(c, 1).key)) c.at += 2
  return list
}

/** GROUPING SETS ((a), (b, c), ROLLUP (d)). */
function continueSets(c: Cursor, list: Expression[]): void {
  expect(c, '(')
  list.push(...readExpressionList(c))
  expect(c, ')')
}

function readWindows(c: Cursor): { name: Name; spec: WindowSpec }[] {
  c.at += 1
  const windows: { name: Name; spec: WindowSpec }[] = []
  do {
    const name = readName(c, 'a window')
    expect(c, 'AS')
    windows.push({ name, spec: readWindowSpec(c) })
  } while (take(c, ','))
  return windows
}

/** ORDER BY, LIMIT and all that follows a whole query and changes no column; what ORDER BY reads is returned. */
function readTail(c: Cursor): Expression[] {
  const order: Expression[] = []
  for (;;) {
    const next = peek(c, 1)
    if (take(c, 'ORDER', 'SIBLINGS', 'BY') || take(c, 'ORDER', 'BY')) {
      if (!take(c, 'ALL')) order.push(...readOrderList(c))
      else if (isNext(c, 'ASC') || isNext(c, 'DESC')) c.at += 1
    } else if (
      isNext(c, 'LIMIT') ||
      (isNext(c, 'OFFSET') &&
        (next.type === 'number' || next.type === 'variable' || next.key === '(' || next.type === 'word'))
    )
      readLimit(c, order)
    else if (isNext(c, 'FETCH') && /^(?:FIRST|NEXT)$/.test(next.key)) {
      while (!/^(?:ONLY|TIES)$/.test(advance(c).key)) if (peek(c).type === 'end') throw unexpected(c, 'ROWS ONLY')
    } else if (isNext(c, 'FOR') && FOR_WORDS.has(next.key)) readFor(c)
    else if (isNext(c, 'LOCK', 'IN', 'SHARE', 'MODE')) c.at += 4
    else if (isNext(c, 'OPTION', '(')) {
      c.at += 1
      skipParens(c)
    } else if (isNext(c, 'SETTINGS') && isName(next)) readSettings(c)
    else if (isNext(c, 'FORMAT') && isName(next) && c.traits.dialect === 'clickhouse') c.at += 2
    else if (isNext(c, 'INTO', 'OUTFILE')) c.at += 3
    else if (isNext(c, 'SORT', 'BY') || isNext(c, 'CLUSTER', 'BY') || isNext(c, 'DISTRIBUTE', 'BY')) {
      c.at += 2
      order.push(...readOrderList(c))
    } else return order
  }
}

const FOR_WORDS = new Set('UPDATE SHARE NO KEY XML JSON BROWSE READ FETCH'.split(' '))

function readLimit(c: Cursor, order: Expression[]): void {
  c.at += 1
  if (!take(c, 'ALL')) c.grammar.expression(c)
  if (take(c, ',')) c.grammar.expression(c)
  if (/^(?:ROW|ROWS|PERCENT)$/.test(peek(c).key)) c.at += 1
  take(c, 'WITH', 'TIES')
  if (take(c, 'BY')) order.push(...readExpressionList(c))
}

/** FOR UPDATE OF t SKIP LOCKED, FOR XML PATH('x'), TYPE, FOR JSON AUTO. */
function readFor(c: Cursor): void {
  const word = peek(c, 1).key
  c.at += 2
  if (word === 'XML' || word === 'JSON' || word === 'BROWSE') {
    while (isName(peek(c)) && (peek(c, -1).key === ',' || peek(c, -1).key === word)) {
      c.at += 1
      if (isNext(c, '(')) skipParens(c)
      take(c, ',')
    }
    return
  }
  while (/^(?:KEY|UPDATE|SHARE|ONLY)$/.test(peek(c).key)) c.at += 1
  if (take(c, 'OF'))
    do {
      readPath(c, 'a table')
    } while (take(c, ','))
  if (take(c, 'NOWAIT')) return
  if (take(c, 'SKIP', 'LOCKED')) return
  if (take(c, 'WAIT')) c.at += 1
}

function readSettings(c: Cursor): void {
  c.at += 1
  do {
    readName(c, 'a setting')
    expect(c, '=')
    c.grammar.expression(c)
  } while (take(c, ','))
}

/** WITH [RECURSIVE] a AS (…), b (x, y) AS MATERIALIZED (…). */
export function readWith(c: Cursor): With {
  expect(c, 'WITH')
  const recursive = take(c, 'RECURSIVE')
  const ctes: Cte[] = []
  do {
    if (isNext(c, 'XMLNAMESPACES', '(')) {
      c.at += 1
      skipParens(c)
    } else if (ctes.length > 0 && !isName(peek(c))) break
    else ctes.push(nested(c, () => readCte(c)))
  } while (take(c, ','))
  return { with: ctes, recursive }
}

function readCte(c: Cursor): Cte {
  const isNamed = isName(peek(c)) && (peek(c, 1).key === 'AS' || peek(c, 1).key === '(' || peek(c, 1).key === 'USING')
  const start = c.at
  if (isNamed) {
    const name = readName(c, 'a name')
    const columns = isNext(c, '(') && !isQueryNext(c, 1) ? readCteColumns(c) : []
    if (take(c, 'USING', 'KEY')) skipParens(c)
    const named = take(c, 'AS') || c.traits.dialect === 'spark' || c.traits.dialect === 'databricks'
    if (!take(c, 'NOT', 'MATERIALIZED')) take(c, 'MATERIALIZED')
    if (named && isNext(c, '(') && columns !== undefined) {
      c.at += 1
      const query = readCteBody(c)
      expect(c, ')')
      return { name, columns, query, extra: readCteExtra(c) }
    }
  }
  // ClickHouse: WITH expr AS name.
  c.at = start
  const scalar = c.grammar.expression(c)
  expect(c, 'AS')
  return { name: readName(c, 'a name'), columns: [], query: undefined, extra: [], scalar }
}

function readCteColumns(c: Cursor): Name[] | undefined {
  const start = c.at
  if (!isName(peek(c, 1)) && peek(c, 1).type !== 'string') return undefined
  const columns = readNameList(c)
  if (isNext(c, 'AS') || isNext(c, 'USING') || isNext(c, '(')) return columns
  c.at = start
  return undefined
}

const WRITES = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE'])

function readCteBody(c: Cursor): Query {
  if (!WRITES.has(peek(c).key)) return readQuery(c)
  const { start } = peek(c)
  const body: Statement = c.grammar.statement(c)
  return toQuery(body, start, previousEnd(c))
}

/** SEARCH DEPTH FIRST BY a SET o, CYCLE a SET c USING p: the columns they add. */
function readCteExtra(c: Cursor): Name[] {
  const extra: Name[] = []
  while (isNext(c, 'SEARCH') || isNext(c, 'CYCLE')) {
    c.at += 1
    while (
      !isNext(c, ',') &&
      !isQueryNext(c) &&
      peek(c).type !== 'end' &&
      !isNext(c, 'SEARCH') &&
      !isNext(c, 'CYCLE') &&
      !isNext(c, '(') &&
      !WRITES.has(peek(c).key)
    ) {
      const word = advance(c)
      if (word.key === 'BY' || word.key === 'CYCLE') while (isName(peek(c)) && peek(c, 1).key === ',') c.at += 2
      else if (word.key === 'SET' || word.key === 'USING') extra.push(readName(c, 'a column'))
    }
  }
  return extra
}

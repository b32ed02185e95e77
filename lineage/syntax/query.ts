import { readSourceAlias } from './aliases.ts'
import type {
  Expression,
  Name,
  Query,
  QueryBody,
  Select,
  SelectItem,
  SetOperation,
  SetOperator,
  Source,
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
import { hasUnsaidSelects, isQueryNext } from './query-start.ts'
import { readSelectItems } from './select-items.ts'
import { readTail } from './tail.ts'
import { NO_WITH, readWith, type With } from './with.ts'
import { CLAUSE_WORDS } from './words.ts'

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

/** A query whose SELECT is not written: PL/pgSQL's `PERFORM a FROM t`, `x := max(a) FROM t`. */
export function readUnsaidSelect(c: Cursor): Query {
  return nested(c, () => {
    const { start } = peek(c)
    const body = withoutExcluded(c, readSelect(c, start, []), start)
    return continueQuery(c, toQuery(body, start, previousEnd(c)))
  })
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
  const ahead = joinWords(c)
  return peek(c, ahead).type === 'word' && SET_OPERATORS[peek(c, ahead).key] !== undefined
}

const JOIN_WORDS = new Set(['FULL', 'LEFT', 'INNER', 'OUTER'])

/** Words before BigQuery's `FULL OUTER UNION ALL BY NAME`. */
function joinWords(c: Cursor): number {
  if (!JOIN_WORDS.has(peek(c).key)) return 0
  return peek(c, 1).key === 'OUTER' ? 2 : 1
}

type Operator = Omit<SetOperation['rest'][number], 'query'>

function takeSetOperator(c: Cursor): Operator | undefined {
  const ahead = joinWords(c)
  const token = peek(c, ahead)
  const operator = token.type === 'word' ? SET_OPERATORS[token.key] : undefined
  if (operator === undefined) return undefined
  const mode = peek(c).key
  c.at += 1 + ahead
  if (!take(c, 'ALL')) take(c, 'DISTINCT')
  const strict = take(c, 'STRICT')
  const named = take(c, 'BY', 'NAME')
  const corresponding = !named && take(c, 'CORRESPONDING')
  if (!named && !corresponding) return { operator, columns: 'position' }
  const only = take(c, 'ON') || take(c, 'BY') ? readNameList(c) : []
  return { operator, columns: matching(c, ahead === 0 ? undefined : mode, corresponding && !strict), only }
}

/** Whose columns a set operation by name gives. https://cloud.google.com/bigquery/docs/reference/standard-sql/query-syntax#set_operators */
function matching(c: Cursor, mode: string | undefined, corresponding: boolean): Operator['columns'] {
  if (mode === 'LEFT') return 'left'
  if (mode === 'INNER') return 'common'
  return mode === undefined && corresponding && c.traits.dialect !== 'duckdb' ? 'common' : 'all'
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
  if (token.key === 'VALUES') return readValues(c, start)
  if (/^(?:SUMMARIZE|DESCRIBE|SHOW)$/.test(token.key)) return readSummary(c)
  if (token.key === 'WITH') return readQuery(c)
  if (take(c, 'TABLE')) return { kind: 'table-query', table: readPath(c, 'a table'), start, end: previousEnd(c) }
  if (isNext(c, 'PIVOT') || isNext(c, 'UNPIVOT')) return readPivotQuery(c)
  if (take(c, 'FROM')) return readFromFirst(c, start)
  if (take(c, 'SELECT') || take(c, 'SEL')) return withoutExcluded(c, readSelect(c, start, []), start)
  throw unexpected(c, 'a query')
}

/** VALUES; Spark and Snowflake let it have an alias of its own: `(VALUES (1) AS t (x))`. */
function readValues(c: Cursor, start: number): QueryBody {
  const rows = readValuesRows(c)
  const end = previousEnd(c)
  const named = isNext(c, 'AS') || (isName(peek(c)) && peek(c, 1).key === '(' && !CLAUSE_WORDS.has(peek(c).key))
  if (!named) return { kind: 'values', rows, start, end }
  return selectStar({ kind: 'values', rows, ...readSourceAlias(c), start, end: previousEnd(c) }, start, previousEnd(c))
}

/** DuckDB's `(SUMMARIZE t)`: facts about a table, none of its columns. */
function readSummary(c: Cursor): QueryBody {
  const { start } = advance(c)
  if (isQueryNext(c)) return readBranch(c)
  const source = readSource(c)
  return { ...selectStar(source, start, previousEnd(c)), items: [] }
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

function readNames(c: Cursor): Name[] {
  if (isNext(c, '(')) return readNameList(c)
  const names = [readName(c, 'a column')]
  while (take(c, ',')) names.push(readName(c, 'a column'))
  return names
}

/** Hive's `SELECT TRANSFORM (a, b) … USING 'script' AS (x, y)`: what the script makes of its input, nobody knows; without names it is key and value. */
function readTransform(c: Cursor): SelectItem[] {
  const { start } = peek(c)
  const from = c.at
  const value = c.grammar.expression(c)
  while (!isNext(c, 'USING') && !isNext(c, 'FROM') && peek(c).type !== 'end') c.at += 1
  if (!take(c, 'USING')) {
    c.at = from
    return readSelectItems(c)
  }
  advance(c)
  const unnamed = ['key', 'value'].map((text) => ({ text, quoted: false, start, end: start }))
  const aliases = take(c, 'AS') ? readNames(c) : unnamed
  while (!isNext(c, 'FROM') && !isNext(c, ')') && !isNext(c, ';') && peek(c).type !== 'end') c.at += 1
  return [{ value, aliases, start, end: value.end }]
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

function readSelect(c: Cursor, start: number, from: Select['from']): Select & { excluded?: Name[] } {
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
  // PL/pgSQL's variables may stand before the list that fills them.
  if (c.inRoutine && isNext(c, 'INTO') && hasUnsaidSelects(c)) readInto(c)
  const items = isNext(c, 'TRANSFORM', '(') ? readTransform(c) : readSelectItems(c)
  const excluded = c.traits.dialect === 'redshift' && take(c, 'EXCLUDE') ? readNames(c) : []
  const select = readClauses(c, { items, from: [...from] })
  return { ...select, distinctOn, ...(excluded.length === 0 ? {} : { excluded }), start, end: previousEnd(c) }
}

/** Redshift's `SELECT …, … EXCLUDE (a, b) FROM t`: columns taken out of the whole list. */
function withoutExcluded(
  c: Cursor,
  select: Select & { readonly excluded?: readonly Name[] },
  start: number,
): QueryBody {
  const { excluded } = select
  if (excluded === undefined || excluded.length === 0) return select
  const end = previousEnd(c)
  const query = toQuery(select, start, end)
  const whole = selectStar({ kind: 'query', query, lateral: false, columns: [], start, end }, start, end)
  const star: SelectItem['value'] = {
    kind: 'star',
    qualifier: [],
    except: excluded,
    replace: [],
    rename: [],
    start,
    end,
  }
  return { ...whole, items: [{ value: star, start, end }] }
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
    if (isNext(c, 'INTO')) {
      const into = readInto(c)
      if (into !== undefined) select.into = into
    } else if (isNext(c, 'FROM') && select.from.length === 0) {
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
    else if (take(c, 'USING', 'SAMPLE')) {
      while (isNext(c, '(') || peek(c).type === 'number' || SAMPLE_WORDS.has(peek(c).key)) {
        if (isNext(c, '(')) skipParens(c)
        else c.at += 1
      }
    } else if (isNext(c, 'MODEL') && c.traits.dialect === 'oracle') skipModel(c)
    else return select
  }
}

const SAMPLE_WORDS = new Set(['%', 'PERCENT', 'ROWS', 'RESERVOIR', 'BERNOULLI', 'SYSTEM', 'REPEATABLE'])

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
function readInto(c: Cursor): Target | undefined {
  const { start } = advance(c)
  let temporary = false
  while (TABLE_WORDS.has(peek(c).key) && isName(peek(c, 1))) temporary = /^TEMP/.test(advance(c).key) || temporary
  if (take(c, 'OUTFILE') || take(c, 'DUMPFILE')) {
    advance(c)
    return undefined
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
    return undefined
  return { path, temporary, start, end: previousEnd(c) }
}

const MAKES_TABLES = new Set<string>(['postgres', 'redshift', 'tsql', 'generic'])

function readGroup(c: Cursor): Expression[] {
  if (isNext(c, 'ALL') && /^(?:CUBE|ROLLUP|GROUPING)$/.test(peek(c, 1).key)) c.at += 1
  if (isNext(c, 'ALL') && peek(c, 1).key !== '.' && peek(c, 1).key !== ',') {
    c.at += 1
    return []
  }
  take(c, 'DISTINCT')
  const list: Expression[] = []
  do {
    if (take(c, 'GROUPING', 'SETS')) continueSets(c, list)
    else list.push(c.grammar.expression(c))
  } while (take(c, ',') || isNext(c, 'GROUPING', 'SETS') || isNext(c, 'ROLLUP', '(') || isNext(c, 'CUBE', '('))
  while (isNext(c, 'WITH') && /^(?:ROLLUP|CUBE|TOTALS)$/.test(peek(c, 1).key)) c.at += 2
  return list
}

/** GROUPING SETS ((a), (b, c), ROLLUP (d)). */
function continueSets(c: Cursor, list: Expression[]): void {
  expect(c, '(')
  do {
    if (take(c, 'GROUPING', 'SETS')) continueSets(c, list)
    else if (!isNext(c, ')')) list.push(c.grammar.expression(c))
  } while (take(c, ','))
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

import { readSourceAlias } from './aliases.ts'
import type { Expression, MatchSource, Name, PivotSource, SelectItem, Source, UnpivotSource } from './ast.ts'
import { readExpressionList, readOrderList } from './clauses.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  previousEnd,
  readName,
  readNameList,
  skipParens,
  skipUntil,
  take,
  toName,
  unexpected,
} from './cursor.ts'
import { isQueryNext } from './query-start.ts'
import { readSelectItem, readSelectItems } from './select-items.ts'

/** `PIVOT (sum(x) FOR y IN ('a' AS a, 'b') …) AS p (…)`. */
export function readPivot(c: Cursor, source: Source): PivotSource {
  c.at += 1
  expect(c, '(')
  const aggregates = readAggregates(c)
  const on: Expression[] = []
  const lists: (SelectItem[] | undefined)[] = []
  while (take(c, 'FOR') || (on.length > 0 && !isNext(c, ')') && !isNext(c, 'GROUP') && !isNext(c, 'DEFAULT'))) {
    on.push(...readPivotColumns(c))
    expect(c, 'IN')
    lists.push(readPivotValues(c))
  }
  const values = product(c, lists)
  const group = take(c, 'GROUP', 'BY') ? readExpressionList(c) : undefined
  skipUntil(c, new Set())
  expect(c, ')')
  const pivot = { kind: 'pivot' as const, source, aggregates, on, values, ...(group === undefined ? {} : { group }) }
  return { ...pivot, ...readSourceAlias(c), start: source.start, end: previousEnd(c) }
}

/** DuckDB's several lists of values: each with each, named by all of them. `undefined` where one is not known. */
function product(c: Cursor, lists: readonly (SelectItem[] | undefined)[]): SelectItem[] | undefined {
  const [first, ...rest] = lists
  if (first === undefined || rest.some((list) => list === undefined)) return undefined
  const text = ({ alias, value }: SelectItem): string =>
    alias?.text ?? (value.kind === 'literal' ? value.value : undefined) ?? c.text.slice(value.start, value.end)
  return rest.reduce<SelectItem[]>((made, list) => {
    const pair = (a: SelectItem, b: SelectItem): SelectItem => ({
      ...a,
      alias: { text: `${text(a)}_${text(b)}`, quoted: true, start: a.start, end: b.end },
    })
    return made.flatMap((a) => (list ?? []).map((b) => pair(a, b)))
  }, first)
}

function readAggregates(c: Cursor): SelectItem[] {
  const items: SelectItem[] = []
  do {
    if (isNext(c, 'FOR')) break
    items.push(readSelectItem(c))
  } while (take(c, ','))
  return items
}

/** Operands only: IN ends them, which an expression would read on over. */
function readPivotColumns(c: Cursor): Expression[] {
  if (!isNext(c, '(')) return [readColumn(c)]
  return readNameList(c).map(toColumn)
}

function readColumn(c: Cursor): Expression {
  const path = [readName(c, 'a column')]
  while (take(c, '.')) path.push(readName(c, 'a column'))
  return { kind: 'column', path, start: path[0]?.start ?? 0, end: previousEnd(c) }
}

function toColumn(name: Name): Expression {
  return { kind: 'column', path: [name], start: name.start, end: name.end }
}

function readPivotValues(c: Cursor): SelectItem[] | undefined {
  if (!isNext(c, '(')) {
    c.grammar.expression(c)
    return undefined
  }
  if (isQueryNext(c, 1) || isNext(c, '(', 'ANY')) {
    skipParens(c)
    return undefined
  }
  expect(c, '(')
  const items = readSelectItems(c)
  expect(c, ')')
  return items
}

/** `UNPIVOT (value FOR name IN (a, b AS 'x'))`, with several values at once too. */
export function readUnpivot(c: Cursor, source: Source): UnpivotSource {
  c.at += 1
  if (take(c, 'INCLUDE') || take(c, 'EXCLUDE')) expect(c, 'NULLS')
  expect(c, '(')
  const value = isNext(c, '(') ? readNameList(c) : [readName(c, 'a column')]
  expect(c, 'FOR')
  const name = readName(c, 'a column')
  expect(c, 'IN')
  const groups = readUnpivotGroups(c)
  skipUntil(c, new Set())
  expect(c, ')')
  return {
    kind: 'unpivot',
    source,
    value,
    name,
    groups,
    ...readSourceAlias(c),
    start: source.start,
    end: previousEnd(c),
  }
}

function readUnpivotGroups(c: Cursor): Expression[][] {
  expect(c, '(')
  const groups: Expression[][] = []
  while (!take(c, ')')) {
    if (take(c, ',')) continue
    if (peek(c).type === 'end') throw unexpected(c, ')')
    groups.push(isNext(c, '(') ? readNameList(c).map(toColumn) : [readColumn(c)])
    skipUntil(c, new Set([',']))
  }
  return groups
}

/** DuckDB's statements `PIVOT t ON y IN (…) USING sum(x) GROUP BY z` and `UNPIVOT t ON a, b INTO NAME n VALUE v`. */
export function readPivotStatement(c: Cursor, source: Source): PivotSource | undefined {
  const on: Expression[] = []
  const lists: (SelectItem[] | undefined)[] = []
  let aggregates: SelectItem[] = []
  let group: Expression[] | undefined
  if (take(c, 'ON')) {
    do {
      on.push(
        /^(?:IN|,|USING|GROUP)$/.test(peek(c, 1).key) || peek(c, 1).type === 'end'
          ? readColumn(c)
          : c.grammar.expression(c),
      )
      if (take(c, 'IN')) lists.push(readPivotValues(c))
      else lists.push(undefined)
    } while (take(c, ','))
  }
  const values = product(c, lists)
  if (take(c, 'USING')) aggregates = readSelectItems(c)
  if (take(c, 'GROUP', 'BY')) group = readExpressionList(c)
  return {
    kind: 'pivot',
    source,
    aggregates,
    on,
    values,
    ...(group === undefined ? {} : { group }),
    columns: [],
    start: source.start,
    end: previousEnd(c),
  }
}

export function readUnpivotStatement(c: Cursor, source: Source): UnpivotSource {
  expect(c, 'ON')
  const groups: Expression[][] = []
  do {
    groups.push(isNext(c, '(') ? readNameList(c).map(toColumn) : [c.grammar.expression(c)])
  } while (take(c, ','))
  let name: Name = { text: 'name', quoted: false, start: 0, end: 0 }
  let value: Name[] = [{ text: 'value', quoted: false, start: 0, end: 0 }]
  if (take(c, 'INTO')) {
    if (take(c, 'NAME')) name = readName(c, 'a column')
    if (take(c, 'VALUE')) {
      value = [readName(c, 'a column')]
      while (take(c, ',')) value.push(readName(c, 'a column'))
    }
  }
  return { kind: 'unpivot', source, value, name, groups, columns: [], start: source.start, end: previousEnd(c) }
}

/** MATCH_RECOGNIZE (PARTITION BY … ORDER BY … MEASURES … PATTERN (…) DEFINE …). */
export function readMatch(c: Cursor, source: Source): MatchSource {
  c.at += 1
  expect(c, '(')
  let partition: Expression[] = []
  let order: Expression[] = []
  let measures: SelectItem[] = []
  const define: Expression[] = []
  const variables: Name[] = []
  let allRows = false
  while (!take(c, ')')) {
    if (take(c, 'PARTITION', 'BY')) partition = readExpressionList(c)
    else if (take(c, 'ORDER', 'BY')) order = readOrderList(c)
    else if (take(c, 'MEASURES')) measures = readMeasures(c)
    else if (take(c, 'DEFINE')) readDefinitions(c, variables, define)
    else if (isNext(c, 'PATTERN', '(')) {
      c.at += 1
      readPattern(c, variables)
    } else if (isNext(c, '(')) skipParens(c)
    else {
      if (isNext(c, 'ALL', 'ROWS')) allRows = true
      if (advance(c).type === 'end') throw unexpected(c, ')')
    }
  }
  return {
    kind: 'match',
    source,
    partition,
    order,
    measures,
    define,
    variables,
    allRows,
    ...readSourceAlias(c),
    start: source.start,
    end: previousEnd(c),
  }
}

function readMeasures(c: Cursor): SelectItem[] {
  const items: SelectItem[] = []
  do {
    if (/^(?:FINAL|RUNNING)$/.test(peek(c).key) && isName(peek(c, 1))) c.at += 1
    items.push(readSelectItem(c))
  } while (take(c, ','))
  return items
}

/** The names of a pattern are row variables: `a.price` in a measure is the price of the source's row. */
function readPattern(c: Cursor, variables: Name[]): void {
  const open = c.at
  skipParens(c)
  for (const token of c.tokens.slice(open, c.at)) if (isName(token)) variables.push(toName(token))
}

function readDefinitions(c: Cursor, variables: Name[], define: Expression[]): void {
  do {
    variables.push(readName(c, 'a pattern variable'))
    expect(c, 'AS')
    define.push(c.grammar.expression(c))
  } while (take(c, ','))
}

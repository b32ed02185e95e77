import { readAlias } from './aliases.ts'
import type { FromItem, Query, QuerySource, Select, SelectItem } from './ast.ts'
import { readOrderList } from './clauses.ts'
import { type Cursor, expect, isNext, previousEnd, readName, skipParens, take } from './cursor.ts'
import { continueFrom } from './from.ts'
import { readPivot, readUnpivot } from './pivots.ts'
import { readSelectItems } from './select-items.ts'

const BLANK = { kind: 'select', distinctOn: [], where: [], group: [], having: [], windows: [], sort: [] } as const

/** BigQuery's pipe operators: each wraps the query before it. https://cloud.google.com/bigquery/docs/reference/standard-sql/pipe-syntax */
export function continuePipes(c: Cursor, first: Query): Query {
  let query = first
  while (take(c, '|>')) query = readPipe(c, query)
  return query
}

function star(
  start: number,
  end: number,
  changes: Partial<Extract<SelectItem['value'], { kind: 'star' }>> = {},
): SelectItem {
  return {
    value: { kind: 'star', qualifier: [], except: [], replace: [], rename: [], start, end, ...changes },
    start,
    end,
  }
}

function readPipe(c: Cursor, query: Query): Query {
  const { start } = query
  const finish = (select: Omit<Select, 'start' | 'end' | keyof typeof BLANK> & Partial<Select>): Query => {
    const end = previousEnd(c)
    return {
      kind: 'nested',
      with: [],
      recursive: false,
      order: [],
      start,
      end,
      body: { ...BLANK, ...select, start, end },
    }
  }
  const from = [sourceOf(query)]
  const all = star(start, query.end)
  if (take(c, 'WHERE')) return finish(filtered(query, c))
  if (take(c, 'SELECT')) {
    take(c, 'DISTINCT')
    return finish({ ...opened(query), items: readSelectItems(c) })
  }
  if (take(c, 'EXTEND')) return finish({ ...opened(query), items: [all, ...readSelectItems(c)] })
  if (take(c, 'AGGREGATE')) return readAggregate(c, (items, group) => finish({ ...opened(query), items, group }))
  if (take(c, 'SET')) return finish({ from, items: [star(start, query.end, { replace: readAssignments(c) })] })
  if (take(c, 'DROP')) return finish({ from, items: [star(start, query.end, { except: readNames(c) })] })
  if (take(c, 'RENAME')) return finish({ from, items: [star(start, query.end, { rename: readRenames(c) })] })
  if (take(c, 'AS')) {
    const alias = readName(c, 'an alias')
    return finish({
      from: [{ ...(from[0] as FromItem), source: { ...(from[0]?.source as QuerySource), alias } }],
      items: [all],
    })
  }
  if (take(c, 'ORDER', 'BY')) return { ...query, order: [...query.order, ...readOrderList(c)] }
  if (take(c, 'LIMIT')) return readLimit(c, query)
  if (take(c, 'DISTINCT')) return query
  if (isNext(c, 'PIVOT', '('))
    return finish({
      from: [{ ...(from[0] as FromItem), source: readPivot(c, (from[0] as FromItem).source) }],
      items: [all],
    })
  if (isNext(c, 'UNPIVOT', '('))
    return finish({
      from: [{ ...(from[0] as FromItem), source: readUnpivot(c, (from[0] as FromItem).source) }],
      items: [all],
    })
  if (isNext(c, 'UNION') || isNext(c, 'INTERSECT') || isNext(c, 'EXCEPT')) return c.grammar.continueQuery(c, query)
  if (take(c, 'TABLESAMPLE')) {
    c.at += 1
    skipParens(c)
    return query
  }
  return finish({ from: continueFrom(c, opened(query).from), items: [all] })
}

function readLimit(c: Cursor, query: Query): Query {
  c.grammar.expression(c)
  if (take(c, 'OFFSET')) c.grammar.expression(c)
  return query
}

function sourceOf(query: Query): FromItem {
  const source: QuerySource = { kind: 'query', query, lateral: false, columns: [], start: query.start, end: query.end }
  return { source, join: 'first', natural: false, using: [], on: [] }
}

/** Sources of a query that is no more than FROM, so that the pipe sees their aliases; else the query as one source. */
function opened(query: Query): { readonly from: readonly FromItem[]; readonly where: Select['where'] } {
  const { body } = query
  const plain =
    body.kind === 'select' &&
    body.items.length === 1 &&
    isBareStar(body.items[0]) &&
    body.group.length === 0 &&
    body.having.length === 0
  if (plain && query.with.length === 0) return { from: body.from, where: body.where }
  return { from: [sourceOf(query)], where: [] }
}

function isBareStar(item: SelectItem | undefined): boolean {
  const value = item?.value
  return (
    value?.kind === 'star' &&
    value.qualifier.length + value.except.length + value.replace.length + value.rename.length === 0
  )
}

function filtered(query: Query, c: Cursor): Pick<Select, 'from' | 'where' | 'items'> {
  const { from, where } = opened(query)
  return { from, where: [...where, c.grammar.expression(c)], items: [star(query.start, query.end)] }
}

/** `AGGREGATE sum(a) AS s GROUP BY b AS c`: the groups come first in the result. */
function readAggregate(c: Cursor, finish: (items: SelectItem[], group: Select['group']) => Query): Query {
  const aggregates = readSelectItems(c)
  let groups: SelectItem[] = []
  if (take(c, 'GROUP', 'AND', 'ORDER', 'BY') || take(c, 'GROUP', 'BY')) groups = readSelectItems(c)
  return finish(
    [...groups, ...aggregates],
    groups.map((group) => group.value),
  )
}

function readAssignments(c: Cursor): SelectItem[] {
  const items: SelectItem[] = []
  do {
    const alias = readName(c, 'a column')
    expect(c, '=')
    const value = c.grammar.expression(c)
    items.push({ value, alias, start: value.start, end: value.end })
  } while (take(c, ','))
  return items
}

function readNames(c: Cursor): Select['windows'][number]['name'][] {
  const names = [readName(c, 'a column')]
  while (take(c, ',')) names.push(readName(c, 'a column'))
  return names
}

function readRenames(c: Cursor): { from: Select['windows'][number]['name']; to: Select['windows'][number]['name'] }[] {
  const renames = []
  do {
    const from = readName(c, 'a column')
    const to = readAlias(c) ?? from
    renames.push({ from, to })
  } while (take(c, ','))
  return renames
}

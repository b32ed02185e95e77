import { readAlias } from './aliases.ts'
import type { SelectItem } from './ast.ts'
import { advance, type Cursor, isName, isNext, peek, previousEnd, readNameList, toName } from './cursor.ts'

const LIST_ENDS = new Set([
  'FROM',
  'INTO',
  'WHERE',
  'GROUP',
  'ORDER',
  'HAVING',
  'LIMIT',
  'UNION',
  'QUALIFY',
  ')',
  ';',
  ']',
  '|>',
])

/** Expressions with aliases, as SELECT lists them. A comma too many before FROM is let pass. */
export function readSelectItems(c: Cursor): SelectItem[] {
  const items: SelectItem[] = []
  do {
    const token = peek(c)
    if (token.type === 'end' || (token.type !== 'quoted' && LIST_ENDS.has(token.key) && peek(c, 1).key !== '.')) break
    items.push(readSelectItem(c))
  } while (takeComma(c))
  return items
}

function takeComma(c: Cursor): boolean {
  if (!isNext(c, ',')) return false
  c.at += 1
  return true
}

export function readSelectItem(c: Cursor): SelectItem {
  const token = peek(c)
  const next = peek(c, 1)
  // T-SQL: alias = expr, @variable = expr; DuckDB: alias: expr.
  const equals =
    c.traits.aliasByEquals &&
    /^[+\-*/%&|^]?=$/.test(next.key) &&
    (isName(token) || token.type === 'variable' || token.type === 'string')
  const colon = c.traits.dialect === 'duckdb' && next.key === ':' && isName(token)
  if (equals || colon) {
    c.at += 2
    const value = c.grammar.expression(c)
    const alias = token.type === 'variable' ? {} : { alias: toName(token) }
    return { value, ...alias, start: value.start, end: previousEnd(c) }
  }
  const value = c.grammar.expression(c)
  const end = previousEnd(c)
  if (isNext(c, 'AS', '(')) return readManyAliases(c, value, end)
  const alias = peek(c).type === 'string' && c.traits.stringAlias ? toName(advance(c)) : readAlias(c)
  return { value, ...(alias === undefined ? {} : { alias }), start: token.start, end }
}

/** Spark's `stack(…) AS (a, b)`: one expression makes several columns. */
function readManyAliases(c: Cursor, value: SelectItem['value'], end: number): SelectItem {
  c.at += 1
  const aliases = readNameList(c)
  return { value, aliases, start: value.start, end }
}

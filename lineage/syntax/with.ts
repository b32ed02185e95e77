import type { Cte, Name, Query, Statement } from './ast.ts'
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
} from './cursor.ts'
import { isQueryNext } from './query-start.ts'

export interface With {
  readonly with: readonly Cte[]
  readonly recursive: boolean
}

export const NO_WITH: With = { with: [], recursive: false }

/** WITH [RECURSIVE] a AS (…), b (x, y) AS MATERIALIZED (…). */
export function readWith(c: Cursor): With {
  expect(c, 'WITH')
  if (isNext(c, 'FUNCTION') && isName(peek(c, 1)) && peek(c, 2).key === '(') {
    skipFunctions(c)
    return isNext(c, 'WITH') ? readWith(c) : NO_WITH
  }
  const recursive = take(c, 'RECURSIVE')
  const ctes: Cte[] = []
  do {
    if (isNext(c, 'XMLNAMESPACES', '(')) {
      c.at += 1
      skipParens(c)
    } else if (ctes.length > 0 && !isName(peek(c)) && c.traits.dialect !== 'clickhouse') break
    else ctes.push(nested(c, () => readCte(c)))
  } while (take(c, ','))
  return { with: ctes, recursive }
}

/** Trino's inline functions, which hold no queries: to the query, or the CTEs, they stand before. */
function skipFunctions(c: Cursor): void {
  const block = new Set<string>(['BEGIN'])
  let inside = false
  while (peek(c).type !== 'end') {
    if (block.has(peek(c).key)) inside = true
    const ended = !inside || peek(c, -1).key === 'END' || isBlockEnd(c)
    if (ended && isNext(c, 'WITH', '(')) c.at += 1
    else if (ended && (isNext(c, 'SELECT') || isNext(c, 'WITH') || isNext(c, 'TABLE') || isNext(c, 'VALUES', '(')))
      return
    if (isNext(c, '(')) skipParens(c)
    else {
      if (isNext(c, ',', 'FUNCTION')) inside = false
      c.at += 1
    }
  }
}

/** Whether Oracle's `END;` or `END name;` stands before. */
function isBlockEnd(c: Cursor): boolean {
  if (peek(c, -1).key !== ';') return false
  return peek(c, -2).key === 'END' || (peek(c, -3).key === 'END' && !/^(?:IF|LOOP|CASE)$/.test(peek(c, -2).key))
}

function readCte(c: Cursor): Cte {
  const isNamed = isName(peek(c)) && (peek(c, 1).key === 'AS' || peek(c, 1).key === '(' || peek(c, 1).key === 'USING')
  const start = c.at
  if (isNamed) {
    const name = readName(c, 'a name')
    const columns = isNext(c, '(') && !isQueryNext(c, 1) ? readCteColumns(c) : []
    if (take(c, 'USING', 'KEY')) skipParens(c)
    const named = take(c, 'AS') || WITHOUT_AS.has(c.traits.dialect)
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

/** Dialects that let the AS of a CTE go. */
const WITHOUT_AS = new Set<string>(['spark', 'databricks', 'snowflake'])

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
  if (!WRITES.has(peek(c).key)) return c.grammar.query(c)
  const { start } = peek(c)
  const body: Statement = c.grammar.statement(c)
  return { kind: 'nested', with: [], recursive: false, body, order: [], start, end: previousEnd(c) }
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

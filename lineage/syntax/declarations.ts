import type { CursorStatement, Name, ParsedStatement, Query } from './ast.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  previousEnd,
  readNameList,
  skipParens,
  take,
  toName,
} from './cursor.ts'
import { continueQuery, readQuery } from './query.ts'
import { hasUnsaidSelects, isQueryNext } from './query-start.ts'
import { readAssigned } from './script-statement.ts'
import { skipStatement } from './statement-end.ts'

/** Snowflake's `[LET] r RESULTSET := (SELECT …)`, its and PL/pgSQL's `c CURSOR FOR SELECT …`: in a list of declarations too. */
export function isDeclaredQuery(c: Cursor): boolean {
  if (c.inRoutine && hasUnsaidSelects(c))
    return isName(peek(c)) && /^(?:NO|SCROLL|CURSOR)$/.test(peek(c, 1).key) && findCursorQuery(c) !== undefined
  if (c.traits.dialect !== 'snowflake') return false
  const name = isNext(c, 'LET') ? 1 : 0
  return isName(peek(c, name)) && /^(?:CURSOR|RESULTSET)$/.test(peek(c, name + 1).key)
}

/** DECLARE @t TABLE (…), DECLARE c CURSOR FOR SELECT …, DECLARE x INT DEFAULT 0; a bare DECLARE opens a block. */
export function readDeclare(c: Cursor, out: ParsedStatement[]): void {
  readDeclared(c, out, advance(c).start)
}

export function readDeclared(c: Cursor, out: ParsedStatement[], start: number): void {
  take(c, 'LET')
  const token = peek(c)
  if (isName(token) && peek(c, 1).key === 'RESULTSET') {
    readResultSet(c, out, start)
    return
  }
  if (
    token.type === 'variable' &&
    (peek(c, 1).key === 'TABLE' || (peek(c, 1).key === 'AS' && peek(c, 2).key === 'TABLE'))
  ) {
    readTableVariable(c, out, start)
    return
  }
  const cursor = findCursorQuery(c)
  if (cursor === undefined) {
    const declares: Name[] = []
    while (isName(peek(c)) || peek(c).type === 'variable') {
      declares.push(toName(advance(c)))
      if (!take(c, ',')) break
    }
    const from = c.at
    if (declares.length > 0) skipStatement(c)
    out.push({ statement: { kind: 'other', declares }, start, end: previousEnd(c), skipped: [] })
    readAssigned(c, from, out)
    return
  }
  const name = toName(token)
  if (cursor.parameters !== undefined) {
    c.at += cursor.parameters
    const declares = readNameList(c)
    out.push({ statement: { kind: 'other', declares }, start, end: previousEnd(c), skipped: [] })
  }
  c.at = cursor.at
  if (!isQueryNext(c) && !isNext(c, '(')) {
    skipStatement(c)
    return
  }
  out.push({
    statement: { kind: 'cursor', name, query: readQuery(c), loop: false },
    start,
    end: previousEnd(c),
    skipped: [],
  })
}

const CURSOR_WORDS = new Set(
  'CURSOR INSENSITIVE SENSITIVE ASENSITIVE SCROLL NO NOT LOCAL GLOBAL FORWARD_ONLY STATIC KEYSET DYNAMIC FAST_FORWARD READ_ONLY SCROLL_LOCKS OPTIMISTIC TYPE_WARNING WITH WITHOUT HOLD RETURN'.split(
    ' ',
  ),
)

/** Where the query of `c CURSOR [(a int)] FOR` and Oracle's `CURSOR c [(a NUMBER)] IS` begins, and how far ahead its parameters do. */
function findCursorQuery(c: Cursor): { readonly at: number; readonly parameters: number | undefined } | undefined {
  const { at } = c
  let ahead = 1
  while (CURSOR_WORDS.has(peek(c, ahead).key)) ahead += 1
  const named = ahead > 1
  const parameters = peek(c, ahead).key === '(' && isName(peek(c)) ? ahead : undefined
  if (parameters !== undefined) {
    c.at += ahead
    skipParens(c)
    ahead = c.at - at
    c.at = at
  }
  const { key } = peek(c, ahead)
  const isCursor = named ? key === 'FOR' || key === 'IS' : key === 'IS' && isQueryNext(c, ahead + 1)
  return isCursor ? { at: at + ahead + 1, parameters } : undefined
}

/** The rows of a result set go by its name in a FOR loop. */
function readResultSet(c: Cursor, out: ParsedStatement[], start: number): void {
  const name = toName(advance(c))
  c.at += 1
  if (!take(c, 'DEFAULT')) take(c, ':=')
  const query = isNext(c, '(') ? readGrouped(c) : undefined
  if (query === undefined) skipStatement(c)
  else out.push(cursorOf(c, name, query, start))
}

function readTableVariable(c: Cursor, out: ParsedStatement[], start: number): void {
  const name = toName(advance(c))
  while (!isNext(c, '(')) c.at += 1
  const columns = []
  const open = c.at
  skipParens(c)
  let first = true
  let depth = 0
  for (const token of c.tokens.slice(open + 1, c.at - 1)) {
    if (token.key === '(') depth += 1
    else if (token.key === ')') depth -= 1
    else if (token.key === ',' && depth === 0) first = true
    else if (first && isName(token)) {
      if (!/^(?:PRIMARY|UNIQUE|INDEX|CHECK|CONSTRAINT)$/.test(token.key)) columns.push(toName(token))
      first = false
    }
  }
  const target = { path: [name], temporary: true, start, end: previousEnd(c) }
  out.push({ statement: { kind: 'create', object: 'table', target, columns }, start, end: previousEnd(c), skipped: [] })
}

/** A query in parentheses, and what goes on behind them; undefined where there is none. */
export function readGrouped(c: Cursor): Query | undefined {
  if (!isQueryNext(c, 1) && peek(c, 1).key !== '(') return undefined
  expect(c, '(')
  const query = readQuery(c)
  expect(c, ')')
  return continueQuery(c, query)
}

/** The rows of a query under a name, as a loop goes through them. */
export function cursorOf(c: Cursor, name: CursorStatement['name'], query: Query, start: number): ParsedStatement {
  return { statement: { kind: 'cursor', name, query, loop: true }, start, end: previousEnd(c), skipped: [] }
}

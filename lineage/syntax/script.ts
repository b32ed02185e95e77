import type { ParsedStatement, Query } from './ast.ts'
import {
  advance,
  type Cursor,
  isName,
  isNext,
  peek,
  previousEnd,
  readName,
  skipParens,
  skipUntil,
  take,
  toName,
} from './cursor.ts'
import { cursorOf, isDeclaredQuery, readDeclare, readDeclared, readGrouped } from './declarations.ts'
import { SqlSyntaxError, STATEMENT_PIPE } from './lexer.ts'
import { readQuery } from './query.ts'
import { hasUnsaidSelects, isQueryNext } from './query-start.ts'
import { readOpen, readReturn } from './returns.ts'
import { read } from './script-statement.ts'
import { skipStatement } from './statement-end.ts'
import { readSubqueries, readValue } from './subqueries.ts'

/** All statements of a text. One that cannot be read is told, and reading goes on behind it. */
export function readScript(c: Cursor): ParsedStatement[] {
  const out: ParsedStatement[] = []
  while (peek(c).type !== 'end') readNext(c, out)
  return out
}

/** The statements of a routine's body: a block to its END, or the one statement there is. */
export function readBody(c: Cursor): ParsedStatement[] {
  const out: ParsedStatement[] = []
  let depth = 0
  const declares = isNext(c, 'DECLARE') || !isNext(c, 'BEGIN')
  let sawBlock = false
  while (peek(c).type !== 'end') {
    if (isNext(c, 'BEGIN') && !isTransaction(c)) {
      depth += 1
      sawBlock = true
    } else if (isNext(c, 'END') && !/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT)$/.test(peek(c, 1).key)) depth -= 1
    if (isBodyEnd(c)) break
    const count = out.length
    readNext(c, out)
    if (sawBlock && depth <= 0 && !isNext(c, 'BEGIN')) {
      take(c, ';')
      break
    }
    const single =
      !sawBlock && !c.traits.bareStatements && out.length > count && isWhole(out.at(-1)) && !declaresOn(c, declares)
    if (single) break
  }
  return out
}

/** Whether a body that began with declarations still has its BEGIN to come. */
function declaresOn(c: Cursor, declares: boolean): boolean {
  if (!declares) return false
  for (let ahead = 0; ahead < 400; ahead++) {
    const { key, type } = peek(c, ahead)
    if (type === 'end' || key === 'CREATE' || key === 'GO') return false
    if (key === 'BEGIN') return true
  }
  return false
}

function isWhole(parsed: ParsedStatement | undefined): boolean {
  return parsed !== undefined && parsed.statement?.kind !== 'cursor'
}

function isBodyEnd(c: Cursor): boolean {
  if (isNext(c, 'GO') && c.traits.dialect === 'tsql') return true
  return isNext(c, '/') && c.traits.dialect === 'oracle'
}

function isTransaction(c: Cursor): boolean {
  return /^(?:TRAN|TRANSACTION|WORK|;|DISTRIBUTED|DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT)$/.test(peek(c, 1).key)
}

const CONDITIONS = new Set(['IF', 'ELSEIF', 'ELSIF', 'WHILE', 'UNTIL'])
const CONDITION_ENDS = new Set(['THEN', 'DO', 'LOOP', 'BEGIN'])
const WHEN_ENDS = new Set(['THEN', 'WHEN'])
const BLOCK_WORDS = new Set(['ELSE', 'THEN', 'LOOP', 'REPEAT', 'EXCEPTION', 'ATOMIC', 'IS', 'AS', 'GO', '/', 'FINALLY'])

/** One statement, or one word of control flow with the values it looks at. What cannot be read is told and stepped over. */
function readNext(c: Cursor, out: ParsedStatement[]): void {
  const { at, depth } = c
  const { start } = peek(c)
  const { length } = out
  const piped = at > 0 && c.traits.positions && c.tokens[at - 1]?.text === STATEMENT_PIPE
  try {
    readStep(c, out)
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    c.depth = depth
    if (c.at === at) c.at += 1
    skipStatement(c)
    const { message, position } = error
    out.push({ statement: undefined, failure: { message, position }, start, end: previousEnd(c), skipped: [] })
  }
  if (piped) out.splice(length, Infinity, ...out.slice(length).map((parsed) => ({ ...parsed, piped })))
}

function readStep(c: Cursor, out: ParsedStatement[]): void {
  const { key, start } = peek(c)
  if (take(c, ';')) return
  if (key === '<<') {
    skipLabel(c)
    return
  }
  if (isName(peek(c)) && peek(c, 1).key === ':' && /^(?:BEGIN|LOOP|WHILE|REPEAT|FOR)$/.test(peek(c, 2).key)) c.at += 2
  else if (key === 'BEGIN' && !isTransaction(c)) {
    c.at += 1
    c.blocks += 1
    if (take(c, 'NOT')) c.at += 1
    if (/^(?:TRY|CATCH|ATOMIC)$/.test(peek(c).key)) c.at += 1
  } else if (key === 'END') skipEnd(c)
  else if (BLOCK_WORDS.has(key) && !(key === 'LOOP' && peek(c, 1).key === '.')) c.at += 1
  else if (CONDITIONS.has(key)) readCondition(c, out)
  else if (key === 'WHEN' || (key === 'CASE' && (c.inRoutine || c.blocks > 0))) readUntil(c, out, WHEN_ENDS, 'THEN')
  else if (key === 'FOREACH' && c.inRoutine) readUntil(c, out, CONDITION_ENDS, 'LOOP')
  else if (key === 'FOR' && isName(peek(c, 1))) readFor(c, out, start)
  else if (key === 'DECLARE' || (key === 'CURSOR' && c.inRoutine)) readDeclare(c, out)
  else if (isDeclaredQuery(c)) readDeclared(c, out, start)
  else if (key === 'RETURN' || key === 'PERFORM') readReturn(c, out)
  else if (key === 'OPEN' && c.inRoutine && !c.traits.bareStatements) readOpen(c, out)
  else read(c, out)
}

function skipLabel(c: Cursor): void {
  while (!take(c, '>>')) if (advance(c).type === 'end') return
}

function skipEnd(c: Cursor): void {
  c.at += 1
  if (!/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT)$/.test(peek(c).key)) c.blocks = Math.max(0, c.blocks - 1)
  if (/^(?:IF|LOOP|WHILE|CASE|FOR|REPEAT|TRY|CATCH|TRANSACTION)$/.test(peek(c).key)) c.at += 1
  if (isName(peek(c)) && peek(c, 1).key === ';') c.at += 1
}

/** IF cond THEN, IF cond BEGIN, WHILE cond DO: T-SQL's conditions end where a statement begins. */
function readCondition(c: Cursor, out: ParsedStatement[]): void {
  c.at += 1
  const from = c.at
  try {
    c.grammar.expression(c)
    if (hasUnsaidSelects(c) && isNext(c, 'FROM')) skipUntil(c, CONDITION_ENDS)
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    c.at = from
    skipUntil(c, CONDITION_ENDS)
  }
  readValue(c, from, out)
  if (!take(c, 'THEN') && !take(c, 'DO')) take(c, 'LOOP')
}

/** CASE a, WHEN b THEN, FOREACH a IN ARRAY b LOOP: what stands before one of the words that end it. */
function readUntil(c: Cursor, out: ParsedStatement[], ends: ReadonlySet<string>, last: string): void {
  c.at += 1
  const from = c.at
  skipUntil(c, ends)
  readSubqueries(c, from, out)
  take(c, last)
}

/** FOR row IN (SELECT …) LOOP: the row is a source of what follows. */
function readFor(c: Cursor, out: ParsedStatement[], start: number): void {
  c.at += 1
  const name = readName(c, 'a variable')
  if (take(c, 'AS') && isQueryNext(c)) out.push(cursorOf(c, name, readQuery(c), start))
  else if (take(c, 'IN')) {
    const query = isNext(c, '(') ? readGrouped(c) : isQueryNext(c) ? readQuery(c) : readCursorName(c)
    if (query !== undefined) out.push(cursorOf(c, name, query, start))
    else readRange(c, out, start)
  }
  if (!take(c, 'LOOP')) take(c, 'DO')
}

/** FOR i IN 1..n LOOP, and FOR row IN EXECUTE text LOOP, whose rows nobody knows. */
function readRange(c: Cursor, out: ParsedStatement[], start: number): void {
  const from = c.at
  const dynamic = isNext(c, 'EXECUTE')
  skipUntil(c, CONDITION_ENDS)
  if (dynamic) out.push({ statement: { kind: 'dynamic' }, start, end: previousEnd(c), skipped: [] })
  readSubqueries(c, from, out)
}

/** FOR row IN cursor [(…)] LOOP: the cursor's rows, by its name. */
function readCursorName(c: Cursor): Query | undefined {
  const { at } = c
  if (!isName(peek(c))) return undefined
  const name = toName(advance(c))
  if (isNext(c, '(')) skipParens(c)
  if (!/^(?:LOOP|DO)$/.test(peek(c).key)) {
    c.at = at
    return undefined
  }
  const { start, end } = name
  const body = { kind: 'table-query' as const, table: [name], start, end }
  return { kind: 'nested', with: [], recursive: false, order: [], start, end, body }
}

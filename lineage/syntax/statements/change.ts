import { readAlias } from '../aliases.ts'
import type { Expression, FromItem, MergeAction, Statement, Target } from '../ast.ts'
import { readExpressionList, readOrderList } from '../clauses.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  readNameList,
  readPath,
  skipUntil,
  take,
  unexpected,
} from '../cursor.ts'
import { readFromItems, readSource } from '../from.ts'
import type { With } from '../with.ts'
import { NO_RETURNING, readAssignments, readReturning, readTarget, skipHints, skipTop, toTarget } from './shared.ts'

const MODIFIERS = new Set(['LOW_PRIORITY', 'IGNORE', 'QUICK'])
const STATEMENT_END = new Set([';'])

export function readUpdate(c: Cursor, ctes: With): Statement {
  advance(c)
  while (MODIFIERS.has(peek(c).key)) c.at += 1
  if (isNext(c, 'OR') && peek(c, 2).type !== 'end') c.at += 2
  skipTop(c)
  const sources = readFromItems(c)
  // Teradata has FROM before SET.
  const before = take(c, 'FROM') ? readFromItems(c) : []
  expect(c, 'SET')
  const assignments = readAssignments(c)
  let returning = readReturning(c)
  const from = take(c, 'FROM') ? readFromItems(c) : before
  const where = readWhere(c)
  returning = readReturning(c) ?? returning ?? NO_RETURNING
  return { kind: 'update', ...ctes, sources, assignments, from, where, ...returning }
}

function readWhere(c: Cursor): Expression[] {
  const where: Expression[] = []
  if (take(c, 'WHERE')) {
    if (take(c, 'CURRENT', 'OF')) advance(c)
    else where.push(c.grammar.expression(c))
  }
  if (take(c, 'ORDER', 'BY')) where.push(...readOrderList(c))
  if (take(c, 'LIMIT')) c.grammar.expression(c)
  if (isNext(c, 'OPTION', '(')) skipUntil(c, STATEMENT_END)
  return where
}

/** DELETE FROM t; DELETE t FROM t JOIN u (MySQL, T-SQL); DELETE FROM t USING u. */
export function readDelete(c: Cursor, ctes: With): Statement {
  advance(c)
  while (MODIFIERS.has(peek(c).key)) c.at += 1
  skipTop(c)
  const announced = take(c, 'FROM')
  if (isNext(c, 'TABLE') && isName(peek(c, 1))) c.at += 1
  take(c, 'ONLY')
  const targets: Target[] = []
  do {
    const target = readTarget(c)
    if (take(c, '.')) take(c, '*')
    skipHints(c)
    const alias = isNext(c, 'OUTPUT') && c.traits.dialect === 'tsql' ? undefined : readAlias(c)
    targets.push(alias === undefined ? target : { ...target, alias })
  } while (take(c, ','))
  let returning = readReturning(c)
  let from: FromItem[] = []
  if (take(c, 'USING') || take(c, 'FROM')) from = readFromItems(c)
  else if (announced && isJoinNext(c)) throw unexpected(c, 'WHERE')
  const where = readWhere(c)
  returning = readReturning(c) ?? returning ?? NO_RETURNING
  return { kind: 'delete', ...ctes, targets, from, where, ...returning }
}

function isJoinNext(c: Cursor): boolean {
  return isNext(c, 'JOIN') || peek(c, 1).key === 'JOIN'
}

export function readMerge(c: Cursor, ctes: With): Statement {
  advance(c)
  skipTop(c)
  if (take(c, 'WITH', 'SCHEMA')) c.at += 1
  take(c, 'INTO')
  const path = readPath(c, 'a table')
  skipHints(c)
  const bare = toTarget(c, path)
  const alias = readAlias(c)
  const target = alias === undefined ? bare : { ...bare, alias }
  expect(c, 'USING')
  const source = readSource(c)
  const using = take(c, 'USING') ? readNameList(c) : []
  const on = using.length > 0 ? [] : readMergeCondition(c)
  const actions: MergeAction[] = []
  while (take(c, 'WHEN')) actions.push(...readMergeBranch(c))
  // Redshift: rows of the source take the place of those that match.
  if (take(c, 'REMOVE', 'DUPLICATES')) actions.push({ kind: 'star', condition: [], byName: false })
  return { kind: 'merge', ...ctes, target, source, on, using, actions, ...(readReturning(c) ?? NO_RETURNING) }
}

function readMergeCondition(c: Cursor): Expression[] {
  expect(c, 'ON')
  return [c.grammar.expression(c)]
}

function readMergeBranch(c: Cursor): MergeAction[] {
  const condition: Expression[] = []
  take(c, 'NOT')
  expect(c, 'MATCHED')
  if (take(c, 'BY')) c.at += 1
  if (take(c, 'AND') || take(c, 'WHERE')) condition.push(c.grammar.expression(c))
  expect(c, 'THEN')
  const actions: MergeAction[] = []
  if (take(c, 'DO', 'NOTHING')) return actions
  if (take(c, 'UPDATE')) actions.push(readMergeUpdate(c, condition))
  else if (take(c, 'INSERT')) actions.push(readMergeInsert(c, condition))
  if (take(c, 'DELETE')) {
    const where = take(c, 'WHERE') ? [c.grammar.expression(c)] : []
    actions.push({ kind: 'delete', condition: [...condition, ...where] })
  }
  if (actions.length === 0) throw unexpected(c, 'UPDATE, INSERT or DELETE')
  return actions
}

function readMergeUpdate(c: Cursor, condition: readonly Expression[]): MergeAction {
  if (take(c, 'ALL', 'BY', 'NAME')) return { kind: 'star', condition, byName: true }
  if (take(c, 'BY', 'NAME') || !isNext(c, 'SET')) return { kind: 'star', condition, byName: true }
  expect(c, 'SET')
  if (take(c, '*')) {
    skipException(c)
    return { kind: 'star', condition, byName: true }
  }
  const assignments = readAssignments(c)
  const where = take(c, 'WHERE') ? [c.grammar.expression(c)] : []
  return { kind: 'update', condition: [...condition, ...where], assignments }
}

function skipException(c: Cursor): void {
  if (take(c, 'EXCEPT')) c.skipped.push({ start: peek(c).start, end: peek(c).end })
  if (isNext(c, '(')) readNameList(c)
}

function readMergeInsert(c: Cursor, condition: readonly Expression[]): MergeAction {
  if (take(c, '*')) {
    skipException(c)
    return { kind: 'star', condition, byName: true }
  }
  if (take(c, 'ROW')) return { kind: 'star', condition, byName: false }
  if (take(c, 'ALL', 'BY', 'NAME') || take(c, 'BY', 'NAME')) return { kind: 'star', condition, byName: true }
  if (isNext(c, 'WHEN') || isNext(c, ';') || peek(c).type === 'end') return { kind: 'star', condition, byName: false }
  const columns = isNext(c, '(') ? readNameList(c) : []
  if (take(c, 'OVERRIDING')) c.at += 2
  if (take(c, 'ROW')) return { kind: 'star', condition, byName: false }
  if (take(c, 'DEFAULT', 'VALUES')) return { kind: 'insert', condition, columns: [], values: [] }
  expect(c, 'VALUES')
  expect(c, '(')
  const values = readExpressionList(c)
  expect(c, ')')
  const where = take(c, 'WHERE') ? [c.grammar.expression(c)] : []
  return { kind: 'insert', condition: [...condition, ...where], columns, values }
}

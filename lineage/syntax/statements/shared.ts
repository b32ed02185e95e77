import type { Assignment, Expression, Name, Path, Returning, Target } from '../ast.ts'
import {
  type Cursor,
  expect,
  isNext,
  peek,
  previousEnd,
  readName,
  readNameList,
  readPath,
  skipParens,
  take,
} from '../cursor.ts'
import { readSelectItems } from '../select-items.ts'

export function toTarget(c: Cursor, path: Path, temporary = false): Target {
  return { path, temporary, start: path[0]?.start ?? 0, end: previousEnd(c) }
}

export function readTarget(c: Cursor, temporary = false): Target {
  return toTarget(c, readPath(c, 'a table'), temporary)
}

export function skipExists(c: Cursor): void {
  if (!take(c, 'IF', 'NOT', 'EXISTS')) take(c, 'IF', 'EXISTS')
}

const ASSIGNMENT = new Set(['=', ':=', '+=', '-=', '*=', '/=', '%=', '||=', '&=', '|=', '^='])

/** `a = x, t.b = y, (c, d) = (SELECT …)`. */
export function readAssignments(c: Cursor): Assignment[] {
  const list: Assignment[] = []
  do {
    list.push(readAssignment(c))
  } while (take(c, ','))
  return list
}

function readAssignment(c: Cursor): Assignment {
  const columns: Path[] = []
  if (isNext(c, '(')) columns.push(...readNameList(c).map((name): Path => [name]))
  else columns.push(readAssigned(c))
  let operator = peek(c).key
  c.at += 1
  // `+ =` reads as two operators.
  if (!ASSIGNMENT.has(operator) && isNext(c, '=')) {
    operator += '='
    c.at += 1
  }
  if (!ASSIGNMENT.has(operator)) {
    c.at -= 1
    expect(c, '=')
  }
  const value = c.grammar.expression(c)
  if (operator === '=' || operator === ':=' || columns.length > 1) return { columns, value }
  const [path = []] = columns
  const own: Expression = { kind: 'column', path, start: path[0]?.start ?? 0, end: value.start }
  return {
    columns,
    value: { kind: 'operation', operands: [own, value], cast: false, start: own.start, end: value.end },
  }
}

function readAssigned(c: Cursor): Path {
  if (peek(c).type === 'variable') {
    const { text, start, end } = peek(c)
    c.at += 1
    return [{ text, quoted: false, start, end }]
  }
  const path: Name[] = [readName(c, 'a column')]
  while (take(c, '.')) path.push(readName(c, 'a column'))
  while (isNext(c, '[')) {
    c.at += 1
    c.grammar.expression(c)
    expect(c, ']')
  }
  return path
}

/** RETURNING …, OUTPUT … [INTO t (…)]. */
export function readReturning(c: Cursor): Returning | undefined {
  if (!take(c, 'RETURNING') && !(isNext(c, 'OUTPUT') && c.traits.dialect === 'tsql' && take(c, 'OUTPUT')))
    return undefined
  const returning = readSelectItems(c)
  if (!take(c, 'INTO')) return { returning }
  if (c.traits.dialect !== 'tsql') {
    do {
      readPath(c, 'a variable')
    } while (take(c, ','))
    return { returning }
  }
  const target = readTarget(c)
  const columns = isNext(c, '(') ? readNameList(c) : []
  return { returning, into: { target, columns } }
}

export const NO_RETURNING: Returning = { returning: [] }

export function skipTop(c: Cursor): void {
  if (!isNext(c, 'TOP', '(') && !(isNext(c, 'TOP') && peek(c, 1).type === 'number')) return
  c.at += 1
  if (isNext(c, '(')) skipParens(c)
  else c.at += 1
  take(c, 'PERCENT')
}

export function skipHints(c: Cursor): void {
  if (isNext(c, 'WITH', '(') && c.traits.dialect === 'tsql') {
    c.at += 1
    skipParens(c)
  }
}

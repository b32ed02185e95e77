import type { Expression, Path, Statement } from '../ast.ts'
import { advance, type Cursor, isName, isNext, peek, readPath, skipParens, take } from '../cursor.ts'
import { readQuery } from '../query.ts'
import { readView } from './create.ts'
import { readRoutine } from './routine.ts'
import { NO_RETURNING, readAssignments, skipExists, toTarget } from './shared.ts'
import { readSet } from './use.ts'

const OTHER: Statement = { kind: 'other' }

/** From ALTER to where what it says is known. */
export function readAlter(c: Cursor): Statement {
  advance(c)
  if (take(c, 'SESSION')) return readSet(c)
  while (isName(peek(c)) && !/^(?:VIEW|TABLE|PROCEDURE|PROC|FUNCTION|TRIGGER|DATABASE|SCHEMA|TASK)$/.test(peek(c).key))
    c.at += 1
  const object = advance(c).key
  if (object === 'VIEW') return readView(c, false)
  if (object === 'TABLE') return readAlterTable(c)
  if (/^(?:PROCEDURE|PROC|FUNCTION|TRIGGER)$/.test(object) && c.traits.dialect === 'tsql') return readRoutine(c, object)
  return OTHER
}

function readAlterTable(c: Cursor): Statement {
  skipExists(c)
  take(c, 'ONLY')
  const table = readPath(c, 'a table')
  const clone = (target: Path, source: Path): Statement => ({
    kind: 'clone',
    target: toTarget(c, target),
    source,
    shapeOnly: false,
    append: true,
  })
  if (take(c, 'RENAME', 'TO') || take(c, 'RENAME', 'AS')) return rename(table, readPath(c, 'a table'), false)
  if (
    isNext(c, 'RENAME') &&
    isName(peek(c, 1)) &&
    !/^(?:COLUMN|CONSTRAINT|INDEX|KEY|PARTITION)$/.test(peek(c, 1).key) &&
    peek(c, 2).key !== 'TO'
  ) {
    c.at += 1
    return rename(table, readPath(c, 'a table'), false)
  }
  if (take(c, 'SWAP', 'WITH')) return rename(table, readPath(c, 'a table'), true)
  if (take(c, 'APPEND', 'FROM')) return clone(table, readPath(c, 'a table'))
  if (
    take(c, 'SWITCH') ||
    isNext(c, 'EXCHANGE') ||
    isNext(c, 'REPLACE', 'PARTITION') ||
    isNext(c, 'ATTACH', 'PARTITION') ||
    isNext(c, 'MOVE', 'PARTITION')
  )
    return readPartitionMove(c, table, clone)
  if (take(c, 'MODIFY', 'QUERY'))
    return { kind: 'create', object: 'view', target: toTarget(c, table), columns: [], query: readQuery(c) }
  if (take(c, 'UPDATE')) return readMutation(c, table)
  return OTHER
}

function rename(from: Path, to: Path, swap: boolean): Statement {
  // A name without its schema stays where the table is.
  const full = to.length < from.length ? [...from.slice(0, from.length - to.length), ...to] : to
  return { kind: 'rename', moves: [{ from, to: full }], swap }
}

/** EXCHANGE PARTITION p WITH TABLE s; SWITCH PARTITION n TO t; REPLACE PARTITION p FROM s; MOVE PARTITION p TO TABLE t. */
function readPartitionMove(c: Cursor, table: Path, clone: (target: Path, source: Path) => Statement): Statement {
  while (peek(c).type !== 'end' && !isNext(c, ';')) {
    if (take(c, 'WITH', 'TABLE') || take(c, 'FROM', 'TABLE') || take(c, 'FROM'))
      return clone(table, readPath(c, 'a table'))
    if (take(c, 'TO', 'TABLE') || take(c, 'TO')) return clone(readPath(c, 'a table'), table)
    if (isNext(c, '(')) skipParens(c)
    else c.at += 1
  }
  return OTHER
}

/** ClickHouse's ALTER TABLE t UPDATE a = b WHERE …. */
function readMutation(c: Cursor, table: Path): Statement {
  const assignments = readAssignments(c)
  const where: Expression[] = take(c, 'WHERE') ? [c.grammar.expression(c)] : []
  const source = {
    kind: 'table' as const,
    path: table,
    columns: [],
    start: table[0]?.start ?? 0,
    end: table.at(-1)?.end ?? 0,
  }
  const sources = [{ source, join: 'first' as const, natural: false, using: [], on: [] }]
  return { kind: 'update', with: [], recursive: false, sources, from: [], assignments, where, ...NO_RETURNING }
}

/** RENAME TABLE a TO b, c TO d; RENAME a TO b; EXCHANGE TABLES a AND b. */
export function readRename(c: Cursor): Statement {
  const swap = advance(c).key === 'EXCHANGE'
  if (/^(?:TABLE|TABLES|DICTIONARY|DICTIONARIES|VIEW)$/.test(peek(c).key)) c.at += 1
  const moves: { from: Path; to: Path }[] = []
  do {
    const from = readPath(c, 'a table')
    if (!take(c, 'TO') && !take(c, 'AND')) return OTHER
    moves.push({ from, to: readPath(c, 'a table') })
  } while (take(c, ','))
  return { kind: 'rename', moves, swap }
}

export function readDrop(c: Cursor): Statement {
  advance(c)
  while (isName(peek(c)) && !/^(?:TABLE|VIEW)$/.test(peek(c).key)) {
    if (!/^(?:TEMPORARY|TEMP|MATERIALIZED|EXTERNAL|DYNAMIC|FOREIGN|SNAPSHOT|STREAMING|ICEBERG)$/.test(peek(c).key))
      return OTHER
    c.at += 1
  }
  if (peek(c).type === 'end') return OTHER
  c.at += 1
  skipExists(c)
  const targets: Path[] = []
  do {
    targets.push(readPath(c, 'a table'))
  } while (take(c, ','))
  return { kind: 'drop', targets }
}

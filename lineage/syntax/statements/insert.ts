import type { Assignment, Expression, FromItem, InsertStatement, InsertTarget, Name, Query, Statement } from '../ast.ts'
import { readCall } from '../calls.ts'
import { readExpressionList } from '../clauses.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  readName,
  readNameList,
  readPath,
  skipParens,
  take,
  unexpected,
} from '../cursor.ts'
import { readQuery } from '../query.ts'
import { isQueryNext } from '../query-start.ts'
import type { With } from '../with.ts'
import { readAssignments, readReturning, readTarget, skipHints, skipTop, toTarget } from './shared.ts'

const MODIFIERS = new Set(['LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY', 'IGNORE'])
const CONFLICTS = new Set(['REPLACE', 'IGNORE', 'ABORT', 'FAIL', 'ROLLBACK', 'OVERWRITE'])

/** From INSERT or REPLACE to the end of the statement. */
export function readInsert(c: Cursor, ctes: With): Statement {
  advance(c)
  while (MODIFIERS.has(peek(c).key)) c.at += 1
  if (isNext(c, 'OR') && CONFLICTS.has(peek(c, 1).key)) c.at += 2
  skipTop(c)
  const overwrite = take(c, 'OVERWRITE')
  if (isNext(c, 'ALL') || (isNext(c, 'FIRST') && peek(c, 1).key === 'WHEN')) return readInsertAll(c, ctes)
  if (overwrite && (isNext(c, 'DIRECTORY') || isNext(c, 'LOCAL', 'DIRECTORY'))) return readDirectory(c)
  take(c, 'INTO')
  if (take(c, 'FUNCTION') || take(c, 'TABLE', 'FUNCTION')) {
    const [first, table] = readCall(c, readPath(c, 'a function')).args.map((argument) => argument.value)
    // remote('host', db.t) and its relatives write to a table, the others to a file.
    if (table?.kind === 'column') return finishInsert(c, ctes, plainTarget(c, table.path))
    return readDirectory(c, first?.kind === 'literal' ? first.value : undefined)
  }
  take(c, 'TABLE')
  const head = readInsertHead(c)
  return finishInsert(c, ctes, head)
}

/** Hive's INSERT OVERWRITE [LOCAL] DIRECTORY '…' SELECT …, and what stands behind ClickHouse's INSERT INTO FUNCTION s3('…'). */
function readDirectory(c: Cursor, called?: string): Statement {
  let to = called
  while (!isQueryNext(c)) {
    if (isNext(c, 'DIRECTORY') && peek(c, 1).type === 'string') to ??= peek(c, 1).text
    if (advance(c).type === 'end') throw unexpected(c, 'a query')
  }
  return { kind: 'copy', query: readQuery(c), ...(to === undefined ? {} : { to }) }
}

/** The table, its partition, its alias and its columns. */
function readInsertHead(c: Cursor): InsertTarget {
  take(c, 'IF', 'NOT', 'EXISTS')
  const target = readTarget(c)
  skipHints(c)
  let partition = isNext(c, 'PARTITION', '(') ? readPartition(c) : []
  if (!take(c, 'IF', 'NOT', 'EXISTS')) take(c, 'IF', 'EXISTS')
  const alias = take(c, 'AS') || isOracleAlias(c) ? readName(c, 'an alias') : undefined
  const columns = isNext(c, '(') && !isQueryNext(c, 1) && peek(c, 1).key !== '(' ? readNameList(c) : []
  if (isNext(c, 'PARTITION', '(')) partition = readPartition(c)
  const byName = take(c, 'BY', 'NAME')
  if (take(c, 'BY', 'POSITION')) take(c, 'POSITION')
  return {
    target: alias === undefined ? target : { ...target, alias },
    columns,
    partition,
    byName,
    condition: [],
    updates: [],
  }
}

/** Oracle writes the table's alias without AS. */
function isOracleAlias(c: Cursor): boolean {
  return c.traits.dialect === 'oracle' && isName(peek(c)) && !isQueryNext(c) && !AFTER_TABLE.has(peek(c).key)
}

const AFTER_TABLE = new Set(['PARTITION', 'SUBPARTITION', 'RETURNING', 'LOG', 'WHEN', 'INTO', 'ELSE', 'BY', 'SET'])

function readPartition(c: Cursor): { column: Name; fixed: boolean }[] {
  c.at += 1
  expect(c, '(')
  const list: { column: Name; fixed: boolean }[] = []
  while (!take(c, ')')) {
    if (take(c, ',')) continue
    const column = readName(c, 'a column')
    const fixed = take(c, '=')
    if (fixed) c.grammar.expression(c)
    list.push({ column, fixed })
  }
  return list
}

function finishInsert(c: Cursor, ctes: With, head: InsertTarget): Statement {
  let returning = readReturning(c)
  if (take(c, 'OVERRIDING')) c.at += 2
  if (take(c, 'REPLACE', 'WHERE')) c.grammar.expression(c)
  else if (take(c, 'REPLACE', 'USING')) skipParens(c)
  if (isNext(c, 'SETTINGS')) while (!isQueryNext(c) && !isNext(c, 'FORMAT') && peek(c).type !== 'end') c.at += 1
  let updates: Assignment[] = []
  let source: Query | undefined
  if (take(c, 'DEFAULT', 'VALUES') || take(c, 'DEFAULT')) source = undefined
  else if (take(c, 'FROM', 'INFILE')) return { kind: 'copy', target: head, from: readName(c, 'a file').text }
  else if (isNext(c, 'FORMAT')) while (peek(c).type !== 'end' && !isNext(c, ';')) c.at += 1
  else if (take(c, 'SET')) source = valuesOf(readAssignments(c), (names) => (head = { ...head, columns: names }))
  else if (isNext(c, 'EXEC') || isNext(c, 'EXECUTE') || peek(c).key === ';' || peek(c).type === 'end') {
    while (peek(c).type !== 'end' && !isNext(c, ';')) c.at += 1
    return { kind: 'dynamic' }
  } else source = readQuery(c)
  const rowAlias = source !== undefined && isNext(c, 'AS') && isName(peek(c, 1)) ? readRowAlias(c) : undefined
  if (isNext(c, 'ON', 'CONFLICT')) updates = readConflict(c)
  else if (take(c, 'ON', 'DUPLICATE', 'KEY', 'UPDATE')) updates = readAssignments(c)
  returning = readReturning(c) ?? returning
  const target: InsertTarget = { ...head, updates, ...(rowAlias === undefined ? {} : { rowAlias }) }
  return {
    kind: 'insert',
    ...ctes,
    targets: [target],
    ...(source === undefined ? {} : { source }),
    ...(returning ?? { returning: [] }),
  }
}

function readRowAlias(c: Cursor): Name {
  c.at += 1
  const alias = readName(c, 'an alias')
  if (isNext(c, '(')) readNameList(c)
  return alias
}

/** MySQL's INSERT INTO t SET a = x: as if it were VALUES. */
function valuesOf(assignments: readonly Assignment[], name: (columns: Name[]) => void): Query {
  const names = assignments.flatMap(({ columns }) =>
    columns.map((path) => path.at(-1)).filter((part) => part !== undefined),
  )
  name(names)
  const rows = [assignments.map(({ value }) => value)]
  const start = rows[0]?.[0]?.start ?? 0
  return {
    kind: 'nested',
    with: [],
    recursive: false,
    order: [],
    start,
    end: start,
    body: { kind: 'values', rows, start, end: start },
  }
}

/** ON CONFLICT (…) WHERE … DO UPDATE SET … WHERE …. */
function readConflict(c: Cursor): Assignment[] {
  c.at += 2
  while (!isNext(c, 'DO')) {
    if (isNext(c, '(')) skipParens(c)
    else if (advance(c).type === 'end') throw unexpected(c, 'DO')
  }
  c.at += 1
  if (!take(c, 'UPDATE', 'SET')) {
    take(c, 'NOTHING')
    return []
  }
  const updates = readAssignments(c)
  if (take(c, 'WHERE')) c.grammar.expression(c)
  return updates
}

/** Oracle's and Snowflake's INSERT ALL [WHEN … THEN] INTO a (…) VALUES (…) INTO b SELECT …. */
function readInsertAll(c: Cursor, ctes: With): Statement {
  advance(c)
  const targets: InsertTarget[] = []
  let condition: Expression[] = []
  for (;;) {
    if (take(c, 'WHEN')) {
      condition = [c.grammar.expression(c)]
      expect(c, 'THEN')
    } else if (take(c, 'ELSE')) condition = []
    else if (take(c, 'INTO')) targets.push({ ...readAllTarget(c), condition })
    else break
  }
  return { kind: 'insert', ...ctes, targets, source: readQuery(c), returning: [] }
}

function readAllTarget(c: Cursor): InsertTarget {
  const head = readInsertHead(c)
  if (!take(c, 'VALUES')) return head
  expect(c, '(')
  const values = readExpressionList(c)
  expect(c, ')')
  return { ...head, values }
}

/** Hive's FROM s INSERT INTO a SELECT … INSERT INTO b SELECT …: each select reads the one FROM. */
export function readHiveInserts(c: Cursor, from: readonly FromItem[]): Statement[] {
  const statements: Statement[] = []
  while (isNext(c, 'INSERT')) {
    const statement = readInsert(c, { with: [], recursive: false })
    statements.push(statement.kind === 'insert' ? withFrom(statement, from) : statement)
  }
  return statements
}

function withFrom(statement: InsertStatement, from: readonly FromItem[]): InsertStatement {
  const body = statement.source?.body
  if (statement.source === undefined || body === undefined || body.kind !== 'select') return statement
  return { ...statement, source: { ...statement.source, body: { ...body, from } } }
}

/** A table written to without a column list. */
export function plainTarget(c: Cursor, path: ReturnType<typeof readPath>, columns: readonly Name[] = []): InsertTarget {
  return { target: toTarget(c, path), columns, partition: [], byName: false, condition: [], updates: [] }
}

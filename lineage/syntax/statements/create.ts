import type { CloneStatement, CreateStatement, Name, Path, Query, Statement, Target } from '../ast.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  readName,
  readPath,
  skipParens,
  take,
  toName,
  unexpected,
} from '../cursor.ts'
import { readQuery } from '../query.ts'
import { isQueryNext } from '../query-start.ts'
import { readPackage, readRoutine } from './routine.ts'
import { readTarget, skipExists, toTarget } from './shared.ts'

const TEMPORARY = new Set(['TEMP', 'TEMPORARY', 'VOLATILE'])
const OBJECTS = new Set(
  'VIEW TABLE PROCEDURE PROC FUNCTION TRIGGER TASK RULE STREAM SYNONYM DICTIONARY PIPE MODEL EVENT FLOW SCHEMA DATABASE INDEX SEQUENCE TYPE ROLE USER STAGE WAREHOUSE EXTENSION PACKAGE LOGIN POLICY MACRO CATALOG'.split(
    ' ',
  ),
)

/** From CREATE, or ALTER … AS, to the end of the statement. */
export function readCreate(c: Cursor): Statement {
  advance(c)
  if (isNext(c, 'OR')) c.at += 2
  const start = c.at
  let temporary = false
  while (!OBJECTS.has(peek(c).key) || isOption(c)) {
    const token = peek(c)
    if (token.type === 'end' || token.key === ';') return { kind: 'other' }
    // Made from a query, whatever it is: to say nothing of it would be to say that nothing is missing.
    if (token.key === 'AS' && isQueryNext(c, 1)) {
      c.at = start
      throw unexpected(c, 'something that CREATE makes')
    }
    temporary ||= TEMPORARY.has(token.key)
    if (isNext(c, '(')) skipParens(c)
    else c.at += 1
  }
  return readObject(c, advance(c).key, temporary)
}

/** DEFINER = user, ALGORITHM = …: a keyword that is a value here. */
function isOption(c: Cursor): boolean {
  return peek(c, -1).key === '=' || peek(c, 1).key === '='
}

function readObject(c: Cursor, object: string, temporary: boolean): Statement {
  switch (object) {
    case 'VIEW':
      return readView(c, temporary)
    case 'MODEL':
      return readView(c, temporary, object)
    case 'FLOW':
      return readFlow(c)
    case 'TABLE':
      if (isNext(c, 'FUNCTION') && isName(peek(c, 1))) return readRoutine(c, advance(c).key)
      return readCreateTable(c, temporary)
    case 'PROCEDURE':
    case 'PROC':
    case 'FUNCTION':
    case 'MACRO':
    case 'TRIGGER':
    case 'TASK':
    case 'EVENT':
    case 'RULE':
      return readRoutine(c, object)
    case 'PACKAGE':
      return readPackage(c)
    case 'STREAM':
    case 'SYNONYM':
      return readReference(c)
    case 'DICTIONARY':
      return readDictionary(c)
    case 'PIPE':
      while (!isNext(c, 'AS')) if (advance(c).type === 'end') throw unexpected(c, 'AS')
      c.at += 1
      return c.grammar.statement(c)
    default:
      return { kind: 'other' }
  }
}

/** Databricks' CREATE FLOW f AS INSERT INTO t …, … AS AUTO CDC INTO t …: the flow itself holds nothing. */
function readFlow(c: Cursor): Statement {
  while (!take(c, 'AS')) if (advance(c).type === 'end') return { kind: 'other' }
  return c.grammar.statement(c)
}

export function readView(c: Cursor, temporary: boolean, object = 'VIEW'): Statement {
  skipExists(c)
  const target = readTarget(c, temporary)
  if (isNext(c, 'RENAME', 'TO')) {
    c.at += 2
    return { kind: 'rename', moves: [{ from: target.path, to: readPath(c, 'a view') }], swap: false }
  }
  let columns: Name[] = []
  let to: Target | undefined
  let named = c.at
  let body: number | undefined
  for (;;) {
    if (take(c, 'TO') && isName(peek(c))) {
      to = readTarget(c)
      named = c.at
    } else if (isNext(c, '(') && isColumnList(c, named)) columns = readDefinitions(c).columns
    else if (takeQueryStart(c)) return create('view', target, columns, readQuery(c), to)
    else if (peek(c).type === 'end' || isNext(c, ';')) {
      if (body === undefined) return { kind: 'other' }
      c.at = body
      throw unexpected(c, 'a query')
    } else if (isNext(c, '(')) skipParens(c)
    else {
      if (isNext(c, 'AS') && object === 'VIEW') body ??= c.at + 1
      c.at += 1
    }
  }
}

/** Whether the parenthesis lists columns: it stands right behind the name; behind an option it belongs to that one. */
function isColumnList(c: Cursor, named: number): boolean {
  if (isQueryNext(c, 1) || peek(c, 1).key === '(') return false
  return c.at === named || peek(c, -1).key === 'GRANTS' || peek(c, -2).key === 'CLUSTER' || peek(c, -2).key === 'UUID'
}

function create(
  object: 'view' | 'table',
  target: Target,
  columns: readonly Name[],
  query: Query | undefined,
  to?: Target,
): CreateStatement {
  return {
    kind: 'create',
    object,
    target,
    columns,
    ...(query === undefined ? {} : { query }),
    ...(to === undefined ? {} : { to }),
  }
}

/** Whether a query comes next, behind AS or bare; steps over the AS. */
function takeQueryStart(c: Cursor): boolean {
  if (isNext(c, 'AS')) {
    let ahead = 1
    while (peek(c, ahead).key === '(') ahead += 1
    if (!isQueryNext(c, ahead)) return false
    c.at += 1
    return true
  }
  // WITH (option = x) and VALUES belong to the table; only SELECT can stand bare.
  const bare = peek(c).key === '(' ? peek(c, 1) : peek(c)
  return (
    bare.type === 'word' &&
    (bare.key === 'SELECT' ||
      (bare.key === 'WITH' &&
        peek(c).key !== '(' &&
        isName(peek(c, 1)) &&
        peek(c, 2).key === 'AS' &&
        peek(c, 3).key === '('))
  )
}

function readCreateTable(c: Cursor, temporary: boolean): Statement {
  skipExists(c)
  const target = readTarget(c, temporary)
  let columns: Name[] = []
  let like: Path | undefined
  const named = c.at
  for (;;) {
    const clone = readClone(c, target)
    if (clone !== undefined) return clone
    if (isNext(c, '(') && isColumnList(c, named)) {
      const definitions = readDefinitions(c)
      columns = definitions.columns
      like ??= definitions.like
    } else if (takeQueryStart(c)) return create('table', target, columns, readQuery(c))
    else if (peek(c).type === 'end' || isNext(c, ';') || isNextStatement(c)) break
    else if (isNext(c, '(')) skipParens(c)
    else c.at += 1
  }
  if (like !== undefined && columns.length === 0)
    return { kind: 'clone', target, source: like, shapeOnly: true, append: false }
  return create('table', target, columns, undefined)
}

/** Where no semicolon ends a statement, the next one's first word does. */
function isNextStatement(c: Cursor): boolean {
  return (
    c.traits.bareStatements &&
    /^(?:INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|DROP|DECLARE|SELECT|WITH|EXEC|GO|IF|BEGIN|END|PRINT|TRUNCATE)$/.test(
      peek(c).key,
    ) &&
    peek(c, 1).key !== '('
  )
}

function readClone(c: Cursor, target: Target): CloneStatement | undefined {
  const done = (shapeOnly: boolean): CloneStatement => ({
    kind: 'clone',
    target,
    source: readPath(c, 'a table'),
    shapeOnly,
    append: false,
  })
  if (isNext(c, 'COPY', 'GRANTS')) return undefined
  if (take(c, 'CLONE') || take(c, 'SHALLOW', 'CLONE') || take(c, 'DEEP', 'CLONE') || take(c, 'COPY'))
    return isName(peek(c)) ? done(false) : undefined
  if (isNext(c, 'LIKE') && isName(peek(c, 1))) {
    c.at += 1
    return done(true)
  }
  // ClickHouse: CREATE TABLE a AS b.
  if (
    c.traits.dialect === 'clickhouse' &&
    isNext(c, 'AS') &&
    isName(peek(c, 1)) &&
    !isQueryNext(c, 1) &&
    peek(c, 2).key !== '('
  ) {
    c.at += 1
    return done(true)
  }
  return undefined
}

const NO_COLUMNS = new Set([
  'CONSTRAINT',
  'PRIMARY',
  'FOREIGN',
  'UNIQUE',
  'CHECK',
  'KEY',
  'INDEX',
  'FULLTEXT',
  'SPATIAL',
  'EXCLUDE',
  'PERIOD',
  'PROJECTION',
])

/** Names of the columns a parenthesis defines; `LIKE t` in it. */
function readDefinitions(c: Cursor): { readonly columns: Name[]; readonly like: Path | undefined } {
  expect(c, '(')
  const columns: Name[] = []
  let like: Path | undefined
  while (!take(c, ')')) {
    if (take(c, ',')) continue
    const token = peek(c)
    if (token.type === 'end') throw unexpected(c, ')')
    if (token.key === 'LIKE' && isName(peek(c, 1))) {
      c.at += 1
      like = readPath(c, 'a table')
    } else if ((isName(token) || token.type === 'string') && !isConstraint(c)) columns.push(toName(token))
    skipDefinition(c)
  }
  return { columns, like }
}

/** Dialects whose table definitions hold `INDEX name (…)`. */
const NAMED_INDEXES = new Set<string>(['mysql', 'mariadb', 'tsql', 'clickhouse'])

function isConstraint(c: Cursor): boolean {
  const token = peek(c)
  if (token.type !== 'word' || !NO_COLUMNS.has(token.key)) return false
  const next = peek(c, 1)
  if (token.key === 'CONSTRAINT') return isName(next)
  if (token.key === 'PRIMARY' || token.key === 'FOREIGN') return next.key === 'KEY'
  if (token.key === 'PERIOD') return next.key === 'FOR'
  if (next.key === '(' || /^(?:KEY|INDEX|CLUSTERED|NONCLUSTERED|USING)$/.test(next.key)) return true
  return (
    NAMED_INDEXES.has(c.traits.dialect) &&
    isName(next) &&
    (peek(c, 2).key === '(' || token.key === 'PROJECTION' || token.key === 'INDEX')
  )
}

/** To the comma behind a column or its parenthesis; angle brackets of types hold commas too. */
function skipDefinition(c: Cursor): void {
  let angles = 0
  for (;;) {
    const { key, type } = peek(c)
    if (type === 'end' || (key === ')' && angles <= 0) || (key === ',' && angles <= 0)) return
    if (key === '<') angles += 1
    else if (key === '>') angles -= 1
    else if (key === '>>') angles -= 2
    if (key === '(') skipParens(c)
    else c.at += 1
  }
}

/** CREATE STREAM s ON TABLE t, CREATE SYNONYM s FOR t: another name for what t holds. */
function readReference(c: Cursor): Statement {
  skipExists(c)
  const target = readTarget(c)
  while (!isNext(c, 'ON') && !isNext(c, 'FOR')) if (advance(c).type === 'end') return { kind: 'other' }
  c.at += 1
  if (!take(c, 'TABLE') && !take(c, 'VIEW') && (isNext(c, 'STAGE') || isNext(c, 'EXTERNAL'))) return { kind: 'other' }
  return { kind: 'clone', target, source: readPath(c, 'a table'), shapeOnly: false, append: false }
}

/** ClickHouse's CREATE DICTIONARY … SOURCE(CLICKHOUSE(TABLE 't' DB 'd')). */
function readDictionary(c: Cursor): Statement {
  skipExists(c)
  const target = readTarget(c)
  let table: Name | undefined
  let database: Name | undefined
  while (peek(c).type !== 'end' && !isNext(c, ';')) {
    const { key } = advance(c)
    const value = peek(c)
    if (key === 'TABLE' && (isName(value) || value.type === 'string')) table = readName(c, 'a table')
    else if (key === 'DB' && (isName(value) || value.type === 'string')) database = readName(c, 'a database')
  }
  if (table === undefined) return { kind: 'other' }
  const source = [...(database === undefined ? [] : [database]), ...splitDots(table)]
  return { kind: 'clone', target: toTarget(c, target.path), source, shapeOnly: false, append: false }
}

function splitDots(name: Name): Name[] {
  return name.text.split('.').map((text) => ({ ...name, text }))
}

import type {
  Expression,
  Name,
  ParsedStatement,
  Path,
  Query,
  RoutineStatement,
  Script,
  Select,
  Statement,
} from '../ast.ts'
import {
  advance,
  type Cursor,
  isName,
  isNext,
  peek,
  previousEnd,
  readPath,
  skipParens,
  take,
  toName,
} from '../cursor.ts'
import { isQueryNext } from '../query-start.ts'
import { skipExists } from './shared.ts'

type Kind = RoutineStatement['routine']

const KINDS: Readonly<Record<string, Kind>> = {
  PROCEDURE: 'procedure',
  PROC: 'procedure',
  FUNCTION: 'function',
  MACRO: 'function',
  TRIGGER: 'trigger',
  TASK: 'task',
  EVENT: 'task',
  RULE: 'rule',
}

/** A routine from its name to the end of its body. */
export function readRoutine(c: Cursor, object: string): Statement {
  skipExists(c)
  const path = readPath(c, 'a routine')
  const parameters: Name[] = []
  if (isNext(c, '(')) readParameters(c, parameters)
  const header = readHeader(c, KINDS[object] ?? 'procedure', parameters)
  const { text } = header
  if (text !== undefined) {
    const language = header.language ?? findLanguage(c)
    return {
      kind: 'routine',
      routine: header.kind,
      name: path,
      parameters,
      language,
      body: undefined,
      text,
      ...on(header.on),
    }
  }
  const before = c.inRoutine
  c.inRoutine = true
  // DuckDB's macros: AS TABLE SELECT ….
  if (isNext(c, 'TABLE') && (isQueryNext(c, 1) || peek(c, 1).key === '(')) c.at += 1
  const body = readValueBody(c, header.kind) ?? c.grammar.body(c)
  c.inRoutine = before
  return {
    kind: 'routine',
    routine: header.kind,
    name: path,
    parameters,
    language: header.language,
    body,
    ...on(header.on),
  }
}

function on(path: Path | undefined): { readonly on?: Path } {
  return path === undefined ? {} : { on: path }
}

/** The value of a function that is one expression: `AS (x + (SELECT max(y) FROM t))`; ClickHouse's is a lambda. */
function readValueBody(c: Cursor, kind: Kind): Script | undefined {
  if (kind !== 'function' || !isNext(c, '(') || isQueryNext(c, 1)) return undefined
  let ahead = 1
  while (peek(c, ahead).key === '(') ahead += 1
  if (ahead > 1 && isQueryNext(c, ahead)) return undefined
  const { start } = peek(c)
  const value = c.traits.lambdaArrow ? readArrow(c) : c.grammar.expression(c)
  const end = previousEnd(c)
  const span = { start, end }
  const body: Select = {
    kind: 'select',
    distinctOn: [],
    items: [{ value, ...span }],
    from: [],
    where: [],
    group: [],
    having: [],
    windows: [],
    sort: [],
    ...span,
  }
  const query: Query = { kind: 'nested', with: [], recursive: false, body, order: [], ...span }
  return [{ statement: { kind: 'query', query }, skipped: [], ...span }]
}

/** `(x, y) -> x + y`, or any other expression. */
function readArrow(c: Cursor): Expression {
  const { at } = c
  const { start } = peek(c)
  const parameters: Name[] = []
  readParameters(c, parameters)
  if (!take(c, '->')) {
    c.at = at
    return c.grammar.expression(c)
  }
  const body = c.grammar.expression(c)
  return { kind: 'lambda', parameters, body, start, end: body.end }
}

/** Parameter names: the first word of each, past its direction. */
function readParameters(c: Cursor, parameters: Name[]): void {
  const open = c.at + 1
  skipParens(c)
  let first = true
  let depth = 0
  for (const token of c.tokens.slice(open, c.at - 1)) {
    if (token.key === '(' || token.key === '<') depth += 1
    else if (token.key === ')' || token.key === '>') depth -= 1
    else if (token.key === ',' && depth === 0) first = true
    else if (first && (isName(token) || token.type === 'variable') && !/^(?:IN|OUT|INOUT|VARIADIC)$/.test(token.key)) {
      parameters.push(toName(token))
      first = false
    }
  }
}

interface Header {
  readonly kind: Kind
  readonly language: string | undefined
  readonly on: Path | undefined
  readonly text?: NonNullable<RoutineStatement['text']>
}

const BODY_STARTS = new Set([
  'BEGIN',
  'DECLARE',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'SELECT',
  'RETURN',
  'IF',
  'CALL',
  'EXECUTE',
  'TRUNCATE',
  'REPLACE',
  'WHILE',
  'SET',
  'EXEC',
])

/** Options up to where the body begins: AS, IS, BEGIN, or the first word of its only statement. */
function readHeader(c: Cursor, kind: Kind, parameters: Name[]): Header {
  let language: string | undefined
  let table: Path | undefined
  for (;;) {
    const token = peek(c)
    const done = (text?: Header['text']): Header => ({
      kind,
      language,
      on: table,
      ...(text === undefined ? {} : { text }),
    })
    if (token.type === 'end' || token.key === ';') return done()
    if (token.type === 'variable' && token.text.startsWith('@')) {
      parameters.push(toName(advance(c)))
    } else if (take(c, 'LANGUAGE')) language = advance(c).key || peek(c, -1).text.toUpperCase()
    else if (kind === 'trigger' && token.key === 'ON' && table === undefined) {
      c.at += 1
      table = readPath(c, 'a table')
    } else if (kind === 'rule' && token.key === 'TO' && table === undefined) {
      c.at += 1
      table = readPath(c, 'a table')
    } else if ((token.key === 'AS' || token.key === 'IS' || token.key === 'DO') && startsBody(c, kind)) {
      c.at += 1
      take(c, 'ALSO')
      take(c, 'INSTEAD')
      return done(readText(c))
    } else if (isBodyStart(c, kind)) return done()
    else if (token.key === '(') skipParens(c)
    else c.at += 1
  }
}

/** AS before a body, not EXECUTE AS CALLER, RETURNS TABLE AS …, or the alias of a trigger's row. */
function startsBody(c: Cursor, kind: Kind): boolean {
  if (kind === 'rule') return isNext(c, 'DO')
  const next = peek(c, 1)
  if (peek(c).key === 'DO') return kind === 'task'
  if (/^(?:CALLER|OWNER|SELF|RESTRICT|USER|EXTERNAL|STATEMENT|OF)$/.test(next.key)) return next.key === 'EXTERNAL'
  return !(kind === 'trigger' && isName(next) && !BODY_STARTS.has(next.key))
}

function isBodyStart(c: Cursor, kind: Kind): boolean {
  const { key, type } = peek(c)
  if (type !== 'word' || !BODY_STARTS.has(key) || kind === 'rule') return false
  // The events of a trigger and clauses of options are no statements.
  if (kind === 'trigger' && /^(?:INSERT|UPDATE|DELETE|EXECUTE)$/.test(key))
    return /^(?:INTO|FROM|SET)$/.test(peek(c, 1).key) || (key === 'UPDATE' && peek(c, 2).key === 'SET')
  // MySQL's body may be one assignment; CHARACTER SET is no statement, nor is PostgreSQL's option.
  if (key === 'SET') return /^(?:mysql|mariadb)$/.test(c.traits.dialect) && !/^CHAR(?:ACTER)?$/.test(peek(c, -1).key)
  if (key === 'EXECUTE') return false
  return key !== 'CALL' && key !== 'IF' ? true : !isNext(c, 'CALLED')
}

function readText(c: Cursor): Header['text'] {
  const token = peek(c)
  if (token.type !== 'string') return undefined
  c.at += 1
  const opening = c.text.indexOf(token.text, token.start)
  const exact = opening >= 0 && opening + token.text.length <= token.end
  return { value: token.text, offset: exact ? opening : token.start, exact }
}

/** PostgreSQL names the language behind the body as often as before it. */
function findLanguage(c: Cursor): string | undefined {
  for (let ahead = 0; ; ahead++) {
    const token = peek(c, ahead)
    if (token.type === 'end' || token.key === ';') return undefined
    if (token.key === 'LANGUAGE') return peek(c, ahead + 1).text.toUpperCase()
  }
}

/** Oracle's CREATE PACKAGE [BODY]: the routines of its body; what a specification declares has none. */
export function readPackage(c: Cursor): Statement {
  const hasBody = take(c, 'BODY')
  skipExists(c)
  const path = readPath(c, 'a package')
  while (!isNext(c, 'AS') && !isNext(c, 'IS')) if (advance(c).type === 'end') return { kind: 'other' }
  c.at += 1
  const before = c.inRoutine
  c.inRoutine = true
  const body: ParsedStatement[] = []
  while (peek(c).type !== 'end' && !isNext(c, 'END')) {
    const { start } = peek(c)
    if (hasBody && (isNext(c, 'PROCEDURE') || isNext(c, 'FUNCTION'))) {
      const statement = readMember(c, path)
      body.push({ statement, skipped: [], start, end: previousEnd(c) })
    } else if (isNext(c, 'BEGIN')) body.push(...c.grammar.body(c))
    else skipToSemicolon(c)
  }
  c.inRoutine = before
  take(c, 'END')
  if (isName(peek(c))) c.at += 1
  return { kind: 'routine', routine: 'block', name: path, parameters: [], language: undefined, body }
}

/** A routine of a package, under the package's name; one that is only announced ends with its header. */
function readMember(c: Cursor, path: Path): Statement {
  const object = advance(c).key
  const member = readRoutine(c, object)
  take(c, ';')
  if (member.kind !== 'routine' || member.name === undefined) return member
  return { ...member, name: [...path, ...member.name] }
}

function skipToSemicolon(c: Cursor): void {
  while (peek(c).type !== 'end' && !isNext(c, ';')) {
    if (isNext(c, '(')) skipParens(c)
    else c.at += 1
  }
  take(c, ';')
}

/** DO $$ … $$: a block without a name. */
export function readBlock(c: Cursor): Statement {
  advance(c)
  let language = take(c, 'LANGUAGE') ? advance(c).text.toUpperCase() : undefined
  const text = readText(c)
  if (text === undefined) return { kind: 'other' }
  language ??= findLanguage(c)
  return { kind: 'routine', routine: 'block', parameters: [], language, body: undefined, text }
}

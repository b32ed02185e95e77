import type { Path, Statement } from '../ast.ts'
import { advance, type Cursor, isName, isNext, peek, take, toName } from '../cursor.ts'
import { readSource } from '../from.ts'
import { readQuery, readQueryAfter } from '../query.ts'
import { isQueryNext } from '../query-start.ts'
import { NO_WITH, readWith } from '../with.ts'
import { readAlter, readDrop, readRename } from './alter.ts'
import { readDelete, readMerge, readUpdate } from './change.ts'
import { readCopy, readExport, readLoad, readUnload } from './copy.ts'
import { readCreate } from './create.ts'
import { readInsert } from './insert.ts'
import { readBlock } from './routine.ts'
import { readTarget } from './shared.ts'
import { readSet, readUse } from './use.ts'

const OTHER: Statement = { kind: 'other' }

/** Reads the statement that comes next, whatever it is. */
export function readStatement(c: Cursor): Statement {
  const { key } = peek(c)
  switch (key) {
    case 'CREATE':
      return readCreate(c)
    case 'ALTER':
      return readAlter(c)
    case 'INSERT':
      return readInsert(c, NO_WITH)
    case 'REPLACE':
      return readInsert(c, NO_WITH)
    case 'UPDATE':
      return isNext(c, 'UPDATE', 'STATISTICS') ? OTHER : readUpdate(c, NO_WITH)
    case 'DELETE':
      return readDelete(c, NO_WITH)
    case 'MERGE':
      return readMerge(c, NO_WITH)
    case 'COPY':
      return readCopy(c)
    case 'UNLOAD':
      return readUnload(c)
    case 'EXPORT':
      return readExport(c)
    case 'LOAD':
      return readLoad(c)
    case 'RENAME':
    case 'EXCHANGE':
      return readRename(c)
    case 'DROP':
      return readDrop(c)
    case 'DO':
      return readBlock(c)
    case 'SHOW':
    case 'DESCRIBE':
    case 'SUMMARIZE':
      return OTHER
    case 'APPLY':
    case 'AUTO':
      return readChanges(c)
    case 'PREPARE':
      return readPrepare(c)
    case 'USE':
      return isName(peek(c, 1)) ? readUse(c) : OTHER
    case 'SET':
      return readSet(c)
    case 'EXEC':
    case 'EXECUTE':
      return readExecute(c)
    default:
      return isQueryNext(c) || key === '(' || key === 'PIVOT' || key === 'UNPIVOT' ? readQueryStatement(c) : OTHER
  }
}

function readQueryStatement(c: Cursor): Statement {
  if (isNext(c, 'WITH')) {
    const ctes = readWith(c)
    const { key } = peek(c)
    if (key === 'INSERT' || key === 'REPLACE') return readInsert(c, ctes)
    if (key === 'UPDATE') return readUpdate(c, ctes)
    if (key === 'DELETE') return readDelete(c, ctes)
    if (key === 'MERGE') return readMerge(c, ctes)
    return { kind: 'query', query: readQueryAfter(c, ctes) }
  }
  return { kind: 'query', query: readQuery(c) }
}

/** EXECUTE IMMEDIATE 'text', EXEC ('text'), EXEC sp_executesql N'text', EXEC sp_rename 'a', 'b', EXEC procedure. */
function readExecute(c: Cursor): Statement {
  advance(c)
  const immediate = take(c, 'IMMEDIATE')
  const wrapped = take(c, '(')
  if (isNext(c, 'SP_EXECUTESQL') || isNext(c, 'SYS', '.', 'SP_EXECUTESQL')) {
    skipToString(c)
    return dynamic(c)
  }
  if (isNext(c, 'SP_RENAME')) return readSpRename(c)
  // PL/pgSQL's EXECUTE runs a text; elsewhere it runs what was prepared.
  const runsText = c.inRoutine && /^(?:postgres|redshift)$/.test(c.traits.dialect)
  if (immediate || wrapped || runsText || peek(c).type === 'string') return dynamic(c)
  return OTHER
}

/** Databricks' APPLY CHANGES INTO t FROM s, AUTO CDC INTO t FROM s: rows of s become those of t. */
function readChanges(c: Cursor): Statement {
  if (!take(c, 'APPLY', 'CHANGES', 'INTO') && !take(c, 'AUTO', 'CDC', 'INTO')) return OTHER
  const target = readTarget(c)
  if (!take(c, 'FROM')) return OTHER
  const { path } = readStreamed(c)
  return path === undefined ? OTHER : { kind: 'clone', target, source: path, shapeOnly: false, append: true }
}

/** `s` or `STREAM(s)`. */
function readStreamed(c: Cursor): { readonly path: Path | undefined } {
  const source = readSource(c)
  if (source.kind === 'table') return { path: source.path }
  const [argument] = source.kind === 'function' && source.call.kind === 'call' ? source.call.args : []
  return { path: argument?.value.kind === 'column' ? argument.value.path : undefined }
}

/** PREPARE p AS SELECT …; MySQL's PREPARE p FROM 'text'. */
function readPrepare(c: Cursor): Statement {
  advance(c)
  while (!isNext(c, 'AS') && !isNext(c, 'FROM')) if (advance(c).type === 'end') return OTHER
  if (advance(c).key === 'FROM') return dynamic(c)
  return readStatement(c)
}

function skipToString(c: Cursor): void {
  c.at += isNext(c, 'SYS') ? 3 : 1
  if (peek(c).type === 'variable' && peek(c, 1).key === '=') c.at += 2
}

function dynamic(c: Cursor): Statement {
  const token = peek(c)
  const next = peek(c, 1)
  const whole =
    token.type === 'string' &&
    (next.type === 'end' ||
      next.key === ';' ||
      next.key === ')' ||
      next.key === ',' ||
      next.key === 'USING' ||
      next.key === 'INTO' ||
      next.type === 'word')
  return whole ? { kind: 'dynamic', text: token.text } : { kind: 'dynamic' }
}

function readSpRename(c: Cursor): Statement {
  c.at += 1
  const from = peek(c)
  const to = peek(c, 2)
  if (from.type !== 'string' || to.type !== 'string' || from.text.split('.').length > 3) return OTHER
  const path = (text: string) =>
    text.split('.').map((part) => ({ ...toName(from), text: part.replace(/^\[|\]$/g, '') }))
  const source = path(from.text)
  return { kind: 'rename', moves: [{ from: source, to: [...source.slice(0, -1), ...path(to.text)] }], swap: false }
}

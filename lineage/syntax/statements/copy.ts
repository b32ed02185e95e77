import type { Path, Statement } from '../ast.ts'
import { advance, type Cursor, isName, isNext, peek, readPath, skipParens, take } from '../cursor.ts'
import { isLocationNext, readLocation } from '../locations.ts'
import { readQuery } from '../query.ts'
import { isQueryNext } from '../query-start.ts'
import { plainTarget } from './insert.ts'
import { readTarget } from './shared.ts'

const OTHER: Statement = { kind: 'other' }

/** COPY in the ways of Snowflake, Databricks, PostgreSQL, Redshift and DuckDB; between a table or a query and files. */
export function readCopy(c: Cursor): Statement {
  advance(c)
  if (take(c, 'INTO')) return readCopyInto(c)
  if (isNext(c, '(')) {
    const query = readParenQuery(c)
    return query === undefined ? OTHER : { kind: 'copy', query, ...readTo(c) }
  }
  const path = readPath(c, 'a table')
  const columns = readColumns(c)
  if (!isNext(c, 'FROM')) return { kind: 'copy', query: tableQuery(path), ...readTo(c) }
  return { kind: 'copy', target: plainTarget(c, path, columns), ...readFrom(c) }
}

/** Where FROM says the rows come from, if that is a file or a stage. */
function readFrom(c: Cursor): { readonly from?: string } {
  return take(c, 'FROM') && isLocationNext(c) ? { from: readLocation(c) } : {}
}

function readTo(c: Cursor): { readonly to?: string } {
  return take(c, 'TO') && isLocationNext(c) ? { to: readLocation(c) } : {}
}

function readColumns(c: Cursor): ReturnType<typeof readPath> {
  if (!isNext(c, '(')) return []
  const at = c.at + 1
  skipParens(c)
  return c.tokens
    .slice(at, c.at - 1)
    .filter(isName)
    .map((token) => ({ text: token.text, quoted: token.type === 'quoted', start: token.start, end: token.end }))
}

function tableQuery(path: Path): ReturnType<typeof readQuery> {
  const start = path[0]?.start ?? 0
  const end = path.at(-1)?.end ?? 0
  return {
    kind: 'nested',
    with: [],
    recursive: false,
    order: [],
    start,
    end,
    body: { kind: 'table-query', table: path, start, end },
  }
}

function readParenQuery(c: Cursor): ReturnType<typeof readQuery> | undefined {
  if (!isQueryNext(c, 1) && peek(c, 1).key !== '(') return undefined
  c.at += 1
  const query = readQuery(c)
  take(c, ')')
  return query
}

function readCopyInto(c: Cursor): Statement {
  if (isLocationNext(c)) {
    const to = readLocation(c)
    while (!isNext(c, 'FROM')) if (advance(c).type === 'end') return OTHER
    c.at += 1
    const query = isNext(c, '(') ? readParenQuery(c) : tableQuery(readPath(c, 'a table'))
    return query === undefined ? OTHER : { kind: 'copy', query, to }
  }
  const { path } = readTarget(c)
  const target = plainTarget(c, path, readColumns(c))
  while (!isNext(c, 'FROM') && peek(c).type !== 'end' && !isNext(c, ';')) c.at += 1
  const from = readFrom(c)
  const query = isNext(c, '(') ? readParenQuery(c) : undefined
  return { kind: 'copy', target, ...(query === undefined ? {} : { query }), ...from }
}

/** UNLOAD ('SELECT …') TO …, UNLOAD (SELECT …) TO …. */
export function readUnload(c: Cursor): Statement {
  advance(c)
  if (isNext(c, '(') && peek(c, 1).type === 'string') {
    const { text } = peek(c, 1)
    skipParens(c)
    return { kind: 'copy', text, ...readTo(c) }
  }
  const query = isNext(c, '(') ? readParenQuery(c) : undefined
  return query === undefined ? OTHER : { kind: 'copy', query, ...readTo(c) }
}

/** EXPORT DATA OPTIONS (uri = '…') AS SELECT …. */
export function readExport(c: Cursor): Statement {
  const from = c.at
  while (!isQueryNext(c) || isNext(c, 'WITH', 'CONNECTION')) {
    if (isNext(c, '(') && !isQueryNext(c, 1)) skipParens(c)
    else if (advance(c).type === 'end') return OTHER
  }
  const to = findUri(c, from)
  return { kind: 'copy', query: readQuery(c), ...(to === undefined ? {} : { to }) }
}

/** The first string behind `uri =` or `uris = [` between a token and the cursor. */
function findUri(c: Cursor, from: number): string | undefined {
  const tokens = c.tokens.slice(from, c.at)
  const at = tokens.findIndex((token) => token.key === 'URI' || token.key === 'URIS')
  return at < 0 ? undefined : tokens.slice(at + 1, at + 5).find((token) => token.type === 'string')?.text
}

/** LOAD DATA [INPATH '…'] INTO [TABLE] t [FROM FILES (uris = ['…'])]. */
export function readLoad(c: Cursor): Statement {
  let from: string | undefined
  while (!isNext(c, 'INTO') && !isNext(c, 'OVERWRITE')) {
    if (peek(c).type === 'string') from ??= peek(c).text
    if (advance(c).type === 'end') return OTHER
  }
  c.at += 1
  take(c, 'TABLE')
  const target = plainTarget(c, readPath(c, 'a table'))
  const after = c.at
  while (isNext(c, '(') || (isName(peek(c)) && !isNext(c, 'FROM'))) {
    if (isNext(c, '(')) skipParens(c)
    else c.at += 1
  }
  if (take(c, 'FROM', 'FILES') && isNext(c, '(')) {
    skipParens(c)
    from ??= findUri(c, after)
  }
  return { kind: 'copy', target, ...(from === undefined ? {} : { from }) }
}

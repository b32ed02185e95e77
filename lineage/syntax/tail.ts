import type { Expression } from './ast.ts'
import { readExpressionList, readOrderList } from './clauses.ts'
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
  unexpected,
} from './cursor.ts'

/** ORDER BY, LIMIT and all that follows a whole query and changes no column; what ORDER BY reads is returned. */
export function readTail(c: Cursor): Expression[] {
  const order: Expression[] = []
  for (;;) {
    const next = peek(c, 1)
    if (take(c, 'ORDER', 'SIBLINGS', 'BY') || take(c, 'ORDER', 'BY')) {
      if (!take(c, 'ALL')) order.push(...readOrderList(c))
      else if (isNext(c, 'ASC') || isNext(c, 'DESC')) c.at += 1
    } else if (
      isNext(c, 'LIMIT') ||
      (isNext(c, 'OFFSET') &&
        (next.type === 'number' || next.type === 'variable' || next.key === '(' || next.type === 'word'))
    )
      readLimit(c, order)
    else if (isNext(c, 'FETCH') && /^(?:FIRST|NEXT)$/.test(next.key) && peek(c, 2).key !== 'FROM') {
      while (!/^(?:ONLY|TIES)$/.test(advance(c).key)) if (peek(c).type === 'end') throw unexpected(c, 'ROWS ONLY')
    } else if (isNext(c, 'FOR') && FOR_WORDS.has(next.key)) readFor(c)
    else if (isNext(c, 'LOCK', 'IN', 'SHARE', 'MODE')) c.at += 4
    else if (isNext(c, 'OPTION', '(')) {
      c.at += 1
      skipParens(c)
    } else if (isNext(c, 'SETTINGS') && isName(next)) readSettings(c)
    else if (isNext(c, 'FORMAT') && isName(next) && c.traits.dialect === 'clickhouse') c.at += 2
    else if (isNext(c, 'INTO', 'OUTFILE')) c.at += 3
    else if (take(c, 'INTERPOLATE')) {
      if (isNext(c, '(')) skipParens(c)
    } else if (isNext(c, 'SORT', 'BY') || isNext(c, 'CLUSTER', 'BY') || isNext(c, 'DISTRIBUTE', 'BY')) {
      c.at += 2
      order.push(...readOrderList(c))
    } else return order
  }
}

const FOR_WORDS = new Set('UPDATE SHARE NO KEY XML JSON BROWSE READ FETCH'.split(' '))

function readLimit(c: Cursor, order: Expression[]): void {
  c.at += 1
  if (peek(c).type === 'number' && peek(c, 1).key === '%') c.at += 2
  else if (!take(c, 'ALL')) c.grammar.expression(c)
  if (take(c, ',')) c.grammar.expression(c)
  if (/^(?:ROW|ROWS|PERCENT)$/.test(peek(c).key)) c.at += 1
  take(c, 'WITH', 'TIES')
  if (take(c, 'BY')) order.push(...readExpressionList(c))
}

/** FOR UPDATE OF t SKIP LOCKED, FOR XML PATH('x'), TYPE, FOR JSON AUTO. */
function readFor(c: Cursor): void {
  const word = peek(c, 1).key
  c.at += 2
  if (word === 'XML' || word === 'JSON' || word === 'BROWSE') {
    while (isName(peek(c)) && (peek(c, -1).key === ',' || peek(c, -1).key === word)) {
      c.at += 1
      if (isNext(c, '(')) skipParens(c)
      if (!take(c, 'BASE64') && !take(c, 'XSINIL')) take(c, 'ABSENT')
      take(c, ',')
    }
    return
  }
  while (/^(?:KEY|UPDATE|SHARE|ONLY)$/.test(peek(c).key)) c.at += 1
  if (take(c, 'OF'))
    do {
      readPath(c, 'a table')
    } while (take(c, ','))
  if (take(c, 'NOWAIT')) return
  if (take(c, 'SKIP', 'LOCKED')) return
  if (take(c, 'WAIT')) c.at += 1
}

function readSettings(c: Cursor): void {
  c.at += 1
  do {
    readName(c, 'a setting')
    expect(c, '=')
    c.grammar.expression(c)
  } while (take(c, ','))
}

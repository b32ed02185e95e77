import { HINTS } from './aliases.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  previousEnd,
  readName,
  skipParens,
  take,
  unexpected,
} from './cursor.ts'

/** What stands between a table and its alias, or behind it, and changes no column. */
export function readTableSuffixes(c: Cursor): void {
  for (;;) {
    const next = peek(c, 1)
    if (isNext(c, 'WITH', '(') && c.traits.dialect !== 'generic') {
      c.at += 1
      skipParens(c)
    } else if (isNext(c, '(') && HINTS.has(next.key)) skipParens(c)
    else if (isNext(c, 'FINAL') && c.traits.dialect === 'clickhouse') c.at += 1
    else if (isNext(c, '*') && c.traits.dialect === 'postgres') c.at += 1
    else if (isNext(c, '@') && isName(next)) skipLink(c)
    else if (peek(c).type === 'variable' && peek(c).text.startsWith('@') && peek(c).start === previousEnd(c)) c.at += 1
    else if (isTimeTravel(c)) readTimeTravel(c)
    else if (/^(?:USE|FORCE|IGNORE)$/.test(peek(c).key) && /^(?:INDEX|KEY)$/.test(next.key)) readIndexHint(c)
    else if (isNext(c, 'INDEXED', 'BY')) c.at += 3
    else if (isNext(c, 'NOT', 'INDEXED')) c.at += 2
    else if (isNext(c, 'PARTITION', '(') || isNext(c, 'SUBPARTITION', '(')) {
      c.at += 1
      skipParens(c)
    } else return
  }
}

function skipLink(c: Cursor): void {
  c.at += 1
  readName(c, 'a database link')
  while (take(c, '.')) readName(c, 'a database link')
}

const TIME_WORDS = new Set(['SYSTEM_TIME', 'SYSTEM_VERSION', 'VERSION', 'TIMESTAMP', 'BUSINESS_TIME'])

function isTimeTravel(c: Cursor): boolean {
  if (isNext(c, 'FOR')) return TIME_WORDS.has(peek(c, 1).key) || isNext(c, 'FOR', 'SYSTEM', 'TIME')
  if (isNext(c, 'VERSIONS', 'BETWEEN')) return true
  if (isNext(c, 'VERSION', 'AS', 'OF') || isNext(c, 'TIMESTAMP', 'AS', 'OF') || isNext(c, 'AS', 'OF')) return true
  const travels = c.traits.dialect === 'snowflake' || c.traits.dialect === 'duckdb'
  return /^(?:AT|BEFORE|CHANGES|END)$/.test(peek(c).key) && peek(c, 1).key === '(' && travels
}

/** FOR SYSTEM_TIME AS OF x, FROM x TO y, BETWEEN x AND y, ALL; AS OF SCN n; AT (TIMESTAMP => x). */
function readTimeTravel(c: Cursor): void {
  if (peek(c, 1).key === '(') {
    c.at += 1
    skipParens(c)
    return
  }
  take(c, 'FOR')
  if (!take(c, 'SYSTEM', 'TIME') && TIME_WORDS.has(peek(c).key)) c.at += 1
  if (take(c, 'ALL')) return
  if (take(c, 'CONTAINED', 'IN')) {
    skipParens(c)
    return
  }
  // Oracle: VERSIONS BETWEEN SCN a AND b.
  take(c, 'VERSIONS')
  const range = isNext(c, 'FROM') || isNext(c, 'BETWEEN')
  if (range) {
    c.at += 1
    if (/^(?:SCN|TIMESTAMP)$/.test(peek(c).key) && peek(c, 1).type !== 'string') c.at += 1
  } else {
    expect(c, 'AS')
    expect(c, 'OF')
    if (/^(?:SCN|TIMESTAMP)$/.test(peek(c).key) && peek(c, 1).type !== 'string') c.at += 1
  }
  c.grammar.expression(c)
  if (range && take(c, 'TO')) c.grammar.expression(c)
}

function readIndexHint(c: Cursor): void {
  c.at += 2
  if (take(c, 'FOR')) while (!isNext(c, '(')) if (advance(c).type === 'end') throw unexpected(c, '(')
  skipParens(c)
}

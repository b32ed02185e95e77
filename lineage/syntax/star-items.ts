import type { Expression, Name, SelectItem, StarRef } from './ast.ts'
import {
  advance,
  type Cursor,
  expect,
  isName,
  isNext,
  peek,
  previousEnd,
  readName,
  readNameList,
  skipParens,
  take,
} from './cursor.ts'
import type { Token } from './lexer.ts'
import { isQueryNext } from './query-start.ts'

/** Dialects with COLUMNS('regular expression') in the select list. */
const PATTERNS = new Set<string>(['clickhouse', 'duckdb'])

/** From COLUMNS past its parenthesis, where the dialect has it. */
export function readPattern(c: Cursor, token: Token): Expression | undefined {
  if (!PATTERNS.has(c.traits.dialect) || peek(c, 1).key !== '(') return undefined
  c.at += 1
  const inside = peek(c, 1)
  if (inside.key === '*') {
    c.at += 2
    const star = readStarModifiers(c, [], token.start)
    expect(c, ')')
    return { ...star, end: previousEnd(c) }
  }
  const plain = inside.type === 'string' && peek(c, 2).key === ')'
  skipParens(c)
  while (isNext(c, 'APPLY', '(')) {
    c.at += 1
    skipParens(c)
  }
  return { kind: 'pattern', pattern: plain ? inside.text : undefined, start: token.start, end: previousEnd(c) }
}

const EXCEPT_WORDS = new Set(['EXCEPT', 'EXCLUDE'])

/** What follows a star: EXCEPT, REPLACE, RENAME, ILIKE, APPLY, Trino's AS (…). */
export function readStarModifiers(c: Cursor, qualifier: readonly Name[], start: number): StarRef {
  let except: Name[] = []
  let replace: SelectItem[] = []
  let rename: { from: Name; to: Name }[] = []
  let like: string | undefined
  for (;;) {
    if (EXCEPT_WORDS.has(peek(c).key) && isStarException(c)) {
      c.at += 1
      except = isNext(c, '(') ? readNameList(c) : [readName(c, 'a column name')]
    } else if (isNext(c, 'REPLACE') && (peek(c, 1).key === '(' || isName(peek(c, 1)))) {
      c.at += 1
      replace = readReplacements(c)
    } else if (isNext(c, 'RENAME') && (peek(c, 1).key === '(' || isName(peek(c, 1)))) {
      c.at += 1
      rename = readRenames(c)
    } else if (isNext(c, 'ILIKE') && peek(c, 1).type === 'string') {
      c.at += 1
      like = advance(c).text
    } else if (c.traits.dialect === 'duckdb' && isNext(c, 'LIKE') && peek(c, 1).type === 'string') {
      c.at += 1
      like = advance(c).text
    } else if (isNext(c, 'APPLY', '(')) {
      c.at += 1
      skipParens(c)
    } else if (c.traits.dialect === 'trino' && qualifier.length > 0 && isNext(c, 'AS', '(')) {
      c.at += 1
      const aliases = readNameList(c)
      return { kind: 'star', qualifier, except, replace, rename, aliases, start, end: previousEnd(c) }
    } else {
      return {
        kind: 'star',
        qualifier,
        except,
        replace,
        rename,
        ...(like === undefined ? {} : { like }),
        start,
        end: previousEnd(c),
      }
    }
  }
}

/** `* EXCEPT (a, b)`, not the set operation `… EXCEPT (SELECT …)`. */
function isStarException(c: Cursor): boolean {
  if (isNext(c, peek(c).key, '(')) return !isQueryNext(c, 2) && peek(c, 2).key !== '('
  return peek(c).key === 'EXCLUDE'
    ? isName(peek(c, 1))
    : isName(peek(c, 1)) && !isQueryNext(c, 1) && !/^(?:ALL|DISTINCT)$/.test(peek(c, 1).key)
}

function readReplacements(c: Cursor): SelectItem[] {
  const one = (): SelectItem => {
    const value = c.grammar.expression(c)
    expect(c, 'AS')
    return { value, alias: readName(c, 'a column name'), start: value.start, end: previousEnd(c) }
  }
  return readOneOrMany(c, one)
}

function readRenames(c: Cursor): { from: Name; to: Name }[] {
  const one = (): { from: Name; to: Name } => {
    let from = readName(c, 'a column name')
    while (take(c, '.')) from = readName(c, 'a column name')
    expect(c, 'AS')
    return { from, to: readName(c, 'a column name') }
  }
  return readOneOrMany(c, one)
}

function readOneOrMany<T>(c: Cursor, one: () => T): T[] {
  if (!take(c, '(')) return [one()]
  const list: T[] = []
  do {
    if (isNext(c, ')')) break
    list.push(one())
  } while (take(c, ','))
  expect(c, ')')
  return list
}

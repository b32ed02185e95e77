import { advance, type Cursor, isNext, peek, readName, take, unexpected } from './cursor.ts'
import type { Token } from './lexer.ts'

const SYMBOLS = new Set(
  `= == <> != ^= < > <= >= !< !> <=> + - * / % ^ & | ~ || && << >> -> ->> #> #>> #- @> <@ ?| ?& ~* !~ !~* ~~ !~~ ~~* !~~* <-> := ** ^@ @? @@ # &< &>`.split(
    /\s+/,
  ),
)
const WORDS = new Set(
  'AND OR XOR LIKE ILIKE RLIKE REGEXP GLOB MATCH BETWEEN DIV MOD ESCAPE UESCAPE IN OVERLAPS EQ NE GT LT GE LE'.split(
    ' ',
  ),
)

/** Steps over an operator and says whether an operand follows; `none` for what changes no value. */
export function takeOperator(c: Cursor): 'binary' | 'postfix' | 'none' | undefined {
  const token = peek(c)
  if (token.type === 'operator') return takeSymbol(c, token)
  if (token.type !== 'word') return undefined
  if (WORDS.has(token.key)) {
    c.at += 1
    return 'binary'
  }
  if (token.key === 'NOT') return takeNot(c)
  if (token.key === 'IS') return takeIs(c)
  if (token.key === 'ISNULL' || token.key === 'NOTNULL') return took(c, 1, 'postfix')
  if (isNext(c, 'AT', 'TIME', 'ZONE')) return took(c, 3, 'binary')
  if (isNext(c, 'AT', 'LOCAL')) return took(c, 2, 'postfix')
  if (token.key === 'GLOBAL') return takeGlobal(c)
  if (isNext(c, 'SIMILAR', 'TO') || isNext(c, 'MEMBER', 'OF') || isNext(c, 'SOUNDS', 'LIKE'))
    return took(c, 2, 'binary')
  if (token.key === 'COLLATE') {
    c.at += 1
    readName(c, 'a collation')
    while (take(c, '.')) readName(c, 'a collation')
    return 'none'
  }
  if (isNext(c, 'OPERATOR', '(')) {
    while (!take(c, ')')) if (advance(c).type === 'end') throw unexpected(c, ')')
    return 'binary'
  }
  return undefined
}

/** ClickHouse's GLOBAL [NOT] IN. */
function takeGlobal(c: Cursor): 'binary' | undefined {
  if (isNext(c, 'GLOBAL', 'IN')) return took(c, 2, 'binary')
  return isNext(c, 'GLOBAL', 'NOT', 'IN') ? took(c, 3, 'binary') : undefined
}

export function took<T>(c: Cursor, tokens: number, result: T): T {
  c.at += tokens
  return result
}

function takeSymbol(c: Cursor, token: Token): 'binary' | 'postfix' | undefined {
  const { dialect } = c.traits
  if (isNext(c, '(', '+', ')')) return took(c, 3, 'postfix')
  if (SYMBOLS.has(token.key)) return took(c, 1, 'binary')
  if (c.traits.customOperators && token.key.length > 1 && CUSTOM.test(token.key)) return took(c, 1, 'binary')
  const ternary = dialect === 'clickhouse' && (token.key === '?' || token.key === ':')
  const json = dialect === 'postgres' && token.key === '?'
  return ternary || json ? took(c, 1, 'binary') : undefined
}

const CUSTOM = /^[+\-*/<>=~!@#%^&|`]+$/

function takeNot(c: Cursor): 'binary' | 'postfix' | undefined {
  const after = peek(c, 1).key
  if (after === 'NULL') return took(c, 2, 'postfix')
  if (after === 'SIMILAR' || after === 'MEMBER') return took(c, 3, 'binary')
  return WORDS.has(after) ? took(c, 2, 'binary') : undefined
}

const IS_WORDS = new Set(
  'NOT NULL TRUE FALSE UNKNOWN NAN INFINITE EMPTY JSON OBJECT SCALAR VALUE ARRAY NORMALIZED NFC NFD NFKC NFKD DOCUMENT'.split(
    ' ',
  ),
)

function takeIs(c: Cursor): 'binary' | 'postfix' {
  c.at += 1
  take(c, 'NOT')
  if (take(c, 'DISTINCT', 'FROM')) return 'binary'
  if (!IS_WORDS.has(peek(c).key)) return 'binary'
  while (IS_WORDS.has(peek(c).key)) c.at += 1
  // IS JSON OBJECT WITH UNIQUE KEYS.
  if (isNext(c, 'WITH', 'UNIQUE') || isNext(c, 'WITHOUT', 'UNIQUE')) c.at += 1
  if (take(c, 'UNIQUE')) take(c, 'KEYS')
  return 'postfix'
}

import type { Traits } from '../dialects.ts'

export type TokenType = 'word' | 'quoted' | 'string' | 'number' | 'operator' | 'variable' | 'end'

export interface Token {
  readonly type: TokenType
  /** The name or the string without its quotes; otherwise the text as written. */
  readonly text: string
  /** A word in upper case; the operator itself; empty for what cannot be a keyword. */
  readonly key: string
  readonly start: number
  readonly end: number
}

/** Text that cannot be read on from `position`. */
export class SqlSyntaxError extends Error {
  override readonly name = 'SqlSyntaxError'
  readonly position: number

  constructor(message: string, position: number) {
    super(message)
    this.position = position
  }
}

export interface Lexed {
  readonly tokens: readonly Token[]
  /** The first quote or comment that never closes: the text before it was read. */
  readonly failure: SqlSyntaxError | undefined
}

const WORD = /[\p{L}_][\p{L}\p{N}\p{M}_$]*/uy
const WORD_WITH_HASH = /[\p{L}_#][\p{L}\p{N}\p{M}_$#]*/uy
const NUMBER = /0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?/y
const DASHED = /\d+(?=\.[A-Za-z_`])/y
const DIGIT_WORD = /\d+[A-Za-z_]\w*/y
const VARIABLE =
  /:[A-Za-z_]\w*|@@?[\p{L}_$#][\p{L}\p{N}_$#]*|\$\d+|\$\{[^}]*\}|%\(\w+\)s|%s|\{\s*[A-Za-z_]\w*\s*:\s*[\w(), ]+\}/uy
/** T-SQL's `$action`, the variables of Snowflake's sessions, the parameters of DuckDB. */
const DOLLAR_NAME = /\$[A-Za-z_]\w*/y
/** Operators of PostgreSQL and its extensions: `-|-`, `<<->>`, `<#>`. https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-OPERATORS */
const CUSTOM = /[+\-*/<>=~!@#%^&|`]{2,}/y
const CUSTOM_CHARS = new Set(Array.from('+-*/<>=~!@#%^&|`', (char) => char.charCodeAt(0)))
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy
const SPACE = /[\s\u00a0\u200b\ufeff]+/y
const OPERATORS =
  /<=>|\^=|!<|!>|->>|#>>|\|\|\/|!~~\*|!~\*|~~\*|!~~|@\?|@@|->|#>|#-|\|>|\|\||\|\/|::|:=|=>|==|<=|>=|<>|!=|!~|~\*|~~|&&|<<|>>|@>|<@|\?\||\?&|<->|\*\*|\^@|&<|&>/y
/** What hands a statement's result to the next, where the dialect has that. */
export const STATEMENT_PIPE = '->>'
const STRING_PREFIX = /^(?:[NEBXRU]|RB|BR|U&)$/

/** Splits SQL into tokens; comments and optimiser hints vanish. Never throws: see `failure`. */
export function lex(text: string, traits: Traits): Lexed {
  const tokens: Token[] = []
  let failure: SqlSyntaxError | undefined
  let at = 0
  try {
    while (at < text.length) {
      const skipped = skipBlank(text, at, traits)
      if (skipped > at) at = skipped
      else at = readToken(text, at, traits, tokens)
    }
  } catch (error) {
    if (!(error instanceof SqlSyntaxError)) throw error
    failure = error
  }
  const end = failure?.position ?? text.length
  tokens.push({ type: 'end', text: '', key: '', start: end, end })
  return { tokens, failure }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/** Past blanks, comments and hints that begin at `at`; `at` itself where there are none. */
function skipBlank(text: string, at: number, traits: Traits): number {
  const code = text.charCodeAt(at)
  if (code <= 32 || code === 0xa0 || code === 0x200b || code === 0xfeff)
    return at + (match(SPACE, text, at)?.length ?? 0)
  const pair = text.slice(at, at + 2)
  const toLineEnd = pair === '--' || (traits.slashComments && pair === '//') || (traits.hashComments && code === 35)
  if (toLineEnd) {
    const line = text.indexOf('\n', at)
    return line < 0 ? text.length : line + 1
  }
  if (pair === '/*') return skipComment(text, at, traits)
  // What closes MySQL's `/*! … */`, whose inside is code.
  return pair === '*/' && traits.hashComments ? at + 2 : at
}

function skipComment(text: string, at: number, traits: Traits): number {
  const executable = /\/\*!\d*/y
  const opening = traits.hashComments ? match(executable, text, at) : undefined
  if (opening !== undefined) return at + opening.length
  let depth = 1
  let position = at + 2
  while (depth > 0) {
    const close = text.indexOf('*/', position)
    if (close < 0) throw new SqlSyntaxError('a comment never ends', at)
    const open = traits.nestedComments ? text.indexOf('/*', position) : -1
    if (open >= 0 && open < close) {
      depth += 1
      position = open + 2
    } else {
      depth -= 1
      position = close + 2
    }
  }
  return position
}

function readToken(text: string, at: number, traits: Traits, tokens: Token[]): number {
  const char = text[at] ?? ''
  const push = (type: TokenType, value: string, key: string, end: number): number => {
    tokens.push({ type, text: value, key, start: at, end })
    return end
  }
  if (char === "'") return readString(text, at, traits, traits.backslashEscapes, push)
  if (char === '"') {
    if (traits.doubleQuoteIsName) return readName(text, at, '"', push)
    return readString(text, at, traits, traits.backslashEscapes, push)
  }
  if (char === '`' && traits.backtickIsName) return readName(text, at, '`', push)
  if (char === '[' && traits.bracketIsName) return readName(text, at, ']', push, traits.aliasByEquals)
  const dollar = char === '$' && traits.dollarQuotes ? match(DOLLAR_TAG, text, at) : undefined
  if (dollar !== undefined) return readDollar(text, at, dollar, push)
  const variable = ':@$%{'.includes(char) ? readVariable(text, at, traits, tokens.at(-1)) : undefined
  if (variable !== undefined) return push('variable', variable, variable.toUpperCase(), at + variable.length)
  if ((char >= '0' && char <= '9') || (char === '.' && /\d/.test(text[at + 1] ?? ''))) {
    return readNumber(text, at, traits, tokens.at(-1), push)
  }
  const word = match(traits.hashInNames ? WORD_WITH_HASH : WORD, text, at)
  if (word !== undefined) return readWord(text, at, word, traits, push)
  const operator = (traits.customOperators ? customOperator(text, at) : undefined) ?? match(OPERATORS, text, at) ?? char
  // Between statements it ends one, as a semicolon does.
  const key = operator === STATEMENT_PIPE && traits.positions ? ';' : operator
  return push('operator', operator, key, at + operator.length)
}

type Push = (type: TokenType, value: string, key: string, end: number) => number

function readVariable(text: string, at: number, traits: Traits, previous: Token | undefined): string | undefined {
  const found = match(VARIABLE, text, at) ?? (traits.dollarNames ? match(DOLLAR_NAME, text, at) : undefined)
  if (found === undefined) return undefined
  // `a:b` reads into a value where the dialect has paths; a parameter stands apart from what is before it.
  const touches = previous !== undefined && previous.end === at && previous.type !== 'operator'
  if (found.startsWith(':') && (touches || (previous?.key === ')' && traits.colonPath) || previous?.key === ']'))
    return undefined
  if (found.startsWith('%s') && /\w/.test(text[at + 2] ?? '')) return undefined
  if (found.startsWith('@') && (touches || !traits.atVariables)) return undefined
  return found
}

function readNumber(text: string, at: number, traits: Traits, previous: Token | undefined, push: Push): number {
  const name = match(DIGIT_WORD, text, at)
  const inName = previous?.key === '.' || previous?.key === '-' || !traits.doubleQuoteIsName || traits.fold === 'exact'
  if (name !== undefined && inName && !/^\d+[eE]\d+$|^0[xX]/.test(name))
    return push('word', name, name.toUpperCase(), at + name.length)
  // A name may begin with a digit where a dot stands before it: `t.1a`.
  const dotted = text[at] === '.' && previous !== undefined && previous.end === at && traits.digitNames
  if (dotted && (previous.type === 'word' || previous.type === 'quoted')) return push('operator', '.', '.', at + 1)
  // `my-project-1.dataset`: the dot stands behind a name.
  const dashed = previous?.key === '-' && previous.end === at && traits.dashedNames
  const digits = dashed ? match(DASHED, text, at) : undefined
  if (digits !== undefined) return push('number', digits, '', at + digits.length)
  // After a dot that follows a name, `.5` is not a number but the fifth element.
  const number = match(NUMBER, text, at) ?? text.slice(at, at + 1)
  return push('number', number, '', at + number.length)
}

function readWord(text: string, at: number, word: string, traits: Traits, push: Push): number {
  const key = word.toUpperCase()
  const next = text[at + word.length]
  const after = at + word.length
  if (next === "'" || (next === '"' && !traits.doubleQuoteIsName)) {
    if (key === 'Q' && traits.dialect === 'oracle') return readOracleQuote(text, at, after, push)
    if (STRING_PREFIX.test(key)) {
      return readString(text, after, traits, key === 'E' || (traits.backslashEscapes && !key.includes('R')), push)
    }
  }
  // U&'…' and U&"…": their escapes stay as they are.
  if (key === 'U' && next === '&' && text[after + 1] === "'") return readString(text, after + 1, traits, false, push)
  if (key === 'U' && next === '&' && text[after + 1] === '"') return readName(text, after + 1, '"', push)
  return push('word', word, key, after)
}

/** PostgreSQL's rule: the longest run of operator characters, which ends before a comment and, for want of an unusual character, before a sign. */
function customOperator(text: string, at: number): string | undefined {
  // Most are single characters.
  if (!CUSTOM_CHARS.has(text.charCodeAt(at + 1)) || !CUSTOM_CHARS.has(text.charCodeAt(at))) return undefined
  let found = match(CUSTOM, text, at)?.split(/--|\/\*/)[0]
  if (found !== undefined && !/[~!@#%^&|`]/.test(found)) found = found.replace(/(?<=.)[+-]+$/, '')
  return found === undefined || found.length < 2 ? undefined : found
}

/** A string whose quote is at `open`. Tripled quotes hold single ones, where the dialect has them. */
function readString(text: string, open: number, traits: Traits, escapes: boolean, push: Push): number {
  const quote = text[open] ?? ''
  const triples = traits.tripleQuotes
  const triple = quote.repeat(3)
  if (triples && text.startsWith(triple, open)) {
    const close = closeTriple(text, open + 3, triple)
    if (close > 0) return push('string', text.slice(open + 3, close), '', close + 3)
  }
  let value = ''
  let from = open + 1
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '\\' && escapes) {
      // What is in the string may be read as SQL in its turn.
      if (/['"\\]/.test(text[at + 1] ?? '')) {
        value += text.slice(from, at)
        from = at + 1
      }
      at += 1
    } else if (char === quote) {
      value += text.slice(from, at)
      if (text[at + 1] !== quote) return push('string', value, '', at + 1)
      value += quote
      from = at + 2
      at += 1
    }
  }
  throw new SqlSyntaxError('a string never ends', open)
}

/** Where three quotes stand that no backslash escapes; a fourth belongs to the text. */
function closeTriple(text: string, from: number, triple: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1
    else if (text.startsWith(triple, at)) return at
  }
  return -1
}

function readName(text: string, at: number, quote: string, push: Push, doubled = true): number {
  let value = ''
  let from = at + 1
  for (;;) {
    const close = text.indexOf(quote, from)
    if (close < 0) throw new SqlSyntaxError('a quoted name never ends', at)
    value += text.slice(from, close)
    if (text[close + 1] !== quote || !doubled) return push('quoted', value, '', close + 1)
    value += quote
    from = close + 2
  }
}

function readDollar(text: string, at: number, tag: string, push: Push): number {
  const close = text.indexOf(tag, at + tag.length)
  if (close < 0) throw new SqlSyntaxError(`a string quoted by ${tag} never ends`, at)
  return push('string', text.slice(at + tag.length, close), '$', close + tag.length)
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' }

/** Oracle's q'[…]'. */
function readOracleQuote(text: string, at: number, quote: number, push: Push): number {
  const open = text[quote + 1] ?? ''
  const close = text.indexOf(`${CLOSING[open] ?? open}'`, quote + 2)
  if (close < 0) throw new SqlSyntaxError("a string quoted by q'… never ends", at)
  return push('string', text.slice(quote + 2, close), '', close + 2)
}

/** A lexical token of SQLite's SQL. White space and comments yield none. */
export interface Token {
  /** `quoted`: an identifier in "", `` or []; `string`: in '' (SQLite takes it for a name where a name must stand). */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'symbol'
  /** What it stands for: unquoted for `quoted` and `string`, as written otherwise. */
  readonly value: string
  /** Where it is in the text: [start, end). */
  readonly start: number
  readonly end: number
}

/**
 * https://www.sqlite.org/draft/tokenreq.html: only these five characters are white space, and every character beyond
 * ASCII belongs to identifiers. What is left open at the end of the text runs to the end.
 */
const PARTS = {
  skip: /[ \t\n\f\r]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/,
  quoted: /"[^"]*(?:""[^"]*)*(?:"|$)|`[^`]*(?:``[^`]*)*(?:`|$)|\[[^\]]*(?:\]|$)/,
  string: /'[^']*(?:''[^']*)*(?:'|$)/,
  number: /[xX]'[^']*'|(?:\d|\.\d)(?:[eE][+-]?\d|[\w.])*/,
  word: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/,
  symbol: /[\s\S]/,
}
const TOKEN = new RegExp(
  Object.entries(PARTS)
    .map(([name, { source }]) => `(?<${name}>${source})`)
    .join('|'),
  'y',
)
const KINDS = ['quoted', 'string', 'number', 'word', 'symbol'] as const

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  const pattern = new RegExp(TOKEN)
  for (let match = pattern.exec(sql); match !== null; match = pattern.exec(sql)) {
    const kind = KINDS.find((name) => match?.groups?.[name] !== undefined)
    if (kind === undefined) continue
    const text = match[0]
    const value = kind === 'quoted' || kind === 'string' ? unquote(text) : text
    tokens.push({ kind, value, start: match.index, end: match.index + text.length })
  }
  return tokens
}

function unquote(text: string): string {
  const quote = text.charAt(0)
  const close = quote === '[' ? ']' : quote
  const inner = text.length > 1 && text.endsWith(close) ? text.slice(1, -1) : text.slice(1)
  return quote === '[' ? inner : inner.replaceAll(quote + quote, quote)
}

/** Whether a token is this keyword (upper case), unquoted. */
export function isKeyword(token: Token | undefined, keyword: string): boolean {
  return token?.kind === 'word' && token.value.toUpperCase() === keyword
}

export function isSymbol(token: Token | undefined, symbol: string): boolean {
  return token?.kind === 'symbol' && token.value === symbol
}

/** The index of the parenthesis that closes the one at `open`, or the number of tokens when none does. */
export function closingIndex(tokens: readonly Token[], open: number): number {
  let depth = 0
  for (let index = open; index < tokens.length; index += 1) {
    if (isSymbol(tokens[index], '(')) depth += 1
    else if (isSymbol(tokens[index], ')')) depth -= 1
    if (depth === 0) return index
  }
  return tokens.length
}

/** What stands between the parenthesis at `open` and its closing one, split at the commas of that level. */
export function listElements(tokens: readonly Token[], open: number): Token[][] {
  const close = closingIndex(tokens, open)
  const elements: Token[][] = []
  let element: Token[] = []
  for (let index = open + 1; index < close; index += 1) {
    const token = tokens[index]
    if (token === undefined) break
    if (isSymbol(token, ',')) {
      elements.push(element)
      element = []
      continue
    }
    if (!isSymbol(token, '(')) {
      element.push(token)
      continue
    }
    const end = closingIndex(tokens, index)
    element.push(...tokens.slice(index, end + 1))
    index = end
  }
  return [...elements, element].filter((entry) => entry.length > 0)
}

/** The text that these tokens cover, as written. */
export function textOf(sql: string, tokens: readonly Token[]): string {
  const [first, last] = [tokens[0], tokens.at(-1)]
  return first === undefined || last === undefined ? '' : sql.slice(first.start, last.end)
}

/** SQLite compares identifiers without regard to the case of ASCII letters, and of these only. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

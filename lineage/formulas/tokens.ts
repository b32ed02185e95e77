/** A piece of a formula: its kind, what it says, and where it begins. */
export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'date' | 'word' | 'sign' | 'end'
  /** Of a name without its brackets, of a text without its quotes; words and signs as written. */
  readonly text: string
  readonly offset: number
}

/** What cannot be read, and where. */
export interface Fault {
  readonly message: string
  readonly offset: number
}

/**
 * One piece after the other. Names stand in brackets, `]]` within for `]`; texts in either quote, doubled within; dates between `#`.
 * https://help.tableau.com/current/pro/desktop/en-us/functions_functions_calculation_syntax.htm
 */
const PIECES =
  /(?<space>\s+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)|\[(?<name>(?:[^\]]|\]\])*)\]|'(?<single>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|#(?<date>[^#\r\n]*)#|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<sign><=|>=|<>|!=|==|\/(?!\*)|[-+*%^=<>(){},:.])/uy

/** Reads all that can be read; what cannot is a fault, and reading goes on behind it. */
export function readTokens(text: string): { readonly tokens: readonly Token[]; readonly faults: readonly Fault[] } {
  const tokens: Token[] = []
  const faults: Fault[] = []
  let offset = 0
  while (offset < text.length) {
    PIECES.lastIndex = offset
    const match = PIECES.exec(text)
    if (match === null) {
      const fault = faultAt(text, offset)
      faults.push(fault)
      // What is never closed swallows the rest.
      if (fault.closes) break
      offset += 1
      continue
    }
    const token = tokenOf(match.groups ?? {}, offset)
    if (token !== undefined) tokens.push(token)
    offset += match[0].length
  }
  tokens.push({ kind: 'end', text: '', offset: text.length })
  return { tokens, faults }
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, offset: number): Token | undefined {
  const { name, single, double, date, number, word, sign } = groups
  if (name !== undefined) return { kind: 'name', text: name.replaceAll(']]', ']'), offset }
  if (single !== undefined) return { kind: 'text', text: single.replaceAll("''", "'"), offset }
  if (double !== undefined) return { kind: 'text', text: double.replaceAll('""', '"'), offset }
  if (date !== undefined) return { kind: 'date', text: date, offset }
  if (number !== undefined) return { kind: 'number', text: number, offset }
  if (word !== undefined) return { kind: 'word', text: word, offset }
  return sign === undefined ? undefined : { kind: 'sign', text: sign, offset }
}

const OPENERS: Readonly<Record<string, string>> = { '[': 'a name', "'": 'a text', '"': 'a text', '#': 'a date' }

function faultAt(text: string, offset: number): Fault & { readonly closes: boolean } {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0)
  const opened = text.startsWith('/*', offset) ? 'a comment' : OPENERS[character]
  if (opened !== undefined) return { message: `${opened} is never closed`, offset, closes: true }
  return { message: `${JSON.stringify(character)} means nothing in a formula`, offset, closes: false }
}

import { IngestError } from '../../model/errors.ts'

/**
 * A pattern of a filter: a glob (`*` any run of characters, `?` one; the whole name must fit), or a regular expression
 * between slashes (`/^tmp_\d+$/`; found anywhere in the name). Both are written as one regular expression in the part
 * of the language that JavaScript and PostgreSQL read alike, so that a server may apply it.
 */
export interface Pattern {
  readonly text: string
  /** For JavaScript. */
  readonly expression: RegExp
  /** For PostgreSQL's `~` in a UTF-8 database: ASCII only, with `\uXXXX` for what else there is. */
  readonly posix: string
}

/** The patterns as a regular expression of JSON Schema, which cannot tell whether parentheses match. */
export const PATTERN_GRAMMAR = (() => {
  const escaped = '\\\\(?:[^A-Za-z0-9]|[dDwWsStnrfv])'
  const bracket = '\\[\\^?(?:[^\\]\\[\\\\]|\\\\(?:[^A-Za-z0-9]|[dwstnrfv]))+\\]'
  const regex = `(?:${escaped}|${bracket}|\\(\\?:|\\((?!\\?)|\\{\\d+(?:,\\d*)?\\}|[^\\\\\\[({])+`
  return `^(?:/${regex}/|(?!/[\\s\\S]+/$)[\\s\\S]+)$`
})()

const compiled = new Map<string, Pattern>()
/** Patterns come from configs, of which there are few; the bound is for whoever makes them up. */
const MAX_COMPILED = 10_000

/** @throws IngestError `invalid_config` for a regular expression that is none, or not read alike everywhere. */
export function compilePattern(text: string): Pattern {
  const known = compiled.get(text)
  if (known !== undefined) return known
  const pattern = compile(text)
  if (compiled.size >= MAX_COMPILED) compiled.clear()
  compiled.set(text, pattern)
  return pattern
}

function compile(text: string): Pattern {
  if (text.includes('\0') || !text.isWellFormed()) throw badPattern(text, 'it holds what no name does')
  const body = /^\/([\s\S]+)\/$/.exec(text)?.[1]
  const tokens = body === undefined ? globTokens(text) : regexTokens(text, body)
  const source = tokens.map((token) => (token.literal ? escapeFor(token.text, escapeJs) : token.text)).join('')
  try {
    return {
      text,
      expression: new RegExp(source, 'su'),
      posix: tokens.map((token) => (token.literal ? escapeFor(token.text, escapePosix) : token.text)).join(''),
    }
  } catch (error) {
    throw badPattern(text, (error as Error).message.replace(/^Invalid regular expression: /, ''))
  }
}

/** A character to be matched as it is, or a piece of syntax. */
interface Token {
  readonly text: string
  readonly literal: boolean
}

const syntax = (text: string): Token => ({ text, literal: false })
const literal = (text: string): Token => ({ text, literal: true })

function globTokens(text: string): Token[] {
  const inner = [...text].map((character) => {
    if (character === '*') return syntax('.*')
    return character === '?' ? syntax('.') : literal(character)
  })
  return [syntax('^'), ...inner, syntax('$')]
}

const escapeFor = (character: string, write: (character: string) => string) =>
  /^[A-Za-z0-9_ ]$/.test(character) ? character : write(character)

/** By code point: always an escape that the `u` flag knows. */
const escapeJs = (character: string) => `\\u{${character.codePointAt(0)?.toString(16)}}`

function escapePosix(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** What the shorthands stand for, the same for every locale; in brackets without their own. */
const SHORTHANDS: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: ' \\t\\n\\r\\f\\v' }
const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f', v: '\v' }
const SYNTAX = /^[.^$|)+*?]$/
/** The most repetitions that PostgreSQL counts. */
const MAX_REPEAT = 255

function regexTokens(text: string, body: string): Token[] {
  const characters = [...body]
  const tokens: Token[] = []
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] as string
    const rest = () => characters.slice(at).join('')
    if (character === '\\') {
      at += 1
      tokens.push(...escapeTokens(text, characters[at]))
    } else if (character === '[') {
      const [inner, length] = bracketTokens(text, characters.slice(at))
      tokens.push(...inner)
      at += length - 1
    } else if (character === '(') {
      const opening = /^\((\?:)?/.exec(rest())?.[0] as string
      if (characters[at + 1] === '?' && opening === '(') throw badPattern(text, '(? may only begin (?:', UNLIKE)
      tokens.push(syntax('(?:'))
      at += opening.length - 1
    } else if (character === '{') {
      const bound = /^\{(\d+)(?:,(\d*))?\}/.exec(rest())
      if (bound === null) throw badPattern(text, 'a { begins a count such as {2,5}; write \\{ for the character')
      if ([bound[1], bound[2]].some((count) => Number(count || 0) > MAX_REPEAT)) {
        throw badPattern(text, `a count is at most ${MAX_REPEAT}`)
      }
      tokens.push(syntax(bound[0]))
      at += bound[0].length - 1
    } else if (SYNTAX.test(character)) tokens.push(syntax(character))
    else tokens.push(literal(character))
  }
  return tokens
}

const UNLIKE = 'Look-around, back references, \\b, \\p and flags are not had everywhere alike.'

function escapeTokens(text: string, escaped: string | undefined): Token[] {
  if (escaped === undefined) throw badPattern(text, 'it ends in a backslash')
  if (!/^[A-Za-z0-9]$/.test(escaped)) return [literal(escaped)]
  const control = CONTROLS[escaped]
  if (control !== undefined) return [literal(control)]
  const set = SHORTHANDS[escaped.toLowerCase()]
  if (set === undefined) throw badPattern(text, `\\${escaped} is not known`, UNLIKE)
  return [syntax(`[${escaped === escaped.toLowerCase() ? '' : '^'}${set}]`)]
}

/** The tokens of a bracket expression, and how many characters it took. */
function bracketTokens(text: string, characters: readonly string[]): [Token[], number] {
  const negated = characters[1] === '^'
  const tokens = [syntax(negated ? '[^' : '[')]
  const start = negated ? 2 : 1
  // Whether a - would make a range of what came before, and whether one waits for its end.
  let begun = false
  let open = false
  for (let at = start; at < characters.length; at += 1) {
    const [character = '', next = ''] = characters.slice(at, at + 2)
    if (character === ']' && at > start) return [[...tokens, syntax(']')], at + 1]
    if (character === ']') throw badPattern(text, '[] is empty; write \\] for the character')
    if (character === '[') throw badPattern(text, 'a [ between brackets is written \\[', LOCALE)
    const set = character === '\\' ? SHORTHANDS[next] : undefined
    if (character === '-' && begun && next !== ']') {
      tokens.push(syntax('-'))
      begun = false
      open = true
      continue
    }
    if (set !== undefined && open) throw badPattern(text, `a range cannot end in \\${next}`)
    if (set !== undefined) tokens.push(syntax(set))
    else if (character !== '\\') tokens.push(literal(character))
    else if (/^[DSW]$/.test(next)) throw badPattern(text, `\\${next} is not known between brackets`, UNLIKE)
    else tokens.push(...escapeTokens(text, next || undefined))
    begun = set === undefined && !open
    open = false
    if (character === '\\') at += 1
  }
  throw badPattern(text, 'a [ is not closed')
}

const LOCALE = 'Classes such as [:alpha:] depend on the locale: write [A-Za-z].'

function badPattern(text: string, problem: string, hint?: string): IngestError {
  return new IngestError('invalid_config', `pattern ${JSON.stringify(text)}: ${problem}`, {
    hint: hint ?? 'A pattern is a glob such as tmp_*, or a regular expression between slashes such as /^tmp_[0-9]+$/.',
  })
}

import { type FunctionKind, isPassThrough, kindOfFunction, namesSomething } from './functions.ts'
import { readTokens, type Token } from './tokens.ts'

/**
 * What a formula does with a field. `value`: its value flows into the result; without it the field only decides. `condition`: in the
 * condition of IF, IIF or CASE. `aggregate`, `table_calculation`: inside one. `lod`: inside a level-of-detail expression; alone, as
 * one of its dimensions.
 */
export type FormulaRole = 'value' | 'aggregate' | 'lod' | 'table_calculation' | 'condition'

/** A field or a parameter that a formula names, once for all its places. */
export interface FormulaReference {
  /** Without brackets: a caption or an internal name, as the formula has it. */
  readonly name: string
  /** Where the formula says it: another data source, in blending. */
  readonly dataSource?: string
  /** Set, and equal to the name, where it is a parameter. */
  readonly parameter?: string
  /** Sorted. */
  readonly roles: readonly FormulaRole[]
}

export interface FormulaGap {
  readonly reason: 'formula_syntax' | 'formula_too_long' | 'formula_too_deep' | 'raw_sql'
  readonly message: string
  /** In UTF-16 units from the beginning of the formula. */
  readonly offset: number
}

export interface ReadFormula {
  /** In the order of their first places. */
  readonly references: readonly FormulaReference[]
  readonly gaps: readonly FormulaGap[]
}

const MOST_CHARACTERS = 200_000
const DEEPEST = 1_000
const MOST_GAPS = 20

/**
 * Reads a calculation in Tableau's language: the fields it names, and what it does with them. What cannot be read is a gap,
 * and what can be is told all the same. Never throws; takes time in proportion to the text.
 * https://help.tableau.com/current/pro/desktop/en-us/functions_functions_calculation_syntax.htm
 */
export function readFormula(text: string): ReadFormula {
  if (text.length > MOST_CHARACTERS) {
    const message = `the formula has more than ${MOST_CHARACTERS} characters`
    return { references: [], gaps: [{ reason: 'formula_too_long', message, offset: MOST_CHARACTERS }] }
  }
  const { tokens, faults } = readTokens(text)
  const reader = new Reader(tokens)
  for (const { message, offset } of faults) reader.gap('formula_syntax', message, offset)
  return reader.read()
}

/** Where a field stands; what is inside takes over what is around it. */
interface Context {
  readonly aggregate: boolean
  readonly lod: boolean
  readonly table: boolean
  /** Decides only: a condition, or a dimension of a level of detail. */
  readonly deciding: boolean
  readonly condition: boolean
}

/** Something that is open: parentheses, a level of detail, IF, CASE. */
interface Frame {
  readonly kind: 'paren' | 'brace' | 'if' | 'case'
  readonly offset: number
  /** What it stands in. */
  readonly around: Context
  /** As of the part that is being read. */
  context: Context
  readonly call?: FunctionKind
  part: 'condition' | 'branch' | 'dimensions' | 'body'
}

const NOWHERE: Context = { aggregate: false, lod: false, table: false, deciding: false, condition: false }
const OPERATORS = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '=',
  '==',
  '<',
  '>',
  '<=',
  '>=',
  '<>',
  '!=',
  'AND',
  'OR',
  'IN',
])
const SIGNED = new Set(['+', '-', 'NOT'])
const LEVELS = new Set(['FIXED', 'INCLUDE', 'EXCLUDE'])
const CONSTANTS = new Set(['TRUE', 'FALSE', 'NULL'])

class Reader {
  readonly #tokens: readonly Token[]
  /** By the place of its opening parenthesis: how many arguments a call has. */
  readonly #counts: ReadonlyMap<number, number>
  readonly #references = new Map<string, { reference: Omit<FormulaReference, 'roles'>; roles: Set<FormulaRole> }>()
  readonly #gaps: FormulaGap[] = []
  readonly #frames: Frame[] = []
  #place = 0
  /** Whether a value has been read that an operator may follow. */
  #hasValue = false

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
    this.#counts = countArguments(tokens)
  }

  gap(reason: FormulaGap['reason'], message: string, offset: number): void {
    if (this.#gaps.length < MOST_GAPS) this.#gaps.push({ reason, message, offset })
  }

  read(): ReadFormula {
    while (this.#token.kind !== 'end') {
      if (this.#frames.length > DEEPEST) {
        this.gap('formula_too_deep', `the formula is nested more than ${DEEPEST} deep`, this.#token.offset)
        return this.#result()
      }
      this.#readOne(this.#token)
      this.#place += 1
    }
    const open = this.#frames.at(-1)
    if (open !== undefined) this.gap('formula_syntax', `${NAMES[open.kind]} is never closed`, open.offset)
    else if (!this.#hasValue) this.gap('formula_syntax', 'a value is missing at the end', this.#token.offset)
    return this.#result()
  }

  #result(): ReadFormula {
    const references = [...this.#references.values()].map(({ reference, roles }) => ({
      ...reference,
      roles: [...roles].sort(),
    }))
    return { references, gaps: this.#gaps }
  }

  get #token(): Token {
    return this.#tokens[this.#place] as Token
  }

  get #context(): Context {
    return this.#frames.at(-1)?.context ?? NOWHERE
  }

  #readOne(token: Token): void {
    if (token.kind === 'name') this.#readName(token)
    else if (token.kind === 'word') this.#readWord(token)
    else if (token.kind === 'sign') this.#readSign(token)
    else this.#value(token)
  }

  /** A value where one may stand. */
  #value(token: Token): void {
    if (this.#hasValue) this.gap('formula_syntax', 'an operator is missing', token.offset)
    this.#hasValue = true
  }

  #next(): Token | undefined {
    return this.#tokens[this.#place + 1]
  }

  #isSign(away: number, sign: string): boolean {
    const token = this.#tokens[this.#place + away]
    return token?.kind === 'sign' && token.text === sign
  }

  /** `[Field]`, `[Data Source].[Field]`, `[Parameters].[Parameter 1]`; the longest that stands there. */
  #readName(token: Token): void {
    this.#value(token)
    const parts = [token.text]
    while (this.#isSign(1, '.') && this.#tokens[this.#place + 2]?.kind === 'name') {
      this.#place += 2
      parts.push(this.#token.text)
    }
    this.#refer(parts)
  }

  #refer(parts: readonly string[]): void {
    const name = parts.at(-1) ?? ''
    const [dataSource] = parts.length > 1 ? parts : []
    const identity = JSON.stringify([dataSource, name])
    const known = this.#references.get(identity)
    const roles = known?.roles ?? new Set<FormulaRole>()
    const { aggregate, lod, table, deciding, condition } = this.#context
    if (!deciding) roles.add('value')
    if (condition) roles.add('condition')
    if (aggregate) roles.add('aggregate')
    if (lod) roles.add('lod')
    if (table) roles.add('table_calculation')
    if (known !== undefined) return
    const from =
      dataSource === undefined ? {} : dataSource.toLowerCase() === 'parameters' ? { parameter: name } : { dataSource }
    this.#references.set(identity, { reference: { name, ...from }, roles })
  }

  #readWord(token: Token): void {
    const word = token.text.toUpperCase()
    if (isStep(word)) this.#step(word, token)
    else if (word === 'IF' || word === 'CASE') {
      this.#value(token)
      this.#open(word === 'IF' ? 'if' : 'case', token, 'condition')
    } else if (OPERATORS.has(word) || word === 'NOT') this.#operator(word, token)
    else if (this.#isSign(1, '(')) this.#call(token)
    else {
      this.#value(token)
      // A plain name may stand without brackets.
      if (!CONSTANTS.has(word)) this.#refer([token.text])
    }
  }

  #call(token: Token): void {
    this.#value(token)
    this.#place += 1
    const kind = kindOfFunction(token.text, this.#counts.get(this.#place) ?? 0)
    const sql = this.#next()
    if (isPassThrough(token.text) && (sql?.kind !== 'text' || namesSomething(sql.text)))
      this.gap(
        'raw_sql',
        `${token.text.toUpperCase()} passes SQL to the database that may name more than its arguments`,
        token.offset,
      )
    this.#open('paren', token, kind === 'choice' ? 'condition' : 'body', kind)
  }

  #open(kind: Frame['kind'], { offset }: Token, part: Frame['part'], call?: FunctionKind): void {
    const around = this.#context
    const context = {
      ...around,
      aggregate: around.aggregate || call === 'aggregate',
      table: around.table || call === 'table_calculation',
    }
    const frame: Frame = { kind, offset, around: context, context, part, ...(call === undefined ? {} : { call }) }
    this.#frames.push(frame)
    this.#enter(frame, part)
    this.#hasValue = false
  }

  #enter(frame: Frame, part: Frame['part']): void {
    frame.part = part
    const { around } = frame
    if (part === 'condition') frame.context = { ...around, condition: true, deciding: true }
    else if (part === 'dimensions') frame.context = { ...around, deciding: true }
    else frame.context = around
  }

  #readSign(token: Token): void {
    const { text } = token
    if (text === '(') {
      this.#value(token)
      this.#open('paren', token, 'body')
    } else if (text === '{') this.#openLevel(token)
    else if (text === ')' || text === '}') this.#close(text === ')' ? 'paren' : 'brace', token)
    else if (text === ',') this.#comma(token)
    else if (text === ':') this.#colon(token)
    else if (text === '.') this.gap('formula_syntax', 'a dot stands between no names', token.offset)
    else this.#operator(text, token)
  }

  /** `{FIXED [a], [b] : SUM([c])}`, or `{SUM([c])}` over the whole table. */
  #openLevel(token: Token): void {
    this.#value(token)
    const isLevel = this.#next()?.kind === 'word' && LEVELS.has(this.#next()?.text.toUpperCase() ?? '')
    this.#open('brace', token, 'body')
    const frame = this.#frames.at(-1) as Frame
    const lod: Frame = { ...frame, around: { ...frame.around, lod: true } }
    this.#frames[this.#frames.length - 1] = lod
    this.#enter(lod, isLevel ? 'dimensions' : 'body')
    if (isLevel) this.#place += 1
  }

  #close(kind: 'paren' | 'brace', token: Token): void {
    const frame = this.#frames.at(-1)
    if (frame?.kind !== kind) {
      this.gap('formula_syntax', `${token.text} closes nothing that is open`, token.offset)
      return
    }
    const isEmpty = kind === 'paren' && frame.call !== undefined && this.#isSign(-1, '(')
    if (!this.#hasValue && !isEmpty) this.gap('formula_syntax', `a value is missing before ${token.text}`, token.offset)
    this.#frames.pop()
    this.#hasValue = true
  }

  #comma(token: Token): void {
    const frame = this.#frames.at(-1)
    const fits = frame?.kind === 'paren' || (frame?.kind === 'brace' && frame.part === 'dimensions')
    if (!fits || !this.#hasValue) this.gap('formula_syntax', 'a comma stands where none may', token.offset)
    if (frame?.call === 'choice' && fits) this.#enter(frame, 'body')
    this.#hasValue = false
  }

  #colon(token: Token): void {
    const frame = this.#frames.at(-1)
    if (frame?.kind === 'brace' && frame.part === 'dimensions') this.#enter(frame, 'body')
    else this.gap('formula_syntax', 'a colon stands where none may', token.offset)
    this.#hasValue = false
  }

  #operator(operator: string, token: Token): void {
    // `x NOT IN y`
    if (operator === 'NOT' && this.#hasValue && this.#next()?.text.toUpperCase() === 'IN') return
    if (operator === 'NOT' && this.#hasValue) this.gap('formula_syntax', 'an operator is missing', token.offset)
    if (!this.#hasValue && !SIGNED.has(operator))
      this.gap('formula_syntax', `a value is missing before ${token.text}`, token.offset)
    this.#hasValue = false
  }

  /** THEN, ELSEIF, ELSE, WHEN, END: the next part of the IF or CASE that is open. */
  #step(word: keyof typeof STEPS, token: Token): void {
    const frame = this.#frames.at(-1)
    const step = STEPS[word]
    if (frame === undefined || !(step.of as readonly string[]).includes(frame.kind)) {
      this.gap('formula_syntax', `${word} belongs to nothing that is open`, token.offset)
      this.#hasValue = false
      return
    }
    if (!this.#hasValue) this.gap('formula_syntax', `a value is missing before ${word}`, token.offset)
    if (word === 'END') this.#frames.pop()
    else this.#enter(frame, step.part)
    this.#hasValue = word === 'END'
  }
}

const STEPS = {
  THEN: { of: ['if', 'case'], part: 'branch' },
  ELSEIF: { of: ['if'], part: 'condition' },
  WHEN: { of: ['case'], part: 'condition' },
  ELSE: { of: ['if', 'case'], part: 'branch' },
  END: { of: ['if', 'case'], part: 'branch' },
} as const

function isStep(word: string): word is keyof typeof STEPS {
  return Object.hasOwn(STEPS, word)
}

const NAMES = { paren: 'a parenthesis', brace: 'a level of detail', if: 'an IF', case: 'a CASE' }

/** Commas right inside each parenthesis, and one more where anything stands in it. */
function countArguments(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  const open: number[] = []
  tokens.forEach(({ kind, text }, place) => {
    if (kind !== 'sign') return
    const top = open.at(-1)
    if (text === '(' || text === '{') open.push(place)
    else if (text === ')' || text === '}') open.pop()
    else if (text === ',' && top !== undefined) counts.set(top, (counts.get(top) ?? 1) + 1)
  })
  return counts
}

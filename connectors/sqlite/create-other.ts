import { closingIndex, foldName, isKeyword, isSymbol, listElements, type Token, textOf, tokenize } from './tokens.ts'

/** A CREATE INDEX text: what is indexed, term by term without its sort order, and a partial index's condition. */
export function readCreateIndex(sql: string): { readonly terms: readonly string[]; readonly where?: string } {
  const tokens = tokenize(sql)
  const on = tokens.findIndex((token) => isKeyword(token, 'ON'))
  if (on < 0) return { terms: [] }
  const rest = tokens.slice(closingIndex(tokens, on + 2) + 1)
  const terms = listElements(tokens, on + 2).map((term) => textOf(sql, withoutOrder(term)))
  return isKeyword(rest[0], 'WHERE') ? { terms, where: textOf(sql, rest.slice(1)) } : { terms }
}

function withoutOrder(term: readonly Token[]): readonly Token[] {
  const nulls = isKeyword(term.at(-2), 'NULLS') ? term.slice(0, -2) : term
  return isKeyword(nulls.at(-1), 'ASC') || isKeyword(nulls.at(-1), 'DESC') ? nulls.slice(0, -1) : nulls
}

export interface TriggerText {
  readonly timing: 'before' | 'after' | 'instead of'
  readonly event: string
  /** The columns of UPDATE OF. */
  readonly columns?: readonly string[]
  readonly when?: string
}

/** A CREATE TRIGGER text, whose timing is BEFORE when none is given. */
export function readCreateTrigger(sql: string): TriggerText {
  const tokens = tokenize(sql)
  let at = tokens.findIndex((token) => isKeyword(token, 'TRIGGER')) + 1
  if (isKeyword(tokens[at], 'IF')) at += 3
  at += isSymbol(tokens[at + 1], '.') ? 3 : 1
  const timing = isKeyword(tokens[at], 'AFTER') ? 'after' : isKeyword(tokens[at], 'INSTEAD') ? 'instead of' : 'before'
  if (timing === 'instead of') at += 2
  else if (isKeyword(tokens[at], 'AFTER') || isKeyword(tokens[at], 'BEFORE')) at += 1
  const event = tokens[at]?.value.toLowerCase() ?? ''
  const on = tokens.findIndex((token, index) => index > at && isKeyword(token, 'ON'))
  const listed = tokens.slice(at + 2, Math.max(on, 0)).filter((token) => !isSymbol(token, ','))
  // BEGIN is no reserved word: `new.begin` is a column.
  const isBegin = (index: number) => isKeyword(tokens[index], 'BEGIN') && !isSymbol(tokens[index - 1], '.')
  const begin = tokens.findIndex((_, index) => index > on + 1 && isBegin(index))
  const when = tokens.findIndex((token, index) => index > on + 1 && isKeyword(token, 'WHEN'))
  return {
    ...{ timing, event },
    ...(isKeyword(tokens[at + 1], 'OF') ? { columns: listed.map((token) => token.value) } : {}),
    ...(when > 0 && when < begin ? { when: textOf(sql, tokens.slice(when + 1, begin)) } : {}),
  }
}

/** The module of a CREATE VIRTUAL TABLE text and the text of its arguments. */
export function readCreateVirtualTable(sql: string): { readonly module: string; readonly arguments: string } {
  const tokens = tokenize(sql)
  const using = tokens.findIndex((token) => isKeyword(token, 'USING'))
  const close = closingIndex(tokens, using + 2)
  return { module: tokens[using + 1]?.value ?? '', arguments: textOf(sql, tokens.slice(using + 3, close)) }
}

const CLAUSES = ['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'WINDOW', 'ORDER', 'LIMIT', 'VALUES', 'UNION', 'EXCEPT']

/**
 * The folded names that stand where a query names a table: after FROM, JOIN, IN, and commas of a FROM. They hold names
 * of common table expressions too: what is no relation is for the caller to leave out.
 */
export function namesInFrom(sql: string): Set<string> {
  const tokens = tokenize(sql)
  const names = new Set<string>()
  const clauses = ['']
  tokens.forEach((token, index) => {
    const before = tokens[index - 1]
    if (isSymbol(token, '(')) {
      clauses.push(startsTable(before, clauses.at(-1)) && !isKeyword(before, 'IN') ? 'FROM' : '')
    } else if (isSymbol(token, ')')) {
      if (clauses.length > 1) clauses.pop()
    } else if (CLAUSES.some((clause) => isKeyword(token, clause))) {
      clauses[clauses.length - 1] = token.value.toUpperCase()
    } else if (token.kind !== 'number' && token.kind !== 'symbol' && !isSymbol(tokens[index + 1], '.')) {
      const qualified = isSymbol(before, '.')
      if (startsTable(qualified ? tokens[index - 3] : before, clauses.at(-1))) names.add(foldName(token.value))
    }
  })
  return names
}

function startsTable(before: Token | undefined, clause: string | undefined): boolean {
  if (['FROM', 'JOIN', 'IN'].some((keyword) => isKeyword(before, keyword))) return true
  return clause === 'FROM' && (isSymbol(before, ',') || isSymbol(before, '('))
}

import { closingIndex, foldName, isKeyword, isSymbol, listElements, type Token, textOf, tokenize } from './tokens.ts'

/** What a CREATE TABLE text says beyond SQLite's pragmas. */
export interface TableText {
  /** By the folded column name: the text of a generated column's expression, and an explicit collation. */
  readonly columns: ReadonlyMap<string, { readonly expression?: string; readonly collation?: string }>
  readonly primaryKeyName?: string
  readonly uniques: readonly { readonly name?: string; readonly columns: readonly string[] }[]
  /** In the order of the text, which is the reverse of `foreign_key_list`'s ids. */
  readonly foreignKeys: readonly { readonly name?: string; readonly deferred: boolean }[]
  /** `column`: where a column's own definition holds the check. */
  readonly checks: readonly { readonly name?: string; readonly expression: string; readonly column?: string }[]
  readonly autoincrement: boolean
  readonly strict: boolean
  readonly withoutRowid: boolean
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }
type Part<Key extends keyof TableText> = TableText[Key] extends readonly (infer Item)[] ? Writable<Item>[] : never

interface Parse {
  readonly sql: string
  readonly columns: Map<string, { expression?: string; collation?: string }>
  readonly uniques: Part<'uniques'>
  readonly foreignKeys: Part<'foreignKeys'>
  readonly checks: Part<'checks'>
  primaryKeyName?: string | undefined
}

/**
 * Reads a CREATE TABLE text as `sqlite_schema` keeps it. SQLite has parsed that text, so it is well-formed: only what is
 * looked for needs to be told apart (https://www.sqlite.org/syntax/create-table-stmt.html). The keywords that start a
 * constraint are reserved; unquoted, they can be nothing else.
 */
export function readCreateTable(sql: string): TableText {
  const tokens = tokenize(sql)
  const open = tokens.findIndex((token) => isSymbol(token, '('))
  const parse: Parse = { sql, columns: new Map(), uniques: [], foreignKeys: [], checks: [] }
  for (const element of open < 0 ? [] : listElements(tokens, open)) readElement(parse, element)
  const options = open < 0 ? [] : tokens.slice(closingIndex(tokens, open) + 1)
  const { columns, uniques, foreignKeys, checks, primaryKeyName } = parse
  return {
    ...{ columns, uniques, foreignKeys, checks },
    ...(primaryKeyName === undefined ? {} : { primaryKeyName }),
    autoincrement: tokens.some((token) => isKeyword(token, 'AUTOINCREMENT')),
    strict: options.some((token) => isKeyword(token, 'STRICT')),
    withoutRowid: options.some((token) => isKeyword(token, 'ROWID')),
  }
}

const TABLE_CONSTRAINTS = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']

/** One element between the commas: a column with its constraints, or table constraints (commas between are optional). */
function readElement(parse: Parse, tokens: readonly Token[]): void {
  const isConstraint = TABLE_CONSTRAINTS.some((keyword) => isKeyword(tokens[0], keyword))
  const column = isConstraint ? undefined : (tokens[0]?.value ?? '')
  const facts: { expression?: string; collation?: string } = {}
  if (column !== undefined) parse.columns.set(foldName(column), facts)
  let name: string | undefined
  for (let index = isConstraint ? 0 : 1; index < tokens.length; index += 1) {
    const token = tokens[index]
    if (isSymbol(token, '(')) {
      index = closingIndex(tokens, index)
      continue
    }
    if (token?.kind !== 'word') continue
    const keyword = token.value.toUpperCase()
    if (keyword === 'CONSTRAINT') {
      index += 1
      name = tokens[index]?.value
    } else if (keyword === 'COLLATE') {
      index += 1
      facts.collation = tokens[index]?.value ?? ''
    } else if (keyword === 'DEFAULT' && !isKeyword(tokens[index - 1], 'SET')) {
      index += isSign(tokens[index + 1]) ? 2 : isSymbol(tokens[index + 1], '(') ? 0 : 1
      name = undefined
    } else if (keyword === 'AS') {
      facts.expression = inside(parse.sql, tokens, index + 1)
      name = undefined
    } else if (keyword === 'NULL') {
      name = undefined
    } else if (readConstraint(parse, { keyword, tokens, index, name, column })) {
      name = undefined
    }
  }
}

interface ConstraintAt {
  readonly keyword: string
  readonly tokens: readonly Token[]
  readonly index: number
  readonly name: string | undefined
  readonly column: string | undefined
}

/** Whether a keyword began a constraint of its own, which the pending name belonged to. */
function readConstraint(parse: Parse, { keyword, tokens, index, name, column }: ConstraintAt): boolean {
  const named = name === undefined ? {} : { name }
  switch (keyword) {
    case 'CHECK':
      parse.checks.push({
        ...named,
        expression: inside(parse.sql, tokens, index + 1),
        ...(column === undefined ? {} : { column }),
      })
      return true
    case 'PRIMARY':
      parse.primaryKeyName = name
      return true
    case 'UNIQUE': {
      const listed = () => listElements(tokens, index + 1).map((element) => element[0]?.value ?? '')
      parse.uniques.push({ ...named, columns: column === undefined ? listed() : [column] })
      return true
    }
    case 'REFERENCES':
      parse.foreignKeys.push({ ...named, deferred: false })
      return true
    case 'DEFERRABLE': {
      const last = parse.foreignKeys.at(-1)
      const deferred = isKeyword(tokens[index + 2], 'DEFERRED') && !isKeyword(tokens[index - 1], 'NOT')
      if (last !== undefined) last.deferred = deferred
      return false
    }
    default:
      return false
  }
}

function isSign(token: Token | undefined): boolean {
  return isSymbol(token, '+') || isSymbol(token, '-')
}

/** The text inside the parentheses that open at `open`. */
function inside(sql: string, tokens: readonly Token[], open: number): string {
  return textOf(sql, tokens.slice(open + 1, closingIndex(tokens, open)))
}

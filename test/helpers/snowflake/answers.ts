import { type Account, type Result, SHOWN, shownTable } from './account.ts'

/** A refusal in Snowflake's own words: https://docs.snowflake.com/en/developer-guide/sql-api/handling-errors */
export class SnowflakeRefusal extends Error {
  readonly code: string
  readonly sqlState: string

  constructor(code: string, sqlState: string, message: string) {
    super(message)
    this.code = code
    this.sqlState = sqlState
  }
}

export interface Limits {
  /** Rows that a SHOW command answers with at most. */
  readonly show: number
  /** Rows that INFORMATION_SCHEMA answers with at most. */
  readonly information: number
}

type Binds = Readonly<Record<string, { readonly value: string | null }>>

export function answer(account: Account, text: string, binds: Binds, limits: Limits): Result {
  const show = /^\s*SHOW\s+([\s\S]*)$/i.exec(text)
  return show === null ? answerSelect(account, text, binds, limits) : answerShow(account, show[1] ?? '', limits)
}

const NAME = `"((?:[^"]|"")*)"`
const LITERAL = String.raw`'((?:[^'\\]|''|\\.)*)'`
const SHOW = new RegExp(
  String.raw`^(?:TERSE\s+)?([A-Z ]+?)(\s+HISTORY)?(?:\s+LIKE\s+${LITERAL})?(?:\s+IN\s+(?:DATABASE\s+${NAME}|SCHEMA\s+${NAME}\.${NAME}|TABLE\s+${NAME}\.${NAME}\.${NAME}))?(?:\s+LIMIT\s+(\d+)(?:\s+FROM\s+${LITERAL})?)?\s*$`,
)

function answerShow(account: Account, command: string, limits: Limits): Result {
  const match = SHOW.exec(command)
  const what = match?.[1] ?? ''
  const list = SHOWN[what]
  if (match === null || list === undefined) {
    throw new SnowflakeRefusal(
      '001003',
      '42000',
      `SQL compilation error: syntax error line 1 at position 5 unexpected '${command}'.`,
    )
  }
  const [, , history, like, inDatabase, inSchemaDatabase, inSchema, ofDatabase, ofSchema, inTable, limit, from] = match
  const database = unquote(inDatabase ?? inSchemaDatabase ?? ofDatabase)
  const schema = unquote(inSchema ?? ofSchema)
  const table = unquote(inTable)
  if (database !== undefined) requireDatabase(account, database)
  const columns = list.split(/,\s*/).map((name) => name.replaceAll('"', ''))
  const place =
    what === 'IMPORTED KEYS'
      ? ['fk_database_name', 'fk_schema_name', 'fk_table_name']
      : ['database_name', 'schema_name', what === 'INDEXES' ? 'table' : what.endsWith('KEYS') ? 'table_name' : 'name']
  const rows = account.database.prepare(`select * from ${shownTable(what)}`).all() as Record<
    string,
    string | number | null
  >[]
  const kept = rows
    .filter(
      (row) => what === 'DATABASES' || what === 'SHARES' || database === undefined || row[place[0] ?? ''] === database,
    )
    .filter((row) => schema === undefined || row[place[1] ?? ''] === schema)
    .filter((row) => table === undefined || row[place[2] ?? ''] === table)
    .filter((row) => what !== 'SCHEMAS' || history !== undefined || row.dropped_on === null)
    .filter((row) => like === undefined || likeMatches(String(row.name), unescaped(like)))
    .filter((row) => isVisible(account, what, row, place))
  const sorted = kept.sort((left, right) =>
    compare(
      place.map((column) => left[column]),
      place.map((column) => right[column]),
    ),
  )
  const after = from === undefined ? 0 : sorted.findIndex((row) => String(row.name).startsWith(unescaped(from))) + 1
  const most = Math.min(limits.show, limit === undefined ? Number.POSITIVE_INFINITY : Number(limit))
  return {
    columns: columns.map((name) => ({ name, type: 'text' })),
    rows: sorted
      .slice(after, after + most)
      .map((row) => columns.map((name) => (row[name] === null ? null : String(row[name])))),
  }
}

function isVisible(account: Account, what: string, row: Record<string, unknown>, place: readonly string[]): boolean {
  const [database, schema, name] = place.map((column) => row[column])
  if (what === 'DATABASES') return !account.hidden.has(String(row.name))
  if (what === 'SCHEMAS') return !account.hidden.has(`${database}.${row.name}`)
  return ![`${database}`, `${database}.${schema}`, `${database}.${schema}.${name}`].some((key) =>
    account.hidden.has(key),
  )
}

function requireDatabase(account: Account, name: string): void {
  const [found] = account.database.prepare('select 1 from show_databases where name = ?').all(name)
  if (found !== undefined && !account.hidden.has(name)) return
  throw new SnowflakeRefusal(
    '002003',
    '02000',
    `SQL compilation error:\nDatabase '"${name}"' does not exist or not authorized.`,
  )
}

/** LIKE of SHOW ignores case, and reads % and _ as SQL does. */
function likeMatches(name: string, pattern: string): boolean {
  const source = [...pattern].map((character) =>
    character === '%' ? '.*' : character === '_' ? '.' : character.replace(/[\\^$.*+?()[\]{}|]/, '\\$&'),
  )
  return new RegExp(`^${source.join('')}$`, 'is').test(name)
}

const unescaped = (text: string) => text.replaceAll("''", "'").replace(/\\(.)/g, '$1')
const unquote = (text: string | undefined) => text?.replaceAll('""', '"')

function compare(left: readonly unknown[], right: readonly unknown[]): number {
  for (const [index, value] of left.entries()) {
    const order = Buffer.compare(Buffer.from(String(value ?? '')), Buffer.from(String(right[index] ?? '')))
    if (order !== 0) return order
  }
  return 0
}

function answerSelect(account: Account, text: string, binds: Binds, limits: Limits): Result {
  if (/\bLATERAL FLATTEN\b/.test(text)) return answerFlatten(account, text)
  let information = false
  const statement = text
    .replace(new RegExp(String.raw`${NAME}\.INFORMATION_SCHEMA\.(\w+)`, 'g'), (_, name: string, view: string) => {
      requireDatabase(account, unquote(name) ?? '')
      information = true
      return `info_${view}`
    })
    .replace(/\bSNOWFLAKE\.ACCOUNT_USAGE\.(\w+)/g, (_, view: string) => {
      if (account.accountUsage) return `usage_${view}`
      throw new SnowflakeRefusal(
        '002003',
        '02000',
        `SQL compilation error:\nObject 'SNOWFLAKE.ACCOUNT_USAGE.${view}' does not exist or not authorized.`,
      )
    })
    .replaceAll(/\bLEFT\(/g, '"LEFT"(')
    .replace(new RegExp(String.raw`FROM ${NAME}\.${NAME}\.${NAME} LIMIT`), (_, ...parts: string[]) =>
      previewed(
        account,
        parts.slice(0, 3).map((part) => unquote(part) ?? ''),
      ),
    )
  const prepared = account.database.prepare(statement)
  const values = Object.fromEntries(Object.entries(binds).map(([place, { value }]) => [`:${place}`, value]))
  const rows = (Object.keys(values).length === 0 ? prepared.all() : prepared.all(values)) as Record<
    string,
    string | number | null
  >[]
  if (information && rows.length > limits.information) {
    throw new SnowflakeRefusal(
      '090030',
      '22000',
      'Information schema query returned too much data. Please repeat query with more selective predicates.',
    )
  }
  const columns = prepared.columns().map(({ name }) => ({ name, type: 'text' as const }))
  return {
    columns,
    rows: rows.map((row) =>
      columns.map(({ name }) => (row[name] === null || row[name] === undefined ? null : String(row[name]))),
    ),
  }
}

/** A table's rows are made up: two of them, empty. */
function previewed(account: Account, [database = '', schema = '', name = '']: readonly string[]): string {
  const columns = account.database
    .prepare(
      'select COLUMN_NAME as name from info_COLUMNS where TABLE_CATALOG = ? and TABLE_SCHEMA = ? and TABLE_NAME = ? and DELETED is null',
    )
    .all(database, schema, name) as { name: string }[]
  const values = columns.map((column) => `null as "${column.name.replaceAll('"', '""')}"`).join(', ') || '1'
  return `FROM (select ${values} union all select ${values.replaceAll(/null as "[^"]*(?:""[^"]*)*"/g, 'null')}) LIMIT`
}

/** SQLite has no FLATTEN: what a test has put in comes out. */
function answerFlatten(account: Account, text: string): Result {
  if (!account.accountUsage) {
    throw new SnowflakeRefusal(
      '002003',
      '02000',
      "SQL compilation error:\nObject 'SNOWFLAKE.ACCOUNT_USAGE.ACCESS_HISTORY' does not exist or not authorized.",
    )
  }
  const [known] = account.flattened.filter(({ contains }) => text.includes(contains))
  return known?.result ?? { columns: [{ name: 'NAME', type: 'text' }], rows: [] }
}

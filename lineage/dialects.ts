/** The dialects the engine knows. Others that crawl in (a query log of Teradata, say) go as `generic`. */
export const DIALECTS = [
  'postgres',
  'mysql',
  'mariadb',
  'sqlite',
  'snowflake',
  'bigquery',
  'redshift',
  'databricks',
  'spark',
  'tsql',
  'clickhouse',
  'duckdb',
  'trino',
  'oracle',
  'generic',
] as const

export type Dialect = (typeof DIALECTS)[number]

/** What differs between dialects, as data: the lexer, the parser and the resolver ask here and never for a name. */
export interface Traits {
  readonly dialect: Dialect
  /** What an unquoted name becomes. `keep`: names compare without case; `exact`: names compare as written. */
  readonly fold: 'lower' | 'upper' | 'keep' | 'exact'
  /** Whether `"x"` is a name; otherwise it is a string. */
  readonly doubleQuoteIsName: boolean
  readonly backtickIsName: boolean
  readonly bracketIsName: boolean
  /** Whether a backslash escapes inside '…'. */
  readonly backslashEscapes: boolean
  /** Strings in three quotes on either side. */
  readonly tripleQuotes: boolean
  /** `#` is a letter. */
  readonly hashInNames: boolean
  readonly dollarQuotes: boolean
  /** `$x` is a variable. */
  readonly dollarNames: boolean
  /** `@x` is a variable; elsewhere `@` is an operator. */
  readonly atVariables: boolean
  /** Any run of operator characters is one operator, as extensions define them. */
  readonly customOperators: boolean
  /** Behind a dot a name may begin with a digit. */
  readonly digitNames: boolean
  readonly hashComments: boolean
  readonly slashComments: boolean
  readonly nestedComments: boolean
  /** Whether a statement may begin where the one before ends, without a semicolon. */
  readonly bareStatements: boolean
  /** Whether a CTE may name itself without RECURSIVE. */
  readonly recursiveWithoutKeyword: boolean
  /** Whether a select item may use the alias of an earlier one, and which wins where both a column and an alias have the name. */
  readonly lateralAlias: 'none' | 'column-first' | 'alias-first'
  /** `x -> …` is a lambda rather than a JSON operator. */
  readonly lambdaArrow: boolean
  /** `expr:path` reads into a semi-structured value. */
  readonly colonPath: boolean
  /** `SELECT alias = expr`. */
  readonly aliasByEquals: boolean
  /** `'x'` after an expression is its alias. */
  readonly stringAlias: boolean
  /**
   * `$1` is the first column of its source; `->>` hands what a statement gives to the next, where `FROM $1` reads it.
   * https://docs.snowflake.com/en/sql-reference/operators-flow
   */
  readonly positions: boolean
  /** A name with several parts in one pair of quotes: `project.dataset.table`. */
  readonly dottedQuotes: boolean
  /** Words of a table name may be joined by dashes. */
  readonly dashedNames: boolean
  /** Where two sources have an unqualified column, the first one is meant instead of an error. */
  readonly firstSourceWins: boolean
  /** Tables whose names begin so are temporary. */
  readonly temporaryPrefix: string | undefined
  /** Views written with `*` are expanded when made: later columns of the table do not join them. */
  readonly freezesStar: boolean
}

const BASE: Traits = {
  dialect: 'generic',
  fold: 'keep',
  doubleQuoteIsName: true,
  backtickIsName: true,
  bracketIsName: false,
  backslashEscapes: false,
  tripleQuotes: false,
  hashInNames: false,
  dollarQuotes: false,
  dollarNames: false,
  atVariables: true,
  customOperators: false,
  digitNames: false,
  hashComments: false,
  slashComments: false,
  nestedComments: false,
  bareStatements: false,
  recursiveWithoutKeyword: false,
  lateralAlias: 'column-first',
  lambdaArrow: false,
  colonPath: false,
  aliasByEquals: false,
  stringAlias: true,
  positions: false,
  dottedQuotes: false,
  dashedNames: false,
  firstSourceWins: false,
  temporaryPrefix: undefined,
  freezesStar: true,
}

const POSTGRES: Traits = {
  ...BASE,
  dialect: 'postgres',
  fold: 'lower',
  dollarQuotes: true,
  atVariables: false,
  customOperators: true,
  nestedComments: true,
  lateralAlias: 'none',
  stringAlias: false,
}

const MYSQL: Traits = {
  ...BASE,
  dialect: 'mysql',
  doubleQuoteIsName: false,
  backslashEscapes: true,
  hashComments: true,
  lateralAlias: 'none',
}

const SPARK: Traits = {
  ...BASE,
  dialect: 'spark',
  doubleQuoteIsName: false,
  backslashEscapes: true,
  nestedComments: true,
  lambdaArrow: true,
  colonPath: true,
  digitNames: true,
  freezesStar: true,
}

const TRAITS: Readonly<Record<Dialect, Traits>> = {
  postgres: POSTGRES,
  redshift: {
    ...POSTGRES,
    dialect: 'redshift',
    backslashEscapes: true,
    atVariables: true,
    customOperators: false,
    lateralAlias: 'column-first',
    temporaryPrefix: '#',
    hashInNames: true,
  },
  mysql: MYSQL,
  mariadb: { ...MYSQL, dialect: 'mariadb' },
  sqlite: { ...BASE, dialect: 'sqlite', bracketIsName: true, lateralAlias: 'none', freezesStar: false },
  snowflake: {
    ...BASE,
    dialect: 'snowflake',
    fold: 'upper',
    backslashEscapes: true,
    dollarQuotes: true,
    dollarNames: true,
    slashComments: true,
    recursiveWithoutKeyword: true,
    lambdaArrow: true,
    colonPath: true,
    positions: true,
  },
  bigquery: {
    ...BASE,
    dialect: 'bigquery',
    doubleQuoteIsName: false,
    backslashEscapes: true,
    hashComments: true,
    lateralAlias: 'none',
    lambdaArrow: true,
    tripleQuotes: true,
    dottedQuotes: true,
    dashedNames: true,
    digitNames: true,
  },
  databricks: { ...SPARK, dialect: 'databricks' },
  spark: SPARK,
  tsql: {
    ...BASE,
    dialect: 'tsql',
    backtickIsName: false,
    bracketIsName: true,
    nestedComments: true,
    bareStatements: true,
    recursiveWithoutKeyword: true,
    lateralAlias: 'none',
    aliasByEquals: true,
    dollarNames: true,
    temporaryPrefix: '#',
    hashInNames: true,
  },
  clickhouse: {
    ...BASE,
    dialect: 'clickhouse',
    fold: 'exact',
    backslashEscapes: true,
    hashComments: true,
    nestedComments: true,
    dollarQuotes: true,
    lateralAlias: 'alias-first',
    lambdaArrow: true,
    firstSourceWins: true,
  },
  duckdb: {
    ...BASE,
    dialect: 'duckdb',
    dollarQuotes: true,
    dollarNames: true,
    atVariables: false,
    nestedComments: true,
    lambdaArrow: true,
    freezesStar: false,
  },
  trino: { ...BASE, dialect: 'trino', lambdaArrow: true, lateralAlias: 'none' },
  oracle: {
    ...BASE,
    dialect: 'oracle',
    hashInNames: true,
    fold: 'upper',
    backtickIsName: false,
    recursiveWithoutKeyword: true,
    lateralAlias: 'none',
  },
  generic: BASE,
}

/** Dialects whose columns have fields reached by a dot. */
export const STRUCTS = new Set<string>(['bigquery', 'databricks', 'spark', 'trino', 'duckdb', 'clickhouse', 'redshift'])

/** Names other tools give the same dialects. */
const ALIASES: Readonly<Record<string, Dialect>> = {
  postgresql: 'postgres',
  mssql: 'tsql',
  sqlserver: 'tsql',
  fabric: 'tsql',
  synapse: 'tsql',
  hive: 'spark',
  sparksql: 'spark',
  presto: 'trino',
  athena: 'trino',
  unity: 'databricks',
  'unity-catalog': 'databricks',
  sqlite3: 'sqlite',
}

export function traitsOf(dialect: Dialect): Traits {
  return TRAITS[dialect]
}

/** The dialect of a name in any spelling; an unknown one is `generic`. */
export function findDialect(name: string): Dialect {
  const key = name.toLowerCase()
  return DIALECTS.find((dialect) => dialect === key) ?? ALIASES[key] ?? 'generic'
}

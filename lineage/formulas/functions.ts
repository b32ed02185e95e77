/**
 * What Tableau's functions do with their arguments, by name; those not listed make one value of the values of one row.
 * https://help.tableau.com/current/pro/desktop/en-us/functions_all_alphabetical.htm
 */
export type FunctionKind = 'row' | 'aggregate' | 'table_calculation' | 'choice'

const AGGREGATES = new Set([
  'ATTR',
  'AVG',
  'COLLECT',
  'CORR',
  'COUNT',
  'COUNTD',
  'COVAR',
  'COVARP',
  'MEDIAN',
  'PERCENTILE',
  'STDEV',
  'STDEVP',
  'SUM',
  'VAR',
  'VARP',
])

/** Of one argument over rows, of two the lesser or greater of them. */
const EITHER = new Set(['MIN', 'MAX'])

const TABLE_CALCULATION =
  /^(?:WINDOW_|RUNNING_|RANK(?:_|$)|SCRIPT_|MODEL_|(?:INDEX|FIRST|LAST|SIZE|LOOKUP|PREVIOUS_VALUE|TOTAL)$)/

export function kindOfFunction(name: string, parameters: number): FunctionKind {
  const word = name.toUpperCase()
  if (word === 'IIF') return 'choice'
  if (AGGREGATES.has(word) || word.startsWith('RAWSQLAGG_')) return 'aggregate'
  if (EITHER.has(word)) return parameters > 1 ? 'row' : 'aggregate'
  return TABLE_CALCULATION.test(word) ? 'table_calculation' : 'row'
}

/** Functions that hand SQL to the database as it is written, with `%1` for their further arguments. */
export function isPassThrough(name: string): boolean {
  return /^RAWSQL(?:AGG)?_/i.test(name)
}

const SQL_WORDS = new Set(
  `all and any array as asc at between both by case cast collate current date day decimal desc distinct else end epoch exists
   extract false filter float following for from hour in int integer interval is leading like minute month not null numeric or order
   over partition preceding range rows second text then time timestamp to trailing true unbounded varchar when within year zone`
    .trim()
    .split(/\s+/),
)

/** Whether such SQL names anything itself: then it may read what its arguments do not tell. */
export function namesSomething(sql: string): boolean {
  const plain = sql.replace(/'(?:[^']|'')*'/g, ' ').replace(/%\d+/g, ' ')
  if (/["`[]/.test(plain)) return true
  return [...plain.matchAll(/[\p{L}_][\p{L}\p{N}_.]*(?!\s*\()(?![\p{L}\p{N}_.])/gu)].some(
    ([word]) => !SQL_WORDS.has(word.toLowerCase()),
  )
}

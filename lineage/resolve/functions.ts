/** Functions that make one value out of many rows. */
export const AGGREGATES: ReadonlySet<string> = new Set(
  `COUNT SUM AVG MIN MAX COUNT_BIG STDDEV STDDEV_POP STDDEV_SAMP STDEV STDEVP VAR VARP VAR_POP VAR_SAMP VARIANCE VARIANCE_POP VARIANCE_SAMP
  ARRAY_AGG STRING_AGG LISTAGG GROUP_CONCAT XMLAGG JSON_AGG JSONB_AGG JSON_OBJECT_AGG JSONB_OBJECT_AGG JSON_ARRAYAGG JSON_OBJECTAGG
  OBJECT_AGG ARRAY_CONCAT_AGG BOOL_AND BOOL_OR EVERY BIT_AND BIT_OR BIT_XOR LOGICAL_AND LOGICAL_OR COUNT_IF COUNTIF SUMIF AVGIF ANY_VALUE
  APPROX_COUNT_DISTINCT APPROX_DISTINCT APPROX_QUANTILES APPROX_PERCENTILE APPROX_TOP_COUNT HLL MEDIAN MODE PERCENTILE_CONT PERCENTILE_DISC PERCENTILE
  CORR COVAR_POP COVAR_SAMP REGR_SLOPE REGR_INTERCEPT REGR_R2 REGR_COUNT MAX_BY MIN_BY ARG_MIN ARG_MAX ARGMIN ARGMAX FIRST LAST ARBITRARY
  COLLECT_LIST COLLECT_SET CHECKSUM_AGG TOTAL SKEWNESS KURTOSIS UNIQ UNIQEXACT UNIQCOMBINED UNIQHLL12 GROUPARRAY GROUPUNIQARRAY SUMMAP
  QUANTILE QUANTILES QUANTILEEXACT QUANTILETDIGEST ANYLAST ANYHEAVY TOPK GROUPBITMAP SUMMERGE AVGMERGE COUNTMERGE UNIQMERGE HISTOGRAM MAP_AGG
  MULTIMAP_AGG MAP_UNION REDUCE_AGG GROUPING GROUPING_ID STDDEVPOP STDDEVSAMP VARPOP VARSAMP LIST QUANTILE_CONT QUANTILE_DISC PRODUCT FSUM
  BITMAP_AGG BITAND_AGG BITOR_AGG HASH_AGG ARRAY_UNION_AGG ARRAY_UNIQUE_AGG WM_CONCAT DENSE_RANK_AGG RANGE_AGG`.split(
    /\s+/,
  ),
)

/** Functions that choose between their arguments: which of them only steer the choice. `odd`: every other one, but the last. */
const CONDITIONS: Readonly<Record<string, 'first' | 'odd' | 'decode' | 'second'>> = {
  IF: 'first',
  IFF: 'first',
  IIF: 'first',
  NVL2: 'first',
  MULTIIF: 'odd',
  DECODE: 'decode',
  CHOOSE: 'first',
  COUNTIF: 'first',
  COUNT_IF: 'first',
  SUMIF: 'second',
  AVGIF: 'second',
  MINIF: 'second',
  MAXIF: 'second',
  ANYIF: 'second',
}

/** Whether the argument decides and does not become the value. */
export function isCondition(key: string, index: number, count: number): boolean {
  switch (CONDITIONS[key]) {
    case 'first':
      return index === 0 && count > (key.startsWith('COUNT') ? 0 : 1)
    case 'second':
      return index === 1
    case 'odd':
      return index % 2 === 0 && index < count - 1
    case 'decode':
      return count > 2 && (index === 0 || (index % 2 === 1 && index < count - 1))
    default:
      return false
  }
}

/** Columns of table functions that always have the same ones. */
const FUNCTION_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  FLATTEN: ['SEQ', 'KEY', 'PATH', 'INDEX', 'VALUE', 'THIS'],
  SPLIT_TO_TABLE: ['SEQ', 'INDEX', 'VALUE'],
  STRTOK_SPLIT_TO_TABLE: ['SEQ', 'INDEX', 'VALUE'],
  STRING_SPLIT: ['value', 'ordinal'],
  OPENJSON: ['key', 'value', 'type'],
  JSON_EACH: ['key', 'value', 'type', 'atom', 'id', 'parent', 'fullkey', 'path'],
  JSON_TREE: ['key', 'value', 'type', 'atom', 'id', 'parent', 'fullkey', 'path'],
  JSON_EACH_TEXT: ['key', 'value'],
  JSONB_EACH: ['key', 'value'],
  JSONB_EACH_TEXT: ['key', 'value'],
  EACH: ['key', 'value'],
  JSON_ARRAY_ELEMENTS: ['value'],
  JSON_ARRAY_ELEMENTS_TEXT: ['value'],
  JSONB_ARRAY_ELEMENTS: ['value'],
  JSONB_ARRAY_ELEMENTS_TEXT: ['value'],
  EXPLODE: ['col'],
  EXPLODE_OUTER: ['col'],
  POSEXPLODE: ['pos', 'col'],
  POSEXPLODE_OUTER: ['pos', 'col'],
  VARIANT_EXPLODE: ['pos', 'key', 'value'],
  NUMBERS: ['number'],
  XMLTABLE: ['COLUMN_VALUE'],
}

export function functionColumns(key: string): readonly string[] | undefined {
  return FUNCTION_COLUMNS[key]
}

/** Functions whose alias names their one value. */
export const SCALAR_ROWS: ReadonlySet<string> = new Set([
  'GENERATE_SERIES',
  'UNNEST',
  'REGEXP_SPLIT_TO_TABLE',
  'REGEXP_MATCHES',
  'GENERATE_SUBSCRIPTS',
  'STRING_TO_TABLE',
  'JSON_OBJECT_KEYS',
  'JSONB_OBJECT_KEYS',
  'RANGE',
  'GENERATE_DATE_ARRAY',
])

/** ClickHouse's look-ups: they read a dictionary or a join table named by a literal. */
export function isLookup(key: string): boolean {
  return /^(?:DICTGET|DICTHAS|DICTISIN|JOINGET)/.test(key)
}

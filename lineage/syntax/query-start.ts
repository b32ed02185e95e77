import { type Cursor, isName, peek } from './cursor.ts'

/** What DuckDB lets stand for a query. */
const DUCKDB = new Set(['PIVOT', 'UNPIVOT', 'SUMMARIZE', 'DESCRIBE', 'SHOW'])
const QUERY_STARTS = new Set(['SELECT', 'SEL', 'WITH', 'VALUES', 'FROM', 'TABLE', ...DUCKDB])

/** Whether what comes next reads as a query. */
export function isQueryNext(c: Cursor, ahead = 0): boolean {
  const token = peek(c, ahead)
  if (token.type !== 'word' || !QUERY_STARTS.has(token.key)) return false
  const next = peek(c, ahead + 1)
  if (DUCKDB.has(token.key)) return c.traits.dialect === 'duckdb' && (isName(next) || next.key === '(')
  if (token.key === 'VALUES') return next.key === '(' || next.key === 'ROW' || /^(?:number|string)$/.test(next.type)
  if (token.key === 'SEL') return c.traits.dialect === 'generic'
  if (token.key === 'TABLE') return isName(next)
  if (token.key === 'WITH' || token.key === 'FROM')
    return /^[([]$/.test(next.key) || (next.type !== 'operator' && next.type !== 'end')
  return true
}

/** Whether a routine is PL/pgSQL, where any expression is the inside of a SELECT. */
export function hasUnsaidSelects(c: Cursor): boolean {
  return c.traits.dialect === 'postgres' || c.traits.dialect === 'redshift'
}

import { type Cursor, isName, peek } from './cursor.ts'

const QUERY_STARTS = new Set(['SELECT', 'SEL', 'WITH', 'VALUES', 'FROM', 'TABLE'])

/** Whether what comes next reads as a query. */
export function isQueryNext(c: Cursor, ahead = 0): boolean {
  const token = peek(c, ahead)
  if (token.type !== 'word' || !QUERY_STARTS.has(token.key)) return false
  const next = peek(c, ahead + 1)
  if (token.key === 'VALUES') return next.key === '(' || next.key === 'ROW'
  if (token.key === 'SEL') return c.traits.dialect === 'generic'
  if (token.key === 'TABLE') return isName(next)
  if (token.key === 'WITH' || token.key === 'FROM')
    return next.key === '(' || (next.type !== 'operator' && next.type !== 'end')
  return true
}

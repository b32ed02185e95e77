import { quoteIdentifier } from '../../kit/index.ts'

export const FIND_EXTENSION = `
select n.nspname as schema, e.extversion as version from pg_extension e join pg_namespace n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'`

/**
 * The statements counted in this database. A row without id is of another role, and not for us to read. Columns by the
 * extension's version: https://www.postgresql.org/docs/current/pgstatstatements.html
 */
export function loggedStatements(schema: string, version: string): string {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const since = (wanted: number) => major > 1 || minor >= wanted
  return `
select s.userid || '.' || s.queryid ${since(9) ? "|| case when s.toplevel then '' else '.inner' end" : ''} as id,
  r.rolname as user, s.userid = (select oid from pg_roles where rolname = session_user) as ours,
  s.calls::text as calls, s.${since(8) ? 'mean_exec_time' : 'mean_time'} as "meanMs", s.query
from ${quoteIdentifier(schema)}.pg_stat_statements s left join pg_roles r on r.oid = s.userid
where s.dbid = (select oid from pg_database where datname = current_database())`
}

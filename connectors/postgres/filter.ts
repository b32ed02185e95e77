import { compilePattern, judgeName, type NameFilter, nameKey, type ObjectVerdict } from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Session } from './session.ts'

/**
 * A filter as a condition on a column of names, so that the server leaves out what is not wanted. Elsewhere than in a
 * UTF-8 database characters are counted otherwise: there everything is listed, and left out on this side.
 */
export function nameCondition(filter: NameFilter, column: string): string {
  const any = (patterns: readonly string[]) =>
    `(${patterns.map((pattern) => `${column}::text collate "C" ~ ${quoteText(compilePattern(pattern).posix)}`).join(' or ') || 'false'})`
  const parts = [
    ...(filter.allow === undefined ? [] : [any(filter.allow)]),
    ...(filter.deny === undefined ? [] : [`not ${any(filter.deny)}`]),
  ]
  if (parts.length === 0) return 'true'
  return `(case when getdatabaseencoding() = 'UTF8' then ${parts.join(' and ')} else true end)`
}

/** With `standard_conforming_strings` on, as every transaction of ours sets it, a quote is all that needs care. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

const SCHEMAS = `select current_database() as database, nspname as schema, null as name, 'schema' as kind from pg_namespace
  where nspname !~ '^pg_' and nspname <> 'information_schema'`
const RELATIONS = `select current_database() as database, n.nspname as schema, c.relname as name,
    case c.relkind when 'r' then case when c.relispartition then 'partition' else 'table' end when 'p' then 'partitioned table'
      when 'v' then 'view' when 'm' then 'materialized view' else 'foreign table' end as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`
const PAGE = 1000

interface NamedRow {
  readonly database: string
  readonly schema: string
  readonly name: string | null
  readonly kind: string
}

/** Every schema and relation of a database, with what the filters say of it. */
export async function* explainFilters(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  await session.begin()
  await session.run(
    `declare named no scroll cursor for select * from (${SCHEMAS} union all ${RELATIONS}) o
     order by schema collate "C", name collate "C" nulls first`,
  )
  while (true) {
    const [rows = []] = (await session.run(`fetch ${PAGE} from named`)) as unknown as [NamedRow[]]
    if (rows.length > 0) yield rows.map((row) => judge(row, settings))
    if (rows.length < PAGE) break
  }
  await session.commit()
}

function judge({ database, schema, name, kind }: NamedRow, settings: Settings): ObjectVerdict {
  const bySchema = judgeName(settings.schemas, schema)
  const key = nameKey(name === null ? [database, schema] : [database, schema, name])
  const level = { schema: `schemas: ${bySchema.rule}` }
  if (!bySchema.kept || name === null) {
    return { key, kind, kept: bySchema.kept, ...(bySchema.rule === undefined ? {} : { rule: level.schema }) }
  }
  const byName = judgeName(settings.tables, name)
  const rules = [
    ...(bySchema.rule === undefined ? [] : [level.schema]),
    ...(byName.rule === undefined ? [] : [`tables: ${byName.rule}`]),
  ]
  const rule = byName.kept ? rules.join('; ') : (rules.at(-1) ?? '')
  return { key, kind, kept: byName.kept, ...(rule === '' ? {} : { rule }) }
}

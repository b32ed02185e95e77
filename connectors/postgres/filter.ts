import { compilePattern, judgeName, type NameFilter, nameKey, type ObjectVerdict } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { SCHEMAS } from './families/container.ts'
import { FAMILIES, familyOf, keyOf } from './families/index.ts'
import { PLACE } from './queries/shared.sql.ts'
import { readServer } from './server.ts'
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

const SCHEMAS_NAMED = `select null as family, null as schema, nspname as name, 'schema' as kind from pg_namespace
  where nspname !~ '^pg_' and nspname <> 'information_schema'`
const RELATIONS = `select 'rel' as family, n.nspname as schema, c.relname as name,
    case c.relkind when 'r' then case when c.relispartition then 'partition' else 'table' end when 'p' then 'partitioned table'
      when 'v' then 'view' when 'm' then 'materialized view' else 'foreign table' end as kind
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`
const PAGE = 1000

interface NamedRow {
  /** Null for a schema itself, which then has only a name. */
  readonly family: string | null
  readonly schema: string | null
  readonly name: string
  readonly kind: string
}

/** Every schema of a database and what is in it, with what the filters say of each. */
export async function* explainFilters(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  await session.begin()
  const server = await readServer(session)
  const [[place] = [], schemas = []] = await session.run(`${PLACE};${SCHEMAS}`)
  const all = { schemas: schemas.map(({ oid }) => String(oid)).join(), relations: 'true' }
  const others = FAMILIES.filter(({ prefix, inSchemas }) => inSchemas && prefix !== 'rel').map(
    (family) => `select '${family.prefix}', o.schema, o.name, '${family.group}' from (${family.stamps(all, server)}) o`,
  )
  await session.run(
    `declare named no scroll cursor for select * from (${[SCHEMAS_NAMED, RELATIONS, ...others].join(' union all ')}) o
     order by coalesce(schema, name) collate "C", schema is not null, name collate "C"`,
  )
  while (true) {
    const [rows = []] = (await session.run(`fetch ${PAGE} from named`)) as unknown as [NamedRow[]]
    if (rows.length > 0) yield rows.map((row) => judge(row, String(place?.database), settings))
    if (rows.length < PAGE) break
  }
  await session.commit()
}

function judge({ family, schema, name, kind }: NamedRow, database: string, settings: Settings): ObjectVerdict {
  const bySchema = judgeName(settings.schemas, schema ?? name)
  const known = familyOf(family ?? 'ns')
  const key = known === undefined ? nameKey([database, name]) : keyOf(known, { oid: '', schema, name }, database)
  const level = { schema: `schemas: ${bySchema.rule}` }
  if (!bySchema.kept || family !== 'rel') {
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

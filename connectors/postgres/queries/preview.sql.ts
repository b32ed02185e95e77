import { quoteText } from '../filter.ts'

/** Tells our statements from others' in logs. Inside the statement: servers cut comments off its ends. */
export const PREVIEW_MARK = '/* tidemark preview */'

/** The columns of a relation in their order; one row without a name when it has none, no row when it is not there. */
export const columnsOf = (schema: string, name: string) => `
select a.attname as name, format_type(a.atttypid, a.atttypmod) as "nativeType",
  coalesce(nullif(t.typbasetype, 0), t.oid)::int8::text::float8 as type
from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_type t on t.oid = a.atttypid
where n.nspname = ${quoteText(schema)} and c.relname = ${quoteText(name)} and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by a.attnum`

import type { ISql } from 'postgres'

/** The role of those who only read: a group, to be granted to whoever signs in. */
export const READER_ROLE = 'tidemark_reader'

/** What of a source readers are not to have, encrypted or not. */
const SECRET_COLUMNS = ['secrets', 'data_key']

/**
 * Gives the readers' role, where the server has it, what it lacks: `catalog`, and of the tables behind it all but the
 * sources' secrets, which is what the command line reads. Done again whenever a store is opened, as tables come.
 */
export async function grantReader(sql: ISql): Promise<void> {
  const [role] = await sql`select 1 from pg_roles where rolname = ${READER_ROLE}`
  if (role === undefined) return
  const missing = await sql<{ statement: string }[]>`
    select format('grant usage on schema %I to %I', nspname, ${READER_ROLE}::text) as statement
    from pg_namespace
    where nspname in ('tidemark', 'catalog') and not has_schema_privilege(${READER_ROLE}, oid, 'usage')
    union all
    select format('grant select on %I.%I to %I', n.nspname, c.relname, ${READER_ROLE}::text)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('tidemark', 'catalog') and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
      and c.oid <> 'tidemark.source'::regclass and not has_table_privilege(${READER_ROLE}, c.oid, 'select')
    union all
    select format('grant select (%s) on tidemark.source to %I', string_agg(quote_ident(attname), ', '), ${READER_ROLE}::text)
    from pg_attribute
    where attrelid = 'tidemark.source'::regclass and attnum > 0 and not attisdropped
      and attname <> all (${SECRET_COLUMNS}::text[])
      and not has_column_privilege(${READER_ROLE}, attrelid, attnum, 'select')
    having count(*) > 0`
  for (const { statement } of missing) await sql.unsafe(statement)
}

import type { ISql } from 'postgres'
import { sqlState } from './store.ts'

/** The role of people and BI tools: a group, to be granted to whoever signs in. It may read `catalog`, and nothing else. */
export const READER_ROLE = 'tidemark_reader'

/** The role of those who read with the command line, which asks the tables behind `catalog` too. */
export const CLI_READER_ROLE = 'tidemark_cli_reader'

/** Not there in schema `tidemark` by name: read through the functions of `catalog` that PostgreSQL opens into the query. */
const INLINED_VIEWS = ['relation_version']

const PRIVILEGE_MISSING = '42501'
/** Somebody else made it at the same time. */
const EXISTS: ReadonlySet<string> = new Set(['42710', '23505'])

/**
 * Makes the readers' role where this account may, and gives it what it lacks. An account that may not make roles leaves
 * it to the operator: the role is taken as it is found. Done again whenever a store is opened, as views come.
 */
export async function ensureReader(sql: ISql): Promise<void> {
  if (!(await makeReader(sql))) return
  const missing = await sql<{ statement: string }[]>`
    select format('grant usage on schema catalog to %I', ${READER_ROLE}::text) as statement
    from pg_namespace where nspname = 'catalog' and not has_schema_privilege(${READER_ROLE}, oid, 'usage')
    union all
    select format('grant select on %I.%I to %I', n.nspname, c.relname, ${READER_ROLE}::text)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where (n.nspname = 'catalog' and c.relkind = 'v' or n.nspname = 'tidemark' and c.relname = any (${INLINED_VIEWS}::text[]))
      and not has_table_privilege(${READER_ROLE}, c.oid, 'select')`
  for (const { statement } of missing) await sql.unsafe(statement)
}

/** Whether there is such a role now. */
async function makeReader(sql: ISql): Promise<boolean> {
  const [found] = await sql<{ made: boolean; member: boolean; maker: boolean }[]>`
    select r.oid is not null as made, coalesce(pg_has_role(r.oid, 'member'), false) as member,
           me.rolsuper or me.rolcreaterole as maker
    from pg_roles me left join pg_roles r on r.rolname = ${READER_ROLE} where me.rolname = current_user`
  const { made = false, member = false, maker = false } = found ?? {}
  if (!maker) return made
  if (!made) await sql.unsafe(`create role ${READER_ROLE} nologin`).catch(allow(EXISTS))
  // So that `tidemark sql` can take the role on. Since PostgreSQL 16 making a role is not being in it.
  if (!member) await sql.unsafe(`grant ${READER_ROLE} to current_user`).catch(allow(new Set([PRIVILEGE_MISSING])))
  return true
}

const allow = (codes: ReadonlySet<string>) => (error: unknown) => {
  if (!codes.has(sqlState(error) ?? '')) throw error
}

/** The readers' role, where this session may take it on. */
export async function findReader(sql: ISql): Promise<string | undefined> {
  const [role] = await sql`select 1 from pg_roles where rolname = ${READER_ROLE} and pg_has_role(oid, 'member')`
  return role === undefined ? undefined : READER_ROLE
}

/** What of a source readers are not to have, encrypted or not. */
const SECRET_COLUMNS = ['secrets', 'data_key']

/**
 * Gives the command line's readers, where the server has their role, what it lacks: `catalog`, and of the tables behind it
 * all but the sources' secrets. Done again whenever a store is opened, as tables come.
 */
export async function grantCliReader(sql: ISql): Promise<void> {
  const [role] = await sql`select 1 from pg_roles where rolname = ${CLI_READER_ROLE}`
  if (role === undefined) return
  const missing = await sql<{ statement: string }[]>`
    select format('grant usage on schema %I to %I', nspname, ${CLI_READER_ROLE}::text) as statement
    from pg_namespace
    where nspname in ('tidemark', 'catalog') and not has_schema_privilege(${CLI_READER_ROLE}, oid, 'usage')
    union all
    select format('grant select on %I.%I to %I', n.nspname, c.relname, ${CLI_READER_ROLE}::text)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('tidemark', 'catalog') and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
      and c.oid <> 'tidemark.source'::regclass and not has_table_privilege(${CLI_READER_ROLE}, c.oid, 'select')
    union all
    select format('grant select (%s) on tidemark.source to %I', string_agg(quote_ident(attname), ', '), ${CLI_READER_ROLE}::text)
    from pg_attribute
    where attrelid = 'tidemark.source'::regclass and attnum > 0 and not attisdropped
      and attname <> all (${SECRET_COLUMNS}::text[])
      and not has_column_privilege(${CLI_READER_ROLE}, attrelid, attnum, 'select')
    having count(*) > 0`
  for (const { statement } of missing) await sql.unsafe(statement)
}

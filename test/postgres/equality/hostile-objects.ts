import { quote } from '../support.ts'
import { HOSTILE } from './hostile.ts'

/** Functions with a parsed body came with this version. */
const PARSED_BODIES = 140000
/** Column lists and row filters of publications. */
export const PARTS_PUBLISHED = 150000

const at = (index: number) => quote(HOSTILE[index % HOSTILE.length] ?? '')
const text = (index: number) =>
  `E'${(HOSTILE[index % HOSTILE.length] ?? '').replaceAll('\\', '\\\\').replaceAll("'", "''")}'`

export interface Roles {
  readonly one: string
  readonly two: string
}

/** Everything that is not a relation, and what hangs on one, in the schemas that `hostileStatements` makes. */
export function hostileObjects(version: number, { one, two }: Roles): string[] {
  return [
    'create schema "ext ""x"""; create extension hstore schema "ext ""x"""; create extension postgres_fdw schema "ext ""x"""',
    `comment on extension hstore is ${text(7)}`,
    `grant ${quote(one)} to ${quote(two)} with admin option; comment on role ${quote(one)} is ${text(8)}`,
    `alter default privileges for role ${quote(one)} grant select on tables to ${quote(two)}`,
    ...HOSTILE.flatMap((_, index) => [
      ...routines(index, version),
      ...others(index),
      ...facets(index, { one, two }),
      ...database(index, version, { one, two }),
    ]),
  ]
}

function routines(index: number, version: number): string[] {
  const schema = at(index)
  const table = `${schema}.${at(index + 1)}`
  const type = `${schema}.${at(index + 2)}`
  const call = `${schema}.${at(index + 23)}`
  const made = [
    `create function ${call}(${at(index)} integer, ${at(index + 1)} ${type}[] default array[${text(index)}]::${type}[], out ${at(index + 2)} text, out ${at(index + 3)} bigint)
       returns setof record language sql stable strict security definer parallel safe cost 7 rows 3 set work_mem = '9MB' as 'select null::text, null::bigint'`,
    `create function ${call}(variadic text[]) returns ${type} language plpgsql immutable leakproof as $body$ begin return ${text(index + 1)}; end $body$`,
    `create function ${call}() returns table (${at(index)} integer, ${at(index + 1)} text) language sql as 'select 1, null::text'`,
    `comment on function ${call}(variadic text[]) is ${text(index + 5)}`,
    `create procedure ${schema}.${at(index + 24)}(inout ${at(index)} integer) language sql as 'select 1'`,
    `comment on procedure ${schema}.${at(index + 24)}(integer) is ${text(index + 6)}`,
    `create function ${schema}.${at(index + 25)}(${type}, ${type}) returns ${type} language sql immutable as 'select $1'`,
    `create aggregate ${schema}.${at(index + 26)}(${type}) (sfunc = ${schema}.${at(index + 25)}, stype = ${type}, initcond = ${text(index)})`,
    `create function ${schema}.${at(index + 27)}() returns bigint language internal window as 'window_row_number'`,
    `create view ${schema}.${at(index + 24)} as select called.* from ${call}() called`,
    `create view ${schema}.${at(index + 25)} as select ${schema}.${at(index + 26)}(${at(index + 1)}) from ${table}`,
    `create function ${schema}.${at(index + 28)}() returns trigger language plpgsql as 'begin return new; end'`,
  ]
  if (version < PARSED_BODIES) return made
  const body = `select count(t.${at(index)}) from ${table} t where t.${at(index + 1)} = ${text(index + 1)}`
  return [
    ...made,
    `create function ${schema}.${at(index + 29)}() returns bigint language sql begin atomic ${body}; end`,
  ]
}

function others(index: number): string[] {
  const schema = at(index)
  const named = (offset: number) => `${schema}.${at(index + offset)}`
  return [
    `create type ${named(20)} as (${at(index)} ${named(2)}, ${at(index + 1)} numeric(9, 2)[], ${at(index + 2)} text collate "C")`,
    `comment on type ${named(20)} is ${text(index)}; comment on column ${named(20)}.${at(index)} is ${text(index + 1)}`,
    `create type ${named(21)} as range (subtype = ${['integer', 'text', 'timestamptz'][index % 3]})`,
    `create domain ${named(22)} as ${named(3)} not null default ${text(index)} constraint ${at(index + 1)} check (value <> ${text(index + 2)})`,
    `comment on domain ${named(22)} is ${text(index + 2)}; comment on constraint ${at(index + 1)} on domain ${named(22)} is ${text(index + 4)}`,
    `create collation ${named(30)} (locale = 'C'); comment on collation ${named(30)} is ${text(index + 9)}`,
    `create sequence ${named(31)} as ${['smallint', 'integer', 'bigint'][index % 3]} increment ${index % 2 === 0 ? '-2' : '3'} cache 7 ${index % 2 === 0 ? 'cycle' : ''} owned by ${named(1)}.${at(index + 9)}`,
    `comment on sequence ${named(31)} is ${text(index + 3)}`,
  ]
}

function facets(index: number, { one, two }: Roles): string[] {
  const schema = at(index)
  const table = `${schema}.${at(index + 1)}`
  const view = `${schema}.${at(index + 11)}`
  const name = at(index + 9)
  return [
    `create trigger ${name} before insert or update of ${at(index + 5)} on ${table} for each row when (new.${at(index + 5)} <> ${text(index)}) execute function ${schema}.${at(index + 28)}()`,
    `create trigger ${at(index + 10)} after truncate on ${table} for each statement execute function ${schema}.${at(index + 28)}()`,
    `alter table ${table} ${['disable', 'enable always', 'enable replica'][index % 3]} trigger ${name}`,
    `comment on trigger ${name} on ${table} is ${text(index + 1)}`,
    `alter table ${table} enable row level security; alter table ${table} ${index % 2 === 0 ? 'force' : 'no force'} row level security`,
    `create policy ${name} on ${table} as ${index % 2 === 0 ? 'restrictive' : 'permissive'} for update to ${quote(one)}, ${quote(two)} using (${at(index + 5)} <> ${text(index)}) with check (exists (select from ${view}))`,
    `create policy ${at(index + 10)} on ${table} for insert with check (${at(index + 9)} > 0)`,
    `comment on policy ${name} on ${table} is ${text(index + 2)}`,
    `create rule ${name} as on insert to ${view} do instead insert into ${table} (${at(index + 9)}) values (1)`,
    `create rule ${at(index + 10)} as on delete to ${table} where old.${at(index + 5)} = ${text(index + 3)} do also select old.${at(index)}`,
    `comment on rule ${name} on ${view} is ${text(index + 4)}`,
    `create statistics ${schema}.${name} (ndistinct, dependencies) on ${at(index)}, ${at(index + 9)} from ${table}`,
    `comment on statistics ${schema}.${name} is ${text(index + 5)}`,
    `grant select, insert on ${table} to ${quote(one)} with grant option; grant update on ${table} to public`,
    `grant select (${at(index)}), references (${at(index + 9)}) on ${table} to ${quote(two)}`,
    `grant usage on schema ${schema} to ${quote(one)}; grant create on schema ${schema} to ${quote(two)} with grant option`,
    `revoke execute on function ${schema}.${at(index + 28)}() from public; grant execute on function ${schema}.${at(index + 28)}() to ${quote(two)}`,
    `grant usage, select on sequence ${schema}.${at(index + 31)} to ${quote(two)}`,
    `revoke usage on domain ${schema}.${at(index + 22)} from public; grant usage on domain ${schema}.${at(index + 22)} to ${quote(one)}`,
    `alter table ${table} owner to ${quote(one)}`,
  ]
}

function database(index: number, version: number, { one, two }: Roles): string[] {
  const schema = at(index)
  const name = at(index)
  const table = `${schema}.${at(index + 1)}`
  const parts = version < PARTS_PUBLISHED ? '' : `(${at(index)}, ${at(index + 9)}) where (${at(index + 9)} > 5)`
  return [
    `create publication ${name} for table only ${table} ${parts}, ${schema}.${at(index + 14)} with (publish = '${index % 2 === 0 ? 'insert, truncate' : 'update'}', publish_via_partition_root = true)`,
    `comment on publication ${name} is ${text(index + 1)}`,
    `create foreign data wrapper ${name} options (${at(index + 1)} ${text(index)})`,
    `create server ${name} type ${text(index)} version ${text(index + 1)} foreign data wrapper ${name} options (${at(index + 2)} ${text(index)}, password 'hidden')`,
    `comment on server ${name} is ${text(index + 2)}; comment on foreign data wrapper ${name} is ${text(index + 3)}`,
    `create user mapping for ${quote(one)} server ${name} options (user 'u', password 'hidden')`,
    `grant usage on foreign server ${name} to ${quote(two)}; grant usage on foreign data wrapper ${name} to ${quote(one)}`,
  ]
}

/** Last: event triggers run on every statement after them. */
export function hostileEventTriggers(): string[] {
  return [
    "create function public.watch() returns event_trigger language plpgsql as 'begin null; end'",
    ...HOSTILE.flatMap((_, index) => [
      `create event trigger ${at(index)} on ${index % 2 === 0 ? 'ddl_command_end' : 'sql_drop'} ${index % 3 === 0 ? "when tag in ('CREATE TABLE', 'DROP TABLE')" : ''} execute function public.watch()`,
      `comment on event trigger ${at(index)} is ${text(index + 1)}`,
      ...(index % 4 === 0 ? [`alter event trigger ${at(index)} disable`] : []),
    ]),
  ]
}

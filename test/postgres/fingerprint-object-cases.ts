import type { Case, CaseSet } from './fingerprint-cases.ts'
import { ADD, FACET_CASES, fn, JOINED, LABELS, LATEST, WORK } from './fingerprint-facet-cases.ts'
import { TABLESPACE_CASES } from './fingerprint-tablespace-cases.ts'

/** What is not a relation, and what hangs on one. */
const OBJECT_SETUP = `
create schema app; create schema lib;
create type app.mood as enum ('new', 'old');
create type app.pair as (first integer, second app.mood);
create type app.span as range (subtype = integer);
create domain app.amount as numeric(10, 2) constraint positive check (value >= 0);
create collation lib.plain (locale = 'C');
create table app.orders (id integer primary key, status app.mood, note text collate lib.plain, total app.amount);
create table app.log (at timestamptz, what text, note text);
create view app.open as select id, note from app.orders where status = 'new';
create function lib.log() returns trigger language plpgsql as $$ begin return new; end $$;
create function lib.allowed(who text) returns boolean language sql stable as 'select true';
create function app.labels(mood app.mood default 'new', out label text) language sql as 'select mood::text';
create procedure app.work(integer) language plpgsql as $$ begin null; end $$;
create function app.plus(integer, integer) returns integer language sql immutable as 'select $1 + $2';
create aggregate app.total(integer) (sfunc = app.plus, stype = integer, initcond = '0');
create sequence app.numbers increment 5 cache 10;
create trigger logged after insert or update of note on app.orders for each row when (new.status = 'new') execute function lib.log();
create policy visible on app.orders using (lib.allowed(note) and exists (select from app.log where what = note));
create rule noted as on insert to app.orders where new.status = 'old' do also insert into app.log values (now(), new.note);
create statistics app.together (ndistinct) on id, note from app.orders;
`

/** A function whose body is kept as a parsed statement: from 14. */
const PARSED_BODY_SETUP = `
create function app.latest(who text default 'x') returns text language sql
  begin atomic select o.note from app.orders o join app.log l on l.what = o.note where o.status = 'new' limit 1; end;
create function app.joined() returns bigint language sql begin atomic select count(*) from app.orders join app.log l using (note); end;`

const OBJECT_CASES: readonly Case[] = [
  {
    name: 'replace a function',
    ddl: "create or replace function lib.allowed(who text) returns boolean language sql stable as 'select false'",
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'comment on a function',
    ddl: "comment on function lib.allowed(text) is 'May he?'",
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'change its volatility',
    ddl: 'alter function lib.allowed(text) immutable strict leakproof parallel safe cost 7',
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'security definer',
    ddl: 'alter function lib.allowed(text) security definer',
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'a setting of a function',
    ddl: "alter function lib.allowed(text) set work_mem = '8MB'",
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'owner of a function',
    ddl: 'alter function lib.allowed(text) owner to @owner',
    changes: [fn('lib.allowed(text)'), 'principal:@owner'],
  },
  {
    name: 'grant on a function',
    ddl: 'grant execute on function lib.allowed(text) to @other with grant option',
    changes: [fn('lib.allowed(text)'), 'principal:@other'],
  },
  {
    name: 'revoke from everyone',
    ddl: 'revoke execute on function lib.allowed(text) from public',
    changes: [fn('lib.allowed(text)')],
  },
  {
    name: 'rename a function',
    ddl: 'alter function lib.allowed(text) rename to permitted',
    changes: [fn('lib.allowed(text)'), fn('lib.permitted(text)'), 'orders'],
  },
  {
    name: 'move a function',
    ddl: 'alter function lib.permitted(text) set schema app',
    changes: [fn('lib.permitted(text)'), fn('permitted(text)'), 'orders'],
  },
  {
    name: 'create an overload',
    ddl: "create function app.permitted(text, integer) returns boolean language sql as 'select true'",
    changes: [fn('permitted(text, integer)')],
  },
  {
    name: 'drop an overload',
    ddl: 'drop function app.permitted(text, integer)',
    changes: [fn('permitted(text, integer)')],
  },
  {
    name: 'replace a procedure',
    ddl: 'create or replace procedure app.work(integer) language plpgsql as $$ begin perform 1; end $$',
    changes: [WORK],
  },
  { name: 'comment on a procedure', ddl: "comment on procedure app.work(integer) is 'Works'", changes: [WORK] },
  {
    name: 'rename a procedure',
    ddl: 'alter procedure app.work(integer) rename to toil',
    changes: [WORK, fn('toil(integer)')],
  },
  { name: 'drop a procedure', ddl: 'drop procedure app.toil(integer)', changes: [fn('toil(integer)')] },
  {
    name: 'rename the state function of an aggregate',
    ddl: 'alter function app.plus(integer, integer) rename to sum2',
    changes: [ADD, fn('sum2(integer, integer)'), fn('total(integer)')],
  },
  {
    name: 'comment on an aggregate',
    ddl: "comment on aggregate app.total(integer) is 'Sum'",
    changes: [fn('total(integer)')],
  },
  {
    name: 'rename an aggregate',
    ddl: 'alter aggregate app.total(integer) rename to grand',
    changes: [fn('total(integer)'), fn('grand(integer)')],
  },
  {
    name: 'recreate an aggregate',
    ddl: "drop aggregate app.grand(integer); create aggregate app.grand(integer) (sfunc = app.sum2, stype = integer, initcond = '1')",
    changes: [fn('grand(integer)')],
  },
  {
    name: 'a window function',
    ddl: "create function app.first(integer) returns bigint language internal window as 'window_row_number'",
    changes: [fn('first(integer)')],
  },
  {
    name: 'rename a label that a default, a trigger, a rule and a view show',
    ddl: "alter type app.mood rename value 'new' to 'fresh'",
    changes: ['type:mood', 'orders', 'open', LABELS, LATEST],
    falsePositives: ['type:pair', JOINED],
  },
  {
    name: 'rename the type of an argument',
    ddl: 'alter type app.mood rename to temper',
    changes: ['type:mood', 'type:temper', 'type:pair', LABELS, fn('labels(app.temper)'), 'orders', 'open', LATEST],
    falsePositives: [JOINED],
  },
  {
    name: 'add a label',
    ddl: "alter type app.temper add value 'odd' after 'old'",
    changes: ['type:temper', 'orders'],
    falsePositives: ['open', LATEST, JOINED],
  },
  {
    name: 'comment on a type',
    ddl: "comment on type app.temper is 'How it is'",
    changes: ['type:temper'],
    falsePositives: ['orders', 'open', LATEST, JOINED],
  },
  {
    name: 'grant on a type',
    ddl: 'revoke usage on type app.temper from public',
    changes: ['type:temper'],
    falsePositives: ['orders', 'open', LATEST, JOINED],
  },
  {
    name: 'owner of a type',
    ddl: 'alter type app.temper owner to @owner',
    changes: ['type:temper'],
    falsePositives: ['orders', 'open', LATEST, JOINED],
  },
  {
    name: 'attributes of a composite type',
    ddl: 'alter type app.pair add attribute third text, alter attribute first type bigint',
    changes: ['type:pair'],
  },
  { name: 'comment on an attribute', ddl: "comment on column app.pair.third is 'Third'", changes: ['type:pair'] },
  { name: 'drop an attribute', ddl: 'alter type app.pair drop attribute third', changes: ['type:pair'] },
  { name: 'move a composite type', ddl: 'alter type app.pair set schema lib', changes: ['type:pair', 'type:lib.pair'] },
  { name: 'rename a range type', ddl: 'alter type app.span rename to stretch', changes: ['type:span', 'type:stretch'] },
  {
    name: 'comment on a domain',
    ddl: "comment on domain app.amount is 'Money'",
    changes: ['type:amount'],
    falsePositives: ['orders'],
  },
  {
    name: 'rename a constraint of a domain',
    ddl: 'alter domain app.amount rename constraint positive to not_negative',
    changes: ['type:amount', 'orders'],
  },
  {
    name: 'comment on it',
    ddl: "comment on constraint not_negative on domain app.amount is 'No debts'",
    changes: ['type:amount'],
  },
  {
    name: 'an unvalidated constraint',
    ddl: 'alter domain app.amount add constraint small check (value < 100) not valid',
    changes: ['type:amount', 'orders'],
  },
  { name: 'validate it', ddl: 'alter domain app.amount validate constraint small', changes: ['type:amount', 'orders'] },
  { name: 'create an enum', ddl: "create type app.colour as enum ('red')", changes: ['type:colour'] },
  { name: 'drop an enum', ddl: 'drop type app.colour', changes: ['type:colour'] },
  {
    name: 'change a sequence',
    ddl: 'alter sequence app.numbers as integer increment 2 minvalue -5 maxvalue 500 cache 1 cycle',
    changes: ['sequence:numbers'],
  },
  { name: 'comment on a sequence', ddl: "comment on sequence app.numbers is 'Numbers'", changes: ['sequence:numbers'] },
  { name: 'own a sequence', ddl: 'alter sequence app.numbers owned by app.orders.id', changes: ['sequence:numbers'] },
  {
    name: 'rename the column that owns it',
    ddl: 'alter table app.orders rename column id to number',
    changes: ['orders', 'open', 'sequence:numbers'],
    falsePositives: [JOINED],
  },
  { name: 'grant on a sequence', ddl: 'grant usage on sequence app.numbers to @other', changes: ['sequence:numbers'] },
  {
    name: 'sequence values',
    ddl: "select nextval('app.numbers'); select setval('app.numbers', 3)",
    changes: [],
    gate: 'still',
  },
  { name: 'restart a sequence', ddl: 'alter sequence app.numbers restart', changes: [] },
  {
    name: 'rename a sequence',
    ddl: 'alter sequence app.numbers rename to digits',
    changes: ['sequence:numbers', 'sequence:digits'],
  },
  { name: 'drop a sequence', ddl: 'drop sequence app.digits', changes: ['sequence:digits'] },
  ...FACET_CASES,
  {
    name: 'comment on a collation',
    ddl: "comment on collation lib.plain is 'Plain'",
    changes: ['collation:lib.plain'],
  },
  { name: 'owner of a collation', ddl: 'alter collation lib.plain owner to @owner', changes: ['collation:lib.plain'] },
  {
    name: 'create and drop a collation',
    ddl: "create collation lib.other (locale = 'C')",
    changes: ['collation:lib.other'],
  },
  { name: 'create a publication', ddl: 'create publication news for table app.orders', changes: ['publication:news'] },
  {
    name: 'its operations',
    ddl: "alter publication news set (publish = 'insert, delete', publish_via_partition_root = true)",
    changes: ['publication:news'],
  },
  { name: 'its tables', ddl: 'alter publication news add table app.journal', changes: ['publication:news'] },
  {
    name: 'rename a published table',
    ddl: 'alter table app.journal rename to diary',
    changes: ['journal', 'diary', 'publication:news', LATEST, JOINED],
  },
  { name: 'comment on a publication', ddl: "comment on publication news is 'News'", changes: ['publication:news'] },
  {
    name: 'rename a publication',
    ddl: 'alter publication news rename to tidings',
    changes: ['publication:news', 'publication:tidings'],
  },
  {
    name: 'owner of a publication',
    ddl: 'alter publication tidings owner to @owner',
    changes: ['publication:tidings'],
  },
  { name: 'drop a publication', ddl: 'drop publication tidings', changes: ['publication:tidings'] },
  {
    name: 'create a subscription',
    ddl: "create subscription sub connection 'host=nowhere.invalid password=hidden dbname=x' publication far with (connect = false, slot_name = none)",
    changes: ['subscription:sub'],
  },
  {
    name: 'its publications',
    ddl: 'alter subscription sub set publication near with (refresh = false)',
    changes: ['subscription:sub'],
  },
  {
    name: 'its connection',
    ddl: "alter subscription sub connection 'host=elsewhere.invalid password=hidden'",
    changes: ['subscription:sub'],
  },
  {
    name: 'its password alone',
    ddl: "alter subscription sub connection 'host=elsewhere.invalid password=other'",
    changes: [],
    falsePositives: ['subscription:sub'],
  },
  { name: 'comment on a subscription', ddl: "comment on subscription sub is 'Far'", changes: ['subscription:sub'] },
  {
    name: 'rename a subscription',
    ddl: 'alter subscription sub rename to feed',
    changes: ['subscription:sub', 'subscription:feed'],
  },
  { name: 'drop a subscription', ddl: 'drop subscription feed', changes: ['subscription:feed'] },
  {
    name: 'create an event trigger',
    ddl: "create function lib.watch() returns event_trigger language plpgsql as $$ begin null; end $$; create event trigger watching on ddl_command_end when tag in ('CREATE TABLE') execute function lib.watch()",
    changes: ['trigger:watching', fn('lib.watch()')],
  },
  { name: 'disable an event trigger', ddl: 'alter event trigger watching disable', changes: ['trigger:watching'] },
  {
    name: 'comment on an event trigger',
    ddl: "comment on event trigger watching is 'Watches'",
    changes: ['trigger:watching'],
  },
  {
    name: 'rename the function of an event trigger',
    ddl: 'alter function lib.watch() rename to guard',
    changes: ['trigger:watching', fn('lib.watch()'), fn('lib.guard()')],
  },
  {
    name: 'rename an event trigger',
    ddl: 'alter event trigger watching rename to guarding',
    changes: ['trigger:watching', 'trigger:guarding'],
  },
  { name: 'drop an event trigger', ddl: 'drop event trigger guarding', changes: ['trigger:guarding'] },
  {
    name: 'create a wrapper and a server',
    ddl: "create foreign data wrapper w options (debug 'true'); create server far type 't' version '1' foreign data wrapper w options (host 'h', password 'hidden')",
    changes: ['wrapper:w', 'server:far'],
  },
  { name: 'options of a server', ddl: "alter server far version '2' options (set host 'g')", changes: ['server:far'] },
  {
    name: 'a masked option of a server',
    ddl: "alter server far options (set password 'other')",
    changes: [],
    falsePositives: ['server:far'],
  },
  {
    name: 'options of a wrapper',
    ddl: "alter foreign data wrapper w options (set debug 'false')",
    changes: ['wrapper:w'],
  },
  {
    name: 'a user mapping',
    ddl: "create user mapping for @other server far options (user 'u', password 'hidden')",
    changes: ['server:far'],
  },
  {
    name: 'how it signs in',
    ddl: "alter user mapping for @other server far options (set password 'other')",
    changes: [],
    gate: 'still',
  },
  { name: 'comment on a server', ddl: "comment on server far is 'Far away'", changes: ['server:far'] },
  { name: 'grant on a server', ddl: 'grant usage on foreign server far to @other', changes: ['server:far'] },
  { name: 'grant on a wrapper', ddl: 'grant usage on foreign data wrapper w to @other', changes: ['wrapper:w'] },
  { name: 'drop a wrapper', ddl: 'drop foreign data wrapper w cascade', changes: ['wrapper:w', 'server:far'] },
  { name: 'comment on a role', ddl: "comment on role @other is 'Reads'", changes: ['principal:@other'] },
  {
    name: 'attributes of a role',
    ddl: "alter role @other login createdb connection limit 5 valid until '2030-01-01' password 'hidden'",
    changes: ['principal:@other'],
  },
  { name: 'a password alone', ddl: "alter role @other password 'changed'", changes: [], gate: 'still' },
  {
    name: 'a membership',
    ddl: 'grant @other to @owner with admin option',
    changes: ['principal:@other', 'principal:@owner'],
  },
  { name: 'its admin option', ddl: 'revoke admin option for @other from @owner', changes: ['principal:@other'] },
  { name: 'end a membership', ddl: 'revoke @other from @owner', changes: ['principal:@other', 'principal:@owner'] },
  { name: 'a role that is none of ours', ddl: 'create role @renamed; drop role @renamed', changes: [], gate: 'still' },
]

/** On functions with a parsed body. */
const PARSED_BODY_CASES: readonly Case[] = [
  {
    name: 'rename a column that a body reads',
    ddl: 'alter table app.orders rename column note to remark',
    changes: ['orders', 'open', LATEST, JOINED],
  },
  {
    name: 'add a column under a body that joins by name',
    ddl: 'alter table app.diary add column remark text',
    changes: ['diary'],
    falsePositives: [JOINED, LATEST],
  },
  {
    name: 'replace a body',
    ddl: "create or replace function app.latest(who text default 'y') returns text language sql begin atomic select 'none'::text; end",
    changes: [LATEST],
  },
]

/** Of a major version: functions with a parsed body came with 14. */
export function objectCases(version: number): CaseSet {
  const whole = [...OBJECT_CASES, ...TABLESPACE_CASES]
  if (version >= 14) return { setup: OBJECT_SETUP + PARSED_BODY_SETUP, cases: [...whole, ...PARSED_BODY_CASES] }
  const known = (names: readonly string[] = []) => names.filter((name) => name !== LATEST && name !== JOINED)
  const cases = whole.map((one) => ({
    ...one,
    changes: known(one.changes),
    falsePositives: known(one.falsePositives),
  }))
  return { setup: OBJECT_SETUP, cases }
}

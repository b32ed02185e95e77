/** One change and what it must do. Names are relative to the schema `app` unless they hold a dot. */
export interface Case {
  readonly name: string
  readonly ddl: string
  /** The items whose records change, by name: see `toKey`, appear or vanish; empty for a change that shows nowhere. */
  readonly changes: readonly string[]
  /** Items whose fingerprints may move though their records do not: each costs a needless description. */
  readonly falsePositives?: readonly string[]
  /** For a change without effect: whether even the gate must stand still. */
  readonly gate?: 'still'
}

/** What is made first, and the changes after it, in order. */
export interface CaseSet {
  readonly setup: string
  readonly cases: readonly Case[]
}

/** `@owner` and `@other` are roles made for the test. */
const SETUP = `
create schema app; create schema ref; create schema lib;
create type app.mood as enum ('new', 'old', 'gone');
create type app.pair as (first integer, second text);
create function lib.positive(integer) returns boolean language sql immutable as 'select $1 > 0';
create function lib.make_code() returns text language sql stable as $$ select 'x' $$;
create function lib.pairs() returns setof app.pair language sql stable as $$ select 1, 'a'::text $$;
create function lib.same(integer, integer) returns boolean language sql immutable as 'select $1 = $2';
create operator lib.=== (leftarg = integer, rightarg = integer, function = lib.same);
create collation lib.plain (locale = 'C');
create text search configuration lib.words (copy = pg_catalog.simple);
create domain app.amount as numeric(10, 2) default 0 constraint amount_positive check (value >= 0);
create domain app.small_amount as app.amount constraint amount_small check (value < 1000);
create domain app.feeling as app.mood;
create domain app.checked as integer check (lib.positive(value));
create table ref.customer (id integer constraint customer_pk primary key, name text, region text);
create unique index customer_name on ref.customer (name);
create table app.orders (
  id bigint generated always as identity primary key,
  customer_id integer constraint orders_customer_fk references ref.customer (id) on delete cascade,
  status app.mood default 'new', tags app.mood[], feeling app.feeling, amount app.small_amount, checked app.checked,
  quantity integer constraint orders_quantity check (lib.positive(quantity)), note text, spare text,
  code text default lib.make_code(), total numeric generated always as (quantity * 2) stored, pair app.pair);
create index orders_note on app.orders (lower(note)) include (quantity) where quantity > 0;
create table app.counted (id serial, label text collate lib.plain);
create table app.twin_a (id integer); create table app.twin_b (id integer);
create table app.lonely (id integer, body tsvector generated always as (to_tsvector('lib.words', 'x')) stored);
create table app.rooms (room int4range, exclude using gist (room with &&));
create view app.orders_view as select o.id, o.status, o.note, c.name from app.orders o join ref.customer c on c.id = o.customer_id
  where o.status <> 'gone' and lib.positive(o.quantity);
create view app.top_view as select id, name from app.orders_view;
create view app.pairs_view as select count(*) as n from lib.pairs();
create view app.operator_view as select id operator(lib.===) 1 as same from app.counted;
create view app.using_view as select * from app.counted join app.lonely using (id);
create view app.alias_view as select x.a from app.lonely as x(a);
create view app.plain_view as select l.id from app.lonely l;
create materialized view app.summary as select status, count(*) as n from app.orders group by status;
create index summary_status on app.summary (status);
create table app.events (at date not null, kind text) partition by range (at);
create table app.events_2024 partition of app.events for values from ('2024-01-01') to ('2025-01-01');
create table app.events_2025 (at date not null, kind text);
create table app.moods (mood app.mood, other text) partition by list ((mood));
create table app.moods_new partition of app.moods for values in ('new');
create table app.base (id integer, label text); create table app.derived (extra text) inherits (app.base);
create foreign data wrapper wrapper_x; create server server_x foreign data wrapper wrapper_x;
create foreign table app.remote (id integer) server server_x options (table_name 'there', password 'hidden');
create unlogged table app.scratchpad (id integer primary key);
comment on table app.orders is 'Orders'; comment on column app.orders.note is 'A note';
alter table app.orders owner to @owner; alter schema lib owner to @owner;
`

const CASES: readonly Case[] = [
  { name: 'add a column', ddl: 'alter table app.scratchpad add column extra text', changes: ['scratchpad'] },
  { name: 'rename a column', ddl: 'alter table app.scratchpad rename column extra to more', changes: ['scratchpad'] },
  {
    name: 'alter a column type',
    ddl: 'alter table app.scratchpad alter column more type varchar(9)',
    changes: ['scratchpad'],
  },
  {
    name: 'set a default',
    ddl: "alter table app.scratchpad alter column more set default 'x'",
    changes: ['scratchpad'],
  },
  {
    name: 'change a default',
    ddl: "alter table app.scratchpad alter column more set default 'y'",
    changes: ['scratchpad'],
  },
  { name: 'drop a default', ddl: 'alter table app.scratchpad alter column more drop default', changes: ['scratchpad'] },
  { name: 'set not null', ddl: 'alter table app.scratchpad alter column more set not null', changes: ['scratchpad'] },
  { name: 'drop not null', ddl: 'alter table app.scratchpad alter column more drop not null', changes: ['scratchpad'] },
  {
    name: 'change a column collation',
    ddl: 'alter table app.scratchpad alter column more type varchar(9) collate lib.plain',
    changes: ['scratchpad'],
  },
  { name: 'drop a column', ddl: 'alter table app.scratchpad drop column more', changes: ['scratchpad'] },
  {
    name: 'make a column an identity',
    ddl: 'alter table app.scratchpad alter column id add generated by default as identity',
    changes: ['scratchpad', 'sequence:scratchpad_id_seq'],
  },
  {
    name: 'change the identity',
    ddl: 'alter table app.scratchpad alter column id set generated always',
    changes: ['scratchpad'],
  },
  {
    name: 'drop the identity',
    ddl: 'alter table app.scratchpad alter column id drop identity',
    changes: ['scratchpad', 'sequence:scratchpad_id_seq'],
  },
  {
    name: 'drop a stored expression',
    ddl: 'alter table app.lonely alter column body drop expression',
    changes: ['lonely'],
  },
  { name: 'set logged', ddl: 'alter table app.scratchpad set logged', changes: ['scratchpad'] },
  { name: 'set storage parameters', ddl: 'alter table app.scratchpad set (fillfactor = 70)', changes: ['scratchpad'] },
  { name: 'replica identity', ddl: 'alter table app.scratchpad replica identity full', changes: ['scratchpad'] },
  {
    name: 'replica identity by index',
    ddl: 'alter table app.scratchpad replica identity using index scratchpad_pkey',
    changes: ['scratchpad'],
  },
  { name: 'view options', ddl: 'alter view app.top_view set (security_barrier = true)', changes: ['top_view'] },
  { name: 'matview without data', ddl: 'refresh materialized view app.summary with no data', changes: ['summary'] },
  { name: 'matview with data', ddl: 'refresh materialized view app.summary', changes: ['summary'] },
  { name: 'comment on a table', ddl: "comment on table app.base is 'Base'", changes: ['base'] },
  { name: 'change a table comment', ddl: "comment on table app.base is 'The base'", changes: ['base'] },
  { name: 'drop a table comment', ddl: 'comment on table app.base is null', changes: ['base'] },
  { name: 'comment on a column', ddl: "comment on column app.base.id is 'Key'", changes: ['base'] },
  {
    name: 'comment on a constraint',
    ddl: "comment on constraint orders_quantity on app.orders is 'Some'",
    changes: ['orders'],
  },
  { name: 'comment on an index', ddl: "comment on index app.orders_note is 'Finds'", changes: ['orders'] },
  { name: 'comment on a view column', ddl: "comment on column app.top_view.name is 'N'", changes: ['top_view'] },
  { name: 'comment on a schema', ddl: "comment on schema app is 'The app'", changes: ['#app'] },
  { name: 'comment on the database', ddl: "comment on database @database is 'All of it'", changes: ['#'] },
  {
    name: 'add a check',
    ddl: 'alter table app.base add constraint base_id check (id > 0) not valid',
    changes: ['base', 'derived'],
  },
  { name: 'validate a check', ddl: 'alter table app.base validate constraint base_id', changes: ['base', 'derived'] },
  {
    name: 'rename a check',
    ddl: 'alter table app.base rename constraint base_id to base_positive',
    changes: ['base', 'derived'],
  },
  { name: 'drop a check', ddl: 'alter table app.base drop constraint base_positive', changes: ['base', 'derived'] },
  {
    name: 'add a unique constraint',
    ddl: 'alter table app.base add constraint base_label unique (label)',
    changes: ['base'],
  },
  {
    name: 'make it deferrable',
    ddl: 'alter table app.base drop constraint base_label; alter table app.base add constraint base_label unique (label) deferrable',
    changes: ['base'],
  },
  {
    name: 'add a foreign key',
    ddl: 'alter table app.counted add constraint counted_fk foreign key (id) references ref.customer',
    changes: ['counted'],
  },
  {
    name: 'change a foreign key',
    ddl: 'alter table app.counted alter constraint counted_fk deferrable initially deferred',
    changes: ['counted'],
  },
  {
    name: 'rename the referenced key',
    ddl: 'alter table ref.customer rename constraint customer_pk to customer_key',
    changes: ['ref.customer'],
  },
  { name: 'drop a foreign key', ddl: 'alter table app.counted drop constraint counted_fk', changes: ['counted'] },
  { name: 'create an index', ddl: 'create index base_lower on app.base (lower(label))', changes: ['base'] },
  { name: 'rename an index', ddl: 'alter index app.base_lower rename to base_low', changes: ['base'] },
  { name: 'index options', ddl: 'alter index app.base_low set (fillfactor = 60)', changes: ['base'] },
  { name: 'drop an index', ddl: 'drop index app.base_low', changes: ['base'] },
  {
    name: 'rename an enum label',
    ddl: "alter type app.mood rename value 'gone' to 'lost'",
    changes: ['orders', 'orders_view', 'summary', 'moods', 'moods_new', 'type:mood'],
  },
  {
    name: 'rename a label in a bound and a default',
    ddl: "alter type app.mood rename value 'new' to 'fresh'",
    changes: ['orders', 'orders_view', 'summary', 'moods', 'moods_new', 'type:mood'],
  },
  {
    name: 'add an enum label',
    ddl: "alter type app.mood add value 'odd' before 'old'",
    changes: ['orders', 'orders_view', 'summary', 'moods', 'moods_new', 'type:mood'],
  },
  {
    name: 'rename an enum',
    ddl: 'alter type app.mood rename to temper',
    changes: ['orders', 'orders_view', 'summary', 'moods', 'moods_new', 'type:feeling', 'type:mood', 'type:temper'],
  },
  {
    name: 'move an enum',
    ddl: 'alter type app.temper set schema lib',
    changes: [
      'orders',
      'orders_view',
      'summary',
      'moods',
      'moods_new',
      'type:feeling',
      'type:temper',
      'type:lib.temper',
    ],
  },
  {
    name: 'add a domain constraint',
    ddl: 'alter domain app.small_amount add constraint amount_odd check (value <> 13)',
    changes: ['orders', 'type:small_amount'],
  },
  {
    name: 'drop a constraint of the domain below',
    ddl: 'alter domain app.amount drop constraint amount_positive',
    changes: ['orders', 'type:amount'],
  },
  {
    name: 'default of the domain below',
    ddl: 'alter domain app.amount set default 1',
    changes: ['orders', 'type:amount'],
  },
  { name: 'domain not null', ddl: 'alter domain app.amount set not null', changes: ['orders', 'type:amount'] },
  {
    name: 'rename a domain',
    ddl: 'alter domain app.amount rename to sum',
    changes: ['orders', 'type:amount', 'type:small_amount', 'type:sum'],
  },
  {
    name: 'rename a composite type',
    ddl: 'alter type app.pair rename to couple',
    changes: ['orders', 'type:couple', 'type:pair', 'routine:lib.pairs()'],
  },
  {
    name: 'rename an attribute of a composite',
    ddl: 'alter type app.couple rename attribute first to primus',
    changes: ['type:couple'],
    falsePositives: ['orders', 'pairs_view'],
  },
  {
    name: 'rename a function in a check, a view and a domain',
    ddl: 'alter function lib.positive(integer) rename to above_zero',
    changes: [
      'orders',
      'orders_view',
      'type:checked',
      'routine:lib.above_zero(integer)',
      'routine:lib.positive(integer)',
    ],
  },
  {
    name: 'rename a function in a default',
    ddl: 'alter function lib.make_code() rename to new_code',
    changes: ['orders', 'routine:lib.make_code()', 'routine:lib.new_code()'],
  },
  {
    name: 'rename a function behind an operator',
    ddl: 'alter function lib.same(integer, integer) rename to equal',
    changes: ['routine:lib.equal(integer, integer)', 'routine:lib.same(integer, integer)'],
  },
  {
    name: 'move an operator',
    ddl: 'alter operator lib.=== (integer, integer) set schema ref',
    changes: ['operator_view'],
  },
  {
    name: 'rename a collation',
    ddl: 'alter collation lib.plain rename to simple',
    changes: ['counted', 'using_view', 'collation:lib.plain', 'collation:lib.simple'],
  },
  {
    name: 'rename a table owner',
    ddl: 'alter role @owner rename to @renamed',
    changes: ['orders', '#lib', 'principal:@owner', 'principal:@renamed', 'sequence:orders_id_seq'],
  },
  {
    name: 'rename it back',
    ddl: 'alter role @renamed rename to @owner',
    changes: ['orders', '#lib', 'principal:@owner', 'principal:@renamed', 'sequence:orders_id_seq'],
  },
  { name: 'change an owner', ddl: 'alter table app.base owner to @other', changes: ['base', 'principal:@other'] },
  { name: 'change a schema owner', ddl: 'alter schema ref owner to @other', changes: ['#ref'] },
  { name: 'change the database owner', ddl: 'alter database @database owner to @other', changes: ['#'] },
  {
    name: 'rename a sequence behind a default',
    ddl: 'alter sequence app.counted_id_seq rename to counter',
    changes: ['counted', 'sequence:counted_id_seq', 'sequence:counter'],
  },
  {
    name: 'move such a sequence by its table',
    ddl: 'alter table app.counted set schema ref',
    changes: ['counted', 'ref.counted', 'using_view', 'operator_view', 'sequence:counter', 'sequence:ref.counter'],
  },
  {
    name: 'and back',
    ddl: 'alter table ref.counted set schema app',
    changes: ['counted', 'ref.counted', 'using_view', 'operator_view', 'sequence:counter', 'sequence:ref.counter'],
  },
  {
    name: 'rename a referenced column',
    ddl: 'alter table ref.customer rename column id to number',
    changes: ['ref.customer', 'orders', 'orders_view'],
  },
  {
    name: 'rename a referenced table',
    ddl: 'alter table ref.customer rename to client',
    changes: ['ref.customer', 'ref.client', 'orders', 'orders_view'],
  },
  {
    name: 'add a column to a table under views',
    ddl: 'alter table app.lonely add column label text',
    changes: ['lonely', 'alias_view'],
    falsePositives: ['using_view'],
  },
  {
    name: 'add a column that clashes with an alias of a view',
    ddl: 'alter table app.lonely add column a text',
    changes: ['lonely', 'alias_view'],
    falsePositives: ['using_view'],
  },
  {
    name: 'rename a column that a view reads',
    ddl: 'alter table app.orders rename column note to remark',
    changes: ['orders', 'orders_view'],
  },
  {
    name: 'rename a view under a view',
    ddl: 'alter view app.orders_view rename to order_view',
    changes: ['orders_view', 'order_view', 'top_view'],
  },
  {
    name: 'rename a view column',
    ddl: 'alter view app.order_view rename column name to client_name',
    changes: ['order_view', 'top_view'],
  },
  {
    name: 'replace a view',
    ddl: 'create or replace view app.top_view as select id, client_name as name, 1 as one from app.order_view',
    changes: ['top_view'],
  },
  {
    name: 'attach a partition',
    ddl: "alter table app.events attach partition app.events_2025 for values from ('2025-01-01') to ('2026-01-01')",
    changes: ['events_2025'],
  },
  {
    name: 'detach a partition',
    ddl: 'alter table app.events detach partition app.events_2024',
    changes: ['events_2024'],
  },
  {
    name: 'attach it with another bound',
    ddl: "alter table app.events attach partition app.events_2024 for values from ('2023-01-01') to ('2025-01-01')",
    changes: ['events_2024'],
  },
  {
    name: 'attach a default partition',
    ddl: 'create table app.events_rest partition of app.events default',
    changes: ['events_rest'],
  },
  {
    name: 'rename a partitioned table',
    ddl: 'alter table app.events rename to happenings',
    changes: ['events', 'happenings', 'events_2024', 'events_2025', 'events_rest'],
  },
  {
    name: 'index on a partitioned table',
    ddl: 'create index happenings_kind on app.happenings (kind)',
    changes: ['happenings', 'events_2024', 'events_2025', 'events_rest'],
  },
  {
    name: 'rename a partition key column',
    ddl: 'alter table app.happenings rename column at to day',
    changes: ['happenings', 'events_2024', 'events_2025', 'events_rest'],
  },
  {
    name: 'rename an inheritance parent',
    ddl: 'alter table app.base rename to root',
    changes: ['base', 'root', 'derived'],
  },
  { name: 'end an inheritance', ddl: 'alter table app.derived no inherit app.root', changes: ['derived'] },
  { name: 'begin an inheritance', ddl: 'alter table app.derived inherit app.root', changes: ['derived'] },
  {
    name: 'rename a foreign server',
    ddl: 'alter server server_x rename to server_y',
    changes: ['remote', 'server:server_x', 'server:server_y'],
  },
  {
    name: 'rename a foreign data wrapper',
    ddl: 'alter foreign data wrapper wrapper_x rename to wrapper_y',
    changes: ['remote', 'server:server_y', 'wrapper:wrapper_x', 'wrapper:wrapper_y'],
  },
  {
    name: 'options of a foreign table',
    ddl: "alter foreign table app.remote options (set table_name 'elsewhere')",
    changes: ['remote'],
  },
  {
    name: 'a masked option',
    ddl: "alter foreign table app.remote options (set password 'other')",
    changes: [],
    falsePositives: ['remote'],
  },
  { name: 'create a table', ddl: 'create table app.brand_new (id integer)', changes: ['brand_new'] },
  {
    name: 'drop and create it again',
    ddl: 'drop table app.brand_new; create table app.brand_new (id integer)',
    changes: ['brand_new'],
  },
  {
    name: 'swap two tables',
    ddl: 'alter table app.brand_new rename to tmp; alter table app.rooms rename to brand_new; alter table app.tmp rename to rooms',
    changes: ['brand_new', 'rooms'],
  },
  {
    name: 'swap two tables of one transaction and shape',
    ddl: 'alter table app.twin_a rename to twin_c; alter table app.twin_b rename to twin_a; alter table app.twin_c rename to twin_b',
    changes: ['twin_a', 'twin_b'],
  },
  {
    name: 'recreate a schema',
    ddl: 'create schema again; comment on schema again is null; drop schema again; create schema again',
    changes: ['#again'],
  },
  { name: 'recreate it under the same name', ddl: 'drop schema again; create schema again', changes: ['#again'] },
  { name: 'drop a table', ddl: 'drop table app.brand_new', changes: ['brand_new'] },
  { name: 'create a schema', ddl: 'create schema extra', changes: ['#extra'] },
  {
    name: 'rename a schema',
    ddl: 'alter schema ref rename to reference',
    changes: ['#ref', '#reference', 'ref.client', 'reference.client', 'orders', 'order_view', 'operator_view'],
  },
  {
    name: 'rename a schema of functions',
    ddl: 'alter schema lib rename to library',
    changes: [
      '#lib',
      '#library',
      'orders',
      'order_view',
      'pairs_view',
      'counted',
      'moods',
      'moods_new',
      'summary',
      'using_view',
      'type:checked',
      'type:feeling',
      'routine:lib.above_zero(integer)',
      'routine:lib.equal(integer, integer)',
      'routine:lib.new_code()',
      'routine:lib.pairs()',
      'collation:lib.simple',
      'type:lib.temper',
      'routine:library.above_zero(integer)',
      'routine:library.equal(integer, integer)',
      'routine:library.new_code()',
      'routine:library.pairs()',
      'collation:library.simple',
      'type:library.temper',
    ],
    // Up to 14, the dependency of a dropped expression stays.
    falsePositives: ['lonely'],
  },
  { name: 'grant on a table', ddl: 'grant select on app.orders to @other', changes: ['orders'] },
  {
    name: 'grant on a column',
    ddl: 'grant select (id) on app.orders to @other',
    changes: ['orders'],
  },
  { name: 'truncate', ddl: 'truncate app.lonely', changes: [], gate: 'still' },
  { name: 'insert', ddl: 'insert into app.lonely (id) select generate_series(1, 100)', changes: [], gate: 'still' },
  { name: 'vacuum', ddl: 'vacuum app.lonely', changes: [], gate: 'still' },
  { name: 'vacuum full', ddl: 'vacuum full app.lonely', changes: [], gate: 'still' },
  { name: 'analyze', ddl: 'analyze', changes: [], gate: 'still' },
  { name: 'reindex', ddl: 'reindex table app.orders', changes: [], gate: 'still' },
  { name: 'cluster', ddl: 'cluster app.scratchpad using scratchpad_pkey', changes: [], falsePositives: ['scratchpad'] },
  {
    name: 'a temporary table',
    ddl: "create temp table app_temp (id serial primary key, label text default lower('X'))",
    changes: [],
    gate: 'still',
  },
  {
    name: 'column statistics target',
    ddl: 'alter table app.orders alter column spare set statistics 10',
    changes: [],
    falsePositives: ['orders'],
  },
  {
    name: 'a trigger',
    ddl: "create function library.noop() returns trigger language plpgsql as 'begin return new; end'; create trigger noop before insert on app.lonely for each row execute function library.noop()",
    changes: ['lonely', 'routine:library.noop()'],
  },
  { name: 'a sequence value', ddl: "select nextval('app.counter')", changes: [], gate: 'still' },
]

export const RELATION_CASES: CaseSet = { setup: SETUP, cases: CASES }

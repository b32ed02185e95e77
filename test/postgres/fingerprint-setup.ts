/** `@owner` and `@other` are roles made for the test. */
export const SETUP = `
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
create type lib.colour as enum ('red'); create table app.walls (colour lib.colour);
create function lib.paint(lib.colour) returns integer language sql stable as 'select 1';
create view app.walls_view as select lib.paint(colour) as paint from app.walls;
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

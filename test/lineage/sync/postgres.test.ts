import { expect, test } from 'vitest'
import postgresConnector from '../../../connectors/postgres/index.ts'
import { type Scratch, scratchDatabase } from '../../postgres/support.ts'
import { createLineageEngine, derivedEdges, fieldEdges, textStates } from './support.ts'

/** Edges and states read better without the database's name. */
const without = (database: string, list: readonly string[]) => list.map((line) => line.replaceAll(`${database}.`, ''))

async function createScene(script: string, config: object = {}) {
  const database = await scratchDatabase()
  await database.sql.unsafe(script)
  const engine = await createLineageEngine([postgresConnector])
  const add = (name: string, more: object = {}) =>
    engine.addSource(postgresConnector, { ...postgresConnector.manifest.fromUrl(database.url), ...more }, name)
  const source = await add('shop', config)
  return {
    engine,
    source,
    add,
    change: async (text: string) => void (await database.sql.unsafe(text)),
    edges: async () => without(database.name, await derivedEdges(engine.store)),
    fields: (downstream: string) => fieldEdges(engine.store, downstream),
    parts: async (name: string) => {
      const [parts] = await engine.store.sql`
        select (select count(*)::int from tidemark.field f where f.asset_id = a.id and f.removed_at is null) as fields,
               (select count(*)::int from tidemark.facet f where f.asset_id = a.id) as facets,
               (select count(*)::int from tidemark.definition d where d.asset_id = a.id) as definition
        from tidemark.asset a where a.name = ${name}`
      return parts
    },
    state: async (name: string) => (await textStates(engine.store)).find(({ asset }) => asset === name),
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]()
      await (database as Scratch)[Symbol.asyncDispose]()
    },
  }
}

const TABLES = `
create table orders (id int, customer int, amount numeric, placed date);
create table customers (id int, name text);
create table totals (customer int, name text, amount numeric);
grant select on totals to public;
`

test('routines lead from what they read to what they write, temporary tables left out', async () => {
  await using scene = await createScene(
    `${TABLES}
    create procedure fill(low numeric) language plpgsql as $$
    begin
      create temp table big on commit drop as select customer, amount from public.orders where amount > low;
      insert into public.totals (customer, name, amount)
      select b.customer, c.name, sum(b.amount) from big b join public.customers c on c.id = b.customer group by 1, 2;
    end $$;
    create function names() returns setof text language sql as 'select name from public.customers';
    create function parsed(i int) returns int begin atomic insert into totals (customer) select id from customers where id > i; select 1; end;
    create function owed(who int) returns numeric language plpgsql as $$
    declare n numeric := (select max(amount) from public.totals);
    begin
      if not exists (select 1 from public.customers where id = who) then return 0; end if;
      n := n + (select sum(amount) from public.orders where customer = who);
      return n;
    end $$`,
  )
  expect(await scene.source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(await scene.edges()).toEqual([
    'public.customers > public.fill(numeric)',
    'public.customers > public.names()',
    'public.customers > public.owed(integer)',
    'public.customers > public.parsed(integer)',
    'public.fill(numeric) > public.totals',
    'public.orders > public.fill(numeric)',
    'public.orders > public.owed(integer)',
    'public.parsed(integer) > public.totals',
    'public.totals > public.owed(integer)',
  ])
  expect(await scene.fields('totals')).toEqual([
    'customers.id > customer',
    'customers.id ~> *',
    'customers.name > name',
    'customers.name ~> *',
    'orders.amount > amount',
    'orders.amount ~> *',
    'orders.customer > customer',
    'orders.customer ~> *',
  ])
  expect(await scene.state('fill(numeric)')).toMatchObject({ outcome: 'resolved', gaps: [] })
  expect(await scene.state('owed(integer)')).toMatchObject({ outcome: 'resolved', gaps: [] })
})

test('what a function reads reaches the views that call it, whatever the function is called now', async () => {
  await using scene = await createScene(`${TABLES}
    create type public.tone as enum ('loud');
    create function public.latest(tone public.tone) returns table (customer int, total numeric)
      language sql as 'select customer, amount from public.totals';
    create view public.board as select l.customer from public.latest('loud') l;
    create view public.plain as select name from public.customers`)
  await scene.source.sync()
  const reached = async () =>
    (
      await scene.engine.store.sql<{ asset: string }[]>`
        select distinct asset from catalog.impact((select display from tidemark.asset where name = 'totals'), 'amount')`
    ).map(({ asset }) => asset.split('.').slice(2).join('.'))
  expect((await reached()).sort()).toEqual(['"latest(public.tone)"', 'board'])
  await scene.change('alter type public.tone rename to volume')
  await scene.source.sync()
  expect((await reached()).sort()).toEqual(['"latest(public.volume)"', 'board'])
})

test('a generated column is made from others of its table, through renames, and leads on', async () => {
  await using scene = await createScene(`create table sale (id int, quantity int, "unit price" numeric,
    total numeric generated always as (quantity * "unit price") stored);
    create view takings as select total as taken from sale`)
  await scene.source.sync()
  expect(await scene.fields('sale')).toEqual(['sale.quantity > total', 'sale.unit price > total'])
  await scene.change('alter table sale rename column quantity to pieces')
  await scene.source.sync()
  expect(await scene.fields('sale')).toEqual(['sale.pieces > total', 'sale.unit price > total'])
  const reached = await scene.engine.store.sql`
    select split_part(asset, '.', 3) as asset, column_name from catalog.impact((select display from tidemark.asset where name = 'sale'), 'pieces')`
  expect(reached.map(({ asset, column_name }) => `${asset}.${column_name}`)).toEqual(['sale.total', 'takings.taken'])
  await scene.change('alter table sale alter column total drop expression')
  await scene.source.sync()
  expect(await scene.fields('sale')).toEqual([])
})

test('unqualified names of a routine: its search path, else the one schema that has them, else nobody knows', async () => {
  await using scene = await createScene(`${TABLES}
    create schema app; create schema other;
    create table app.items (id int); create table app.orders (id int); create table other.orders (id int);
    create function app.path() returns void language sql set search_path = other, public as 'delete from orders';
    create function app.own() returns setof int language sql set search_path = '' as 'select id from app.items';
    set check_function_bodies = off;
    create function app.alone() returns setof int language sql as 'select id from items';
    create function app.outer_one() returns setof int language sql as 'select id from customers';
    create function app.unsure() returns setof int language sql as 'select id from orders';
    create function app.missing() returns setof int language sql as 'select id from nowhere join other.gone using (id)';
    create function app.system() returns setof name language sql as 'select relname from pg_class'`)
  await scene.source.sync()
  expect(await scene.edges()).toEqual([
    'app.items > app.alone()',
    'app.items > app.own()',
    'app.path() > other.orders',
    'other.gone? > app.missing()',
    'public.customers > app.outer_one()',
  ])
  expect(await scene.state('unsure()')).toMatchObject({
    outcome: 'partial',
    unresolved: 1,
    gaps: [{ reason: 'unknown_table' }],
  })
  expect(await scene.state('missing()')).toMatchObject({ unresolved: 2 })
  expect(await scene.state('system()')).toMatchObject({ outcome: 'resolved', unresolved: 0 })
  // The other one goes: now it is certain.
  await scene.change('drop table app.orders')
  await scene.source.sync()
  expect(await scene.edges()).toContain('public.orders > app.unsure()')
})

test('what cannot be read is a gap with its place; the rest of the text stands', async () => {
  await using scene = await createScene(`${TABLES}
    set check_function_bodies = off;
    create function broken() returns void language plpgsql as $$
    begin
      insert into public.totals (name) select name from public.customers;
      insert into public.totals selec (( from;
    end $$;
    create function dynamic(t text) returns void language plpgsql as $$
    begin
      execute 'delete from ' || t;
    end $$`)
  await scene.source.sync()
  expect(await scene.edges()).toEqual(['public.broken() > public.totals', 'public.customers > public.broken()'])
  const broken = await scene.state('broken()')
  expect(broken?.outcome).toBe('partial')
  expect(broken?.gaps).toContainEqual(
    expect.objectContaining({ reason: 'parse_error', line: 7, column: expect.any(Number) }),
  )
  expect(await scene.state('dynamic(text)')).toMatchObject({ outcome: 'failed', gaps: [{ reason: 'dynamic_sql' }] })
})

test('renames, removals and returns are followed, and only what they touch is derived again', async () => {
  await using scene = await createScene(`${TABLES}
    create view big as select id, amount from orders where amount > 10;
    create view bigger as select * from big where amount > 100;
    create view people as select name from customers;
    create function copy() returns void language sql as 'insert into public.totals (name) select name from public.customers'`)
  const sync = async () => {
    expect(await scene.source.sync()).toMatchObject({ outcome: 'succeeded' })
    return scene.engine.derived.at(-1)
  }
  expect(await sync()).toBe(4)
  expect(await sync()).toBe(0)
  // A word about a table is nothing to its readers.
  await scene.change(`comment on table orders is 'What was bought'`)
  expect(await sync()).toBe(0)
  await scene.change('alter table orders rename column amount to price')
  expect(await sync()).toBe(1)
  expect(await scene.fields('big')).toEqual(['orders.id > id', 'orders.price > amount', 'orders.price ~> *'])
  await scene.change('alter table customers rename to clients; alter view big rename to large')
  expect(await sync()).toBe(4)
  expect(await scene.edges()).toEqual([
    'public.clients > public.people',
    'public.copy() > public.totals',
    'public.customers? > public.copy()',
    'public.large > public.bigger',
    'public.orders > public.large',
  ])
  await scene.change('alter table clients rename to customers')
  await sync()
  expect(await scene.edges()).toContain('public.customers > public.copy()')
  // What a routine still writes to lives on by its name, with nothing in it.
  await scene.change('drop table totals')
  await sync()
  expect(await scene.edges()).toContain('public.copy() > public.totals?')
  expect(await scene.parts('totals')).toEqual({ fields: 0, facets: 0, definition: 0 })
  await scene.change('drop function copy')
  await sync()
  expect((await scene.edges()).filter((edge) => /copy|totals/.test(edge))).toEqual([])
  expect(await scene.engine.store.sql`select 1 from tidemark.asset where placeholder`).toHaveLength(0)
})

test('a table that another source of the namespace crawls later heals what waited for it', async () => {
  await using scene = await createScene(
    `${TABLES} create schema app; create view app.names as select c.*, upper(name) as loud from public.customers c;
     create function app.sweep() returns void language sql as 'delete from public.totals'`,
    { schemas: { allow: ['app'] } },
  )
  await scene.source.sync()
  expect(await scene.edges()).toEqual(['app.sweep() > public.totals?', 'public.customers? > app.names'])
  expect(await scene.state('names')).toMatchObject({ unresolved: 1 })
  const other = await scene.add('public', { schemas: { allow: ['public'] } })
  await other.sync()
  expect(await scene.edges()).toEqual(['app.sweep() > public.totals', 'public.customers > app.names'])
  expect(await scene.state('names')).toMatchObject({ outcome: 'resolved', unresolved: 0, gaps: [] })
  expect(await scene.fields('names')).toEqual(['customers.id > id', 'customers.name > loud', 'customers.name > name'])
})

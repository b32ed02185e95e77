import postgres from 'postgres'
import { expect, test } from 'vitest'
import postgresConnector from '../../connectors/postgres/index.ts'
import { disownAsset, ownAsset, tagAsset, untagAsset } from '../../services/annotations.ts'
import { createEngine } from '../helpers/engine.ts'
import { createDatabase } from '../helpers/store.ts'

/** A crawled database, somebody who annotates it, and what the catalog then says. */
async function createWorld(ddl: string) {
  const database = await createDatabase()
  const sql = postgres(database.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(ddl)
  const engine = await createEngine([postgresConnector])
  const source = await engine.addSource(postgresConnector, { url: database.url, tables: { deny: ['secret'] } }, 'shop')
  await source.sync()
  const { store } = engine
  return {
    store,
    context: { store, organization: 'default', actor: 'ada' },
    /** Changes the source and syncs. */
    async change(text: string) {
      await sql.unsafe(text)
      expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    },
    async said(): Promise<string[]> {
      const rows = await store.sql<{ said: string }[]>`
        select concat(substr(asset, length(${database.name}) + 9), '#' || column_name, ': ', tag) as said from catalog.tags
        union all
        select concat(substr(asset, length(${database.name}) + 9), ' of ', owner) from catalog.owners where origin = 'manual'
        order by 1`
      return rows.map(({ said }) => said)
    },
    async [Symbol.asyncDispose]() {
      await sql.end()
      await engine[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('tags and owners are put, told of once, and taken away', async () => {
  await using world = await createWorld('create table customer (id int, email text)')
  const { context, store } = world
  expect(await tagAsset(context, 'customer#EMAIL', ['personal', ' personal ', 'mail'])).toMatchObject({
    column: 'email',
    changed: ['mail', 'personal'],
    tags: [
      { tag: 'mail', column: 'email' },
      { tag: 'personal', column: 'email' },
    ],
  })
  expect((await tagAsset(context, 'customer#email', ['mail'])).changed).toEqual([])
  expect((await ownAsset(context, 'customer', ['crm team'])).owners).toEqual([
    { owner: 'postgres', origin: 'catalogue' },
    { owner: 'crm team', origin: 'manual' },
  ])
  expect((await untagAsset(context, 'customer#email', ['mail'])).tags).toEqual([{ tag: 'personal', column: 'email' }])
  expect((await disownAsset(context, 'customer', ['crm team'])).changed).toEqual(['crm team'])
  const audit = await store.sql`select a.action, p.name as actor, a.detail from tidemark.audit_log a
                                join tidemark.principal p on p.id = a.principal_id where action like 'asset.%' order by a.id`
  expect([...audit]).toEqual([
    { action: 'asset.tag', actor: 'ada', detail: { tags: ['mail', 'personal'] } },
    { action: 'asset.own', actor: 'ada', detail: { owners: ['crm team'] } },
    { action: 'asset.untag', actor: 'ada', detail: { tags: ['mail'] } },
    { action: 'asset.disown', actor: 'ada', detail: { owners: ['crm team'] } },
  ])
})

test('what cannot be meant is refused, with what could be', async () => {
  await using world = await createWorld('create table customer (id int); create table "odd#name" (id int)')
  const { context } = world
  await tagAsset(context, '"odd#name"', ['odd'])
  await tagAsset(context, 'odd#name#id', ['key'])
  expect(await world.said()).toEqual(['odd#name#id: key', 'odd#name: odd'])
  const refused = (work: Promise<unknown>, expected: object) => expect(work).rejects.toMatchObject(expected)
  await refused(tagAsset(context, 'customer#nope', ['x']), { message: expect.stringContaining('no column "nope"') })
  await refused(tagAsset(context, 'custmer', ['x']), { hint: expect.stringContaining('customer?') })
  await refused(tagAsset(context, 'customer', ['\u0007']), { message: expect.stringContaining('cannot be the name') })
  await refused(untagAsset(context, 'customer', ['x']), { hint: 'It has no tag set by hand.' })
  await refused(disownAsset(context, 'customer', ['postgres']), { hint: 'It has no owner set by hand.' })
})

test('they follow renames, of a table and of a column', async () => {
  await using world = await createWorld('create table customer (id int, email text, phone text)')
  await tagAsset(world.context, 'customer#email', ['personal'])
  await tagAsset(world.context, 'customer', ['master'])
  await ownAsset(world.context, 'customer', ['crm'])
  await world.change('alter table customer rename column email to mail; alter table customer rename to client')
  const renamed = ['client of crm', 'client#mail: personal', 'client: master']
  expect(await world.said()).toEqual(renamed)
  // Another column takes the old name, and another one the name of a column that is gone.
  await world.change('alter table client add column email text; alter table client drop column phone')
  expect(await world.said()).toEqual(renamed)
  await tagAsset(world.context, 'client#email', ['second'])
  await world.change('alter table client drop column email')
  await world.change('alter table client rename column mail to email')
  expect(await world.said()).toEqual(['client of crm', 'client#email: personal', 'client: master'])
})

test('they stay with the name when two tables swap theirs', async () => {
  await using world = await createWorld('create table one (id int); create table two (id int)')
  await tagAsset(world.context, 'one', ['first'])
  await world.change('alter table one rename to x; alter table two rename to one; alter table x rename to two')
  expect(await world.said()).toEqual(['one: first'])
})

test('they are hidden while a table is gone, and there again when it comes back', async () => {
  await using world = await createWorld('create table one (id int); create table two (id int)')
  await tagAsset(world.context, 'one#id', ['key'])
  await ownAsset(world.context, 'one', ['ada'])
  await world.change('drop table one')
  expect(await world.said()).toEqual([])
  await world.change('create table one (id int)')
  expect(await world.said()).toEqual(['one of ada', 'one#id: key'])
})

test('what is said of a placeholder is said of the table that takes its name', async () => {
  await using world = await createWorld('create table early (id int); create view reads as select 1 as id')
  const { context, store } = world
  // Something names a table that nobody has seen yet, as a log would.
  await store.sql`
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
      upstream_display, origin, source_id, valid_from, last_seen_at)
    select r.id, r.namespace_id, 'relation', replace(e.name_key, 'early', 'late'), e.path[:2] || 'late'::text,
           replace(e.display, 'early', 'late'), 'log', 1, now(), now()
    from tidemark.asset r, tidemark.asset e where r.name = 'reads' and e.name = 'early'`
  await world.change('create table other (id int)')
  await tagAsset(context, 'public.late', ['awaited'])
  await ownAsset(context, 'public.late', ['ada'])
  await tagAsset(context, 'public.early#id', ['key'])
  expect(await world.said()).toEqual(['early#id: key', 'late of ada', 'late: awaited'])
  await world.change('alter table early rename to late')
  expect(await world.said()).toEqual(['late of ada', 'late#id: key', 'late: awaited'])
  const [late] = await store.sql`select placeholder from tidemark.asset where name = 'late' and removed_at is null`
  expect(late).toEqual({ placeholder: false })
})

test('they go with a placeholder that nothing refers to any more', async () => {
  await using world = await createWorld('create table secret (id int); create view reads as select id from secret')
  await tagAsset(world.context, 'public.secret', ['hidden'])
  await world.change('drop view reads')
  const left = await world.store.sql`select * from tidemark.tag_assignment`
  expect([...left]).toEqual([])
})

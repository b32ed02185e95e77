import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type postgres from 'postgres'
import { afterAll } from 'vitest'
import { nameKey } from '../../connectors/kit/index.ts'
import connector from '../../connectors/postgres/index.ts'
import { startScratchPostgres } from '../../runtime/postgres.ts'
import { connectTo, freshName, quote, scratchDatabase, urlFor } from '../postgres/support.ts'
import { describeConnector } from './describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from './harness.ts'

const seed = await readFile(new URL('../fixtures/postgres/seed.sql', import.meta.url), 'utf8')
const PASSWORD = "p@ss:w/o'rd %41"

let strict: { readonly url: string; stop(): Promise<void>; readonly directory: string } | undefined

/** A server that asks for passwords; the one of the tests trusts everybody. */
async function strictServer(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-contract-'))
  const server = await startScratchPostgres({ directory, password: 'right' })
  strict = { ...server, directory }
  return server.url
}
afterAll(async () => {
  await strict?.stop()
  if (strict !== undefined) await rm(strict.directory, { recursive: true, force: true })
})

interface PostgresFixture extends Fixture {
  readonly database: string
  readonly sql: postgres.Sql
}
/** The harness makes no others. */
const own = (fixture: Fixture) => fixture as PostgresFixture

async function createFixture(): Promise<PostgresFixture> {
  const scratch = await scratchDatabase()
  const role = freshName('reader')
  await scratch.sql.unsafe(seed)
  await scratch.sql.unsafe(`create role ${role} login password '${PASSWORD.replaceAll("'", "''")}'`)
  const url = urlFor(scratch.name, { name: role, password: PASSWORD })
  return {
    database: scratch.name,
    sql: scratch.sql,
    config: connector.manifest.fromUrl(url),
    secrets: [PASSWORD],
    async [Symbol.asyncDispose]() {
      await scratch.sql.unsafe(`drop owned by ${role}; drop role ${role}`)
      await scratch[Symbol.asyncDispose]()
    },
  }
}

/** `schema.relation`, `schema`, and `group schema.name` or `group name` of the other families. */
const keys = (names: readonly string[]) => (fixture: Fixture) =>
  names.map((name) => {
    const [, group, path = ''] = /^(?:(\w+) )?(.*)$/su.exec(name) ?? []
    const parts = path.split('.')
    if (group === undefined) return nameKey([own(fixture).database, ...parts])
    return nameKey([own(fixture).database, ...(parts.length === 1 ? [''] : []), ...parts, group])
  })
const change = (name: string, sql: string, described: string[], allowed: string[] = []): ChangeCase => ({
  name,
  apply: async (fixture) => void (await own(fixture).sql.unsafe(sql)),
  described: keys(described),
  allowed: keys(allowed),
})

/** Fingerprints of views cover all column names of what they read: a change of one they do not show moves them too. */
const VIEWS = ['app.open_orders', 'app.totals']

const harness: ContractHarness = {
  kind: 'sql',
  published: true,
  createFixture,
  async failures(fixture) {
    const { config, sql, database } = own(fixture)
    await sql.unsafe(`revoke connect on database ${quote(database)} from public`)
    return [
      {
        name: 'a wrong password',
        config: { ...connector.manifest.fromUrl(await strictServer()), password: 'not the Pa55word' },
        category: 'auth',
        secrets: ['not the Pa55word'],
      },
      { name: 'a closed port', config: { ...config, port: 1 }, category: 'source_unavailable' },
      {
        name: 'a host that does not exist',
        config: { ...config, host: 'nowhere.invalid' },
        category: 'source_unavailable',
      },
      { name: 'a database without CONNECT', config, category: 'permission' },
      { name: 'a database that is not there', config: { ...config, database: 'nowhere' }, category: 'not_found' },
    ]
  },
  changes: [
    change('a new column', 'alter table app.customer add column phone text', ['app.customer'], VIEWS),
    change('a comment', "comment on table app.customer is 'Who buys'", ['app.customer']),
    change('a new table', 'create table app.extra (id integer primary key, note text)', ['app.extra']),
    change('a new index', 'create index on app.extra (note)', ['app.extra']),
    change(
      'a foreign key',
      'alter table app.extra add foreign key (id) references app.customer',
      ['app.extra'],
      ['app.customer'],
    ),
    change('a renamed column', 'alter table app.customer rename column email to mail', [
      'app.customer',
      'app.open_orders',
    ]),
    change(
      'a replaced view',
      'create or replace view app.open_orders as select o.id, c.mail as email, o.total from app.orders o join app.customer c on c.id = o.customer_id',
      ['app.open_orders'],
    ),
    change('a new enum label', "alter type app.mood add value 'lost'", ['app.orders', 'app.totals', 'type app.mood']),
    change('a renamed table', 'alter table app.extra rename to other', ['app.other']),
    change('a table moved to another schema', 'alter table app.other set schema ref', ['ref.other']),
    change('a table made anew', 'drop table ref.other; create table ref.other (x text)', ['ref.other']),
    change(
      'a new partition',
      "create table app.events_2027 partition of app.events for values from ('2027-01-01') to ('2028-01-01')",
      ['app.events_2027'],
      ['app.events'],
    ),
    change('a new schema', 'create schema more', ['more']),
    change('a dropped schema', 'drop schema more', []),
    change('a dropped table', 'drop table ref.other', []),
    change(
      'functions replaced, overloaded and renamed',
      `create or replace procedure app.forget(who bigint) language sql as 'select 1';
       create function app.forget(text) returns void language sql as 'select'; alter function app.stamp() rename to mark`,
      ['routine app.forget(bigint)', 'routine app.forget(text)', 'routine app.mark()', 'app.orders'],
    ),
    change(
      'a type, a sequence and rights',
      `alter type app.place add attribute city text; alter sequence app.invoice_number increment 2;
       grant insert on ref.country to public; grant usage on schema app to public; revoke execute on function app.mark() from public`,
      ['type app.place', 'sequence app.invoice_number', 'ref.country', 'app', 'routine app.mark()'],
    ),
    change(
      'a trigger, a policy and a rule',
      `alter table app.orders disable trigger stamped; alter policy own on app.customer using (true);
       drop rule silent on app.open_orders`,
      ['app.orders', 'app.customer', 'app.open_orders'],
    ),
    change(
      'a publication, a server and an event trigger; a dropped collation',
      `alter publication changes set (publish = 'truncate'); alter server archive rename to attic;
       alter event trigger watching disable; drop collation app.plain; select nextval('app.invoice_number')`,
      ['publication changes', 'server attic', 'trigger watching'],
    ),
    change(
      'rows',
      "insert into ref.country values ('de', 'Germany'); analyze ref.country; refresh materialized view app.totals",
      [],
    ),
    change('a vacuum', 'vacuum full app.customer', []),
    change('a change taken back', 'begin; alter table app.orders add column gone text; rollback', []),
  ],
  faults: [
    {
      name: 'a dropped connection',
      category: 'source_unavailable',
      async provoke({ fixture, handle, scope }) {
        const pages = handle.inventory(scope)
        await pages.next()
        const { sql, database } = own(fixture)
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${database} and pid <> pg_backend_pid()`
        for (let page = await pages.next(); page.done !== true; ) page = await pages.next()
      },
    },
    {
      name: 'a database that takes no more connections',
      category: 'source_unavailable',
      async provoke({ fixture, handle, scope }) {
        const { sql, config } = own(fixture)
        await sql.unsafe(`alter role ${String(config.user)} connection limit 0`)
        await sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${String(config.user)}`
        await handle.inventory(scope).next()
      },
    },
  ],
  async grantRows(fixture) {
    const { config, sql } = own(fixture)
    const role = quote(String(config.user))
    const schemas = await sql<{ schema: string }[]>`
      select quote_ident(nspname) as schema from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`
    for (const { schema } of schemas) {
      await sql.unsafe(
        `grant usage on schema ${schema} to ${role}; grant select on all tables in schema ${schema} to ${role}`,
      )
    }
  },
  async big(objects) {
    const fixture = await createFixture()
    // Rows of the catalogue, copied from a table without columns: fifty thousand CREATE TABLE would take minutes.
    const admin = connectTo(urlFor(fixture.database))
    await admin.unsafe('create table app.pattern ()')
    const columns = await admin<{ attname: string }[]>`
      select attname from pg_attribute where attrelid = 'pg_class'::regclass and attnum > 0 and not attisdropped order by attnum`
    const values = columns.map(({ attname }) => {
      if (attname === 'oid') return '(1000000000 + n)::oid'
      if (attname === 'relname') return "('t' || n)::name"
      return ['reltype', 'relfilenode', 'reltoastrelid'].includes(attname) ? '0' : `c.${attname}`
    })
    await admin.unsafe(`set allow_system_table_mods = on;
      insert into pg_class (${columns.map(({ attname }) => attname)})
      select ${values} from pg_class c, generate_series(1, ${objects}) n where c.oid = 'app.pattern'::regclass`)
    await admin.end()
    return fixture
  },
  stable: (line, fixture) =>
    line
      .replaceAll(own(fixture).database, 'shop')
      .replaceAll(/"([a-z]+):[\d.]+"/g, '"$1:…"')
      // Stores on the same server make the group of their readers, with its superuser in it.
      .replace('"memberOf":["tidemark_reader"],', ''),
}

describeConnector(connector, harness)

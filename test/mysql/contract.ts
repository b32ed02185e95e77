import { readFile } from 'node:fs/promises'
import mysql, { type Connection } from 'mysql2/promise'
import { nameKey } from '../../connectors/kit/index.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { readRows } from './rows.ts'
import type { MysqlServer } from './servers.ts'
import { configOf, createAccount, freshName, runSql } from './support.ts'

const seed = await readFile(new URL('../fixtures/mysql/seed.sql', import.meta.url), 'utf8')
const PASSWORD = "p@ss:w/o'rd %41"

interface MysqlFixture extends Fixture {
  readonly shop: string
  readonly ledger: string
  readonly user: string
  readonly sql: Connection
}
/** The harness makes no others. */
const own = (fixture: Fixture) => fixture as MysqlFixture

/** The statements of a text; a semicolon inside of one stands in the middle of a line. */
function statementsOf(text: string): string[] {
  return text
    .split(/;\n/)
    .map((statement) => statement.replaceAll(/^--.*$/gm, '').trim())
    .filter((statement) => statement !== '')
}

async function createFixture(server: MysqlServer): Promise<MysqlFixture> {
  const [shop, ledger] = [freshName('shop'), freshName('ledger')]
  const sql = await server.connect()
  const named = (text: string) => text.replaceAll('{shop}', shop).replaceAll('{ledger}', ledger)
  for (const statement of statementsOf(named(seed))) await sql.query(statement)
  const user = await createAccount(server, ['SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON *.*'], PASSWORD)
  return {
    shop,
    ledger,
    user,
    sql,
    config: configOf(server, user, { password: PASSWORD, databases: [shop, ledger] }),
    secrets: [PASSWORD],
    async [Symbol.asyncDispose]() {
      await sql.query(`drop database if exists ${ledger}; drop database if exists ${shop}; drop user ${user}@'%'`)
      await sql.end()
    },
  }
}

/** `table`, or `name kind`, in the shop; `ledger.table` in the other database; empty is the shop itself. */
const keys = (names: readonly string[]) => (fixture: Fixture) =>
  names.map((name) => {
    const [, inLedger, rest = '', kind] =
      /^(ledger\.)?(.*?)(?: (sequence|function|procedure|event))?$/su.exec(name) ?? []
    const { shop, ledger } = own(fixture)
    return nameKey([inLedger === undefined ? shop : ledger, ...(rest === '' ? [] : [rest]), ...(kind ? [kind] : [])])
  })
const change = (name: string, sql: string, described: string[], allowed: string[] = []): ChangeCase => ({
  name,
  apply: async (fixture) => {
    const { shop, ledger, sql: session } = own(fixture)
    await session.query(`use ${shop}`)
    await session.query(
      sql.replaceAll('{shop}', shop).replaceAll('{ledger}', ledger).replaceAll('{user}', own(fixture).user),
    )
  },
  described: keys(described),
  allowed: keys(allowed),
})

const VIEWS = ['open_orders', 'ledger.holders']

/** What can change in a source, in both servers. */
const CHANGES: readonly ChangeCase[] = [
  change('a new column', 'alter table customer add column phone varchar(20) after email', ['customer']),
  change('a comment', "alter table customer comment 'Who buys much'", ['customer']),
  change(
    'a comment on a column',
    "alter table orders modify total double default 1.5 comment 'Of all'",
    ['orders'],
    VIEWS,
  ),
  change('a new table', 'create table extra (id bigint unsigned primary key, note varchar(20))', ['extra']),
  change('a new index', 'create index by_note on extra (note(5))', ['extra']),
  change('a foreign key', 'alter table extra add constraint same foreign key (id) references customer (id)', ['extra']),
  change(
    'a renamed column of a view',
    'alter table extra change note remark varchar(20); create view seen as select remark from extra',
    ['extra', 'seen'],
  ),
  change('a type that a view shows', 'alter table orders modify total float', ['orders', ...VIEWS]),
  change('a replaced view', 'create or replace view seen as select id, remark from extra', ['seen']),
  change(
    'another label of an enum',
    "alter table customer modify mood enum('sad', 'o''k', 'lost') not null default 'sad'",
    ['customer'],
  ),
  change('a renamed table', 'drop view seen; rename table extra to other', ['other']),
  change('a table moved to another database', 'rename table other to {ledger}.other', ['ledger.other']),
  change('a table made anew', 'drop table {ledger}.other; create table {ledger}.other (x text)', ['ledger.other']),
  change('an engine', 'alter table {ledger}.other engine = MyISAM', ['ledger.other']),
  change('a dropped table', 'drop table {ledger}.other', []),
  change(
    'a partition',
    'alter table event_log reorganize partition current into (partition middle values less than (2030), partition current values less than maxvalue)',
    ['event_log'],
  ),
  change(
    'a trigger',
    'create trigger second after insert on orders for each row follows stamped set @seen = 1'.replace(
      ' follows stamped',
      '',
    ),
    ['orders'],
  ),
  change('a dropped trigger', 'drop trigger stamped', ['orders']),
  change(
    'routines',
    'drop function tax; alter procedure tax comment "Of procedures"; create function doubled(x int) returns int no sql return x * 2',
    ['tax procedure', 'doubled function'],
  ),
  change('an event', "alter event nightly on schedule every 2 hour starts '2036-01-01' comment 'Often'", [
    'nightly event',
  ]),
  change(
    'rights',
    "grant insert on {shop}.orders to {user}@'%'; grant update (email) on {shop}.customer to {user}@'%'; grant create on {ledger}.* to {user}@'%'",
    ['orders', 'customer', 'ledger.'],
  ),
  change('rights taken', "revoke insert on {shop}.orders from {user}@'%'", ['orders']),
  change('the character set of a database', 'alter database {ledger} character set latin1', ['ledger.']),
  change(
    'rows',
    "insert into orders (id, total, note) values (1, 2, 'x'); analyze table orders; optimize table orders",
    [],
  ),
  change('a change taken back', 'alter table orders add column gone int; alter table orders drop column gone', []),
]

/** Ends the sessions of the fixture's account. */
async function killSessions(fixture: Fixture): Promise<void> {
  const { sql, user } = own(fixture)
  const threads = await readRows(sql, `select id as id from information_schema.processlist where user = '${user}'`)
  for (const { id } of threads) await sql.query(`kill ${Number(id)}`)
}

export function mysqlHarness(server: () => MysqlServer, expected: string): ContractHarness {
  return {
    kind: 'sql',
    published: true,
    expected,
    createFixture: () => createFixture(server()),
    async failures(fixture) {
      const { config, shop } = own(fixture)
      const blind = await createAccount(server(), [])
      return [
        {
          name: 'a wrong password',
          config: { ...config, password: 'not the Pa55word' },
          category: 'auth',
          secrets: ['not the Pa55word'],
        },
        { name: 'a closed port', config: { ...config, port: 1 }, category: 'source_unavailable' },
        {
          name: 'a host that does not exist',
          config: { ...config, host: 'nowhere.invalid' },
          category: 'source_unavailable',
        },
        {
          name: 'a database without any right',
          config: configOf(server(), blind, { databases: [shop] }),
          category: 'permission',
        },
        { name: 'no database', config: configOf(server(), blind), category: 'permission' },
        {
          name: 'a server of another kind',
          config: { ...config, port: Number(new URL(process.env.TIDEMARK_TEST_POSTGRES ?? '').port) },
          category: 'timeout',
        },
      ]
    },
    changes: CHANGES,
    faults: [
      {
        name: 'a dropped connection',
        category: 'source_unavailable',
        async provoke({ fixture, handle, scope }) {
          const pages = handle.inventory(scope)
          await pages.next()
          await killSessions(fixture)
          for (let page = await pages.next(); page.done !== true; ) page = await pages.next()
        },
      },
      {
        name: 'an account that takes no more connections',
        category: 'source_unavailable',
        async provoke({ fixture, handle, scope }) {
          const { sql, user, config } = own(fixture)
          await killSessions(fixture)
          await sql.query(`alter user ${user}@'%' with max_user_connections 1`)
          const { port, password } = config
          const only = await mysql.createConnection({
            host: '127.0.0.1',
            port: Number(port),
            user,
            password: String(password),
          })
          await handle
            .inventory(scope)
            .next()
            .finally(() => only.end())
        },
      },
      {
        name: 'a database dropped meanwhile',
        category: 'not_found',
        async provoke({ fixture, handle, scope }) {
          await runSql(server(), `drop database ${own(fixture).ledger}`)
          await handle.inventory(scope).next()
        },
      },
    ],
    big: { skip: 'a server takes minutes to make so many, and MariaDB to open them; npm run bench:mysql has 10,000' },
    stable: (line, fixture) => {
      const { shop, ledger, user } = own(fixture)
      return line.replaceAll(shop, 'shop').replaceAll(ledger, 'ledger').replaceAll(user, 'reader')
    },
  }
}

import postgres from 'postgres'
import { withDatabase } from './servers.ts'

/** A schema holds so many tables; foreign keys and views stay within it. */
const SCHEMA_SIZE = 500
/** Tables made in one transaction. */
const STEP = 100

const connect = (url: string) => postgres(url, { max: 2, onnotice: () => {} })

/**
 * Makes a database of that many tables with 16 columns each; four in five have a foreign key, one in ten has a view
 * over it, and some have comments, checks and further indexes. Returns its URL.
 */
export async function makeSource(server: string, name: string, tables: number): Promise<string> {
  const admin = connect(server)
  await admin.unsafe(`create database ${name}`)
  await admin.end()
  const url = withDatabase(server, name)
  const sql = connect(url)
  try {
    await sql.unsafe(TYPES)
    const schemas = Array.from({ length: Math.ceil(tables / SCHEMA_SIZE) }, (_, index) => index)
    for (const schema of schemas) await sql.unsafe(`create schema area_${schema}`)
    const work = schemas.values()
    const makeSchemas = async () => {
      for (const schema of work) await makeSchema(sql, schema, Math.min(SCHEMA_SIZE, tables - schema * SCHEMA_SIZE))
    }
    await Promise.all([makeSchemas(), makeSchemas()])
    await sql`vacuum (analyze)`
    return url
  } finally {
    await sql.end()
  }
}

async function makeSchema(sql: postgres.Sql, schema: number, tables: number): Promise<void> {
  for (let first = 1; first <= tables; first += STEP) {
    const numbers = Array.from({ length: Math.min(STEP, tables - first + 1) }, (_, index) => first + index)
    await sql.unsafe(numbers.map((number) => makeTable(schema, number)).join(';'))
  }
}

const TYPES = `
create extension if not exists pg_stat_statements;
create type order_status as enum ('open', 'paid', 'shipped', 'returned');
create domain email_address as text check (value like '%@%')`

function makeTable(schema: number, number: number): string {
  const area = `area_${schema}`
  const table = `${area}.orders_${number}`
  const statements = [
    `create table ${table} (
      id bigint primary key, parent_id bigint${number % 5 === 1 ? '' : ` references ${area}.orders_${number - 1} (id)`},
      customer_name text not null, customer_email email_address, status order_status not null default 'open',
      amount numeric(12,2) not null default 0${number % 3 === 0 ? ' check (amount >= 0)' : ''},
      currency char(3), quantity integer, discount real, shipped boolean not null default false, tags text[],
      note varchar(200), details jsonb, placed_on date, created_at timestamptz not null default now(), token uuid)`,
  ]
  if (number % 2 === 0)
    statements.push(`create index orders_${number}_placed on ${table} (placed_on, lower(customer_name))`)
  if (number % 4 === 0) {
    statements.push(
      `comment on table ${table} is 'Orders number ${number} of area ${schema}, as they were placed'`,
      `comment on column ${table}.amount is 'Without tax, in the currency of the order'`,
    )
  }
  if (number % 10 === 0) {
    statements.push(
      `create view ${area}.paid_orders_${number} as
        select o.id, o.customer_name, o.amount, p.amount as parent_amount, o.placed_on, o.created_at::date as day
        from ${table} o left join ${area}.orders_${number - 1} p on p.id = o.parent_id where o.status = 'paid'`,
    )
  }
  return statements.join(';')
}

export interface SourceSize {
  readonly tables: number
  readonly columns: number
  readonly views: number
  readonly foreignKeys: number
  readonly indexes: number
}

export async function measureSource(url: string): Promise<SourceSize> {
  const sql = connect(url)
  const [size] = await sql<SourceSize[]>`
    with rel as (select oid, relkind from pg_class where relnamespace::regnamespace::text like 'area%')
    select (select count(*)::int from rel where relkind = 'r') as tables,
           (select count(*)::int from pg_attribute where attnum > 0 and attrelid in (select oid from rel where relkind = 'r')) as columns,
           (select count(*)::int from rel where relkind = 'v') as views,
           (select count(*)::int from rel where relkind = 'i') as indexes,
           (select count(*)::int from pg_constraint where contype = 'f') as "foreignKeys"`
  await sql.end()
  return size as SourceSize
}

/** Changes ten tables that no view reads, other ones in each round, each in another way than its neighbour. */
export async function changeTenTables(url: string, round: number): Promise<void> {
  const sql = connect(url)
  const changes = [
    'add column added integer',
    'drop column note',
    'alter column quantity type bigint',
    'alter column currency set not null',
    'alter column shipped set default true',
  ]
  for (let number = 0; number < 10; number += 1) {
    await sql.unsafe(`alter table area_0.orders_${(round * 10 + number) * 5 + 1} ${changes[number % changes.length]}`)
  }
  await sql.end()
}

/** Statements that the source has run since the count was last taken. */
export async function takeStatementCount(url: string): Promise<number> {
  const sql = connect(url)
  const [row] = await sql<{ calls: number }[]>`
    select coalesce(sum(calls), 0)::int as calls from pg_stat_statements where query not like '%pg_stat_statements%'`
  await sql`select pg_stat_statements_reset()`
  await sql.end()
  return (row as { calls: number }).calls
}

import type { MysqlServer } from '../test/mysql/servers.ts'

/** A database holds so many tables; foreign keys and views stay within it. */
const DATABASE_SIZE = 500

/**
 * That many tables with 16 columns each; four in five have a foreign key, one in ten a view over it, every other a further
 * index, and some have comments.
 */
export async function makeMysqlSource(server: MysqlServer, tables: number): Promise<void> {
  const numbers = Array.from({ length: Math.ceil(tables / DATABASE_SIZE) }, (_, index) => index)
  const work = numbers.values()
  const make = async () => {
    const sql = await server.connect()
    await sql.query('set global innodb_file_per_table = 0')
    for (const area of work) {
      await sql.query(`create database area_${area}; use area_${area}`)
      const size = Math.min(DATABASE_SIZE, tables - area * DATABASE_SIZE)
      for (let number = 1; number <= size; number += 1) await sql.query(tableStatements(number))
    }
    await sql.end()
  }
  await Promise.all([make(), make()])
}

function tableStatements(number: number): string {
  const table = `orders_${number}`
  const comment = number % 4 === 0 ? ` comment 'Orders number ${number}, as they were placed'` : ''
  const statements = [
    `create table ${table} (
      id bigint primary key, parent_id bigint, customer_name varchar(100) not null, customer_email varchar(200),
      status enum('open', 'paid', 'shipped', 'returned') not null default 'open',
      amount decimal(12,2) not null default 0 comment 'Without tax', currency char(3), quantity int, discount double,
      shipped tinyint(1) not null default 0, tags varchar(50), note varchar(200), details json, placed_on date,
      created_at timestamp not null default current_timestamp, token binary(16)
      ${number % 5 === 1 ? '' : `, foreign key (parent_id) references orders_${number - 1} (id)`}
      ${number % 2 === 0 ? ', key placed (placed_on, customer_name(20))' : ''})${comment}`,
  ]
  if (number % 10 === 0) {
    statements.push(
      `create view paid_orders_${number} as
        select o.id, o.customer_name, o.amount, p.amount as parent_amount, o.placed_on, date(o.created_at) as day
        from ${table} o left join orders_${number - 1} p on p.id = o.parent_id where o.status = 'paid'`,
    )
  }
  return statements.join(';')
}

export async function countObjects(server: MysqlServer): Promise<string> {
  const sql = await server.connect()
  const counts: string[] = []
  for (const [name, from] of [
    ['tables', "tables where table_type = 'BASE TABLE' and table_schema like 'area%'"],
    ['columns', "columns where table_schema like 'area%'"],
    ['views', "views where table_schema like 'area%'"],
    ['foreign keys', "referential_constraints where constraint_schema like 'area%'"],
  ]) {
    const [rows] = await sql.query(`select count(*) as n from information_schema.${from}`)
    counts.push(`${Number((rows as { n: number }[])[0]?.n).toLocaleString('en')} ${name}`)
  }
  await sql.end()
  return counts.join(', ')
}

/** Changes ten tables that no view reads, other ones in each round, each in another way than its neighbour. */
export async function changeTenTables(server: MysqlServer, round: number): Promise<void> {
  const sql = await server.connect()
  const changes = [
    'add column added integer',
    'drop column note',
    'modify column quantity bigint',
    'modify column currency char(3) not null',
    "comment 'Changed'",
  ]
  for (let number = 0; number < 10; number += 1) {
    await sql.query(`alter table area_0.orders_${(round * 10 + number) * 5 + 2} ${changes[number % changes.length]}`)
  }
  await sql.end()
}

import type { Connection } from 'mysql2/promise'
import { quote, quoteText } from '../../mysql/support.ts'

const NAMES = ['one', 'One', 'two', 'a.b', "it's", 'tick`', '☃ x', 'percent%', 'under_score'] as const
const TYPES = [
  'int',
  'bigint unsigned',
  'varchar(20)',
  'decimal(8, 2)',
  'datetime(3)',
  "enum('a', 'b')",
  'json',
  'text',
] as const

/** What there is when a change is to be made, and what the picks choose of it; SQL, quoted. */
export interface Scene {
  readonly mariadb: boolean
  /** A database that there may be, one that there is, and another one. */
  readonly newDatabase: string
  readonly database: string
  readonly otherDatabase: string
  readonly table: string
  readonly otherTable: string
  /** A table or view. */
  readonly relation: string
  readonly view: string
  /** A column of `table`, and one of `otherTable`. */
  readonly column: string
  readonly otherColumn: string
  readonly index: string
  readonly foreignKey: string
  readonly check: string
  readonly trigger: string
  readonly routine: string
  readonly event: string
  readonly sequence: string
  readonly account: string
  readonly name: string
  readonly type: string
  readonly text: string
  readonly number: number
}

export async function sceneOf(
  sql: Connection,
  { prefix, user, mariadb }: { readonly prefix: string; readonly user: string; readonly mariadb: boolean },
  picks: readonly number[],
): Promise<Scene> {
  const [first = 0, second = 0, third = 0, fourth = 0] = picks
  const like = quoteText(`${prefix}%`)
  const list = async (columns: string, from: string): Promise<string[][]> => {
    const [rows] = await sql.query({ sql: `select ${columns} from information_schema.${from}`, rowsAsArray: true })
    return (rows as string[][]).sort()
  }
  const pick = (found: readonly string[][], number: number) => {
    const row = found[number % Math.max(1, found.length)]
    return row === undefined ? '`nowhere`' : row.map(quote).join('.')
  }
  const inWorld = (column: string) => `where ${column} like ${like}`
  const databases = await list('schema_name', `schemata ${inWorld('schema_name')}`)
  const tables = await list(
    'table_schema, table_name',
    `tables ${inWorld('table_schema')} and table_type = 'BASE TABLE'`,
  )
  const views = await list('table_schema, table_name', `tables ${inWorld('table_schema')} and table_type = 'VIEW'`)
  const chosen = tables[first % Math.max(1, tables.length)] ?? ['', '']
  const other = tables[second % Math.max(1, tables.length)] ?? ['', '']
  const of = ([database = '', table = '']: readonly string[]) =>
    `where table_schema = ${quoteText(database)} and table_name = ${quoteText(table)}`
  const name = quote(NAMES[second % NAMES.length] ?? 'one')
  return {
    mariadb,
    newDatabase: quote(`${prefix}_${NAMES[first % NAMES.length]}`),
    database: pick(databases, first),
    otherDatabase: pick(databases, third),
    table: pick(tables, first),
    otherTable: pick(tables, second),
    relation: pick([...tables, ...views].sort(), first),
    view: pick(views, first),
    column: pick(await list('column_name', `columns ${of(chosen)}`), third),
    otherColumn: pick(await list('column_name', `columns ${of(other)}`), third),
    index: pick(await list('distinct index_name', `statistics ${of(chosen)} and index_name <> 'PRIMARY'`), third),
    foreignKey: pick(
      await list('constraint_name', `table_constraints ${of(chosen)} and constraint_type = 'FOREIGN KEY'`),
      third,
    ),
    check: pick(await list('constraint_name', `table_constraints ${of(chosen)} and constraint_type = 'CHECK'`), third),
    trigger: pick(await list('trigger_schema, trigger_name', `triggers ${inWorld('trigger_schema')}`), first),
    routine: pick(await list('distinct routine_schema, routine_name', `routines ${inWorld('routine_schema')}`), first),
    event: pick(await list('event_schema, event_name', `events ${inWorld('event_schema')}`), first),
    sequence: pick(
      await list('table_schema, table_name', `tables ${inWorld('table_schema')} and table_type = 'SEQUENCE'`),
      first,
    ),
    account: `${user}@'%'`,
    name,
    type: TYPES[fourth % TYPES.length] ?? 'int',
    text: quoteText(`text ${fourth % 5}, it's \\ ${NAMES[third % NAMES.length]}`),
    number: fourth % 4,
  }
}

/** Every kind of change: the statements of one, which the server may refuse. */
export const MYSQL_OPERATIONS: Readonly<Record<string, (scene: Scene) => readonly string[]>> = {
  'create database': ({ newDatabase, number }) => [
    `create database ${newDatabase} character set ${number === 0 ? 'latin1' : 'utf8mb4'}`,
  ],
  'drop database': ({ database, number }) => (number === 0 ? [`drop database ${database}`] : []),
  'alter database': ({ database, number }) => [
    `alter database ${database} character set ${number === 0 ? 'latin1' : 'utf8mb4'}`,
  ],
  'create table': ({ otherDatabase, name, type, text }) => [
    `create table ${otherDatabase}.${name} (id int not null primary key, ${name} ${type}, note varchar(50) default ${text}) comment ${text}`,
  ],
  'create table again': ({ otherDatabase, name, type }) => [`create table ${otherDatabase}.${name} (x ${type})`],
  'drop table': ({ table, number }) => (number < 2 ? [`drop table ${table}`] : []),
  'recreate table': ({ table, type }) => [
    `drop table ${table}`,
    `create table ${table} (id int primary key, again ${type})`,
  ],
  'rename table': ({ table, otherDatabase, name }) => [`rename table ${table} to ${otherDatabase}.${name}`],
  'swap tables': ({ table, otherTable, database }) => [
    `rename table ${table} to ${database}.swapped, ${otherTable} to ${table}, ${database}.swapped to ${otherTable}`,
  ],
  'comment table': ({ table, text }) => [`alter table ${table} comment ${text}`],
  'change engine': ({ table, number }) => [`alter table ${table} engine = ${number === 0 ? 'MyISAM' : 'InnoDB'}`],
  'add column': ({ table, name, type, text, number }) => [
    `alter table ${table} add column ${name} ${type} comment ${text}${number === 0 ? ' first' : ''}`,
  ],
  'add generated column': ({ table, name, column, number }) => [
    `alter table ${table} add column ${name} varchar(60) as (concat(${column}, 'x')) ${number < 2 ? 'stored' : 'virtual'}`,
  ],
  'drop column': ({ table, column }) => [`alter table ${table} drop column ${column}`],
  'change column': ({ table, column, name, type, text }) => [
    `alter table ${table} change column ${column} ${name} ${type} comment ${text}`,
  ],
  'set default': ({ table, column, text, number }) => [
    `alter table ${table} alter column ${column} ${number === 0 ? 'drop default' : `set default ${text}`}`,
  ],
  'move column': ({ table, column, type }) => [`alter table ${table} modify column ${column} ${type} first`],
  'add index': ({ table, column, name, number, text }) => [
    `create ${number === 0 ? 'unique ' : ''}index ${name} on ${table} (${column}${number === 1 ? '(3)' : ''}${number === 2 ? ' desc' : ''}) comment ${text}`,
  ],
  'drop index': ({ table, index }) => [`alter table ${table} drop index ${index}`],
  'drop primary key': ({ table }) => [`alter table ${table} drop primary key`],
  'add foreign key': ({ table, otherTable, column, name, number }) => [
    `alter table ${table} add constraint ${name} foreign key (${column}) references ${otherTable} (id) on delete ${number < 2 ? 'cascade' : 'restrict'}`,
    `alter table ${table} add column id int`,
    `alter table ${table} add foreign key (id) references ${otherTable} (id)`,
  ],
  'drop foreign key': ({ table, foreignKey }) => [`alter table ${table} drop foreign key ${foreignKey}`],
  'add check': ({ table, column, name, number }) => [
    `alter table ${table} add constraint ${name} check (${column} is null or ${number} < 9)`,
  ],
  'drop check': ({ table, check }) => [`alter table ${table} drop constraint ${check}`],
  partition: ({ table, number }) => [
    number < 3
      ? `alter table ${table} partition by hash (id) partitions ${number + 1}`
      : `alter table ${table} remove partitioning`,
  ],
  'create view': ({ database, relation, name }) => [`create view ${database}.${name} as select * from ${relation}`],
  'create wide view': ({ database, table, otherTable, name, column }) => [
    `create view ${database}.${name} as select a.*, b.${column} as b from ${otherTable} a join ${table} b on a.id = b.id`,
  ],
  'replace view': ({ view, table, column }) => [
    `create or replace view ${view} as select ${column} as only_one from ${table}`,
  ],
  'drop view': ({ view }) => [`drop view ${view}`],
  'create trigger': ({ table, name, text, number }) => [
    `create trigger ${table.replace(/\.(?=`(?:[^`]|``)*`$)[\s\S]*/, '')}.${name} ${number < 2 ? 'before' : 'after'} insert on ${table} for each row set @seen = ${text}`,
  ],
  'drop trigger': ({ trigger }) => [`drop trigger ${trigger}`],
  'create function': ({ database, name, type, text }) => [
    `create function ${database}.${name}(${name} int) returns varchar(20) deterministic comment ${text} return ${text}`,
    `alter function ${database}.${name} comment ${quoteText(type)}`,
  ],
  'create procedure': ({ database, name, type, table }) => [
    `create procedure ${database}.${name}(in p ${type}, out q int) modifies sql data delete from ${table}`,
  ],
  'drop function': ({ routine }) => [`drop function ${routine}`],
  'drop procedure': ({ routine }) => [`drop procedure ${routine}`],
  'create event': ({ database, name, table, text }) => [
    `create event ${database}.${name} on schedule every 1 day starts '2036-01-01' disable comment ${text} do delete from ${table}`,
  ],
  'alter event': ({ event, number }) => [
    `alter event ${event} on schedule every ${number + 1} week starts '2035-01-01'`,
  ],
  'drop event': ({ event }) => [`drop event ${event}`],
  grant: ({ relation, account, number }) => [
    `grant ${['select', 'insert, update', 'select (id), references', 'all'][number]} on ${relation} to ${account}`,
  ],
  'grant on database': ({ database, account }) => [`grant select on ${database}.* to ${account} with grant option`],
  revoke: ({ relation, database, account, number }) => [
    number < 2 ? `revoke select on ${relation} from ${account}` : `revoke select on ${database}.* from ${account}`,
  ],
  'create sequence': ({ mariadb, database, name, number }) =>
    mariadb ? [`create sequence ${database}.${name} start with ${number + 1} increment by 2`] : [],
  'alter sequence': ({ mariadb, sequence, number }) =>
    mariadb ? [`alter sequence ${sequence} increment by ${number + 3}`] : [],
  'drop sequence': ({ mariadb, sequence }) => (mariadb ? [`drop sequence ${sequence}`] : []),
  'system versioning': ({ mariadb, table, number }) =>
    mariadb ? [`alter table ${table} ${number < 2 ? 'add' : 'drop'} system versioning`] : [],
  'insert rows': ({ table, number }) => [`insert into ${table} (id) values (${number})`],
  maintain: ({ table, number }) => [`${number < 2 ? 'analyze' : 'optimize'} table ${table}`],
}

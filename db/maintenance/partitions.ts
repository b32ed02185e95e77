import { makePartitions } from '../migrate.ts'
import { type Query, sqlState, type Transaction } from '../store.ts'

const PARTITIONED = ['change', 'audit_log'] as const
type Partitioned = (typeof PARTITIONED)[number]

/** How long dropping a partition waits for those who use its table: a sync that writes to it goes first. */
const LOCK_WAIT = '1s'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Drops the monthly partitions whose last moment is more than `days` ago. One that is in use now is left
 * for the next time. Returns how many were dropped.
 */
export async function dropOldPartitions(
  sql: Query,
  { table, days }: { readonly table: Partitioned; readonly days: number },
): Promise<number> {
  const old = await sql<{ name: string }[]>`
    select c.relname as name
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${`tidemark.${table}`}::regclass and c.relname ~ ${`^${table}_\\d{4}_\\d{2}$`}
      and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC'
          <= now() - make_interval(days => ${days})
    order by c.relname`
  let dropped = 0
  for (const { name } of old) dropped += await dropIfIdle(sql, name)
  return dropped
}

async function dropIfIdle(sql: Query, name: string): Promise<number> {
  return await unlessBusy(sql, async (tx) => {
    await tx`drop table ${tx(`tidemark.${name}`)}`
    return 1
  })
}

/** Runs what needs a table to itself; 0 when somebody is using it. */
async function unlessBusy(sql: Query, work: (tx: Transaction) => Promise<number>): Promise<number> {
  try {
    return (await sql.begin(async (tx) => {
      await tx`select set_config('lock_timeout', ${LOCK_WAIT}, true)`
      return await work(tx)
    })) as number
  } catch (error) {
    if (sqlState(error) === LOCK_NOT_AVAILABLE) return 0
    throw error
  }
}

/** More than a store gathers before somebody looks; the rest is for the next time. */
const STRAYS = 100_000

/**
 * Gives rows that had no month's partition to go to one of their own. Returns how many partitions were made. Nothing
 * is done while the tables are in use.
 */
export async function adoptStrays(sql: Query): Promise<number> {
  let made = 0
  for (const table of PARTITIONED) {
    const [stray] = await sql`select 1 from ${sql(`tidemark.${table}_default`)} limit 1`
    if (stray !== undefined) made += await unlessBusy(sql, (tx) => adopt(tx, table))
  }
  return made
}

async function adopt(tx: Transaction, table: Partitioned): Promise<number> {
  const time = table === 'change' ? 'changed_at' : 'at'
  // A partition is refused while the default one holds rows of its month.
  await tx`create temp table stray on commit drop as
           with taken as (
             delete from ${tx(`tidemark.${table}_default`)} where ctid = any (array(
               select ctid from ${tx(`tidemark.${table}_default`)} limit ${STRAYS}))
             returning *)
           select * from taken`
  const months = await tx<{ month: string }[]>`
    select distinct to_char(${tx(time)} at time zone 'UTC', 'YYYY-MM-01') as month from stray order by 1`
  const made = await makePartitions(
    tx,
    table,
    months.map(({ month }) => month),
  )
  await tx`insert into ${tx(`tidemark.${table}`)} overriding system value select * from stray`
  await tx`drop table stray`
  return made
}

export interface PartitionFacts {
  readonly table: string
  /** The first moment that no partition of its own covers. */
  readonly coveredUntil: Date | null
  /** Rows that had no month to go to. */
  readonly strays: number
}

export async function readPartitions(sql: Query): Promise<PartitionFacts[]> {
  const facts = PARTITIONED.map(async (table) => {
    const [row] = await sql<PartitionFacts[]>`
      select ${table} as "table",
             max((to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') at time zone 'UTC') as "coveredUntil",
             (select count(*)::int from (select 1 from ${sql(`tidemark.${table}_default`)} limit 1000) s) as strays
      from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = ${`tidemark.${table}`}::regclass and c.relname ~ ${`^${table}_\\d{4}_\\d{2}$`}`
    return row as PartitionFacts
  })
  return await Promise.all(facts)
}

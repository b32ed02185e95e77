import type { Query } from '../store.ts'
import { sqlState } from '../store.ts'

export const PARTITIONED = ['change', 'audit_log'] as const
export type Partitioned = (typeof PARTITIONED)[number]

/** How long dropping a partition waits for those who use its table: a sync that writes to it goes first. */
const LOCK_WAIT = '1s'
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Drops the monthly partitions whose last moment is more than `days` ago, and such rows of the default partition. A
 * partition that is in use now is left for the next time. Returns how many were dropped.
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
  for (const { name } of old) if (await dropIfIdle(sql, name)) dropped += 1
  const time = table === 'change' ? sql`changed_at` : sql`at`
  await sql`delete from ${sql(`tidemark.${table}_default`)} where ${time} < now() - make_interval(days => ${days})`
  return dropped
}

async function dropIfIdle(sql: Query, name: string): Promise<boolean> {
  try {
    await sql.begin(async (tx) => {
      await tx`select set_config('lock_timeout', ${LOCK_WAIT}, true)`
      await tx`drop table ${tx(`tidemark.${name}`)}`
    })
    return true
  } catch (error) {
    if (sqlState(error) === LOCK_NOT_AVAILABLE) return false
    throw error
  }
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

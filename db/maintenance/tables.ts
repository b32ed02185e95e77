import { asStoreError, type Query } from '../store.ts'

/** A table that autovacuum should have come to and has not. */
export interface UntidyTable {
  readonly name: string
  readonly rows: number
  readonly dead: number
  /** Whether the planner knows nothing of it. */
  readonly neverAnalyzed: boolean
}

/** Fewer dead rows than this cost nobody anything; PostgreSQL itself vacuums at a fifth of a table. */
const DEAD_ROWS = 10_000
const DEAD_SHARE = 0.4
const UNANALYZED_ROWS = 10_000

/** The tables of the store in which dead rows pile up, or of which no statistics are had though they are large. */
export async function listUntidyTables(sql: Query): Promise<UntidyTable[]> {
  return [
    ...(await sql<UntidyTable[]>`
      select schemaname || '.' || relname as name, n_live_tup as rows, n_dead_tup as dead,
             n_live_tup > ${UNANALYZED_ROWS} and last_analyze is null and last_autoanalyze is null as "neverAnalyzed"
      from pg_stat_user_tables
      where schemaname = 'tidemark'
        and (n_dead_tup > ${DEAD_ROWS} and n_dead_tup > n_live_tup * ${DEAD_SHARE}::float8
             or n_live_tup > ${UNANALYZED_ROWS} and last_analyze is null and last_autoanalyze is null)
      order by n_dead_tup desc`),
  ]
}

/** Vacuums and analyzes them, one after another; reading and writing go on meanwhile. Returns how many there were. */
export async function tidyTables(sql: Query): Promise<number> {
  const tables = await listUntidyTables(sql)
  try {
    for (const { name } of tables) await sql`vacuum (analyze, skip_locked) ${sql(name)}`.simple()
  } catch (error) {
    throw asStoreError(error)
  }
  return tables.length
}

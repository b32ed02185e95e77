import { nameKey } from '../model/names.ts'
import type { KindGroup } from '../model/records.ts'
import { type CopyValue, copyInto, copyLine } from './copy.ts'
import { type RunRow, renewLease } from './runs.ts'
import type { Query, Transaction } from './store.ts'

/** Statistics and usage: volatile numbers of assets, beside their records and outside their history. */

interface Named {
  readonly group: KindGroup
  readonly path: readonly string[]
}

export interface StatisticsRow extends Named {
  readonly rowCount?: number
  readonly bytes?: number
  readonly checks?: {
    readonly state?: string
    readonly passed: number
    readonly failed: number
    readonly pending: number
  }
}

export interface UsageRow extends Named {
  readonly reads?: number
  readonly writes?: number
  readonly users?: number
  readonly lastReadAt?: Date
  readonly lastWrittenAt?: Date
  readonly since?: Date
}

/**
 * The scopes whose statistics this run is to take: those it has synced, when the source's last taking is an interval
 * ago, or the run is a full one. A run confined to some scopes takes theirs only when it is full.
 */
export async function listStatisticsScopes(
  sql: Query,
  run: RunRow,
  intervalMs: number,
): Promise<{ key: string; name: string }[]> {
  return [
    ...(await sql<{ key: string; name: string }[]>`
      select scope.key, scope.name
      from tidemark.source s
      join tidemark.scope on scope.source_id = s.id and scope.status = 'included'
      join tidemark.sync_scope ss on ss.run_id = ${run.id} and ss.scope_id = scope.id and ss.status = 'completed'
      where s.id = ${run.sourceId}
        and (${run.mode === 'full'} or ${run.onlyScopes === null}
             and (s.statistics_at is null or s.statistics_at <= now() - make_interval(secs => ${intervalMs / 1000})))
      order by scope.id`),
  ]
}

/** Notes that the source's statistics have been taken; the interval begins anew. */
export async function markStatisticsTaken(sql: Query, run: RunRow): Promise<void> {
  if (run.onlyScopes !== null) return
  await sql`update tidemark.source set statistics_at = now() where id = ${run.sourceId}`
}

export interface StatisticsTarget {
  readonly run: RunRow
  readonly namespaceId: number
}

type Pages<T> = AsyncIterable<readonly T[]>

/**
 * Streams a scope's statistics into a temporary table and merges them by name into those of the live assets that the
 * source writes. Rows that say nothing new are not touched. Returns how many assets got other numbers.
 */
export async function storeStatistics(
  sql: Query,
  target: StatisticsTarget,
  pages: Pages<StatisticsRow>,
): Promise<number> {
  return await sql.begin(async (tx) => {
    const columns = `row_count bigint, bytes bigint, check_state text, checks_passed integer, checks_failed integer,
      checks_pending integer`
    await copyIncoming(tx, columns, pages, ({ rowCount, bytes, checks }) => [
      whole(rowCount),
      whole(bytes),
      checks?.state,
      whole(checks?.passed),
      whole(checks?.failed),
      whole(checks?.pending),
    ])
    await renewLease(tx, target.run.id)
    const written = await tx`
      with told as (${named(tx, target)})
      insert into tidemark.asset_statistic
        (asset_id, row_count, bytes, check_state, checks_passed, checks_failed, checks_pending, taken_at)
      select told.asset_id, told.row_count, told.bytes, told.check_state, told.checks_passed, told.checks_failed,
        told.checks_pending, now()
      from told left join tidemark.asset_statistic s on s.asset_id = told.asset_id
      where s.asset_id is null
         or (s.row_count, s.bytes, s.check_state, s.checks_passed, s.checks_failed, s.checks_pending) is distinct from
            (told.row_count, told.bytes, told.check_state, told.checks_passed, told.checks_failed, told.checks_pending)
      order by told.asset_id
      on conflict (asset_id) do update set row_count = excluded.row_count, bytes = excluded.bytes,
        check_state = excluded.check_state, checks_passed = excluded.checks_passed,
        checks_failed = excluded.checks_failed, checks_pending = excluded.checks_pending,
        taken_at = excluded.taken_at`
    return written.count
  })
}

/** The same for usage. */
export async function storeUsage(sql: Query, target: StatisticsTarget, pages: Pages<UsageRow>): Promise<number> {
  const columns = `reads bigint, writes bigint, users bigint, last_read_at timestamptz, last_written_at timestamptz,
    since timestamptz`
  return await sql.begin(async (tx) => {
    await copyIncoming(tx, columns, pages, (row) => [
      whole(row.reads),
      whole(row.writes),
      whole(row.users),
      row.lastReadAt?.toISOString(),
      row.lastWrittenAt?.toISOString(),
      row.since?.toISOString(),
    ])
    await renewLease(tx, target.run.id)
    const written = await tx`
      with told as (${named(tx, target)})
      insert into tidemark.usage (asset_id, reads, writes, users, last_read_at, last_written_at, since, taken_at)
      select told.asset_id, told.reads, told.writes, told.users, told.last_read_at, told.last_written_at, told.since, now()
      from told left join tidemark.usage u on u.asset_id = told.asset_id
      where u.asset_id is null
         or (u.reads, u.writes, u.users, u.last_read_at, u.last_written_at, u.since) is distinct from
            (told.reads, told.writes, told.users, told.last_read_at, told.last_written_at, told.since)
      order by told.asset_id
      on conflict (asset_id) do update set reads = excluded.reads, writes = excluded.writes, users = excluded.users,
        last_read_at = excluded.last_read_at, last_written_at = excluded.last_written_at, since = excluded.since,
        taken_at = excluded.taken_at`
    return written.count
  })
}

/** What came in, led by name to the live assets whose records the source writes. */
const named = (tx: Transaction, { run, namespaceId }: StatisticsTarget) => tx`
  select distinct on (a.id) a.id as asset_id, i.*
  from incoming_number i
  join tidemark.asset a on a.namespace_id = ${namespaceId} and a.kind_group = i.kind_group and a.name_key = i.name_key
  join tidemark.claim c on c.asset_id = a.id and c.writes and c.source_id = ${run.sourceId}
  where a.removed_at is null
  order by a.id`

async function copyIncoming<T extends Named>(
  tx: Transaction,
  columns: string,
  pages: Pages<T>,
  valuesOf: (row: T) => readonly CopyValue[],
): Promise<void> {
  await tx.unsafe(
    `create temp table incoming_number (kind_group text, name_key text collate "C", ${columns}) on commit drop`,
  )
  async function* lines() {
    for await (const page of pages) {
      yield page.map((row) => copyLine([row.group, nameKey(row.path), ...valuesOf(row)])).join('')
    }
  }
  await copyInto(tx, 'incoming_number', lines())
}

/** A bigint, or nothing: what is no number of things is not known. */
function whole(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : undefined
}

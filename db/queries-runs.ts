import type { ErrorSummary } from '../model/errors.ts'
import type { SyncMode, SyncOutcome } from '../model/sync.ts'
import type { Query } from './store.ts'

export interface RunBudget {
  readonly allowed: number
  readonly remaining: number
  readonly resetsAt: string
}

/** One run as `catalog.sync_history` tells it. */
export interface RunHistoryRow {
  readonly runId: number
  readonly source: string
  readonly trigger: string
  readonly mode: SyncMode
  /** Null while it runs. */
  readonly outcome: SyncOutcome | null
  readonly startedAt: Date
  readonly completedAt: Date | null
  readonly durationSeconds: number | null
  readonly scopes: number
  readonly gaps: number
  readonly listed: number
  readonly described: number
  readonly added: number
  readonly changed: number
  readonly renamed: number
  readonly removed: number
  readonly proposed: number
  readonly requests: number
  readonly bytes: number
  /** Answers that told us to slow down. */
  readonly throttles: number
  /** What the source charged, in its own unit; null where it tells nothing. */
  readonly cost: number | null
  /** By resource: what the source's API still let us ask when the run heard of it last. */
  readonly budget: Readonly<Record<string, RunBudget>> | null
  readonly errorCategory: string | null
  readonly errorMessage: string | null
  /** How much its account does not see of what was listed; `tidemark run` tells what. */
  readonly notes: number
  readonly actor: string
}

const runColumns = (sql: Query) => sql`
  run_id as "runId", source, trigger, mode, outcome, started_at as "startedAt", completed_at as "completedAt",
  duration_seconds::float8 as "durationSeconds", scopes, gaps, listed, described, added, changed, renamed, removed,
  proposed, requests, bytes, throttles, cost::float8 as cost, budget, error_category as "errorCategory", error_message as "errorMessage", actor,
  (select coalesce(sum(cardinality(scope.notes)), 0)::int
   from tidemark.sync_scope ss join tidemark.scope on scope.id = ss.scope_id
   where ss.run_id = sync_history.run_id and ss.listing is not null) as notes`

export async function listRuns(
  sql: Query,
  filter: { readonly source?: string; readonly limit: number },
): Promise<RunHistoryRow[]> {
  const where = filter.source === undefined ? sql`` : sql`where source = ${filter.source}`
  return [
    ...(await sql<RunHistoryRow[]>`
      select ${runColumns(sql)} from catalog.sync_history ${where} order by run_id desc limit ${filter.limit}`),
  ]
}

export async function findRun(sql: Query, runId: number): Promise<RunHistoryRow | undefined> {
  const [run] = await sql<RunHistoryRow[]>`select ${runColumns(sql)} from catalog.sync_history where run_id = ${runId}`
  return run
}

/** How one scope fared in a run. */
export interface RunScopeRow {
  readonly scope: string
  readonly status: string
  readonly listing: string | null
  readonly listed: number
  readonly moved: number
  readonly absent: number
  readonly described: number
  readonly failedItems: number
  readonly added: number
  readonly changed: number
  readonly durationSeconds: number | null
  readonly error: ErrorSummary | null
  /** What the account did not see of it when it was last listed, each with what would show it. */
  readonly notes: readonly string[]
  /** Plan mode: what a sync would do, as item keys by verdict. */
  readonly plan: unknown
}

/** The scopes of a run, those with trouble first. */
export async function listRunScopes(sql: Query, runId: number, limit: number): Promise<RunScopeRow[]> {
  return [
    ...(await sql<RunScopeRow[]>`
      select scope.name as scope, ss.status, ss.listing, ss.listed, ss.moved, ss.absent, ss.described,
             ss.failed_items as "failedItems", ss.added, ss.changed, ss.error, ss.plan, scope.notes,
             round(extract(epoch from ss.completed_at - ss.started_at)::numeric, 3)::float8 as "durationSeconds"
      from tidemark.sync_scope ss join tidemark.scope on scope.id = ss.scope_id
      where ss.run_id = ${runId}
      order by ss.error is null, ss.failed_items = 0, scope.name collate "C" limit ${limit}`),
  ]
}

export interface RunProgress {
  readonly runId: number
  readonly mode: SyncMode
  /** Null while it runs. */
  readonly outcome: SyncOutcome | null
  readonly scopes: number
  readonly scopesDone: number
  readonly listed: number
  readonly described: number
  /** Items that wait to be described. */
  readonly waiting: number
}

export interface OpenRun extends RunProgress {
  readonly source: string
  readonly startedAt: Date
}

/** The runs under way, the oldest first. */
export async function listOpenRuns(sql: Query, organization: string): Promise<OpenRun[]> {
  return [
    ...(await sql<OpenRun[]>`
      select s.name as source, r.started_at as "startedAt", r.id as "runId", r.mode, r.outcome,
             count(ss.scope_id) filter (where ss.status <> 'left out')::int as scopes,
             count(ss.scope_id) filter (where ss.status in ('completed', 'failed'))::int as "scopesDone",
             coalesce(sum(ss.listed), 0)::int as listed, coalesce(sum(ss.described), 0)::int as described,
             (select count(*)::int from tidemark.sync_work w
              where w.scope_id in (select scope_id from tidemark.sync_scope where run_id = r.id)) as waiting
      from tidemark.sync_run r
      join tidemark.source s on s.id = r.source_id
      join tidemark.organization o on o.id = s.organization_id
      left join tidemark.sync_scope ss on ss.run_id = r.id
      where o.name = ${organization} and r.completed_at is null and r.lease_until > now()
      group by r.id, s.name order by r.id`),
  ]
}

export interface FollowedRun extends RunProgress {
  readonly outcome: SyncOutcome
}

/** Where a request stands. */
export interface SyncProgress {
  readonly requestId: number
  /** The run that took the request. */
  readonly run?: RunProgress
  /** The live run of the same source that the request waits for. */
  readonly blockedBy?: number
}

/** Undefined when the request is gone with its source. */
export async function readProgress(sql: Query, requestId: number): Promise<SyncProgress | undefined> {
  const [request] = await sql<{ runId: number | null; blockedBy: number | null }[]>`
    select q.run_id as "runId",
           (select r.id from tidemark.sync_run r where r.source_id = q.source_id and r.completed_at is null
                                                    and r.lease_until > now()) as "blockedBy"
    from tidemark.sync_request q where q.id = ${requestId}`
  if (request === undefined) return undefined
  const { runId, blockedBy } = request
  if (runId === null) return { requestId, ...(blockedBy === null ? {} : { blockedBy }) }
  const [run] = await sql<RunProgress[]>`
    select r.id as "runId", r.mode, r.outcome,
           count(ss.scope_id) filter (where ss.status <> 'left out')::int as scopes,
           count(ss.scope_id) filter (where ss.status in ('completed', 'failed'))::int as "scopesDone",
           coalesce(sum(ss.listed), 0)::int as listed, coalesce(sum(ss.described), 0)::int as described,
           (select count(*)::int from tidemark.sync_work w
            where r.completed_at is null and w.scope_id in (select scope_id from tidemark.sync_scope where run_id = r.id)) as waiting
    from tidemark.sync_run r left join tidemark.sync_scope ss on ss.run_id = r.id
    where r.id = ${runId} group by r.id`
  return run === undefined ? undefined : { requestId, run }
}

import { type ErrorSummary, IngestError } from '../model/errors.ts'
import type { SyncMode, SyncOutcome, SyncTrigger } from '../model/sync.ts'
import { inTransaction, type Query, type Transaction } from './store.ts'

/** How long a run may go without a sign of life before another may take the source. */
export const LEASE_SECONDS = 60

export interface NewRequest {
  readonly sourceId: number
  readonly mode: SyncMode
  readonly scopes?: readonly string[]
  readonly trigger: SyncTrigger
  readonly actorId: number
}

export async function insertRequest(sql: Query | Transaction, request: NewRequest): Promise<number> {
  const [row] = await sql<{ id: number }[]>`
    insert into tidemark.sync_request (source_id, mode, scopes, trigger, actor_id)
    values (${request.sourceId}, ${request.mode}, ${request.scopes ? [...request.scopes] : null},
            ${request.trigger}, ${request.actorId})
    returning id`
  return (row as { id: number }).id
}

/** The oldest request of the source that no run has claimed. */
export async function findPendingRequest(sql: Query, sourceId: number): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    select id from tidemark.sync_request where source_id = ${sourceId} and run_id is null order by id limit 1`
  return row?.id
}

export type OpenRunResult =
  | { readonly status: 'opened'; readonly runId: number; readonly mode: SyncMode }
  | { readonly status: 'skipped'; readonly reason: string }

export interface OpenRunInput {
  readonly sourceId: number
  readonly requestId: number
  readonly owner: string
  /** Digests of the config's options that shape records and of its filters. */
  readonly shape: string
  readonly filter: string
  readonly configVersion: number
}

/**
 * Opens the source's one run and claims what is pending for it; `skipped` when a live run has the source (the request
 * stays pending and is honoured when that run closes) or when the request has been honoured already.
 */
export async function openRun(sql: Query, input: OpenRunInput): Promise<OpenRunResult> {
  return await inTransaction(sql, async (tx) => {
    await tx`select 1 from tidemark.source where id = ${input.sourceId} for update`
    const [request] = await tx<{ runId: number | null; mode: SyncMode }[]>`
      select run_id as "runId", mode from tidemark.sync_request where id = ${input.requestId}`
    if (request === undefined) return { status: 'skipped', reason: `request ${input.requestId} no longer exists` }
    if (request.runId !== null) return await resumeRun(tx, request.runId, input.owner)
    const blocker = await clearTheWay(tx, input.sourceId)
    if (blocker !== undefined) return { status: 'skipped', reason: `run ${blocker} is under way and honours it next` }
    return await claimRequests(tx, input, request.mode)
  })
}

/** A retried step finds the run it opened; another run's request is simply done with. */
async function resumeRun(tx: Transaction, runId: number, owner: string): Promise<OpenRunResult> {
  const [run] = await tx<{ mode: SyncMode }[]>`
    update tidemark.sync_run set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    where id = ${runId} and lease_owner = ${owner} and completed_at is null returning mode`
  return run === undefined
    ? { status: 'skipped', reason: `run ${runId} took this request` }
    : { status: 'opened', runId, mode: run.mode }
}

/** Closes a run whose owner has not been heard of; returns the run in the way when its lease holds. */
async function clearTheWay(tx: Transaction, sourceId: number): Promise<number | undefined> {
  const [open] = await tx<{ id: number; live: boolean }[]>`
    select id, lease_until > now() as live from tidemark.sync_run
    where source_id = ${sourceId} and completed_at is null`
  if (open === undefined) return undefined
  if (open.live) return open.id
  const error: ErrorSummary = {
    category: 'dependency_unavailable',
    message: 'the process that ran this sync stopped answering; what it had stored is kept, a later run goes on',
  }
  await tx`update tidemark.sync_run set completed_at = now(), outcome = 'failed', error = ${tx.json(error as never)}
           where id = ${open.id}`
  return undefined
}

/** A plan runs alone; a sync honours every pending sync request at once, in the strongest mode among them. */
async function claimRequests(tx: Transaction, input: OpenRunInput, mode: SyncMode): Promise<OpenRunResult> {
  const [run] = await tx<{ id: number; mode: SyncMode }[]>`
    with pending as (
      select * from tidemark.sync_request
      where source_id = ${input.sourceId} and run_id is null and (mode = 'plan') = ${mode === 'plan'}
    ), run as (
      insert into tidemark.sync_run (source_id, mode, trigger, actor_id, config_version, shape, filter, only_scopes,
                                     lease_owner, lease_until)
      select ${input.sourceId},
             case when bool_or(mode = 'full') then 'full' else ${mode} end,
             (array_agg(trigger order by id = ${input.requestId} desc))[1],
             (array_agg(actor_id order by id = ${input.requestId} desc))[1],
             ${input.configVersion}, ${input.shape}, ${input.filter},
             case when bool_and(scopes is not null)
                  then (select array_agg(distinct key) from pending p, unnest(p.scopes) as key) end,
             ${input.owner}, now() + make_interval(secs => ${LEASE_SECONDS})
      from pending returning id, mode
    ), claimed as (
      update tidemark.sync_request r set run_id = run.id from run, pending where r.id = pending.id
    )
    select id, mode from run`
  return { status: 'opened', runId: (run as { id: number }).id, mode: (run as { mode: SyncMode }).mode }
}

export interface RunRow {
  readonly id: number
  readonly sourceId: number
  readonly mode: SyncMode
  readonly shape: string
  readonly filter: string
  readonly onlyScopes: readonly string[] | null
}

/** Renews the lease of an open run and reads it. @throws IngestError `cancelled` when the run is no longer open. */
export async function renewLease(sql: Query | Transaction, runId: number): Promise<RunRow> {
  const [run] = await sql<RunRow[]>`
    update tidemark.sync_run set lease_until = now() + make_interval(secs => ${LEASE_SECONDS})
    where id = ${runId} and completed_at is null
    returning id, source_id as "sourceId", mode, shape, filter, only_scopes as "onlyScopes"`
  if (run === undefined) {
    throw new IngestError('cancelled', `run ${runId} is closed: another process took the source over`)
  }
  return run
}

export interface RunTotals {
  readonly scopes: number
  readonly failedScopes: number
  readonly gapScopes: number
  readonly listed: number
  readonly failedItems: number
  readonly held: number
}

export async function readTotals(sql: Query | Transaction, runId: number): Promise<RunTotals> {
  const [row] = await sql<RunTotals[]>`
    select count(*) filter (where status <> 'left out')::int as scopes,
           count(*) filter (where status = 'failed')::int as "failedScopes",
           count(*) filter (where (status = 'left out' and error is not null) or listing = 'partial'
                                  or failed_items > 0 or status in ('pending', 'listing', 'describing'))::int as "gapScopes",
           coalesce(sum(listed), 0)::int as listed,
           coalesce(sum(failed_items), 0)::int as "failedItems",
           (select count(*)::int from tidemark.removal_proposal p
            join tidemark.sync_run r on r.id = ${runId} and r.source_id = p.source_id and r.mode <> 'plan'
            where p.status = 'open') as held
    from tidemark.sync_scope where run_id = ${runId}`
  return row as RunTotals
}

/** Closes the run with the sums of its scopes; closing a closed run changes nothing and tells its outcome. */
export async function closeRun(
  sql: Query,
  input: { readonly runId: number; readonly outcome: SyncOutcome; readonly error?: ErrorSummary },
): Promise<SyncOutcome> {
  const error = input.error === undefined ? null : sql.json(input.error as never)
  await sql`
    update tidemark.sync_run r set completed_at = now(), outcome = ${input.outcome},
      error = coalesce(${error}, (select error from tidemark.sync_scope
                                  where run_id = r.id and error is not null order by status = 'failed' desc limit 1)),
      scopes = s.scopes, gaps = s.gaps, listed = s.listed, described = s.described,
      added = r.added + s.added, changed = s.changed, requests = r.requests + s.requests, bytes = r.bytes + s.bytes,
      throttles = r.throttles + s.throttles,
      cost = case when r.cost is null then s.cost else r.cost + coalesce(s.cost, 0) end
    from (select count(*) filter (where status <> 'left out') as scopes,
                 count(*) filter (where status <> 'completed' and error is not null or listing = 'partial'
                                        or failed_items > 0 or status in ('pending', 'listing', 'describing')) as gaps,
                 coalesce(sum(listed), 0) as listed, coalesce(sum(described), 0) as described,
                 coalesce(sum(added), 0) as added, coalesce(sum(changed), 0) as changed,
                 coalesce(sum(requests), 0) as requests, coalesce(sum(bytes), 0) as bytes,
                 coalesce(sum(throttles), 0) as throttles, sum(cost) as cost
          from tidemark.sync_scope where run_id = ${input.runId}) s
    where r.id = ${input.runId} and r.completed_at is null`
  const [run] = await sql<{ outcome: SyncOutcome }[]>`select outcome from tidemark.sync_run where id = ${input.runId}`
  return (run as { outcome: SyncOutcome }).outcome
}

/** What a step has asked of its source, and what the source charged. */
export interface RunCost {
  requests: number
  bytes: number
  throttles: number
  /** In the source's own unit. */
  cost: number
}

/** What a run may ask of its source at most; what is absent has no end. */
export interface RunBudget {
  readonly requests?: number | undefined
  readonly bytes?: number | undefined
  /** In the source's own unit. */
  readonly cost?: number | undefined
}

/** What the steps of a run have cost so far, those that failed too. */
export async function readRunCost(sql: Query, runId: number): Promise<RunCost> {
  const [row] = await sql<RunCost[]>`
    select (r.requests + coalesce(s.requests, 0))::float8 as requests, (r.bytes + coalesce(s.bytes, 0))::float8 as bytes,
           (r.throttles + coalesce(s.throttles, 0))::float8 as throttles, (coalesce(r.cost, 0) + coalesce(s.cost, 0))::float8 as cost
    from tidemark.sync_run r
    cross join (select sum(requests) as requests, sum(bytes) as bytes, sum(throttles) as throttles, sum(cost) as cost
                from tidemark.sync_scope where run_id = ${runId}) s
    where r.id = ${runId}`
  return row ?? { requests: 0, bytes: 0, throttles: 0, cost: 0 }
}

/** Adds to the run's own counters what a step outside any scope has cost. */
export async function addRunCost(
  sql: Query,
  runId: number,
  { requests, bytes, throttles, cost }: Readonly<RunCost>,
): Promise<void> {
  if (requests === 0 && bytes === 0 && throttles === 0 && cost === 0) return
  await sql`update tidemark.sync_run set requests = requests + ${requests}, bytes = bytes + ${bytes},
              throttles = throttles + ${throttles}, cost = ${addCost(sql, sql`cost`, cost)}
            where id = ${runId}`
}

/** A cost with one more; null for as long as the source has charged nothing. */
export function addCost(sql: Query | Transaction, column: ReturnType<Query>, amount: number) {
  return amount === 0 ? column : sql`coalesce(${column}, 0) + ${amount}`
}

export async function readRun(sql: Query, runId: number): Promise<{ readonly sourceId: number }> {
  const [run] = await sql<{ sourceId: number }[]>`
    select source_id as "sourceId" from tidemark.sync_run where id = ${runId}`
  if (run === undefined) throw new IngestError('not_found', `run ${runId} does not exist`)
  return run
}

/** The source of a run, for whoever reads a log. */
export async function nameRun(
  sql: Query,
  runId: number,
): Promise<{ readonly sourceId: number; readonly source: string } | undefined> {
  const [run] = await sql<{ sourceId: number; source: string }[]>`
    select s.id as "sourceId", s.name as source from tidemark.sync_run r join tidemark.source s on s.id = r.source_id
    where r.id = ${runId}`
  return run
}

import { type ErrorSummary, IngestError } from '../model/errors.ts'
import { addCost, type RunCost, type RunRow } from './runs.ts'
import { inTransaction, type Query, type Transaction } from './store.ts'

export interface PlannedScope {
  readonly key: string
  readonly name: string
  readonly fingerprint?: string
}

export interface LeftOutScope {
  readonly key: string
  readonly name: string
  readonly reason: 'filtered' | 'permission' | 'unavailable'
  /** Null for filtered ones, which are no gap. */
  readonly error: ErrorSummary | null
}

export interface ScopeListingRows {
  readonly scopes: readonly PlannedScope[]
  readonly leftOut: readonly LeftOutScope[]
  readonly complete: boolean
}

/**
 * Stores what `scopes()` answered. A scope that stands where it stood after its last complete sync is done with at
 * once; one absent from a complete listing is marked gone (its assets are dealt with by the reconciliation).
 */
export async function planScopes(
  sql: Query,
  run: RunRow,
  listing: ScopeListingRows,
): Promise<{ readonly scopes: number; readonly unchanged: number; readonly leftOut: number }> {
  const wanted = (key: string) => run.onlyScopes === null || run.onlyScopes.includes(key)
  const rows = [
    ...listing.scopes.map((scope) => ({
      ...scope,
      status: 'included',
      error: null,
      fingerprint: scope.fingerprint ?? null,
    })),
    ...listing.leftOut.map(({ reason, ...scope }) => ({ ...scope, status: reason, fingerprint: null })),
  ]
    .filter((row) => wanted(row.key))
    .sort((left, right) => Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)))
  return await inTransaction(sql, async (tx) => {
    if (run.mode !== 'plan') await upsertScopes(tx, run, rows, listing.complete)
    else await insertUnknownScopes(tx, run, rows)
    await tx`update tidemark.sync_run set scopes_complete = ${listing.complete} where id = ${run.id}`
    return await insertRunScopes(tx, run, rows)
  })
}

interface ScopeRow {
  readonly key: string
  readonly name: string
  readonly status: string
  readonly fingerprint: string | null
  readonly error: ErrorSummary | null
}

async function upsertScopes(tx: Transaction, run: RunRow, rows: readonly ScopeRow[], complete: boolean): Promise<void> {
  await tx`
    insert into tidemark.scope (source_id, key, name, status)
    select ${run.sourceId}, key, name, status
    from unnest(${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.name)}::text[],
                ${rows.map((row) => row.status)}::text[]) as s (key, name, status)
    on conflict (source_id, key) do update set name = excluded.name, status = excluded.status
      where (scope.name, scope.status) is distinct from (excluded.name, excluded.status)`
  if (!complete || run.onlyScopes !== null) return
  await tx`
    update tidemark.scope set status = 'gone', fingerprint = null
    where source_id = ${run.sourceId} and status <> 'gone' and key <> all (${rows.map((row) => row.key)}::text[])`
}

/** A plan needs a row to hang its verdict on, and changes nothing else. */
async function insertUnknownScopes(tx: Transaction, run: RunRow, rows: readonly ScopeRow[]): Promise<void> {
  await tx`
    insert into tidemark.scope (source_id, key, name, status)
    select ${run.sourceId}, key, name, 'included'
    from unnest(${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.name)}::text[]) as s (key, name)
    on conflict (source_id, key) do nothing`
}

async function insertRunScopes(
  tx: Transaction,
  run: RunRow,
  rows: readonly ScopeRow[],
): Promise<{ readonly scopes: number; readonly unchanged: number; readonly leftOut: number }> {
  const errors = rows.map((row) => (row.error === null ? null : JSON.stringify(row.error)))
  const [counts] = await tx<{ scopes: number; unchanged: number; leftOut: number }[]>`
    with planned as (
      insert into tidemark.sync_scope (run_id, scope_id, status, listing, fingerprint, error, completed_at)
      select ${run.id}, scope.id,
             case when p.status <> 'included' then 'left out' when u.unchanged then 'completed' else 'pending' end,
             case when p.status = 'included' and u.unchanged then 'unchanged' end,
             p.fingerprint, p.error::jsonb,
             case when p.status <> 'included' or u.unchanged then now() end
      from unnest(${rows.map((row) => row.key)}::text[], ${rows.map((row) => row.status)}::text[],
                  ${rows.map((row) => row.fingerprint)}::text[], ${errors}::text[]) as p (key, status, fingerprint, error)
      join tidemark.scope on scope.source_id = ${run.sourceId} and scope.key = p.key
      cross join lateral (
        select ${run.mode !== 'full'} and p.fingerprint is not null
               and (scope.fingerprint, scope.shape, scope.filter)
                   is not distinct from (p.fingerprint, ${run.shape}, ${run.filter}) as unchanged) u
      on conflict (run_id, scope_id) do update set run_id = excluded.run_id
      returning status, listing
    )
    select count(*) filter (where status <> 'left out')::int as scopes,
           count(*) filter (where listing = 'unchanged')::int as unchanged,
           count(*) filter (where status = 'left out')::int as "leftOut"
    from planned`
  return counts as { scopes: number; unchanged: number; leftOut: number }
}

/** The keys of a source's scopes, those gone left out. */
export async function listScopeKeys(sql: Query, sourceId: number): Promise<string[]> {
  const rows = await sql<{ key: string }[]>`
    select key from tidemark.scope where source_id = ${sourceId} and status <> 'gone' order by key`
  return rows.map(({ key }) => key)
}

export async function listPendingScopes(
  sql: Query,
  input: { readonly runId: number; readonly after: number; readonly limit: number },
): Promise<{ scopeId: number; name: string }[]> {
  return [
    ...(await sql<{ scopeId: number; name: string }[]>`
      select scope_id as "scopeId", scope.name from tidemark.sync_scope join tidemark.scope on scope.id = scope_id
      where run_id = ${input.runId} and scope_id > ${input.after} and sync_scope.status = 'pending'
      order by scope_id limit ${input.limit}`),
  ]
}

export interface ScopeAttempt {
  readonly runId: number
  readonly scopeId: number
  readonly attempt: number
  readonly key: string
  readonly name: string
  /** `describing` when an earlier attempt of this run got through the listing: the work waits in `sync_work`. */
  readonly status: 'pending' | 'listing' | 'describing' | 'completed' | 'failed' | 'left out'
  readonly fingerprint: string | null
  /** Null also where the log would not show what a changed option or filter brings: everything is listed then. */
  readonly watermark: string | null
  readonly baselineAdded: boolean
  readonly baselineChanged: boolean
}

/** Begins a new attempt; whatever an older one still tries to write is refused from here on. */
export async function beginAttempt(sql: Query, run: RunRow, scopeId: number): Promise<ScopeAttempt> {
  const [row] = await sql<ScopeAttempt[]>`
    update tidemark.sync_scope ss set
      attempt = attempt + 1,
      started_at = coalesce(started_at, now()),
      status = case when ss.status in ('pending', 'failed') then 'listing' else ss.status end,
      baseline_added = scope.last_complete_run_id is null or scope.filter is distinct from ${run.filter},
      baseline_changed = scope.last_complete_run_id is null or scope.shape is distinct from ${run.shape}
    from tidemark.scope
    where ss.run_id = ${run.id} and ss.scope_id = ${scopeId} and scope.id = ss.scope_id
    returning ss.run_id as "runId", ss.scope_id as "scopeId", ss.attempt, scope.key, scope.name, ss.status,
              ss.fingerprint,
              case when (scope.shape, scope.filter) is not distinct from (${run.shape}, ${run.filter})
                   then scope.watermark end as watermark,
              baseline_added as "baselineAdded", baseline_changed as "baselineChanged"`
  if (row === undefined) throw new IngestError('internal', `scope ${scopeId} is not part of run ${run.id}`)
  return row
}

export interface ScopeDelta {
  readonly listed?: number
  readonly moved?: number
  readonly absent?: number
  readonly described?: number
  readonly vanished?: number
  readonly failedItems?: number
  readonly added?: number
  readonly changed?: number
}

/**
 * Adds to the scope's counters inside the caller's transaction, and proves that this attempt is still the current one
 * of an open run. @throws IngestError `cancelled` for a zombie, which rolls the transaction back.
 */
export async function guardAttempt(tx: Transaction, attempt: ScopeAttempt, delta: ScopeDelta): Promise<void> {
  const updated = await tx`
    update tidemark.sync_scope ss set
      listed = listed + ${delta.listed ?? 0}, moved = moved + ${delta.moved ?? 0}, absent = absent + ${delta.absent ?? 0},
      described = described + ${delta.described ?? 0}, vanished = vanished + ${delta.vanished ?? 0},
      failed_items = failed_items + ${delta.failedItems ?? 0},
      added = added + ${delta.added ?? 0}, changed = changed + ${delta.changed ?? 0}
    where run_id = ${attempt.runId} and scope_id = ${attempt.scopeId} and attempt = ${attempt.attempt}
      and exists (select 1 from tidemark.sync_run where id = ${attempt.runId} and completed_at is null)`
  if (updated.count === 0) {
    throw new IngestError('cancelled', `scope ${attempt.name}: a newer attempt or another process has taken over`)
  }
}

/**
 * Ends the scope: its cursor moves to what was planned if nothing is left undone. An `unsettled` scope moved while it was
 * read: it is listed again next time, and what this run wrote is described again, for the change may have been taken
 * back by then and leave every fingerprint as it was. One baseline change tells the folded ones.
 */
export async function completeScope(
  sql: Query,
  run: RunRow,
  attempt: ScopeAttempt,
  cost: Readonly<RunCost> & { readonly unsettled: boolean },
): Promise<{ readonly listed: number; readonly described: number; readonly failedItems: number }> {
  return await inTransaction(sql, async (tx) => {
    await guardAttempt(tx, attempt, {})
    const [done] = await tx<{ listed: number; described: number; failedItems: number }[]>`
      update tidemark.sync_scope ss set status = 'completed', completed_at = now(),
        error = case when failed_items > 0 then coalesce(error, (
          select w.error from tidemark.sync_work w where w.scope_id = ss.scope_id and w.error is not null
          order by w.ordinal, w.key limit 1)) else error end,
        requests = requests + ${cost.requests}, bytes = bytes + ${cost.bytes},
        throttles = throttles + ${cost.throttles}, cost = ${addCost(tx, tx`cost`, cost.cost)}
      where run_id = ${attempt.runId} and scope_id = ${attempt.scopeId}
      returning listed, described, failed_items as "failedItems"`
    const counts = done as { listed: number; described: number; failedItems: number }
    if (run.mode === 'plan') return counts
    await tx`
      with state as (
        select ss.*, ss.listing in ('complete', 'sampled') as whole,
               ss.listing = 'complete' and ss.failed_items = 0 and ss.vanished = 0 and not ${cost.unsettled} as clean
        from tidemark.sync_scope ss where run_id = ${attempt.runId} and scope_id = ${attempt.scopeId}
      ), moved as (
        select scope.id,
               case when clean then state.fingerprint end as fingerprint,
               case when whole then ${run.shape} else scope.shape end as shape,
               case when whole then ${run.filter} else scope.filter end as filter,
               case when whole then state.visibility else scope.visibility end as visibility,
               whole
        from tidemark.scope, state where scope.id = state.scope_id
      )
      update tidemark.scope set fingerprint = moved.fingerprint, shape = moved.shape, filter = moved.filter,
        visibility = moved.visibility,
        last_complete_run_id = case when moved.whole then ${run.id} else last_complete_run_id end
      from moved
      where scope.id = moved.id
        and ((scope.fingerprint, scope.shape, scope.filter, scope.visibility)
             is distinct from (moved.fingerprint, moved.shape, moved.filter, moved.visibility)
             or (moved.whole and scope.last_complete_run_id is null))`
    if (cost.unsettled) await describeAgain(tx, run, attempt)
    await insertBaseline(tx, run, attempt)
    return counts
  })
}

async function describeAgain(tx: Transaction, run: RunRow, attempt: ScopeAttempt): Promise<void> {
  await tx`
    update tidemark.inventory v set fingerprint = null
    from tidemark.claim c join tidemark.asset_version av on av.asset_id = c.asset_id
    where c.scope_id = ${attempt.scopeId} and c.item_id = v.id and av.run_id = ${run.id} and av.valid_to is null`
}

async function insertBaseline(tx: Transaction, run: RunRow, attempt: ScopeAttempt): Promise<void> {
  await tx`
    insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, severity, after, baseline)
    select now(), ${run.id}, ${run.sourceId}, root.id, scope.name,
           case when ss.baseline_added and ss.added > 0 then 'added' else 'changed' end, 'safe',
           jsonb_build_object('added', ss.added, 'changed', ss.changed), true
    from tidemark.sync_scope ss join tidemark.scope on scope.id = ss.scope_id
    left join lateral (
      select asset.id from tidemark.claim join tidemark.asset on asset.id = claim.asset_id
      where claim.scope_id = scope.id and asset.parent_key is null and asset.removed_at is null
      order by asset.id limit 1) root on true
    where ss.run_id = ${attempt.runId} and ss.scope_id = ${attempt.scopeId}
      and ((ss.baseline_added and ss.added > 0) or (ss.baseline_changed and ss.changed > 0))
      and not exists (select 1 from tidemark.change c
                      where c.run_id = ss.run_id and c.baseline and c.display = scope.name)`
}

/** Records a scope's failure; what was merged before it stays, and the scope's cursor does not move. */
export async function failScope(
  sql: Query,
  input: { readonly runId: number; readonly scopeId: number; readonly error: ErrorSummary },
): Promise<void> {
  await sql`
    update tidemark.sync_scope ss set status = 'failed', completed_at = now(), error = ${sql.json(input.error as never)},
      listing = coalesce(listing, 'failed')
    where run_id = ${input.runId} and scope_id = ${input.scopeId} and status <> 'completed'
      and exists (select 1 from tidemark.sync_run where id = ${input.runId} and completed_at is null)`
}

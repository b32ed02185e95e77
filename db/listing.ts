import { type ErrorSummary, IngestError } from '../model/errors.ts'
import { copyInto, copyLine, jsonText } from './copy.ts'
import type { RunRow } from './runs.ts'
import { guardAttempt, type ScopeAttempt } from './scopes.ts'
import type { Query, Transaction } from './store.ts'

export interface ListedItem {
  readonly key: string
  readonly nativeId?: string
  /** Hex SHA-256 over the source's fingerprint and what shapes the records. */
  readonly fingerprint: string
  readonly records?: readonly unknown[]
}

export interface ListingVerdict {
  readonly listing: 'complete' | 'partial' | 'sampled'
  readonly error?: ErrorSummary
  readonly visibility?: string
  readonly watermark?: string
  readonly notes?: readonly string[]
}

/** A listing as it streams in: pages of items, and the verdict when they have ended. */
export type Listing = AsyncGenerator<readonly ListedItem[], ListingVerdict, void>

/** Asks the connector which other items must be described because these moved. */
export type FindDependents = (keys: readonly string[]) => Promise<readonly string[]>

/**
 * Streams an inventory into a temporary table and diffs it there against the stored one, in one transaction: moved and
 * new items go to `sync_work`, missing ones of a complete listing are marked absent. In plan mode only the run's own
 * rows are written.
 */
export async function diffInventory(
  sql: Query,
  run: RunRow,
  attempt: ScopeAttempt,
  listing: Listing,
  dependents: FindDependents | undefined,
): Promise<void> {
  // Not retried as a whole: the listing can be read once.
  await sql.begin(async (tx) => {
    await createIncoming(tx)
    const verdict = await copyIncoming(tx, listing, (item) => incomingLine({ operation: 'upsert', item }))
    await refuseDuplicates(tx, attempt)
    if (run.mode === 'plan') return await storePlan(tx, attempt, verdict)
    await queueMoved(tx, run, attempt, verdict.listing === 'complete')
    const absent = await markAbsent(tx, run, attempt, verdict.listing === 'complete')
    if (dependents !== undefined) await addDependents(tx, attempt, dependents)
    await recordListing(tx, attempt, verdict, { absent })
  })
}

/**
 * New and moved items join the work. What an earlier run left undone stays, brought up to date: what it waits for may
 * show nowhere else, as with dependents, whose own fingerprints stand still.
 */
async function queueMoved(tx: Transaction, run: RunRow, attempt: ScopeAttempt, complete: boolean): Promise<void> {
  const { scopeId } = attempt
  if (complete) {
    await tx`delete from tidemark.sync_work w where scope_id = ${scopeId}
             and not exists (select 1 from incoming i where i.key = w.key)`
  }
  await tx`update tidemark.sync_work set error = null where scope_id = ${scopeId} and error is not null`
  await tx`
    insert into tidemark.sync_work (scope_id, key, ordinal, native_id, fingerprint, records)
    select ${scopeId}, i.key, i.ordinal, i.native_id, decode(i.fingerprint, 'hex'), i.records
    from incoming i
    left join tidemark.inventory v on v.scope_id = ${scopeId} and v.key = i.key
    left join tidemark.sync_work w on w.scope_id = ${scopeId} and w.key = i.key
    where ${run.mode === 'full'} or w.key is not null or v.id is null or v.fingerprint is null
       or (v.fingerprint, v.native_id) is distinct from (decode(i.fingerprint, 'hex'), i.native_id)
    order by i.key
    on conflict (scope_id, key) do update set ordinal = excluded.ordinal, native_id = excluded.native_id,
      fingerprint = excluded.fingerprint, records = excluded.records`
}

async function createIncoming(tx: Transaction): Promise<void> {
  await tx`
    create temp table incoming (
      ordinal bigint generated always as identity, operation text not null, key text collate "C" not null,
      native_id text, fingerprint text, records jsonb
    ) on commit drop`
}

/** Streams pages into the temporary table; returns the verdict they ended with. */
async function copyIncoming<Item, Verdict>(
  tx: Transaction,
  pages: AsyncGenerator<readonly Item[], Verdict, void>,
  toLine: (item: Item) => string,
): Promise<Verdict> {
  let verdict: Verdict | undefined
  async function* lines() {
    while (true) {
      const next = await pages.next()
      if (next.done === true) {
        verdict = next.value
        return
      }
      yield next.value.map(toLine).join('')
    }
  }
  await copyInto(tx, 'incoming (operation, key, native_id, fingerprint, records)', lines())
  // Set: the copy only ends without an error after the pages have.
  return verdict as Verdict
}

function incomingLine({ operation, item }: LogEntry): string {
  const records = item.records === undefined ? null : jsonText(item.records)
  return copyLine([operation, item.key, item.nativeId, item.fingerprint, records])
}

async function refuseDuplicates(tx: Transaction, attempt: ScopeAttempt): Promise<void> {
  await tx`create unique index on incoming (key)`.catch((error: { code?: string; detail?: string }) => {
    if (error.code !== '23505') throw error
    throw new IngestError('data_integrity', `scope ${attempt.name}: the source listed an item twice: ${error.detail}`)
  })
  await tx`analyze incoming`
}

async function markAbsent(tx: Transaction, run: RunRow, attempt: ScopeAttempt, complete: boolean): Promise<number> {
  await tx`
    update tidemark.inventory v set absent_run_id = null
    where scope_id = ${attempt.scopeId} and absent_run_id is not null
      and exists (select 1 from incoming i where i.key = v.key)`
  if (!complete) return 0
  const missing = await tx`
    update tidemark.inventory v set absent_run_id = ${run.id}
    where scope_id = ${attempt.scopeId} and absent_run_id is null
      and not exists (select 1 from incoming i where i.key = v.key)`
  return missing.count
}

/** Keys are handed to the connector a page at a time; what it names and is not already waiting, joins the work. */
async function addDependents(tx: Transaction, attempt: ScopeAttempt, dependents: FindDependents): Promise<void> {
  const moved = await tx<{ key: string }[]>`
    select key from tidemark.sync_work where scope_id = ${attempt.scopeId}
    union select key from tidemark.inventory where scope_id = ${attempt.scopeId} and absent_run_id is not null`
  const size = 1000
  for (let start = 0; start < moved.length; start += size) {
    const keys = await dependents(moved.slice(start, start + size).map((row) => row.key))
    await tx`
      insert into tidemark.sync_work (scope_id, key, ordinal, native_id, fingerprint)
      select v.scope_id, v.key, coalesce(i.ordinal, 0), coalesce(i.native_id, v.native_id),
             coalesce(decode(i.fingerprint, 'hex'), v.fingerprint, ''::bytea)
      from tidemark.inventory v left join incoming i on i.key = v.key
      where v.scope_id = ${attempt.scopeId} and v.key = any (${[...keys]}::text[]) and v.absent_run_id is null
      on conflict (scope_id, key) do nothing`
  }
}

async function recordListing(
  tx: Transaction,
  attempt: ScopeAttempt,
  verdict: ListingVerdict,
  counts: { readonly absent: number },
): Promise<void> {
  const [size] = await tx<{ listed: number; moved: number }[]>`
    select (select count(*)::int from incoming) as listed,
           (select count(*)::int from tidemark.sync_work where scope_id = ${attempt.scopeId}) as moved`
  const { listed, moved } = size as { listed: number; moved: number }
  await guardAttempt(tx, attempt, { moved })
  const error = verdict.error === undefined ? null : tx.json(verdict.error as never)
  await tx`
    update tidemark.sync_scope ss set status = 'describing', listing = ${verdict.listing}, error = ${error},
      listed = ${listed}, absent = ${counts.absent}, failed_items = 0,
      visibility = ${verdict.visibility ?? null}, watermark = ${verdict.watermark ?? null},
      visibility_changed = ${visibilityLost(tx, verdict.visibility ?? null)}
    from tidemark.scope
    where ss.run_id = ${attempt.runId} and ss.scope_id = ${attempt.scopeId} and scope.id = ss.scope_id`
  if (verdict.notes !== undefined) {
    await tx`update tidemark.scope set notes = ${[...verdict.notes]}
             where id = ${attempt.scopeId} and notes is distinct from ${[...verdict.notes]}`
  }
  // The log position moves together with the work read up to it; only a whole listing may start one.
  if (verdict.watermark !== undefined && verdict.listing === 'complete') {
    await tx`update tidemark.scope set watermark = ${verdict.watermark}
             where id = ${attempt.scopeId} and watermark is distinct from ${verdict.watermark}`
  }
}

/** Whether the account sees less than at the last complete listing: another digest, or a list without one of its names. */
function visibilityLost(tx: Transaction, visibility: string | null) {
  return tx`case when starts_with(scope.visibility, '[') and starts_with(${visibility}::text, '[')
                 then not ${visibility}::text::jsonb @> scope.visibility::jsonb
                 else scope.visibility is not null and scope.visibility is distinct from ${visibility}::text end`
}

const PLAN_KEYS = 1000

async function storePlan(tx: Transaction, attempt: ScopeAttempt, verdict: ListingVerdict): Promise<void> {
  const [plan] = await tx<{ listed: number; moved: number; absent: number; keys: unknown }[]>`
    with verdicts as (
      select coalesce(i.key, v.key) as key,
             case when v.id is null then 'new' when i.key is null then 'absent' else 'moved' end as verdict
      from incoming i
      full join (select * from tidemark.inventory where scope_id = ${attempt.scopeId}) v on v.key = i.key
      where v.id is null
         or (i.key is null and ${verdict.listing === 'complete'})
         or (i.key is not null and (v.fingerprint, v.native_id) is distinct from (decode(i.fingerprint, 'hex'), i.native_id))
    ), numbered as (select *, row_number() over (partition by verdict order by key) as place from verdicts)
    select (select count(*)::int from incoming) as listed,
           count(*) filter (where verdict <> 'absent')::int as moved,
           count(*) filter (where verdict = 'absent')::int as absent,
           jsonb_build_object(
             'new', coalesce(jsonb_agg(key order by key) filter (where verdict = 'new' and place <= ${PLAN_KEYS}), '[]'),
             'moved', coalesce(jsonb_agg(key order by key) filter (where verdict = 'moved' and place <= ${PLAN_KEYS}), '[]'),
             'absent', coalesce(jsonb_agg(key order by key) filter (where verdict = 'absent' and place <= ${PLAN_KEYS}), '[]')
           ) as keys
    from numbered`
  const { keys, ...counts } = plan as { listed: number; moved: number; absent: number; keys: unknown }
  await guardAttempt(tx, attempt, counts)
  await tx`update tidemark.sync_scope set status = 'describing', listing = ${verdict.listing}, plan = ${tx.json(keys as never)}
           where run_id = ${attempt.runId} and scope_id = ${attempt.scopeId}`
}

export interface LogEntry {
  readonly operation: 'upsert' | 'delete'
  readonly item: Partial<ListedItem> & { readonly key: string }
}

export type LogVerdict =
  | { readonly status: 'read'; readonly watermark: string; readonly visibility?: string }
  | { readonly status: 'expired' }

/**
 * Streams a change log into `sync_work` and moves the watermark in the same transaction; work that an earlier run left
 * undone stays. Returns false when the log has expired: nothing is written and an inventory is required.
 */
export async function applyChangeLog(
  sql: Query,
  run: RunRow,
  attempt: ScopeAttempt,
  log: AsyncGenerator<readonly LogEntry[], LogVerdict, void>,
  dependents: FindDependents | undefined,
): Promise<boolean> {
  return await sql.begin(async (tx) => {
    await createIncoming(tx)
    const verdict = await copyIncoming(tx, log, incomingLine)
    if (verdict.status === 'expired') return false
    // The log may name an item more than once: its last word counts.
    await tx`delete from incoming i using incoming later where later.key = i.key and later.ordinal > i.ordinal`
    await tx`
      insert into tidemark.sync_work (scope_id, key, ordinal, native_id, fingerprint, records)
      select ${attempt.scopeId}, key, ordinal, native_id, decode(fingerprint, 'hex'), records
      from incoming where operation = 'upsert' order by key
      on conflict (scope_id, key) do update set ordinal = excluded.ordinal, native_id = excluded.native_id,
        fingerprint = excluded.fingerprint, records = excluded.records`
    await tx`update tidemark.sync_work set error = null where scope_id = ${attempt.scopeId} and error is not null`
    await tx`delete from tidemark.sync_work w using incoming i
             where w.scope_id = ${attempt.scopeId} and w.key = i.key and i.operation = 'delete'`
    await tx`update tidemark.inventory v set absent_run_id = null from incoming i
             where v.scope_id = ${attempt.scopeId} and v.key = i.key and i.operation = 'upsert'
               and v.absent_run_id is not null`
    const absent = await tx`
      update tidemark.inventory v set absent_run_id = ${run.id} from incoming i
      where v.scope_id = ${attempt.scopeId} and v.key = i.key and i.operation = 'delete' and v.absent_run_id is null`
    if (dependents !== undefined) await addDependents(tx, attempt, dependents)
    const { status: _, ...position } = verdict
    await recordListing(tx, attempt, { listing: 'complete', ...position }, { absent: absent.count })
    return true
  })
}

export interface WorkItem {
  readonly key: string
  readonly ordinal: number
  readonly nativeId: string | null
  /** Hex. */
  readonly fingerprint: string
  readonly records: readonly unknown[] | null
}

/** The next items to describe, in the order of the listing. */
export async function readWork(
  sql: Query,
  input: { readonly scopeId: number; readonly after: WorkItem | undefined; readonly limit: number },
): Promise<WorkItem[]> {
  const { ordinal, key } = input.after ?? { ordinal: -1, key: '' }
  return [
    ...(await sql<WorkItem[]>`
      select key, ordinal, native_id as "nativeId", encode(fingerprint, 'hex') as fingerprint, records
      from tidemark.sync_work
      where scope_id = ${input.scopeId} and error is null and (ordinal, key) > (${ordinal}, ${key})
      order by ordinal, key limit ${input.limit}`),
  ]
}

import type { Query, Transaction } from './store.ts'

/** Reads what a connector keeps between runs; keys without a value are absent. */
export async function readMemory(
  sql: Query,
  sourceId: number,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (keys.length === 0) return new Map()
  const rows = await sql<{ key: string; value: string }[]>`
    select key, value from tidemark.source_memory where source_id = ${sourceId} and key = any (${[...keys]}::text[])`
  return new Map(rows.map(({ key, value }) => [key, value]))
}

export async function writeMemory(sql: Query, sourceId: number, entries: ReadonlyMap<string, string>): Promise<void> {
  if (entries.size === 0) return
  const sorted = [...entries].sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
  await sql`
    insert into tidemark.source_memory (source_id, key, value)
    select ${sourceId}, key, value
    from unnest(${sorted.map(([key]) => key)}::text[], ${sorted.map(([, value]) => value)}::text[]) as m (key, value)
    where exists (select 1 from tidemark.source where id = ${sourceId})
    on conflict (source_id, key) do update set value = excluded.value where source_memory.value <> excluded.value`
}

export interface BudgetRow {
  readonly allowed: number
  readonly remaining: number
  readonly resetsAt: Date
  readonly blockedUntil: Date | null
}

export async function readBudget(sql: Query, bucket: string): Promise<BudgetRow | undefined> {
  const [row] = await sql<BudgetRow[]>`
    select allowed, remaining, resets_at as "resetsAt", blocked_until as "blockedUntil"
    from tidemark.rate_budget where bucket = ${bucket}`
  return row
}

/**
 * Notes what an API told one worker, and shows it in the source's open run. Answers overtake each other: within a window
 * of the limit the lowest remainder counts, and the longest wait always.
 */
export async function reportBudget(
  sql: Query,
  input: { readonly sourceId: number; readonly bucket: string; readonly resource: string; readonly budget: BudgetRow },
): Promise<void> {
  const { allowed, remaining, resetsAt, blockedUntil } = input.budget
  await sql`
    with told as (
      insert into tidemark.rate_budget as b (bucket, allowed, remaining, resets_at, blocked_until)
      values (${input.bucket}, ${allowed}, ${remaining}, ${resetsAt}, ${blockedUntil})
      on conflict (bucket) do update set
        allowed = excluded.allowed,
        remaining = case when excluded.resets_at > b.resets_at + interval '5 seconds' then excluded.remaining
                         else least(b.remaining, excluded.remaining) end,
        resets_at = greatest(b.resets_at, excluded.resets_at),
        blocked_until = greatest(b.blocked_until, excluded.blocked_until)
      returning b.*
    )
    update tidemark.sync_run r set budget = coalesce(r.budget, '{}') || jsonb_build_object(${input.resource}::text,
      jsonb_build_object('allowed', told.allowed, 'remaining', told.remaining, 'resetsAt', told.resets_at))
    from told where r.source_id = ${input.sourceId} and r.completed_at is null`
}

/** Sources send a message again for some days at most. */
const DELIVERY_DAYS = 30

/** Notes that a message was taken, in the caller's transaction; false when it was before. Old notes of the source go. */
export async function takeDelivery(tx: Transaction, sourceId: number, delivery: string): Promise<boolean> {
  await tx`delete from tidemark.webhook_delivery
           where source_id = ${sourceId} and received_at < now() - make_interval(days => ${DELIVERY_DAYS})`
  const { count } = await tx`
    insert into tidemark.webhook_delivery (source_id, delivery) values (${sourceId}, ${delivery})
    on conflict do nothing`
  return count === 1
}

import type { ErrorSummary } from '../../model/errors.ts'
import type { RunRow } from '../runs.ts'
import { guardAttempt, type ScopeAttempt } from '../scopes.ts'
import { inTransaction, type Query, type Transaction } from '../store.ts'
import { applyStage } from './apply.ts'
import { keepOmitted } from './omitted.ts'
import { type StagedRecord, stageParts, storeParts } from './parts.ts'
import { indexStage } from './search.ts'
import {
  createStage,
  type KindLevels,
  type MergeItem,
  namespacesOf,
  resolveNamespaces,
  type StageContext,
  stageItems,
} from './stage.ts'
import { type ApplyContext, tellAdditions } from './tell.ts'

export interface MergeBatch {
  readonly items: readonly MergeItem[]
  readonly failed: readonly { readonly key: string; readonly error: ErrorSummary }[]
  /** Asked for and not answered: the next listing deals with them. */
  readonly vanished: readonly string[]
  /** How many of the items are no longer as they were listed: the scope is listed again next time. */
  readonly moved: number
}

export interface MergeTarget {
  readonly run: RunRow
  readonly attempt: ScopeAttempt
  readonly organizationId: number
  readonly namespaceId: number
  readonly kinds: KindLevels
}

/**
 * Merges one batch of described items: assets with all their parts, versions, changes, claims and the inventory, the
 * work taken off the list and the scope's counters, in one transaction.
 * @throws IngestError `cancelled` when another attempt has taken over.
 */
export async function mergeBatch(sql: Query, target: MergeTarget, batch: MergeBatch): Promise<void> {
  const { attempt } = target
  await inTransaction(sql, async (tx) => {
    await createStage(tx)
    const namespaces = await resolveNamespaces(tx, target.organizationId, namespacesOf(batch.items))
    const stage: StageContext = { kinds: target.kinds, namespaceId: target.namespaceId, namespaces }
    const records = await stageItems(tx, batch.items, stage)
    await mergeInventory(tx, attempt)
    await resolveAssets(tx, target)
    const counts = await mergeAssets(tx, target, records, stage)
    await mergeClaims(tx, target)
    await finishWork(tx, attempt, batch)
    await guardAttempt(tx, attempt, {
      ...counts,
      described: batch.items.length,
      vanished: batch.vanished.length + batch.moved,
      failedItems: batch.failed.length,
    })
  })
}

async function mergeInventory(tx: Transaction, attempt: ScopeAttempt): Promise<void> {
  await tx`
    insert into tidemark.inventory (scope_id, key, native_id, fingerprint)
    select ${attempt.scopeId}, key, native_id, decode(fingerprint, 'hex') from stage_item order by key
    on conflict (scope_id, key) do update
      set native_id = excluded.native_id, fingerprint = excluded.fingerprint, absent_run_id = null
      where (inventory.native_id, inventory.fingerprint, inventory.absent_run_id)
            is distinct from (excluded.native_id, excluded.fingerprint, null)`
  await tx`
    update stage_item s set item_id = v.id from tidemark.inventory v
    where v.scope_id = ${attempt.scopeId} and v.key = s.key`
}

/**
 * Finds or makes the asset of each staged record and says what is to be done with it: `new`, `real` (a placeholder
 * until now), `revived` (removed until now), `moved`, `same`, or `foreign` (another item's record stands).
 */
async function resolveAssets(tx: Transaction, { run, namespaceId }: MergeTarget): Promise<void> {
  await tx`
    with inserted as (
      insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, database_name,
        schema_name, parent_group, parent_key, native_id, owner, comment, url, properties, content_hash, tells_lineage,
        placeholder, appeared_run_id)
      select ${namespaceId}, kind_group, name_key, kind, path, display, name, database_name, schema_name, parent_group,
        parent_key, native_id, owner, comment, url, properties, hash, tells_lineage, false, ${run.id}
      from stage_asset where writer order by kind_group, name_key
      on conflict (namespace_id, kind_group, name_key) do nothing
      returning id, kind_group, name_key
    )
    update stage_asset s set asset_id = i.id, state = case when s.writer then 'new' else 'foreign' end
    from inserted i where i.kind_group = s.kind_group and i.name_key = s.name_key`
  await tx`
    with held as (
      select a.id, a.kind_group, a.name_key, a.placeholder, a.removed_at, a.content_hash, a.native_id
      from tidemark.asset a
      where a.namespace_id = ${namespaceId}
        and (a.kind_group, a.name_key) in (select kind_group, name_key from stage_asset where asset_id is null)
      order by a.kind_group, a.name_key for update
    ), writers as (
      select c.asset_id, c.item_id from tidemark.claim c
      join held on held.id = c.asset_id
      join tidemark.inventory v on v.id = c.item_id
      where c.writes and c.dropped_run_id is null and v.absent_run_id is null
    )
    update stage_asset s set asset_id = held.id,
      same_object = held.native_id is not distinct from s.native_id,
      state = case
        when case when w.item_id is null then not s.writer else w.item_id <> item.item_id end then 'foreign'
        when held.placeholder then 'real'
        when held.removed_at is not null then 'revived'
        when held.content_hash is not distinct from s.hash then 'same'
        else 'moved' end
    from held left join writers w on w.asset_id = held.id, stage_item item
    where held.kind_group = s.kind_group and held.name_key = s.name_key and item.key = s.item_key`
}

/** Writes what the records say of assets that are new or differ, and tells it. */
async function mergeAssets(
  tx: Transaction,
  { run, attempt, organizationId }: MergeTarget,
  records: ReadonlyMap<number, StagedRecord>,
  stage: StageContext,
): Promise<{ readonly added: number; readonly changed: number }> {
  const context: ApplyContext = {
    runId: run.id,
    sourceId: run.sourceId,
    tellAdded: !attempt.baselineAdded,
    tellChanged: !attempt.baselineChanged,
  }
  const places = await tx<{ ordinal: number; assetId: number; state: string; now: string }[]>`
    select ordinal, asset_id as "assetId", state, now()::text as now from stage_asset
    where state in ('new', 'real', 'revived', 'moved') order by asset_id`
  const [first] = places
  if (first === undefined) return { added: 0, changed: 0 }
  const made = places.filter(({ state }) => state === 'new')
  const existing = places.filter(({ state }) => state !== 'new')
  const recordOf = ({ ordinal }: { ordinal: number }) => records.get(ordinal) as StagedRecord
  await storeParts(tx, new Map(made.map((place) => [place.assetId, recordOf(place)])), {
    ...stage,
    ...context,
    now: first.now,
  })
  await tellAdditions(tx, context)
  if (existing.length > 0) {
    const staged = new Map(existing.map((place) => [place.ordinal, recordOf(place)]))
    const { records: kept, namespaces } = await keepOmitted(tx, { organizationId, records: staged, now: first.now })
    await stageParts(tx, kept, { ...stage, namespaces: new Map([...stage.namespaces, ...namespaces]) })
    await applyStage(tx, context)
  }
  await indexStage(tx)
  const changed = places.filter(({ state }) => state === 'moved').length
  return { added: places.length - changed, changed }
}

async function mergeClaims(tx: Transaction, { run, attempt }: MergeTarget): Promise<void> {
  // A writer whose own claim has lapsed hands over.
  await tx`
    update tidemark.claim c set writes = false from stage_asset s, stage_item item
    where c.asset_id = s.asset_id and item.key = s.item_key and c.writes and s.state <> 'foreign'
      and c.item_id <> item.item_id`
  await tx`
    insert into tidemark.claim (item_id, asset_id, scope_id, source_id, writes, run_id)
    select item.item_id, s.asset_id, ${attempt.scopeId}, ${run.sourceId}, s.state <> 'foreign', ${run.id}
    from stage_asset s join stage_item item on item.key = s.item_key
    order by item.item_id, s.asset_id
    on conflict (item_id, asset_id) do update set dropped_run_id = null, writes = excluded.writes
      where claim.dropped_run_id is not null or claim.writes <> excluded.writes`
  await tx`
    update tidemark.claim c set dropped_run_id = ${run.id} from stage_item item
    where c.item_id = item.item_id and c.dropped_run_id is null
      and not exists (select 1 from stage_asset s where s.item_key = item.key and s.asset_id = c.asset_id)`
}

async function finishWork(tx: Transaction, attempt: ScopeAttempt, batch: MergeBatch): Promise<void> {
  const done = [...batch.items.map((item) => item.key), ...batch.vanished]
  await tx`delete from tidemark.sync_work where scope_id = ${attempt.scopeId} and key = any (${done}::text[])`
  if (batch.failed.length === 0) return
  await tx`
    update tidemark.sync_work w set error = f.error::jsonb
    from unnest(${batch.failed.map((item) => item.key)}::text[],
                ${batch.failed.map((item) => JSON.stringify(item.error))}::text[]) as f (key, error)
    where w.scope_id = ${attempt.scopeId} and w.key = f.key`
}

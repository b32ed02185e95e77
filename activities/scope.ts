import { createHash } from 'node:crypto'
import type { AssetKind, ConnectorHandle, Described, InventoryItem, Scope } from '../connectors/kit/index.ts'
import {
  applyChangeLog,
  diffInventory,
  type FindDependents,
  type ListedItem,
  type Listing,
  type LogEntry,
  type LogVerdict,
  readWork,
  type WorkItem,
} from '../db/listing.ts'
import { type MergeBatch, type MergeTarget, mergeBatch } from '../db/merge/batch.ts'
import { type RunRow, renewLease } from '../db/runs.ts'
import { beginAttempt, completeScope, type ScopeAttempt } from '../db/scopes.ts'
import { IngestError, summarizeError } from '../model/errors.ts'
import type { AssetRecord } from '../model/records.ts'
import type { ScopeResult } from '../sync/steps.ts'
import type { ActivityDeps } from './deps.ts'
import { findItemFault, findRecordFault } from './faults.ts'
import { isSpent } from './ledger.ts'
import {
  describeError,
  guardSource,
  type LoadedSource,
  loadSource,
  type OpenSource,
  sourceError,
  withSource,
} from './source.ts'
import { startWatch, type Watch } from './watch.ts'

/** What the parts of one scope's sync share. */
interface ScopeSync {
  readonly deps: ActivityDeps
  readonly run: RunRow
  readonly attempt: ScopeAttempt
  readonly source: LoadedSource
  readonly open: OpenSource
  readonly watch: Watch
  readonly scope: Scope
  /** The kinds that the connector's manifest declares. */
  readonly kinds: ReadonlyMap<string, AssetKind>
}

/** Lists one scope, diffs it against the store and describes what moved; a later attempt goes on from there. */
export async function syncScope(deps: ActivityDeps, input: { runId: number; scopeId: number }): Promise<ScopeResult> {
  const run = await renewLease(deps.store.sql, input.runId)
  const source = await loadSource(deps, run.sourceId)
  const attempt = await beginAttempt(deps.store.sql, run, input.scopeId)
  using watch = startWatch(deps, run.id)
  return await withSource(deps, source, { runId: run.id, signal: watch.signal }, async (open) => {
    const scope = {
      key: attempt.key,
      name: attempt.name,
      ...(attempt.fingerprint === null ? {} : { fingerprint: attempt.fingerprint }),
    }
    const kinds = new Map(source.connector.manifest.kinds.map((kind) => [kind.kind, kind]))
    const sync: ScopeSync = { deps, run, attempt, source, open, watch, scope, kinds }
    if (attempt.status !== 'describing' && attempt.status !== 'completed') await listScope(sync)
    const unsettled = run.mode !== 'plan' && (await describeWork(sync))
    return await completeScope(deps.store.sql, run, attempt, { ...open.cost, unsettled })
  })
}

/** Whether the scope's fingerprint is no longer what it was before the listing. */
async function movedMeanwhile({ open, source, watch, scope }: ScopeSync): Promise<boolean> {
  const { handle } = open
  if (handle.fingerprint === undefined || scope.fingerprint === undefined) return false
  const now = await guardSource(source, watch.signal, `looking at ${scope.name} again`, async () => {
    return await handle.fingerprint?.(scope)
  })
  return now !== scope.fingerprint
}

async function listScope(sync: ScopeSync): Promise<void> {
  const { deps, run, attempt, open, scope } = sync
  const { handle } = open
  const dependents = findDependents(sync)
  if (handle.changes !== undefined && run.mode === 'incremental' && attempt.watermark !== null) {
    const log = handle.changes(scope, attempt.watermark)
    if (await applyChangeLog(deps.store.sql, run, attempt, readLog(sync, log), dependents)) return
  }
  await diffInventory(deps.store.sql, run, attempt, readInventory(sync, handle), dependents)
}

function findDependents({ open, source, watch, scope }: ScopeSync): FindDependents | undefined {
  const { handle } = open
  if (handle.dependents === undefined) return undefined
  return (keys) =>
    guardSource(
      source,
      watch.signal,
      `finding dependents in ${scope.name}`,
      async () => (await handle.dependents?.(scope, keys)) ?? [],
    )
}

async function* readInventory(sync: ScopeSync, handle: ConnectorHandle): Listing {
  const { source, scope } = sync
  const pages = handle.inventory(scope)
  const next = guardedNext(sync, pages, `listing ${scope.name}`)
  while (true) {
    const page = await next()
    if (page.done === true) {
      const { error, visibility, notes = [], ...verdict } = page.value
      return {
        ...verdict,
        notes: notes.slice(0, MAX_NOTES),
        ...(visibility === undefined ? {} : { visibility: visibilityText(visibility) }),
        ...(error === undefined ? {} : { error: describeError(source, error) }),
      }
    }
    yield page.value.map((item) => checked(sync, item))
  }
}

/** More of them nobody reads. */
const MAX_NOTES = 50

/** A list is stored as JSON, which no digest looks like. */
function visibilityText(visibility: string | readonly string[]): string {
  return typeof visibility === 'string' ? visibility : JSON.stringify([...visibility].sort())
}

async function* readLog(
  sync: ScopeSync,
  pages: ReturnType<NonNullable<ConnectorHandle['changes']>>,
): AsyncGenerator<readonly LogEntry[], LogVerdict, void> {
  const next = guardedNext(sync, pages, `reading the changes of ${sync.scope.name}`)
  while (true) {
    const page = await next()
    if (page.done === true) return page.value
    yield page.value.map((entry) =>
      entry.operation === 'upsert'
        ? { operation: entry.operation, item: checked(sync, entry.item) }
        : { operation: entry.operation, item: { key: entry.key } },
    )
  }
}

/** Steps a connector's generator: its errors come out classified, and each page counts as progress. */
function guardedNext<T, R>({ source, watch }: ScopeSync, pages: AsyncGenerator<T, R, void>, what: string) {
  return async () => {
    const page = await guardSource(source, watch.signal, what, async () => {
      watch.signal.throwIfAborted()
      return await pages.next()
    })
    watch.progress()
    return page
  }
}

function checked({ run, source, scope }: ScopeSync, item: InventoryItem): ListedItem {
  const fault = findItemFault(item)
  if (fault !== undefined)
    throw new IngestError('data_integrity', `${source.row.name}: listing ${scope.name}: ${fault}`)
  return { ...item, fingerprint: stampOf(run, item.fingerprint) }
}

/** The stored fingerprint moves with the source's and with whatever shapes the records, so an upgrade re-describes. */
function stampOf(run: RunRow, fingerprint: string): string {
  return createHash('sha256').update(run.shape).update('\0').update(fingerprint).digest('hex')
}

/**
 * Describes what waits, a batch at a time; the next one is read from the source while one is merged. No more than that:
 * what is read and not merged is lost with the process. Tells whether the scope's fingerprint moved meanwhile, which is
 * asked for after the last description.
 */
async function describeWork(sync: ScopeSync): Promise<boolean> {
  const { deps, source, run, attempt, watch, kinds } = sync
  const { organizationId, namespaceId } = source.row
  const target: MergeTarget = { run, attempt, organizationId, namespaceId, kinds }
  const batches = describeBatches(sync)
  let pending = batches.next()
  while (true) {
    const next = await pending
    if (next.done === true) return next.value
    pending = batches.next()
    // Awaited in the next turn; should the merge fail first, its failure is the one to tell.
    pending.catch(() => {})
    await mergeBatch(deps.store.sql, target, next.value)
    watch.progress()
  }
}

async function* describeBatches(sync: ScopeSync): AsyncGenerator<MergeBatch, boolean, void> {
  const { deps, attempt, source } = sync
  const limit = Math.min(deps.limits.batch, source.connector.manifest.itemsAtATime ?? deps.limits.batch)
  let last: WorkItem | undefined
  while (true) {
    const work = await readWork(deps.store.sql, { scopeId: attempt.scopeId, after: last, limit })
    last = work.at(-1)
    if (last === undefined) return await movedMeanwhile(sync).catch(orSpent)
    yield await describeBatch(sync, work)
  }
}

/** A scope that could not be looked at again counts as moved. */
function orSpent(error: unknown): true {
  if (!isSpent(error)) throw error
  return true
}

async function describeBatch(sync: ScopeSync, work: readonly WorkItem[]): Promise<MergeBatch> {
  const waiting = work.filter((item) => item.records === null)
  const answers: ReadonlyMap<string, Described> = await askForRecords(sync, waiting).catch((error: unknown) => {
    // What the budget has no room for waits for the next run, and what is there already is kept.
    if (!isSpent(error)) throw error
    return new Map(waiting.map(({ key }) => [key, { key, error }]))
  })
  const items = []
  const failed = []
  const vanished = []
  let moved = 0
  for (const item of work) {
    const answer: Described | undefined =
      item.records === null ? answers.get(item.key) : { key: item.key, records: item.records as AssetRecord[] }
    if (answer === undefined) vanished.push(item.key)
    else if ('error' in answer)
      failed.push({ key: item.key, error: summarizeError(itemError(sync, item.key, answer.error)) })
    else {
      const { key, nativeId } = item
      const fingerprint = answer.fingerprint === undefined ? item.fingerprint : stampOf(sync.run, answer.fingerprint)
      if (fingerprint !== item.fingerprint) moved += 1
      const fault = findRecordFault(answer.records, sync.kinds)
      if (fault === undefined) items.push({ key, nativeId, fingerprint, records: answer.records })
      else
        failed.push({
          key,
          error: summarizeError(itemError(sync, key, new IngestError('data_integrity', `describing ${key}: ${fault}`))),
        })
    }
  }
  return { items, failed, vanished, moved }
}

function itemError({ source, watch }: ScopeSync, key: string, error: unknown) {
  return sourceError(source, watch.signal, `describing ${key}`, error)
}

async function askForRecords(sync: ScopeSync, work: readonly WorkItem[]): Promise<ReadonlyMap<string, Described>> {
  const answers = new Map<string, Described>()
  const { handle } = sync.open
  if (work.length === 0 || handle.describe === undefined) return answers
  const items = work.map(({ key, nativeId }) => ({ key, ...(nativeId === null ? {} : { nativeId }) }))
  const next = guardedNext(sync, handle.describe(sync.scope, items), `describing ${sync.scope.name}`)
  while (true) {
    const page = await next()
    if (page.done === true) return answers
    for (const described of page.value) answers.set(described.key, described)
  }
}

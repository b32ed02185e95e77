import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, numeric, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, keyText, tidemark, time } from './columns.ts'
import { principal, scope, source } from './source.ts'

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
const count = (name: string) => integer(name).notNull().default(0)

export const syncRequest = tidemark.table(
  'sync_request',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    mode: text('mode', { enum: ['incremental', 'full', 'plan'] }).notNull(),
    /** Scope keys to confine the run to; null: all. */
    scopes: text('scopes').array(),
    trigger: text('trigger', { enum: ['schedule', 'manual', 'approval', 'webhook'] }).notNull(),
    actorId: bigint('actor_id', { mode: 'number' })
      .notNull()
      .references(() => principal.id),
    requestedAt: time('requested_at').notNull().defaultNow(),
    /** The run that honours it; null while pending. */
    runId: bigint('run_id', { mode: 'number' }),
  },
  (table) => [
    index('sync_request_pending').on(table.sourceId).where(sql`run_id is null`),
    index('sync_request_run').on(table.runId),
  ],
)

export const syncRun = tidemark.table(
  'sync_run',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    mode: text('mode', { enum: ['incremental', 'full', 'plan'] }).notNull(),
    trigger: text('trigger').notNull(),
    actorId: bigint('actor_id', { mode: 'number' })
      .notNull()
      .references(() => principal.id),
    configVersion: integer('config_version').notNull(),
    /** Digests of the options that shape records and of the filters, as this run saw them. */
    shape: text('shape').notNull(),
    filter: text('filter').notNull(),
    /** Scope keys the run is confined to; null: all. */
    onlyScopes: text('only_scopes').array(),
    /** The workflow or process that runs it, and until when it need not be heard of. */
    leaseOwner: text('lease_owner').notNull(),
    leaseUntil: time('lease_until').notNull(),
    startedAt: time('started_at').notNull().defaultNow(),
    completedAt: time('completed_at'),
    outcome: text('outcome', { enum: ['failed', 'cancelled', 'held', 'gaps', 'succeeded'] }),
    scopes: count('scopes'),
    gaps: count('gaps'),
    listed: count('listed'),
    described: count('described'),
    added: count('added'),
    changed: count('changed'),
    renamed: count('renamed'),
    removed: count('removed'),
    proposed: count('proposed'),
    requests: count('requests'),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    throttles: count('throttles'),
    /** What the source charged, in its own unit; null where it tells nothing. */
    cost: numeric('cost'),
    /** By resource: what the source's API still let us ask when the run heard of it last, `{ allowed, remaining, resetsAt }`. */
    budget: jsonb('budget'),
    /** Whether `scopes()` could name them all; scopes not named count as gone only then. */
    scopesComplete: boolean('scopes_complete'),
    reconciledAt: time('reconciled_at'),
    error: jsonb('error'),
  },
  (table) => [
    uniqueIndex('sync_run_single_flight').on(table.sourceId).where(sql`completed_at is null`),
    index('sync_run_history').on(table.sourceId, table.id),
  ],
)

/** How one scope fared in one run. */
export const syncScope = tidemark.table(
  'sync_scope',
  {
    runId: bigint('run_id', { mode: 'number' })
      .notNull()
      .references(() => syncRun.id, { onDelete: 'cascade' }),
    scopeId: bigint('scope_id', { mode: 'number' })
      .notNull()
      .references(() => scope.id, { onDelete: 'cascade' }),
    status: text('status', { enum: ['pending', 'listing', 'describing', 'completed', 'failed', 'left out'] }).notNull(),
    /** Raised by each attempt; a write under an older one is refused. */
    attempt: count('attempt'),
    /** As planned: what `scopes()` said before anything was read. */
    fingerprint: text('fingerprint'),
    listing: text('listing', { enum: ['complete', 'unchanged', 'partial', 'sampled', 'failed'] }),
    visibility: text('visibility'),
    visibilityChanged: boolean('visibility_changed').notNull().default(false),
    watermark: text('watermark'),
    /** Additions, and changes, of this scope are told as one baseline change. */
    baselineAdded: boolean('baseline_added').notNull().default(false),
    baselineChanged: boolean('baseline_changed').notNull().default(false),
    listed: count('listed'),
    moved: count('moved'),
    absent: count('absent'),
    described: count('described'),
    vanished: count('vanished'),
    failedItems: count('failed_items'),
    added: count('added'),
    changed: count('changed'),
    requests: count('requests'),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    throttles: count('throttles'),
    cost: numeric('cost'),
    error: jsonb('error'),
    /** Plan mode: up to 1,000 keys a verdict. */
    plan: jsonb('plan'),
    startedAt: time('started_at'),
    completedAt: time('completed_at'),
  },
  (table) => [primaryKey({ columns: [table.runId, table.scopeId] })],
)

/** Items waiting to be described. Rows outlive a run that dies, so that nothing read from a change log is lost. */
export const syncWork = tidemark.table(
  'sync_work',
  {
    scopeId: bigint('scope_id', { mode: 'number' })
      .notNull()
      .references(() => scope.id, { onDelete: 'cascade' }),
    key: keyText('key').notNull(),
    /** The order of the listing, parents first. */
    ordinal: bigint('ordinal', { mode: 'number' }).notNull(),
    nativeId: text('native_id'),
    fingerprint: bytea('fingerprint').notNull(),
    records: jsonb('records'),
    /** Why the last attempt failed; such an item is not tried again in the same run. */
    error: jsonb('error'),
  },
  (table) => [primaryKey({ columns: [table.scopeId, table.key] })],
)

/** Assets that a run would have removed but for the budget or a changed visibility: a person decides. */
export const removalProposal = tidemark.table(
  'removal_proposal',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    scopeId: bigint('scope_id', { mode: 'number' })
      .notNull()
      .references(() => scope.id, { onDelete: 'cascade' }),
    assetId: bigint('asset_id', { mode: 'number' }).notNull(),
    reason: text('reason', { enum: ['budget', 'visibility', 'scope gone'] }).notNull(),
    status: text('status', { enum: ['open', 'approved', 'rejected', 'completed', 'withdrawn'] }).notNull(),
    /** The run that proposed it, and the last one that found it still absent. */
    runId: bigint('run_id', { mode: 'number' }).notNull(),
    renewedRunId: bigint('renewed_run_id', { mode: 'number' }).notNull(),
    proposedAt: time('proposed_at').notNull().defaultNow(),
    decidedAt: time('decided_at'),
    decidedBy: bigint('decided_by', { mode: 'number' }).references(() => principal.id),
  },
  (table) => [
    uniqueIndex('removal_proposal_asset')
      .on(table.sourceId, table.assetId)
      .where(sql`status in ('open', 'approved', 'rejected')`),
  ],
)

import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, keyText, tidemark, time } from './columns.ts'

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()

export const organization = tidemark.table('organization', {
  id: id(),
  name: text('name').notNull().unique(),
  createdAt: time('created_at').notNull().defaultNow(),
})

/** Who did something: a person or a program, named in every write. */
export const principal = tidemark.table(
  'principal',
  {
    id: id(),
    organizationId: bigint('organization_id', { mode: 'number' })
      .notNull()
      .references(() => organization.id),
    name: text('name').notNull(),
    createdAt: time('created_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('principal_name').on(table.organizationId, table.name)],
)

/** An OpenLineage namespace: the system that names live in. Moving a host updates one row. */
export const namespace = tidemark.table(
  'namespace',
  {
    id: id(),
    organizationId: bigint('organization_id', { mode: 'number' })
      .notNull()
      .references(() => organization.id),
    name: text('name').notNull(),
    aliases: text('aliases').array().notNull().default(sql`'{}'`),
  },
  (table) => [uniqueIndex('namespace_name').on(table.organizationId, table.name)],
)

export const source = tidemark.table(
  'source',
  {
    id: id(),
    organizationId: bigint('organization_id', { mode: 'number' })
      .notNull()
      .references(() => organization.id),
    name: text('name').notNull(),
    connector: text('connector').notNull(),
    namespaceId: bigint('namespace_id', { mode: 'number' })
      .notNull()
      .references(() => namespace.id),
    /** The config without its secrets. */
    config: jsonb('config').notNull(),
    configVersion: integer('config_version').notNull().default(1),
    /** The secrets (JSON: config path to value) encrypted with the source's data key. */
    secrets: bytea('secrets').notNull(),
    /** The data key, wrapped by the master key that `master_key_id` names. */
    dataKey: bytea('data_key').notNull(),
    masterKeyId: text('master_key_id').notNull(),
    schedule: jsonb('schedule'),
    labels: jsonb('labels').notNull().default({}),
    /** Who answers for the source: people or teams. */
    owners: text('owners').array().notNull().default(sql`'{}'`),
    /** The task queue of the workers that reach the source; null: the one of temporal.yaml. */
    taskQueue: text('task_queue'),
    /** Whether rows may be previewed. */
    preview: boolean('preview').notNull().default(false),
    /** What a run may ask of the source at most: requests, bytes, cost; null: as much as it takes. */
    budget: jsonb('budget'),
    /** When statistics and usage were last taken. */
    statisticsAt: time('statistics_at'),
    /** When the query log was last read. */
    queryLogAt: time('query_log_at'),
    /** Whether something was written since lineage was last derived to its end. */
    lineageDue: boolean('lineage_due').notNull().default(true),
    /** The version of the engine, and of how the connector's texts are read, by which it was derived. */
    lineageVersion: integer('lineage_version'),
    status: text('status', { enum: ['active', 'paused'] })
      .notNull()
      .default('active'),
    /** The last run whose new names have all been through the rename decision. */
    reconciledRunId: bigint('reconciled_run_id', { mode: 'number' }).notNull().default(0),
    createdBy: bigint('created_by', { mode: 'number' })
      .notNull()
      .references(() => principal.id),
    createdAt: time('created_at').notNull().defaultNow(),
    updatedAt: time('updated_at').notNull().defaultNow(),
  },
  (table) => [uniqueIndex('source_name').on(table.organizationId, table.name)],
)

/** A part of a source that is listed and reconciled as a unit. */
export const scope = tidemark.table(
  'scope',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    key: keyText('key').notNull(),
    name: text('name').notNull(),
    /** `gone`: absent from a complete listing of scopes. */
    status: text('status', { enum: ['included', 'filtered', 'permission', 'unavailable', 'gone'] }).notNull(),
    /** Set only while everything in the scope is described as of it. */
    fingerprint: text('fingerprint'),
    /** Digests of what shapes the records and of the filters, as of the last complete run. */
    shape: text('shape'),
    filter: text('filter'),
    visibility: text('visibility'),
    watermark: text('watermark'),
    /** Where the next reading of the query log starts. */
    logWatermark: text('log_watermark'),
    /** The position up to which the lineage that the source records has been read. */
    lineageWatermark: text('lineage_watermark'),
    /** What the account did not see of it when it was last listed, each with what would show it. */
    notes: text('notes').array().notNull().default([]),
    /** The last run that completed the scope and moved anything of the above. */
    lastCompleteRunId: bigint('last_complete_run_id', { mode: 'number' }),
  },
  (table) => [uniqueIndex('scope_key').on(table.sourceId, table.key)],
)

/** Transitions between healthy and not: a row when the first probe fails, one when a later one passes. */
export const healthCheck = tidemark.table(
  'health_check',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    at: time('at').notNull().defaultNow(),
    healthy: boolean('healthy').notNull(),
    /** The check that failed, and how; null when healthy. */
    step: text('step'),
    category: text('category'),
    message: text('message'),
    hint: text('hint'),
  },
  (table) => [index('health_check_source').on(table.sourceId, table.id)],
)

/** The list of items of a scope as last described. */
export const inventory = tidemark.table(
  'inventory',
  {
    id: id(),
    scopeId: bigint('scope_id', { mode: 'number' })
      .notNull()
      .references(() => scope.id, { onDelete: 'cascade' }),
    key: keyText('key').notNull(),
    nativeId: text('native_id'),
    /** Null: to be described again whatever the source says. */
    fingerprint: bytea('fingerprint'),
    /** The run that first missed the item in a complete listing. */
    absentRunId: bigint('absent_run_id', { mode: 'number' }),
  },
  (table) => [
    uniqueIndex('inventory_key').on(table.scopeId, table.key),
    index('inventory_absent').on(table.scopeId).where(sql`absent_run_id is not null`),
  ],
)

/** Which assets an item yields. Several items may claim one; `writes` marks the one whose record it has. */
export const claim = tidemark.table(
  'claim',
  {
    itemId: bigint('item_id', { mode: 'number' }).notNull(),
    assetId: bigint('asset_id', { mode: 'number' }).notNull(),
    scopeId: bigint('scope_id', { mode: 'number' }).notNull(),
    sourceId: bigint('source_id', { mode: 'number' }).notNull(),
    writes: boolean('writes').notNull(),
    /** The run that made the claim. */
    runId: bigint('run_id', { mode: 'number' }).notNull(),
    /** The run in which the item ceased to yield the asset. */
    droppedRunId: bigint('dropped_run_id', { mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.itemId, table.assetId] }),
    index('claim_asset').on(table.assetId),
    index('claim_scope').on(table.scopeId),
    index('claim_run').on(table.sourceId, table.runId),
    index('claim_dropped').on(table.sourceId).where(sql`dropped_run_id is not null`),
    uniqueIndex('claim_writes').on(table.assetId).where(sql`writes`),
  ],
)

/** Small texts that a connector keeps between runs: validators of answers, what it has read of things that never change. */
export const sourceMemory = tidemark.table(
  'source_memory',
  {
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    key: keyText('key').notNull(),
    value: text('value').notNull(),
  },
  (table) => [primaryKey({ columns: [table.sourceId, table.key] })],
)

/** What an API still lets an account ask, as last told to any worker. Sources that use one account share a bucket. */
export const rateBudget = tidemark.table('rate_budget', {
  /** The API, a digest of the account, and the resource. */
  bucket: keyText('bucket').primaryKey(),
  allowed: integer('allowed').notNull(),
  remaining: integer('remaining').notNull(),
  resetsAt: time('resets_at').notNull(),
  /** Nobody may ask before: the API told us to wait. */
  blockedUntil: time('blocked_until'),
})

/** Deliveries of webhooks that were taken, so that none is taken twice. */
export const webhookDelivery = tidemark.table(
  'webhook_delivery',
  {
    sourceId: bigint('source_id', { mode: 'number' })
      .notNull()
      .references(() => source.id, { onDelete: 'cascade' }),
    delivery: keyText('delivery').notNull(),
    receivedAt: time('received_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.sourceId, table.delivery] }),
    index('webhook_delivery_received').on(table.receivedAt),
  ],
)

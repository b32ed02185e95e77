import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, primaryKey, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, keyText, tidemark, time } from './columns.ts'
import { namespace, organization, principal } from './source.ts'

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
/** Not a foreign key: checked row by row, it would cost a first crawl more than the rows. `deleteAssets` takes the parts along. */
const assetId = () => bigint('asset_id', { mode: 'number' }).notNull()

export const asset = tidemark.table(
  'asset',
  {
    id: id(),
    namespaceId: bigint('namespace_id', { mode: 'number' })
      .notNull()
      .references(() => namespace.id),
    kindGroup: text('kind_group').notNull(),
    nameKey: keyText('name_key').notNull(),
    kind: text('kind'),
    path: text('path').array().notNull(),
    /** The dotted name people read. */
    display: text('display').notNull(),
    name: text('name').notNull(),
    databaseName: text('database_name'),
    schemaName: text('schema_name'),
    parentGroup: text('parent_group'),
    parentKey: keyText('parent_key'),
    /** Where the parent's name leads; null until the reconciliation resolves it. */
    parentId: bigint('parent_id', { mode: 'number' }),
    nativeId: text('native_id'),
    owner: text('owner'),
    comment: text('comment'),
    url: text('url'),
    properties: jsonb('properties').notNull().default({}),
    /** SHA-256 of the canonical record; null for a placeholder. */
    contentHash: bytea('content_hash'),
    /** Its record says more of lineage than its upstreams: of fields, or of what is not known. */
    tellsLineage: boolean('tells_lineage').notNull().default(false),
    /** What its source told of its lineage and has left out since; as `OmittedLineage` of the model. */
    omittedLineage: jsonb('omitted_lineage'),
    /** Referred to but not crawled. */
    placeholder: boolean('placeholder').notNull(),
    /** The run in which the name last came to life. */
    appearedRunId: bigint('appeared_run_id', { mode: 'number' }),
    firstSeenAt: time('first_seen_at').notNull().defaultNow(),
    changedAt: time('changed_at').notNull().defaultNow(),
    removedAt: time('removed_at'),
    removedReason: text('removed_reason', { enum: ['dropped', 'filtered', 'approved', 'source removed'] }),
  },
  (table) => [
    uniqueIndex('asset_identity').on(table.namespaceId, table.kindGroup, table.nameKey),
    index('asset_parent').on(table.parentId),
    /** A hash: a name may be longer than a btree entry can be. */
    index('asset_name').using('hash', sql`lower(${table.name})`),
    index('asset_parent_unresolved')
      .on(table.namespaceId, table.parentGroup, table.parentKey)
      .where(sql`parent_id is null and parent_key is not null`),
    /** The default branch of each repository. */
    index('asset_default_branch').on(table.parentId).where(sql`kind = 'branch' and properties ? 'default'`),
    index('asset_placeholder').on(table.namespaceId).where(sql`placeholder`),
  ],
)

/** The whole canonical record as observed from one time to another. */
export const assetVersion = tidemark.table(
  'asset_version',
  {
    assetId: assetId(),
    validFrom: time('valid_from').notNull(),
    validTo: time('valid_to'),
    runId: bigint('run_id', { mode: 'number' }).notNull(),
    record: jsonb('record').notNull(),
  },
  (table) => [primaryKey({ columns: [table.assetId, table.validFrom] })],
)

export const field = tidemark.table(
  'field',
  {
    id: id(),
    assetId: assetId(),
    nameKey: keyText('name_key').notNull(),
    name: text('name').notNull(),
    path: text('path').array().notNull(),
    position: integer('position').notNull(),
    nativeType: text('native_type').notNull(),
    type: text('type').notNull(),
    nullable: boolean('nullable').notNull(),
    defaultValue: text('default_value'),
    generated: text('generated'),
    comment: text('comment'),
    nativeId: text('native_id'),
    properties: jsonb('properties').notNull().default({}),
    removedAt: time('removed_at'),
  },
  (table) => [uniqueIndex('field_identity').on(table.assetId, table.nameKey)],
)

export const assetConstraint = tidemark.table(
  'asset_constraint',
  {
    assetId: assetId(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    columns: text('columns').array().notNull(),
    referencedNamespaceId: bigint('referenced_namespace_id', { mode: 'number' }),
    referencedGroup: text('referenced_group'),
    referencedKey: keyText('referenced_key'),
    referencedDisplay: text('referenced_display'),
    referencedColumns: text('referenced_columns').array(),
    definition: text('definition'),
    origin: text('origin').notNull(),
    confidence: real('confidence').notNull(),
    properties: jsonb('properties').notNull().default({}),
  },
  (table) => [
    primaryKey({ columns: [table.assetId, table.kind, table.name] }),
    index('asset_constraint_referenced')
      .on(table.referencedNamespaceId, table.referencedGroup, table.referencedKey)
      .where(sql`referenced_key is not null`),
  ],
)

export const assetIndex = tidemark.table(
  'asset_index',
  {
    assetId: assetId(),
    name: text('name').notNull(),
    columns: text('columns').array().notNull(),
    isUnique: boolean('is_unique').notNull(),
    isPrimary: boolean('is_primary').notNull(),
    definition: text('definition'),
    properties: jsonb('properties').notNull().default({}),
  },
  (table) => [primaryKey({ columns: [table.assetId, table.name] })],
)

/** What else lives inside an asset: triggers, policies, rules, grants. */
export const facet = tidemark.table(
  'facet',
  {
    assetId: assetId(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    body: jsonb('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.assetId, table.kind, table.name] })],
)

export const definition = tidemark.table('definition', {
  assetId: bigint('asset_id', { mode: 'number' }).primaryKey(),
  language: text('language').notNull(),
  text: text('text').notNull(),
})

/** Partitioned by month of `changed_at`; see the migration. */
export const change = tidemark.table(
  'change',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    changedAt: time('changed_at').notNull(),
    runId: bigint('run_id', { mode: 'number' }).notNull(),
    sourceId: bigint('source_id', { mode: 'number' }).notNull(),
    /** Null for the baseline change of a scope that has no asset of its own. */
    assetId: bigint('asset_id', { mode: 'number' }),
    /** The asset's display name at that time. */
    display: text('display').notNull(),
    fieldName: text('field_name'),
    operation: text('operation', { enum: ['added', 'changed', 'renamed', 'recreated', 'removed'] }).notNull(),
    /** Set when the run closes. */
    severity: text('severity', { enum: ['breaking', 'risky', 'safe'] }),
    before: jsonb('before'),
    after: jsonb('after'),
    baseline: boolean('baseline').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.id, table.changedAt] }),
    index('change_run').on(table.runId),
    index('change_asset').on(table.assetId, table.changedAt),
  ],
)

/** Partitioned by month of `at`; see the migration. */
export const auditLog = tidemark.table(
  'audit_log',
  {
    id: bigint('id', { mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    at: time('at').notNull().defaultNow(),
    organizationId: bigint('organization_id', { mode: 'number' })
      .notNull()
      .references(() => organization.id),
    principalId: bigint('principal_id', { mode: 'number' })
      .notNull()
      .references(() => principal.id),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: jsonb('detail').notNull().default({}),
  },
  (table) => [primaryKey({ columns: [table.id, table.at] })],
)

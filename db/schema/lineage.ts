import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, jsonb, primaryKey, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytea, keyText, tidemark, time } from './columns.ts'
import { namespace } from './source.ts'

const id = () => bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity()
const count = (name: string) => integer(name).notNull().default(0)

/** Upstream to downstream. The upstream is a name first; its id is where the name leads now. */
export const lineageEdge = tidemark.table(
  'lineage_edge',
  {
    id: id(),
    downstreamId: bigint('downstream_id', { mode: 'number' }).notNull(),
    upstreamNamespaceId: bigint('upstream_namespace_id', { mode: 'number' })
      .notNull()
      .references(() => namespace.id),
    upstreamGroup: text('upstream_group').notNull(),
    upstreamKey: keyText('upstream_key').notNull(),
    upstreamPath: text('upstream_path').array().notNull(),
    upstreamDisplay: text('upstream_display').notNull(),
    upstreamId: bigint('upstream_id', { mode: 'number' }),
    origin: text('origin').notNull(),
    sourceId: bigint('source_id', { mode: 'number' }).notNull(),
    /** The text it was derived from; null where a record or a query log tells of it. */
    textId: bigint('text_id', { mode: 'number' }),
    /** Whether all edges between the columns of the two are known, so that a column without one has no influence. */
    columnsKnown: boolean('columns_known').notNull().default(false),
    /** By which rule the name that the source tells was found to mean the upstream; null where it is said as it is. */
    matchedBy: text('matched_by'),
    /** Since when the source leaves it out, though nothing else of the downstream changed. */
    staleSince: time('stale_since'),
    /** The first statement of its text that says so: lines from 1, both counted in; null where no text does. */
    line: integer('line'),
    endLine: integer('end_line'),
    validFrom: time('valid_from').notNull(),
    validTo: time('valid_to'),
    lastSeenAt: time('last_seen_at').notNull(),
  },
  (table) => [
    uniqueIndex('lineage_edge_live')
      .on(table.downstreamId, table.origin, table.upstreamNamespaceId, table.upstreamGroup, table.upstreamKey)
      .where(sql`valid_to is null`),
    index('lineage_edge_upstream').on(table.upstreamId).where(sql`valid_to is null`),
    index('lineage_edge_name')
      .on(table.upstreamNamespaceId, table.upstreamGroup, table.upstreamKey)
      .where(sql`valid_to is null`),
    index('lineage_edge_text').on(table.textId).where(sql`valid_to is null and text_id is not null`),
    index('lineage_edge_stale')
      .on(table.upstreamId, table.downstreamId)
      .where(sql`valid_to is null and stale_since is not null`),
    index('lineage_edge_unresolved').on(table.sourceId).where(sql`valid_to is null and upstream_id is null`),
  ],
)

/**
 * What lineage was derived from, and what became of it: an asset's definition, what its record tells of its fields, or both; or
 * a statement of a query log.
 */
export const lineageText = tidemark.table(
  'lineage_text',
  {
    id: id(),
    sourceId: bigint('source_id', { mode: 'number' }).notNull(),
    origin: text('origin', { enum: ['definition', 'log', 'catalogue', 'bi', 'code'] }).notNull(),
    /** The asset that it defines; null for a statement of a log. */
    assetId: bigint('asset_id', { mode: 'number' }),
    /**
     * SHA-256 of the text and of all that reading it depends on: the engine's version, dialect, defaults and, for a
     * definition, the columns of its asset and of what it refers to.
     */
    textHash: bytea('text_hash').notNull(),
    /** The asset's content hash when the text was read last: unmoved, the text is the same. Null: to be read again. */
    contentHash: bytea('content_hash'),
    outcome: text('outcome', { enum: ['resolved', 'partial', 'failed'] }).notNull(),
    statements: count('statements'),
    resolved: count('resolved'),
    partial: count('partial'),
    failed: count('failed'),
    /** Relations named that nobody has crawled. */
    unresolvedReferences: count('unresolved_references'),
    /** What is not known and why: [{ reason, message, statement, line, column, columns }], `statement` a hash in hex. */
    gaps: jsonb('gaps').notNull().default([]),
    derivedAt: time('derived_at').notNull(),
    lastSeenAt: time('last_seen_at').notNull(),
  },
  (table) => [
    uniqueIndex('lineage_text_asset').on(table.assetId).where(sql`asset_id is not null`),
    uniqueIndex('lineage_text_log').on(table.sourceId, table.textHash).where(sql`origin = 'log'`),
    index('lineage_text_source').on(table.sourceId),
  ],
)

/** A relation that a text's derivation looked up. When what it found moves, the text is derived again. */
export const lineageReference = tidemark.table(
  'lineage_reference',
  {
    textId: bigint('text_id', { mode: 'number' }).notNull(),
    namespaceId: bigint('namespace_id', { mode: 'number' })
      .notNull()
      .references(() => namespace.id),
    kindGroup: text('kind_group').notNull().default('relation'),
    /**
     * The name as the text means it, folded by its dialect and completed by the defaults; of another group than relations with
     * `\!` and the group behind it, which no name yields.
     */
    nameKey: keyText('name_key').notNull(),
    /** In lower case, for names that are found whatever their case; empty where the dialect's names have one. */
    foldedKey: keyText('folded_key').notNull(),
    /** What it led to; null: nothing. */
    assetId: bigint('asset_id', { mode: 'number' }),
    /** That asset's content hash as the text saw it. */
    contentHash: bytea('content_hash'),
  },
  (table) => [
    primaryKey({ columns: [table.textId, table.namespaceId, table.nameKey] }),
    index('lineage_reference_asset').on(table.assetId).where(sql`asset_id is not null`),
    index('lineage_reference_missing').on(table.namespaceId, table.foldedKey).where(sql`asset_id is null`),
  ],
)

/**
 * Column to column, derived from a text. Columns go by the `name_key` of their field, whether or not it is known. Rows
 * end with their text, or when it is derived otherwise.
 */
export const lineageFieldEdge = tidemark.table(
  'lineage_field_edge',
  {
    textId: bigint('text_id', { mode: 'number' }).notNull(),
    downstreamId: bigint('downstream_id', { mode: 'number' }).notNull(),
    /** Empty: the asset's rows as a whole, which a filter, a join, a grouping or an order decides. */
    downstreamField: keyText('downstream_field').notNull(),
    upstreamId: bigint('upstream_id', { mode: 'number' }).notNull(),
    upstreamField: keyText('upstream_field').notNull(),
    influence: text('influence', { enum: ['direct', 'indirect'] }).notNull(),
    /** How the value comes about: identity, expression, aggregate, window; for an indirect edge the subtypes say it. */
    transformation: text('transformation').notNull(),
    /** OpenLineage's: IDENTITY, TRANSFORMATION, AGGREGATION; JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL. */
    subtypes: text('subtypes').array().notNull(),
    /** As written, where it is more than a column. */
    expression: text('expression'),
    confidence: real('confidence').notNull(),
    /** Where its text says so, from 1, both counted in; null where no text does. */
    line: integer('line'),
    endLine: integer('end_line'),
    /** SHA-256 of the statement; of what a record tells, of the expression. */
    statementHash: bytea('statement_hash').notNull(),
    /** As that of the assets' edge. */
    staleSince: time('stale_since'),
    validFrom: time('valid_from').notNull(),
    validTo: time('valid_to'),
  },
  (table) => [
    uniqueIndex('lineage_field_edge_live')
      .on(
        table.textId,
        table.downstreamId,
        table.downstreamField,
        table.upstreamId,
        table.upstreamField,
        table.influence,
      )
      .where(sql`valid_to is null`),
    index('lineage_field_edge_upstream').on(table.upstreamId, table.upstreamField).where(sql`valid_to is null`),
    index('lineage_field_edge_stale').on(table.downstreamId).where(sql`valid_to is null and stale_since is not null`),
    index('lineage_field_edge_downstream').on(table.downstreamId, table.downstreamField).where(sql`valid_to is null`),
  ],
)

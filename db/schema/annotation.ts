import { bigint, index, integer, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { keyText, tidemark, time } from './columns.ts'
import { organization, principal } from './source.ts'

const assetId = () => bigint('asset_id', { mode: 'number' }).notNull()
const setBy = () =>
  bigint('set_by', { mode: 'number' })
    .notNull()
    .references(() => principal.id)

/** Owners set by hand. What the source itself says is `asset.owner`; both outlive syncs, renames and removals. */
export const ownership = tidemark.table(
  'ownership',
  {
    assetId: assetId(),
    owner: text('owner').notNull(),
    setBy: setBy(),
    setAt: time('set_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.assetId, table.owner] })],
)

export const tag = tidemark.table(
  'tag',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    organizationId: bigint('organization_id', { mode: 'number' })
      .notNull()
      .references(() => organization.id),
    name: text('name').notNull(),
    description: text('description'),
  },
  (table) => [uniqueIndex('tag_name').on(table.organizationId, table.name)],
)

/** A tag on an asset, or on one of its fields: `field_key` is the field's `name_key`, empty for the asset itself. */
export const tagAssignment = tidemark.table(
  'tag_assignment',
  {
    assetId: assetId(),
    fieldKey: keyText('field_key').notNull().default(''),
    tagId: bigint('tag_id', { mode: 'number' })
      .notNull()
      .references(() => tag.id, { onDelete: 'cascade' }),
    setBy: setBy(),
    setAt: time('set_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.assetId, table.fieldKey, table.tagId] }),
    index('tag_assignment_tag').on(table.tagId),
  ],
)

/** Volatile numbers of an asset, refreshed on an interval of their own; they are in no fingerprint and no version. */
export const assetStatistic = tidemark.table('asset_statistic', {
  assetId: assetId().primaryKey(),
  /** Rows, as far as the source knows: an estimate in PostgreSQL. */
  rowCount: bigint('row_count', { mode: 'number' }),
  bytes: bigint('bytes', { mode: 'number' }),
  /** Checks of a pull request's head: the verdict over all, and how many stand how. */
  checkState: text('check_state'),
  checksPassed: integer('checks_passed'),
  checksFailed: integer('checks_failed'),
  checksPending: integer('checks_pending'),
  takenAt: time('taken_at').notNull(),
})

/** How much an asset is used, counted by its source since `since`. */
export const usage = tidemark.table('usage', {
  assetId: assetId().primaryKey(),
  reads: bigint('reads', { mode: 'number' }),
  writes: bigint('writes', { mode: 'number' }),
  /** Distinct users, where the source tells them apart. */
  users: bigint('users', { mode: 'number' }),
  lastReadAt: time('last_read_at'),
  lastWrittenAt: time('last_written_at'),
  since: time('since'),
  takenAt: time('taken_at').notNull(),
})

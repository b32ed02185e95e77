import { boolean, integer, text } from 'drizzle-orm/pg-core'
import { tidemark } from './columns.ts'

/** One row about the store itself. */
export const store = tidemark.table('store', {
  singleton: boolean('singleton').primaryKey().default(true),
  /** How many migrations a Tidemark must know to work with this store; raised by migrations that contract. */
  minimumMigrations: integer('minimum_migrations').notNull(),
  /** Digest of the public views as last applied. */
  viewsDigest: text('views_digest'),
})

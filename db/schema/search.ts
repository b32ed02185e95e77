import { bigint, customType, index, text } from 'drizzle-orm/pg-core'
import { keyText, tidemark } from './columns.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/**
 * What a live asset is found by, derived from its record: the words of its name (weight A), of its columns (B), of its
 * comment and theirs (C). Those of the name once more with an = before them, those of what it is in with a /.
 */
export const searchDocument = tidemark.table(
  'search_document',
  {
    assetId: bigint('asset_id', { mode: 'number' }).primaryKey(),
    kind: text('kind'),
    words: tsvector('words').notNull(),
  },
  (table) => [index('search_document_words').using('gin', table.words)],
)

/**
 * The words of the documents, for what is looked up by a part of a word or misspelt. Where the server has pg_trgm,
 * db/migrate.ts gives it a trigram index.
 */
export const searchWord = tidemark.table('search_word', { word: keyText('word').primaryKey() })

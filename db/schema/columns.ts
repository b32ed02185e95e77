import { customType, pgSchema, timestamp } from 'drizzle-orm/pg-core'

export const tidemark = pgSchema('tidemark')

/** Text compared byte by byte: keys computed by model/names.ts, whose order no locale may change. */
export const keyText = customType<{ data: string }>({ dataType: () => 'text collate "C"' })

export const bytea = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' })

export const time = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' })

import { createHash } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AssetRecord,
  type InventoryItem,
  itemWithRecords,
  type Json,
  judgeName,
  type NameFilter,
  nameKey,
  type ObjectVerdict,
  pagesOf,
  whyLeftOut,
} from '../kit/index.ts'
import type { OpenFile } from './database.ts'
import { readOutline } from './outline.ts'
import { createPageReader } from './page.ts'

const PAGE_ITEMS = 250

/**
 * Moves whenever a record of the file can: besides `schema_version` it covers the schema's text, since a file replaced
 * by another may come with the same counter, what the file's own record holds, and the SQLite that reads it.
 */
export function readFingerprint(database: DatabaseSync): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify([database.prepare('PRAGMA main.schema_version').get(), readProperties(database)]))
  hash.update(JSON.stringify([database.prepare('SELECT sqlite_version()').get(), 'setAuthorizer' in database]))
  for (const row of database.prepare('SELECT type, name, tbl_name, sql FROM main.sqlite_schema').iterate()) {
    hash.update(JSON.stringify([row.type, row.name, row.tbl_name, row.sql]))
  }
  return hash.digest('hex')
}

/** The items of one file: the file, then its tables and views, parents first. */
export async function* iterateItems(
  open: OpenFile,
  file: string,
  tables: NameFilter | undefined,
): AsyncGenerator<InventoryItem[], void, void> {
  await open.resume()
  const outline = readOutline(open.database)
  const readPage = createPageReader(open.database, file, outline)
  const kept = outline.relations.filter(({ name }) => whyLeftOut(tables, name) === undefined)
  let items = [toItem({ kind: 'database file', path: [file], properties: readProperties(open.database) })]
  for (const page of pagesOf(kept, PAGE_ITEMS)) {
    await open.resume()
    items = [...items, ...readPage(page).map(toItem)]
    await open.pause()
    yield items
    items = []
    // SQLite is read synchronously: let timers, heartbeats and cancellation have their turn.
    await nextTurn()
  }
  if (items.length === 0) return
  await open.pause()
  yield items
}

/** Every table and view of a file, with what the filter says of it. */
export function explainTables(open: OpenFile, file: string, tables: NameFilter | undefined): ObjectVerdict[] {
  return readOutline(open.database).relations.map(({ name, kind }) => {
    const { kept, rule } = judgeName(tables, name)
    return { key: nameKey([file, name]), kind, kept, ...(rule === undefined ? {} : { rule: `tables: ${rule}` }) }
  })
}

function toItem(record: AssetRecord): InventoryItem {
  return itemWithRecords({ key: nameKey(record.path), records: [record] })
}

function readProperties(database: DatabaseSync): Record<string, Json> {
  const pragma = (name: string): SQLOutputValue | undefined => database.prepare(`PRAGMA main.${name}`).get()?.[name]
  return {
    encoding: String(pragma('encoding')),
    userVersion: Number(pragma('user_version')),
    applicationId: Number(pragma('application_id')),
  }
}

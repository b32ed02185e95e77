import { createHash } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  type AssetRecord,
  type InventoryItem,
  itemWithRecords,
  type Json,
  nameKey,
  pagesOf,
  type UpstreamRecord,
} from '../kit/index.ts'
import { readCreateVirtualTable } from './create-other.ts'
import { readCreateTable } from './create-table.ts'
import type { OpenFile } from './database.ts'
import { sqliteCode } from './errors.ts'
import { type Outline, type Relation, readOutline } from './outline.ts'
import { createQueries, type PageRows } from './queries.ts'
import { toFields, toTableParts, toTriggers } from './records.ts'
import { createViewReader } from './views.ts'

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
export async function* iterateItems(open: OpenFile, file: string): AsyncGenerator<InventoryItem[], void, void> {
  await open.resume()
  const outline = readOutline(open.database)
  const readPage = createPageReader(open.database, file, outline)
  let items = [toItem({ kind: 'database file', path: [file], properties: readProperties(open.database) })]
  for (const page of pagesOf(outline.relations, PAGE_ITEMS)) {
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

function createPageReader(database: DatabaseSync, file: string, outline: Outline) {
  const queries = createQueries(database)
  const readUpstreams = createViewReader(database, outline)
  const base = (relation: Relation, rows: PageRows) => {
    const triggers = toTriggers(ownedRows(relation, rows, 'trigger'))
    return {
      kind: relation.kind,
      path: [file, relation.name],
      parent: { group: 'container' as const, path: [file] },
      ...(triggers.length === 0 ? {} : { facets: triggers }),
    }
  }
  const toView = (relation: Relation, rows: PageRows): AssetRecord => {
    const text = textOf(rows, relation.rowid)
    const { upstreams, error } = readUpstreams(relation, text)
    const refs: UpstreamRecord[] = upstreams.map(({ name }) => ({
      group: 'relation',
      path: [file, name],
      origin: 'catalogue',
    }))
    return {
      ...base(relation, rows),
      ...fieldsOrError(() => (error === undefined ? queries.columns([relation.rowid]) : fail(error)), relation),
      definition: { language: 'sql', text },
      ...(refs.length === 0 ? {} : { upstreams: refs }),
    }
  }
  const toVirtual = (relation: Relation, rows: PageRows): AssetRecord => {
    const { properties, ...fields } = fieldsOrError(() => queries.columns([relation.rowid]), relation)
    const text = readCreateVirtualTable(textOf(rows, relation.rowid))
    return { ...base(relation, rows), ...fields, properties: { ...text, ...properties } }
  }
  const toTable = createTableReader(file, outline, queries.columns)
  return (page: readonly Relation[]): AssetRecord[] => {
    const tables = page.filter(({ kind }) => kind === 'table' || kind === 'shadow table').map(({ rowid }) => rowid)
    const rows = queries.page({ tables, texts: page.flatMap(({ rowid, owned }) => [rowid, ...owned]) })
    const table = toTable(rows)
    return page.map((relation) => {
      if (relation.kind === 'view') return toView(relation, rows)
      if (relation.kind === 'virtual table') return toVirtual(relation, rows)
      return { ...base(relation, rows), ...table(relation) }
    })
  }
}

/** Reads a page's ordinary tables; the tables that their foreign keys refer to are looked up together. */
function createTableReader(
  file: string,
  outline: Outline,
  columnsOf: (rowids: readonly number[]) => PageRows['columns'],
) {
  return (rows: PageRows) => {
    const keys = [...rows.foreignKeys.values()].flat()
    const parents = keys.map((row) => outline.find(String(row.table))).filter((relation) => isOrdinary(relation))
    const parentColumns = columnsOf([...new Set(parents.map(({ rowid }) => rowid))])
    return (relation: Relation): Partial<AssetRecord> => {
      const text = readCreateTable(textOf(rows, relation.rowid))
      const { withoutRowid, strict, autoincrement } = text
      return {
        ...toTableParts({
          path: [file, relation.name],
          text,
          columns: rows.columns.get(relation.rowid) ?? [],
          indexes: rows.indexes.get(relation.rowid) ?? [],
          foreignKeys: rows.foreignKeys.get(relation.rowid) ?? [],
          indexTexts: new Map(ownedRows(relation, rows, 'index').map((row) => [String(row.name), String(row.sql)])),
          parent: (name) => {
            const parent = outline.find(name)
            return parent && { name: parent.name, columns: parentColumns.get(parent.rowid) ?? [] }
          },
        }),
        properties: { withoutRowid, strict, autoincrement },
      }
    }
  }
}

function isOrdinary(relation: Relation | undefined): relation is Relation {
  return relation?.kind === 'table' || relation?.kind === 'shadow table'
}

function ownedRows({ owned }: Relation, { schema }: PageRows, type: 'index' | 'trigger') {
  return owned
    .map((rowid) => schema.get(rowid))
    .filter((row) => row?.type === type)
    .filter((row) => row !== undefined)
}

function textOf({ schema }: PageRows, rowid: number): string {
  return String(schema.get(rowid)?.sql ?? '')
}

function fail(error: unknown): never {
  throw error
}

/** A view of what was dropped, or a virtual table whose module is not here, is a fact of the schema, not a failure. */
function fieldsOrError(
  read: () => PageRows['columns'],
  { rowid }: Relation,
): { readonly fields?: ReturnType<typeof toFields>; readonly properties?: Record<string, Json> } {
  try {
    return { fields: toFields(read().get(rowid) ?? []) }
  } catch (error) {
    if (!(error instanceof Error) || sqliteCode(error) !== 'SQLITE_1') throw error
    return { properties: { error: error.message } }
  }
}

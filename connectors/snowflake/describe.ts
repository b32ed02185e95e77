import { type Described, type ItemRef, keyPath, pagesOf } from '../kit/index.ts'
import { type Entry, groupEntries, type NameGroup, text } from './entries.ts'
import { factsAbout } from './facts.ts'
import { fingerprintOf, indexesOf, keyOf } from './inventory.ts'
import { readKeys, type SchemaKeys } from './keys.ts'
import { objectRecord } from './objects.ts'
import type { Reader } from './reader.ts'
import { relationKind, relationRecord } from './relations.ts'

const PAGE = 500

/** Which command tells what TABLES, COLUMNS and VIEWS do not. */
const SHOWN: Readonly<Record<string, string>> = {
  'dynamic table': 'DYNAMIC TABLES',
  'iceberg table': 'ICEBERG TABLES',
}

export async function* describeItems(
  reader: Reader,
  items: readonly ItemRef[],
): AsyncGenerator<readonly Described[], void, void> {
  for (const page of pagesOf(items, PAGE)) yield await describePage(reader, page)
}

async function describePage(reader: Reader, page: readonly ItemRef[]): Promise<readonly Described[]> {
  const wanted = new Set(page.map(({ key }) => key))
  const objects = page.flatMap(({ key }) => objectOf(key))
  if (objects.length === 0) return []
  const described: Described[] = []
  const keys = new Map<string, SchemaKeys>()
  for await (const group of groupEntries(reader.description(objects))) {
    for (const entry of group.entries) {
      const key = keyOf(reader.database, entry)
      if (!wanted.has(key)) continue
      if (entry.kind === 'table') {
        const ofSchema = keys.get(group.schema) ?? (await readKeys(reader.shows, group.schema))
        keys.set(group.schema, ofSchema)
        described.push(await describeRelation(reader, key, entry, group, ofSchema))
      } else if (entry.kind === 'function' || entry.kind === 'procedure')
        described.push(describeRoutine(reader, key, entry, group))
    }
  }
  return described
}

/** Schema and plain name; a key too long to be kept whole cannot be asked for by name, and no name is so long. */
function objectOf(key: string): { readonly schema: string; readonly name: string }[] {
  const [, schema, name, group] = keyPath(key) ?? []
  if (schema === undefined || name === undefined) return []
  return [{ schema, name: group === 'routine' ? name.slice(0, name.indexOf('(')) : name }]
}

function describeRoutine({ database, catalog }: Reader, key: string, entry: Entry, { entries }: NameGroup): Described {
  const facts = factsAbout(entry, entries)
  const fingerprint = fingerprintOf(catalog.late, entry, { facts })
  return { key, records: [objectRecord({ database, entry, facts, entries })], fingerprint }
}

async function describeRelation(
  reader: Reader,
  key: string,
  table: Entry,
  { entries }: NameGroup,
  keys: SchemaKeys,
): Promise<Described> {
  const { database, catalog, shows } = reader
  const facts = factsAbout(table, entries)
  const own = keys.get(table.name) ?? []
  const command = shownBy(table, entries)
  const moved = BigInt(text(table.body, 'ddl') ?? 0)
  const rows = command === undefined ? [] : await shows.since(moved, command, table.schema)
  const indexes = await indexesOf(shows, table)
  const shown = rows.find(({ name }) => name === table.name)
  const records = [relationRecord({ database, table, entries, facts, keys: own, shown, indexes })]
  return { key, records, fingerprint: fingerprintOf(catalog.late, table, { facts, keys: own, indexes }) }
}

function shownBy(table: Entry, entries: readonly Entry[]): string | undefined {
  const kind = relationKind(table)
  if (kind !== 'view' && kind !== 'materialized view') return SHOWN[kind]
  const view = entries.find((entry) => entry.kind === 'view')
  // A materialized view has no row in VIEWS.
  if (view !== undefined && text(view.body, 'definition') !== undefined) return undefined
  return kind === 'view' ? 'VIEWS' : 'MATERIALIZED VIEWS'
}

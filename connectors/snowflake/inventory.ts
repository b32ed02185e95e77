import { canonicalHash } from '../../model/hash.ts'
import {
  byName,
  type ConstraintRecord,
  type IndexRecord,
  IngestError,
  type InventoryItem,
  type InventoryVerdict,
  itemWithRecords,
  nameKey,
  quoteIdentifier,
  whyLeftOut,
} from '../kit/index.ts'
import { databaseItems } from './databases.ts'
import { type Entry, groupEntries, mergeEntries, type NameGroup, text } from './entries.ts'
import { factsAbout, isFact, objectKey } from './facts.ts'
import { readKeys, type SchemaKeys } from './keys.ts'
import { groupOf, objectPath, objectRecord } from './objects.ts'
import type { Reader } from './reader.ts'
import { relationKind, toIndex } from './relations.ts'
import { shownEntries } from './shown.ts'
import type { Shows } from './shows.ts'

const PAGE = 500
const NANOSECONDS = 1_000_000n
/** How late ACCOUNT_USAGE may be: three hours for the slowest of its views. */
const LAG_MS = 3 * 3_600_000

/** Kinds whose texts are worth leaving out of the listing: they are described. */
const DESCRIBED = new Set(['table', 'function', 'procedure'])

/** The items of a database. What is small carries its records; relations and routines are described when they move. */
export async function* listItems(reader: Reader): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const { config } = reader.catalog
  const schemas = await visibleSchemas(reader)
  const kept = schemas.live.filter((name) => whyLeftOut(config.schemas, name) === undefined)
  const entries = mergeEntries([reader.listing(), shownEntries(reader, kept)])
  let page: InventoryItem[] = []
  let keys: { readonly schema: string; readonly tables: SchemaKeys } | undefined
  let begun = false
  for await (const group of groupEntries(entries)) {
    if (!begun) {
      begun = true
      page.push(...(await databaseItems(reader, group.schema === '' ? group.entries : [])))
    }
    if (group.schema === '' || whyLeftOut(config.schemas, group.schema) !== undefined) continue
    if (keys?.schema !== group.schema && group.entries.some(({ kind }) => kind === 'table')) {
      keys = { schema: group.schema, tables: await readKeys(reader.shows, group.schema) }
    }
    page.push(...(await itemsOf(reader, group, keys?.schema === group.schema ? keys.tables : new Map())))
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  if (!begun) throw nothingSeen(reader)
  if (page.length > 0) yield page
  return { listing: 'complete', visibility: [...schemas.known] }
}

/** Every database has at least PUBLIC or INFORMATION_SCHEMA, but to a role that may not see them. */
function nothingSeen({ database }: Reader): IngestError {
  return new IngestError('permission', `nothing in ${quoteIdentifier(database)} is shown to this role`, {
    hint: `GRANT USAGE ON ALL SCHEMAS IN DATABASE ${quoteIdentifier(database)} TO ROLE …; and what \`tidemark connectors show snowflake --grants\` lists.`,
  })
}

/** Those that are there, and those that are known to be dropped: of neither the account has lost sight. */
async function visibleSchemas(
  reader: Reader,
): Promise<{ readonly live: readonly string[]; readonly known: ReadonlySet<string> }> {
  const rows = await reader.show(`SCHEMAS HISTORY IN DATABASE ${quoteIdentifier(reader.database)}`)
  const known = new Set(rows.map((row) => row.name ?? '').filter((name) => name !== 'INFORMATION_SCHEMA'))
  const live = rows.filter((row) => !row.dropped_on).map((row) => row.name ?? '')
  return { live: live.filter((name) => name !== 'INFORMATION_SCHEMA'), known }
}

async function itemsOf(reader: Reader, { entries }: NameGroup, keys: SchemaKeys): Promise<InventoryItem[]> {
  const { database, catalog, shows } = reader
  const [table] = entries.filter(({ kind }) => kind === 'table')
  const indexes = table === undefined ? [] : await indexesOf(shows, table)
  return entries.flatMap((entry): InventoryItem[] => {
    if (isFact(entry) || (entry.kind !== 'table' && groupOf(entry.kind) === undefined)) return []
    if (entry.kind === 'table' && whyLeftOut(catalog.config.tables, entry.name) !== undefined) return []
    const facts = factsAbout(entry, entries)
    const key = keyOf(database, entry)
    if (DESCRIBED.has(entry.kind)) {
      const nativeId = text(entry.body, 'id')
      const fingerprint = fingerprintOf(catalog.late, entry, { facts, keys: keys.get(entry.name) ?? [], indexes })
      return [{ key, ...(nativeId === undefined ? {} : { nativeId }), fingerprint }]
    }
    const nativeId = text(entry.body, 'id')
    const records = [objectRecord({ database, entry, facts, entries })]
    return [itemWithRecords({ key, ...(nativeId === undefined ? {} : { nativeId }), records })]
  })
}

/** Only hybrid tables have any; making one is not said to be DDL on the table. */
export async function indexesOf(shows: Shows, table: Entry): Promise<readonly IndexRecord[]> {
  if (relationKind(table) !== 'hybrid table') return []
  const rows = await shows.of('INDEXES', table.schema)
  return byName(rows.filter((row) => row.table === table.name).map(toIndex))
}

/** What a record says besides the object's own row. */
interface Surroundings {
  readonly facts: readonly Entry[]
  readonly keys?: readonly ConstraintRecord[]
  readonly indexes?: readonly IndexRecord[]
}

export function keyOf(database: string, entry: Entry): string {
  if (entry.kind === 'table') return nameKey([database, entry.schema, entry.name])
  const path = objectPath(database, entry)
  const group = groupOf(entry.kind) ?? 'other'
  return group === 'container' ? nameKey(path) : objectKey(path, group)
}

/**
 * Whatever shows in the record: the row with its times of DDL, rights, tags, policies and keys. The columns and the text
 * move the time. ACCOUNT_USAGE may tell of a change earlier in one view than in another: what changed within its lag is
 * not settled yet, and looked at again next time.
 */
export function fingerprintOf(
  late: boolean,
  { type, body }: Entry,
  { facts, keys = [], indexes = [] }: Surroundings,
): string {
  const { definition: _, ...row } = body
  const content = canonicalHash({
    type,
    row,
    facts: facts.map(({ kind, body: fact }) => [kind, fact]),
    keys: [...keys],
    indexes: [...indexes],
  })
  const moved = BigInt(text(body, 'ddl') ?? text(body, 'altered') ?? 0) / NANOSECONDS
  const settling = late && Number(moved) > Date.now() - LAG_MS
  return settling ? `${content}.${Date.now()}` : content
}

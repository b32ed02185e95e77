import { createHash } from 'node:crypto'
import {
  type Described,
  IngestError,
  type InventoryItem,
  type InventoryVerdict,
  type ItemRef,
  itemWithRecords,
  judgeName,
  keyPath,
  nameKey,
  type ObjectVerdict,
  pagesOf,
  type Scope,
} from '../kit/index.ts'
import type { Settings } from './config.ts'
import type { Reader } from './connection.ts'
import { toDatabase } from './database.ts'
import { Digest } from './facts/digest.ts'
import { type FactsOf, readFacts } from './facts/reading.ts'
import { type FactName, factSet } from './facts/sets.ts'
import { namesOf } from './facts/statements.ts'
import { FAMILIES, type Family, keeps, keyOf } from './families.ts'
import { type DatabaseGrants, readDatabaseGrants } from './grants-given.ts'
import { fingerprintOf } from './scopes.ts'
import { TextCount, unseenParts } from './unseen.ts'

const PAGE = 500
/** A family of no more than these is read at once. */
const WHOLE_PAGE = 750
const WHOLE_FACTS: readonly FactName[] = ['schema', ...FAMILIES.flatMap(({ whole }) => whole)]

/**
 * The items of a database with their records, a page in one round trip. In MySQL all of it is of one moment; in MariaDB
 * each statement is: what changed in between shows in the fingerprint of what was read, which `settled` is told.
 */
export async function* listItems(
  reader: Reader,
  settings: Settings,
  scope: Scope,
  settled: (fingerprint: string) => void,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const { session, server } = reader
  const database = scope.name
  if (server.snapshots) await session.run('start transaction with consistent snapshot, read only')
  const given = await readDatabaseGrants(reader)
  const digest = new Digest()
  const texts = new TextCount()
  const whole = await readFacts(reader, WHOLE_FACTS, database, { keeps: keeps(settings), digest })
  yield [databaseItem(database, whole.of(''), given)]
  for (const [family, listed] of await readNames(reader, database)) {
    const all = [...new Set(listed.map(({ name }) => name))]
    const kept = all.filter((name) => keeps(settings)(family.list, name))
    const gapless = kept.length === all.length
    const isOnePage = gapless && all.length <= WHOLE_PAGE
    for (const names of pagesOf(kept, isOnePage ? WHOLE_PAGE : PAGE)) {
      const asked = new Set(names)
      // The server is quickest where no object is named.
      const objects = isOnePage ? {} : { objects: { names, gapless } }
      const selection = { ...objects, keeps: (_: FactName, object: string) => asked.has(object), digest }
      const facts = await readFacts(reader, family.facts, database, selection)
      const items = names.flatMap((name) => toItems(family, name, facts.of(name, whole), reader, database))
      for (const { records = [] } of items) for (const record of records) texts.add(record)
      yield items
    }
  }
  if (server.snapshots) await session.run('commit')
  settled(fingerprintOf(digest, database, server, given))
  const notes = unseenParts(server, [database], texts)
  return { listing: 'complete', visibility: visibilityOf(reader, database), notes }
}

/** Tables that could not be read when they were listed are tried once more: a lock may have gone, damage has not. */
export async function* describeItems(
  reader: Reader,
  { name: database }: Scope,
  items: readonly ItemRef[],
): AsyncGenerator<readonly Described[], void, void> {
  const [family] = FAMILIES
  if (family === undefined) return
  for (const page of pagesOf(items, PAGE)) {
    const names = page.map(({ key }) => keyPath(key)?.[1] ?? '')
    const facts = await readFacts(reader, [...family.facts, ...family.whole], database, {
      objects: { names, gapless: false },
      keeps: (_, object) => names.includes(object),
    })
    yield page.flatMap(({ key }, at): Described[] => {
      const of = facts.of(names[at] ?? '')
      const trouble = troubleOf(of)
      if (trouble !== undefined)
        return [{ key, error: new IngestError('data_integrity', `the server cannot read it: ${trouble}`) }]
      const records = family.records(names[at] ?? '', of, { database, server: reader.server })
      return records.length === 0 ? [] : [{ key, records }]
    })
  }
}

/** Every table, view, routine and so on of a database, with what the filter says of it. */
export async function* explainFilters(
  reader: Reader,
  { tables }: Settings,
  { name: database }: Scope,
): AsyncGenerator<readonly ObjectVerdict[], void, void> {
  for (const [family, listed] of await readNames(reader, database)) {
    for (const page of pagesOf(listed, PAGE)) {
      yield page.map(({ name, type }) => {
        const kind = family.kind(type)
        const { kept, rule } = family.filtered ? judgeName(tables, name) : { kept: true }
        return {
          key: keyOf(kind, database, name),
          kind,
          kept,
          ...(rule === undefined ? {} : { rule: `tables: ${rule}` }),
        }
      })
    }
  }
}

function databaseItem(database: string, facts: FactsOf, given: DatabaseGrants): InventoryItem {
  if (facts('schema').length === 0) throw new IngestError('not_found', `there is no database ${database} any more`)
  return itemWithRecords({ key: nameKey([database]), records: [toDatabase(database, facts, given)] })
}

function toItems(family: Family, name: string, facts: FactsOf, { server }: Reader, database: string): InventoryItem[] {
  const trouble = troubleOf(facts)
  if (trouble !== undefined) return [{ key: keyOf('table', database, name), fingerprint: `unreadable: ${trouble}` }]
  const records = family.records(name, facts, { database, server })
  return records.map((record) => itemWithRecords({ key: keyOf(record.kind, database, name), records: [record] }))
}

/** Where MariaDB cannot open a table, the row has neither engine nor format, and the reason for a comment. */
function troubleOf(facts: FactsOf): string | undefined {
  const [row] = facts('relation')
  const isBroken = row?.tableType === 'BASE TABLE' && row.engine === null && row.tableComment
  return isBroken ? String(row.tableComment) : undefined
}

interface Named {
  readonly name: string
  readonly type: string
}

/** What each family has in a database, in the order in which the server compares names. */
async function readNames(
  { session, server }: Reader,
  database: string,
): Promise<readonly (readonly [Family, readonly Named[]])[]> {
  const listed = FAMILIES.flatMap((family) => {
    const set = factSet(family.list, server)
    return set === undefined ? [] : [{ family, statement: namesOf(set, server, database, family.type) }]
  })
  const results = await session.run(...listed.map(({ statement }) => statement))
  return listed.map(({ family }, at) => {
    const rows = results[at] ?? []
    return [family, rows.map(({ name, type }) => ({ name: String(name), type: String(type ?? '') }))]
  })
}

/** What this account may see of the database: its rights, not those of others. */
function visibilityOf({ server }: Reader, database: string): string {
  return createHash('sha256')
    .update(`${server.account}\n${server.grants.digest(database)}`)
    .digest('hex')
}

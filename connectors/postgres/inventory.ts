import { type InventoryItem, type InventoryVerdict, whyLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { SCHEMAS } from './families/container.ts'
import { nativeIdOf, type ObjectRow, type Place, type Selection } from './families/family.ts'
import { FAMILIES, familyOf, keyOf } from './families/index.ts'
import { nameCondition } from './filter.ts'
import { PLACE } from './queries/shared.sql.ts'
import { readSalt } from './salt.ts'
import { readServer, type Server } from './server.ts'
import type { Session } from './session.ts'

const PAGE = 1000

export interface StampRow extends ObjectRow {
  readonly fingerprint: string
}

interface ItemRow extends StampRow {
  readonly family: string
}

/** An item's fingerprint. The record holds the object's own id: a swap of two like tables must move both. */
export function stampOf(salt: string, { oid, fingerprint }: StampRow): string {
  return `${salt}.${oid}.${fingerprint}`
}

/** The items of a database, all of one snapshot, read through a cursor so that memory does not grow with them. */
export async function* listItems(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  await session.begin()
  const salt = await readSalt(session)
  const server = await readServer(session)
  const { place, schemas } = await readCrawled(session, settings)
  const relations = nameCondition(settings.tables, 'c.relname')
  for await (const page of fetchAll(session, allStamps({ schemas, relations }, server))) {
    yield page.flatMap((row) => (isKept(row, settings) ? toItem(row, place, salt) : []))
  }
  await session.commit()
  return { listing: 'complete' }
}

/** Where we are, and the ids of the schemas that the filter keeps, joined by commas. */
export async function readCrawled(
  session: Session,
  settings: Settings,
): Promise<{ readonly place: Place; readonly schemas: string }> {
  const [[place] = [], schemas = []] = (await session.run(`${PLACE};${SCHEMAS}`)) as unknown as [
    Place[],
    { readonly oid: string; readonly name: string }[],
  ]
  if (place === undefined) throw new Error('a session is always in a database')
  const kept = schemas.filter(({ name }) => whyLeftOut(settings.schemas, name) === undefined)
  return { place, schemas: kept.map(({ oid }) => oid).join() }
}

function allStamps(selection: Selection, server: Server): string {
  return FAMILIES.map(
    (family) => `select '${family.prefix}' as family, item.* from (${family.stamps(selection, server)}) item`,
  ).join(' union all ')
}

/** The server applied the filter already, but in a UTF-8 database only. */
function isKept({ family, name }: ItemRow, settings: Settings): boolean {
  return family !== 'rel' || whyLeftOut(settings.tables, name) === undefined
}

function toItem(row: ItemRow, place: Place, salt: string): InventoryItem[] {
  const family = familyOf(row.family)
  if (family === undefined) return []
  const nativeId = nativeIdOf(family, row.oid, place)
  return [{ key: keyOf(family, row, place.database), nativeId, fingerprint: stampOf(salt, row) }]
}

async function* fetchAll(session: Session, query: string): AsyncGenerator<readonly ItemRow[], void, void> {
  await session.run(`declare item no scroll cursor for ${query}`)
  while (true) {
    const [rows = []] = (await session.run(`fetch ${PAGE} from item`)) as unknown as [ItemRow[]]
    if (rows.length > 0) yield rows
    if (rows.length < PAGE) return
  }
}

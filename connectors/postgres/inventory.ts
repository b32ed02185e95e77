import { type InventoryItem, type InventoryVerdict, nameKey, whyLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { nameCondition } from './filter.ts'
import { CONTAINERS, fingerprintsInSchemas } from './queries/fingerprint.sql.ts'
import { readSalt } from './salt.ts'
import type { Session } from './session.ts'

const PAGE = 1000

export interface FingerprintRow {
  readonly oid: string
  readonly fingerprint: string
}

export interface ContainerRow extends FingerprintRow {
  readonly database: string
  /** Null in the row of the database itself. */
  readonly schema: string | null
}

interface RelationItemRow extends FingerprintRow {
  readonly schema: string
  readonly name: string
}

/** An item's fingerprint. The record holds the object's own id: a swap of two like tables must move both. */
export function stampOf(salt: string, { oid, fingerprint }: FingerprintRow): string {
  return `${salt}.${oid}.${fingerprint}`
}

/** The items of a database, all of one snapshot, read through a cursor so that memory does not grow with them. */
export async function* listItems(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  await session.begin()
  const salt = await readSalt(session)
  const [rows = []] = (await session.run(CONTAINERS)) as unknown as [ContainerRow[]]
  const containers = rows.filter(({ schema }) => schema === null || whyLeftOut(settings.schemas, schema) === undefined)
  const database = rows.find(({ schema }) => schema === null)
  if (database === undefined) return { listing: 'complete' }
  yield containers.map((row) => ({
    key: row.schema === null ? nameKey([database.database]) : nameKey([database.database, row.schema]),
    nativeId: row.schema === null ? `db:${row.oid}` : `ns:${database.oid}.${row.oid}`,
    fingerprint: stampOf(salt, row),
  }))
  const schemas = containers.filter(({ schema }) => schema !== null).map(({ oid }) => oid)
  for await (const page of fetchAll(
    session,
    fingerprintsInSchemas(schemas.join(), nameCondition(settings.tables, 'c.relname')),
  )) {
    const kept = page.filter(({ name }) => whyLeftOut(settings.tables, name) === undefined)
    yield kept.map((row) => ({
      key: nameKey([database.database, row.schema, row.name]),
      nativeId: `rel:${database.oid}.${row.oid}`,
      fingerprint: stampOf(salt, row),
    }))
  }
  await session.commit()
  return { listing: 'complete' }
}

async function* fetchAll(session: Session, query: string): AsyncGenerator<readonly RelationItemRow[], void, void> {
  await session.run(`declare item no scroll cursor for ${query}`)
  while (true) {
    const [rows = []] = (await session.run(`fetch ${PAGE} from item`)) as unknown as [RelationItemRow[]]
    if (rows.length > 0) yield rows
    if (rows.length < PAGE) return
  }
}

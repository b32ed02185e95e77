import { type InventoryItem, type InventoryVerdict, nameKey, whyLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { CONTAINERS, relationFingerprints } from './queries/fingerprint.sql.ts'
import { readSalt } from './salt.ts'
import type { Session } from './session.ts'

const PAGE = 1000

interface ContainerRow {
  readonly oid: string
  readonly database: string
  readonly schema: string | null
  readonly fingerprint: string
}

interface RelationItemRow {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly fingerprint: string
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
  // The record holds the object's own id: a swap of two like tables must move both.
  const stamp = (oid: string, fingerprint: string) => `${salt}.${oid}.${fingerprint}`
  yield containers.map(({ oid, schema, fingerprint }) => ({
    key: schema === null ? nameKey([database.database]) : nameKey([database.database, schema]),
    nativeId: schema === null ? `db:${oid}` : `ns:${database.oid}.${oid}`,
    fingerprint: stamp(oid, fingerprint),
  }))
  const schemas = containers.filter(({ schema }) => schema !== null).map(({ oid }) => oid)
  for await (const page of fetchAll(session, relationFingerprints(schemas.join()))) {
    yield page.map(({ oid, schema, name, fingerprint }) => ({
      key: nameKey([database.database, schema, name]),
      nativeId: `rel:${database.oid}.${oid}`,
      fingerprint: stamp(oid, fingerprint),
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

import { type AssetRecord, type Described, type ItemRef, nameKey, pagesOf } from '../kit/index.ts'
import { sqlStateOf } from './errors.ts'
import { type ContainerRow, type FingerprintRow, stampOf } from './inventory.ts'
import { BY_INDEX, blockedOf, DATABASE, relationsOf, schemasOf, typeNamesOf, typesOf } from './queries/describe.sql.ts'
import { CONTAINERS, fingerprintsOf } from './queries/fingerprint.sql.ts'
import { optional, type Place, type RelationRow, relationRecord, type TypeBook } from './records.ts'
import { readSalt } from './salt.ts'
import type { Session } from './session.ts'
import type { TypeRow } from './types.ts'

const PAGE = 500
const LOCK_NOT_AVAILABLE = '55P03'
/** Locks may come and go while we read; past this many tries what is left of the page fails. */
const LOCK_ROUNDS = 3

interface DatabaseRow {
  readonly oid: string
  readonly name: string
  readonly owner: string | null
  readonly comment: string | null
  readonly encoding: string
  readonly collate: string
  readonly ctype: string
  readonly tablespace: string | null
}

interface SchemaRow {
  readonly oid: string
  readonly name: string
  readonly owner: string | null
  readonly comment: string | null
}

interface Target {
  readonly key: string
  readonly kind: string
  readonly oid: string
}

/**
 * Describes items page by page: one snapshot each and a fixed number of round trips, however many items it holds. The
 * server already reads the next page while the consumer has the last one. The fingerprints are read in the snapshot of
 * the records: a change that came after the listing and is taken back later would leave no other trace.
 */
export async function* describeItems(
  session: Session,
  items: readonly ItemRef[],
): AsyncGenerator<readonly Described[], void, void> {
  const pages = pagesOf(items.flatMap(toTarget), PAGE)
  const readNext = (): Promise<readonly Described[]> | undefined => {
    const { value } = pages.next()
    const reading = value === undefined ? undefined : describePage(session, value)
    // Awaited in the next turn; a consumer that stops before then must not leave a rejection behind.
    reading?.catch(() => undefined)
    return reading
  }
  for (let reading = readNext(); reading !== undefined; ) {
    const page = await reading
    reading = readNext()
    yield page
  }
}

/** `rel:<database>.<oid>`, `ns:<database>.<oid>`, `db:<oid>`; anything else is not ours and has no entry. */
function toTarget({ key, nativeId }: ItemRef): Target[] {
  const match = /^(rel|ns|db):(?:\d+\.)?(\d+)$/.exec(nativeId ?? '')
  return match === null ? [] : [{ key, kind: match[1] ?? '', oid: match[2] ?? '' }]
}

/**
 * The definition functions lock what they read, so one table under ALTER can fail a whole page. Then those that are
 * locked become errors at once and the rest is read again; any other failure is narrowed down by halving.
 */
async function describePage(session: Session, page: readonly Target[]): Promise<readonly Described[]> {
  const failed: Described[] = []
  let rest = page
  for (let round = 1; rest.length > 0; round += 1) {
    try {
      return [...failed, ...(await readPage(session, rest))]
    } catch (error) {
      await session.rollback()
      if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) return [...failed, ...(await halve(session, rest, error))]
      const blocked = round < LOCK_ROUNDS ? await readBlocked(session, rest) : new Set(rest.map(({ oid }) => oid))
      const isBlocked = ({ kind, oid }: Target) => (kind === 'rel' || round >= LOCK_ROUNDS) && blocked.has(oid)
      failed.push(...rest.filter(isBlocked).map(({ key }) => ({ key, error })))
      rest = rest.filter((target) => !isBlocked(target))
    }
  }
  return failed
}

/** Errors of the connection or of the whole session are thrown on; those of an object stay with its item. */
async function halve(session: Session, page: readonly Target[], error: unknown): Promise<readonly Described[]> {
  const state = sqlStateOf(error)
  const objectRelated = state !== undefined && /^(XX|22|0A|54|42P01|42704|42883)/.test(state)
  if (!objectRelated) throw error
  const [only] = page
  if (page.length === 1 && only !== undefined) return [{ key: only.key, error }]
  const middle = Math.ceil(page.length / 2)
  return [...(await describePage(session, page.slice(0, middle))), ...(await describePage(session, page.slice(middle)))]
}

async function readBlocked(session: Session, page: readonly Target[]): Promise<ReadonlySet<string>> {
  await session.begin()
  const [rows = []] = await session.run(blockedOf(oidsOf(page, 'rel')))
  await session.commit()
  return new Set(rows.map(({ oid }) => String(oid)))
}

async function readPage(session: Session, page: readonly Target[]): Promise<readonly Described[]> {
  const relations = oidsOf(page, 'rel')
  await session.begin()
  const salt = await readSalt(session)
  const [, ...answers] = await session.run(
    [
      BY_INDEX,
      CONTAINERS,
      fingerprintsOf(relations),
      DATABASE,
      schemasOf(oidsOf(page, 'ns')),
      typeNamesOf(relations),
      typesOf(relations),
      relationsOf(relations),
    ].join(';'),
  )
  await session.commit()
  // The rows are as the queries select them, in their order.
  const [containers, stamps, databases, schemas, names, types, rows] = answers as unknown as readonly [
    ContainerRow[],
    FingerprintRow[],
    DatabaseRow[],
    SchemaRow[],
    { key: string; name: string }[],
    TypeRow[],
    RelationRow[],
  ]
  const [database] = databases
  if (database === undefined) return []
  const place: Place = { database: database.name, databaseOid: database.oid }
  const book: TypeBook = {
    names: new Map(names.map(({ key, name }) => [key, name])),
    types: new Map(types.map((type) => [type.oid, type])),
  }
  const records = new Map<string, AssetRecord>([
    [`db:${database.oid}`, databaseRecord(database)],
    ...schemas.map((row) => [`ns:${row.oid}`, schemaRecord(row, place)] as const),
    ...rows.map((row) => [`rel:${row.oid}`, relationRecord(row, book, place)] as const),
  ])
  const fingerprints = new Map([
    ...containers.map((row) => [row.schema === null ? `db:${row.oid}` : `ns:${row.oid}`, stampOf(salt, row)] as const),
    ...stamps.map((row) => [`rel:${row.oid}`, stampOf(salt, row)] as const),
  ])
  return page.flatMap(({ key, kind, oid }): Described[] => {
    const record = records.get(`${kind}:${oid}`)
    const fingerprint = fingerprints.get(`${kind}:${oid}`)
    return record === undefined || nameKey(record.path) !== key
      ? []
      : [{ key, records: [record], ...optional('fingerprint', fingerprint) }]
  })
}

function databaseRecord(row: DatabaseRow): AssetRecord {
  const { encoding, collate, ctype } = row
  return {
    kind: 'database',
    path: [row.name],
    nativeId: `db:${row.oid}`,
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    properties: { encoding, collate, ctype, ...optional('tablespace', row.tablespace) },
  }
}

function schemaRecord(row: SchemaRow, place: Place): AssetRecord {
  return {
    kind: 'schema',
    path: [place.database, row.name],
    parent: { group: 'container', path: [place.database] },
    nativeId: `ns:${place.databaseOid}.${row.oid}`,
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
  }
}

function oidsOf(page: readonly Target[], kind: string): string {
  return page
    .filter((target) => target.kind === kind)
    .map(({ oid }) => oid)
    .join()
}

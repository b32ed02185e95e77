import { type AssetRecord, type Described, type ItemRef, optional, pagesOf } from '../kit/index.ts'
import { sqlStateOf } from './errors.ts'
import { type Family, nativeIdOf, type ObjectRow, type Place, type TypeBook } from './families/family.ts'
import { keyOf, readNativeId } from './families/index.ts'
import { type StampRow, stampOf } from './inventory.ts'
import { BY_INDEX, blockedOf, columnOwners, typeNamesOf, typesOf } from './queries/describe.sql.ts'
import { PLACE } from './queries/shared.sql.ts'
import { readSalt } from './salt.ts'
import { readServer, type Server } from './server.ts'
import type { Session } from './session.ts'
import type { TypeRow } from './types.ts'

const PAGE = 500
const LOCK_NOT_AVAILABLE = '55P03'
/** Locks may come and go while we read; past this many tries what is left of the page fails. */
const LOCK_ROUNDS = 3

interface Target {
  readonly key: string
  readonly family: Family
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

/** Anything whose id is not ours has no entry. */
function toTarget({ key, nativeId }: ItemRef): Target[] {
  const found = readNativeId(nativeId)
  return found === undefined ? [] : [{ key, ...found }]
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
      const blocked = round < LOCK_ROUNDS ? await readBlocked(session, rest) : new Set(rest.map(idOf))
      failed.push(...rest.filter((target) => blocked.has(idOf(target))).map(({ key }) => ({ key, error })))
      rest = rest.filter((target) => !blocked.has(idOf(target)))
    }
  }
  return failed
}

/** Errors of the connection or of the whole session are thrown on; those of an object stay with its item. */
async function halve(session: Session, page: readonly Target[], error: unknown): Promise<readonly Described[]> {
  const state = sqlStateOf(error)
  const objectRelated = state !== undefined && /^(XX|22|0A|54|58P01|42P01|42704|42883)/.test(state)
  if (!objectRelated) throw error
  const [only] = page
  if (page.length === 1 && only !== undefined) return [{ key: only.key, error }]
  const middle = Math.ceil(page.length / 2)
  return [...(await describePage(session, page.slice(0, middle))), ...(await describePage(session, page.slice(middle)))]
}

async function readBlocked(session: Session, page: readonly Target[]): Promise<ReadonlySet<string>> {
  await session.begin()
  const [rows = []] = await session.run(
    blockedOf({ relations: oidsOf(page, 'rel'), routines: oidsOf(page, 'fn'), publications: oidsOf(page, 'pub') }),
  )
  await session.commit()
  return new Set(rows.map(({ id }) => String(id)))
}

async function readPage(session: Session, page: readonly Target[]): Promise<readonly Described[]> {
  const families = [...new Set(page.map(({ family }) => family))]
  await session.begin()
  const salt = await readSalt(session)
  const server = await readServer(session)
  const [, [place] = [], names = [], types = [], ...answers] = await session.run(statementsOf(page, families, server))
  await session.commit()
  if (place === undefined) return []
  // The rows are as the queries select them, in their order.
  const at = place as unknown as Place
  const book = toBook(names as unknown as TypeNameRow[], types as unknown as TypeRow[])
  const described = new Map<string, Described>()
  for (const [index, family] of families.entries()) {
    const [stamps, rows] = answers.slice(index * 2) as unknown as [StampRow[], ObjectRow[]]
    const fingerprints = new Map(stamps.map((row) => [row.oid, stampOf(salt, row)]))
    for (const row of rows) {
      const record: AssetRecord = { ...family.record(row, at, book), nativeId: nativeIdOf(family, row.oid, at) }
      described.set(idOf({ family, oid: row.oid }), {
        key: keyOf(family, row, at.database),
        records: [record],
        ...optional('fingerprint', fingerprints.get(row.oid)),
      })
    }
  }
  return page.flatMap((target): Described[] => {
    const found = described.get(idOf(target))
    return found?.key === target.key ? [found] : []
  })
}

/** One message, so that a page is one round trip however many families it holds. */
function statementsOf(page: readonly Target[], families: readonly Family[], server: Server): string {
  const owners = columnOwners(oidsOf(page, 'rel'), oidsOf(page, 'type'))
  return [
    BY_INDEX,
    PLACE,
    typeNamesOf(owners),
    typesOf(owners),
    ...families.flatMap((family) => {
      const oids = oidsOf(page, family.prefix)
      return [family.stamps({ oids }, server), family.rows(oids, server)]
    }),
  ].join(';')
}

interface TypeNameRow {
  readonly key: string
  readonly name: string
}

function toBook(names: readonly TypeNameRow[], types: readonly TypeRow[]): TypeBook {
  return {
    names: new Map(names.map(({ key, name }) => [key, name])),
    types: new Map(types.map((type) => [type.oid, type])),
  }
}

function idOf({ family, oid }: Pick<Target, 'family' | 'oid'>): string {
  return `${family.prefix}:${oid}`
}

function oidsOf(page: readonly Target[], prefix: string): string {
  return page
    .filter(({ family }) => family.prefix === prefix)
    .map(({ oid }) => oid)
    .join()
}

import { type AssetStatistics, type AssetUsage, whyLeftOut } from '../kit/index.ts'
import type { Settings } from './config.ts'
import { sqlStateOf } from './errors.ts'
import { nameCondition } from './filter.ts'
import { readCrawled } from './inventory.ts'
import { COUNTING, estimatedNumbersOf, exactNumbersOf, storedRelations, usageOf } from './queries/statistics.sql.ts'
import type { Row, Session } from './session.ts'

const PAGE = 500
const LOCK_NOT_AVAILABLE = '55P03'

/** Rows as the planner estimates them, and bytes on disk. A page whose sizes wait for a lock has them estimated too. */
export async function* readStatistics(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly AssetStatistics[], void, void> {
  for await (const { database, oids } of relationPages(session, settings)) {
    const rows = await readNumbers(session, oids)
    yield rows.map((row) => ({
      group: 'relation',
      path: [database, String(row.schema), String(row.name)],
      ...number('rowCount', row.rows),
      ...number('bytes', row.bytes),
    }))
  }
}

async function readNumbers(session: Session, oids: string): Promise<readonly Row[]> {
  try {
    const [, rows = []] = await session.run(`savepoint numbers; ${exactNumbersOf(oids)}; release numbers`)
    return rows
  } catch (error) {
    if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error
    const [, rows = []] = await session.run(`rollback to numbers; ${estimatedNumbersOf(oids)}; release numbers`)
    return rows
  }
}

/** Scans and writes as the server has counted them since its counters were last reset. */
export async function* readUsage(
  session: Session,
  settings: Settings,
): AsyncGenerator<readonly AssetUsage[], void, void> {
  const counting = await readCounting(session)
  if (counting === undefined) return
  const { timed, since } = counting
  for await (const { database, oids } of relationPages(session, settings)) {
    const [rows = []] = await session.run(usageOf(oids, timed))
    yield rows.map((row) => ({
      group: 'relation',
      path: [database, String(row.schema), String(row.name)],
      ...number('reads', row.reads),
      ...number('writes', row.writes),
      ...time('lastReadAt', row.readAt),
      ...time('since', since),
    }))
  }
}

/** Undefined where `track_counts` is off: the counters stand at zero then, and say nothing. */
async function readCounting(session: Session): Promise<{ timed: boolean; since: unknown } | undefined> {
  await session.begin()
  const [[row] = []] = await session.run(COUNTING)
  await session.commit()
  return row?.counting === true ? { timed: row.timed === true, since: row.since } : undefined
}

/** The crawled relations that hold rows, a page of oids at a time, inside a transaction that ends with the last. */
async function* relationPages(
  session: Session,
  settings: Settings,
): AsyncGenerator<{ readonly database: string; readonly oids: string }, void, void> {
  await session.begin()
  const { place, schemas } = await readCrawled(session, settings)
  const query = storedRelations(schemas, nameCondition(settings.tables, 'c.relname'))
  await session.run(`declare relation no scroll cursor for ${query}`)
  while (true) {
    const [rows = []] = await session.run(`fetch ${PAGE} from relation`)
    const kept = rows.filter(({ name }) => whyLeftOut(settings.tables, String(name)) === undefined)
    if (kept.length > 0) yield { database: place.database, oids: kept.map(({ oid }) => String(oid)).join() }
    if (rows.length < PAGE) break
  }
  await session.commit()
}

function number<K extends string>(key: K, value: unknown): { readonly [key in K]?: number } {
  // A computed key is typed as any text; this one is `key`.
  return value === null || value === undefined ? {} : ({ [key]: Number(value) } as { [key in K]: number })
}

function time<K extends string>(key: K, value: unknown): { readonly [key in K]?: Date } {
  return value instanceof Date ? ({ [key]: value } as { [key in K]: Date }) : {}
}

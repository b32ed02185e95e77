import { IngestError, type LoggedQuery, type QueryLogVerdict, quoteIdentifier } from '../kit/index.ts'
import { sqlStateOf } from './errors.ts'
import { PREVIEW_MARK } from './queries/preview.sql.ts'
import { FIND_EXTENSION, loggedStatements } from './queries/query-log.sql.ts'
import type { Row, Session } from './session.ts'

const PAGE = 200
const NOT_IN_PREREQUISITE_STATE = '55000'
const INSUFFICIENT_PRIVILEGE = '42501'

/** Calls of each statement at the last reading, by its id; what pg_stat_statements has of a past. */
type Watermark = Readonly<Record<string, number>>

/**
 * The statements that pg_stat_statements has counted in this database since the last reading. Only those that move data
 * or read tables: others tell nothing of lineage, and `ALTER ROLE … PASSWORD` would tell a secret.
 */
export async function* readQueryLog(
  session: Session,
  watermark: string | undefined,
): AsyncGenerator<readonly LoggedQuery[], QueryLogVerdict, void> {
  const before = parseWatermark(watermark)
  const now: Record<string, number> = {}
  let hidden = 0
  await session.begin()
  for (let rows = await openLog(session); ; rows = await fetchPage(session)) {
    const page: LoggedQuery[] = []
    for (const row of rows) {
      if (row.id === null) hidden += 1
      else if (isOfInterest(String(row.query), row.ours === true)) {
        const id = String(row.id)
        now[id] = Number(row.calls)
        const calls = callsSince(before[id], now[id])
        if (calls > 0) page.push(toQuery(row, calls, session.database))
      }
    }
    if (page.length > 0) yield page
    if (rows.length < PAGE) break
  }
  await session.commit()
  return { watermark: JSON.stringify(now), ...(hidden === 0 ? {} : { error: hiddenStatements(session, hidden) }) }
}

/** The first page; whether there is a log shows when it is read. */
async function openLog(session: Session): Promise<readonly Row[]> {
  const [[extension] = []] = await session.run(FIND_EXTENSION)
  if (extension === undefined) throw noLog(session)
  const { schema, version } = extension
  try {
    await session.run(`declare statement no scroll cursor for ${loggedStatements(String(schema), String(version))}`)
    return await fetchPage(session)
  } catch (error) {
    const state = sqlStateOf(error)
    if (state === NOT_IN_PREREQUISITE_STATE) throw noLog(session)
    if (state !== INSUFFICIENT_PRIVILEGE) throw error
    throw new IngestError('permission', `the log of statements in ${session.database} is not for this role to read`, {
      hint: `GRANT USAGE ON SCHEMA ${quoteIdentifier(String(schema))} TO the role of the source;`,
      cause: error,
    })
  }
}

async function fetchPage(session: Session): Promise<readonly Row[]> {
  const [rows = []] = await session.run(`fetch ${PAGE} from statement`)
  return rows
}

function toQuery(row: Row, calls: number, database: string): LoggedQuery {
  return {
    text: String(row.query),
    calls,
    database,
    ...(typeof row.user === 'string' ? { user: row.user } : {}),
    ...(row.meanMs === null ? {} : { meanMs: Number(row.meanMs) }),
  }
}

/** Counters begin anew when they are reset, or the statement was evicted meanwhile. */
function callsSince(before: number | undefined, now: number): number {
  return before === undefined || now < before ? now : now - before
}

function parseWatermark(text: string | undefined): Watermark {
  if (text === undefined) return {}
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Watermark) : {}
  } catch {
    return {}
  }
}

const LEADING_COMMENTS = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/
const MOVES_DATA =
  /^(?:with|select|table|insert|update|delete|merge|copy(?![\s\S]*\bprogram\b)|refresh\s+materialized|create\s+(?:or\s+replace\s+)?(?:(?:global|local)\s+)?(?:temp|temporary|unlogged|recursive|materialized)?\s*(?:table|view))\b/i
const READS_TABLE = /\b(?:from|into|update|join|table|copy)\b/i
const READS_CATALOGUE = /\b(?:pg_[a-z]\w*|information_schema)\b/i

/**
 * Whether a statement may tell of lineage. pg_stat_statements knows no application names: of the statements of our own
 * role, those that read the server's catalogue are taken for ours; previews carry a mark.
 */
export function isOfInterest(text: string, ours: boolean): boolean {
  const statement = text.replace(LEADING_COMMENTS, '')
  if (!MOVES_DATA.test(statement) || !READS_TABLE.test(statement) || statement.includes(PREVIEW_MARK)) return false
  return !(ours && READS_CATALOGUE.test(statement))
}

function noLog({ database }: Session): IngestError {
  return new IngestError('unsupported', `${database} keeps no log of statements`, {
    hint: 'Add pg_stat_statements to shared_preload_libraries, restart the server, then run in the database: CREATE EXTENSION pg_stat_statements;',
  })
}

function hiddenStatements({ database }: Session, count: number): IngestError {
  return new IngestError('permission', `${count} statements of other roles in ${database} are not shown to this one`, {
    hint: 'GRANT pg_read_all_stats TO the role of the source;',
  })
}

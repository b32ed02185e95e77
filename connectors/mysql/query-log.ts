import { IngestError, type LoggedQuery, type QueryLogVerdict, type Scope } from '../kit/index.ts'
import type { Reader } from './connection.ts'
import { PREVIEW_MARK } from './preview.ts'
import type { Row } from './session.ts'
import { readPerformanceSchema, requirePerformanceSchema } from './statistics.ts'
import { isSystemDatabase, literal } from './text.ts'

const PAGE = 500

/** Runs of each statement at the last reading, by its digest. */
type Watermark = Readonly<Record<string, number>>

/**
 * The statements that ran in this database since the last reading: as digests, with their constants taken out. One that
 * ran without a current database belongs to the first that it names. The server keeps no users with them; of Tidemark's
 * own statements none reads anything but the catalogue, and previews carry a mark.
 * https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-digests.html
 */
export async function* readQueryLog(
  reader: Reader,
  { name: database }: Scope,
  watermark: string | undefined,
): AsyncGenerator<readonly LoggedQuery[], QueryLogVerdict, void> {
  requirePerformanceSchema(reader)
  const before = parseWatermark(watermark)
  const now: Record<string, number> = {}
  let cut = 0
  for (let after = ''; ; ) {
    const [rows = []] = await readPerformanceSchema(reader, digestsOf(database, after))
    const page: LoggedQuery[] = []
    for (const row of rows) {
      const text = String(row.text)
      if (!isOfInterest(text) || !isAt(database, row)) continue
      const id = String(row.id)
      now[id] = Number(row.calls)
      const calls = callsSince(before[id], now[id])
      if (calls === 0) continue
      if (text.endsWith('...')) cut += 1
      else page.push(toQuery(row, calls, database))
    }
    if (page.length > 0) yield page
    if (rows.length < PAGE) break
    after = String(rows.at(-1)?.id)
  }
  return { watermark: JSON.stringify(now), ...(cut === 0 ? {} : { error: cutStatements(database, cut) }) }
}

const digestsOf = (database: string, after: string) => `
  select digest as id, digest_text as text, schema_name as db, sum(count_star) as calls,
    sum(sum_timer_wait) / sum(count_star) / 1000000000 as meanMs, cast(max(last_seen) as char) as at
  from performance_schema.events_statements_summary_by_digest
  where digest is not null and digest_text is not null and count_star > 0
    and (schema_name = ${literal(database)} or schema_name is null) and digest > ${literal(after)}
  group by digest, digest_text, schema_name order by digest limit ${PAGE}`

function isAt(database: string, { db, text }: Row): boolean {
  if (db !== null) return db === database
  const [, first] = /`((?:[^`]|``)+)` \. `/.exec(String(text)) ?? []
  return first?.replaceAll('``', '`') === database
}

function toQuery(row: Row, calls: number, database: string): LoggedQuery {
  const at = new Date(`${String(row.at).replace(' ', 'T')}Z`)
  return {
    text: readable(String(row.text)),
    calls,
    ...(row.db === null ? {} : { database }),
    ...(row.meanMs === null ? {} : { meanMs: Number(row.meanMs) }),
    ...(Number.isNaN(at.getTime()) ? {} : { at }),
  }
}

/**
 * A digest as a statement that can be read: of a list of values `(...)` is left, and where generated columns are computed
 * MySQL 8.0 adds the expression as it has parsed it.
 */
function readable(digest: string): string {
  return digest
    .replace(/ \(unknown\) `parse_gcol_expr`[\s\S]*$/, '')
    .replaceAll(/`(?:[^`]|``)*`|\( *\.\.\. *\)/g, (part) => (part.startsWith('`') ? part : '(?)'))
}

/** Counters begin anew when they are truncated, or the server restarts. */
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

const MOVES_DATA =
  /^\(*\s*(?:with|select|table|insert|replace|update|delete|create\s+(?:or\s+replace\s+)?(?:temporary\s+)?table|create\s+[\s\S]*\bview)\b/i
const NAMED = /`((?:[^`]|``)+)` \. `/g

/** Statements that read or move rows of somebody's tables: an account's own, such as CREATE USER, may tell a secret. */
function isOfInterest(text: string): boolean {
  if (!MOVES_DATA.test(text) || !/\b(?:from|into|update|join|table|view)\b/i.test(text)) return false
  if (text.includes(PREVIEW_MARK)) return false
  const databases = [...text.matchAll(NAMED)].map(([, name = '']) => name)
  return databases.length === 0 || !databases.every(isSystemDatabase)
}

function cutStatements(database: string, count: number): IngestError {
  return new IngestError('unsupported', `${count} statements of ${database} are longer than the server keeps them`, {
    hint: 'Raise performance_schema_max_digest_length and max_digest_length at the server, and restart it.',
  })
}

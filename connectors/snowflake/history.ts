import { parseDisplayName } from '../../model/names.ts'
import { type AssetUsage, IngestError, type LoggedQuery, type QueryLogVerdict } from '../kit/index.ts'
import type { SnowflakeConfig } from './config.ts'
import { isHidden } from './errors.ts'
import type { Row, Session } from './session.ts'

export const DAY_SECONDS = 86_400
/** QUERY_HISTORY is up to 45 minutes late, ACCESS_HISTORY up to three hours; what came late is read the next time. */
const QUERY_LAG_SECONDS = 45 * 60

/** Statements that move data: others tell nothing of lineage. https://docs.snowflake.com/en/sql-reference/account-usage/query_history */
const MOVING = `'INSERT', 'MERGE', 'UPDATE', 'CREATE_TABLE_AS_SELECT', 'COPY', 'MULTI_TABLE_INSERT', 'CREATE_VIEW', 'REPLACE_VIEW', 'UNLOAD'`

const NO_HISTORY =
  'GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE …; GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE …;'

/** What a database's objects were read for, by ACCESS_HISTORY (Enterprise Edition; elsewhere it is empty). */
export async function* readUsage(
  session: Session,
  config: SnowflakeConfig,
  database: string,
): AsyncGenerator<readonly AssetUsage[], void, void> {
  const since = new Date(Date.now() - config.historyDays * DAY_SECONDS * 1000)
  const statement = {
    text: `SELECT o.value:"objectName"::VARCHAR AS NAME, COUNT(DISTINCT h.QUERY_ID) AS READS, COUNT(DISTINCT h.USER_NAME) AS USERS,
  TO_VARCHAR(DATE_PART('epoch_millisecond', MAX(h.QUERY_START_TIME))) AS LAST_READ
FROM SNOWFLAKE.ACCOUNT_USAGE.ACCESS_HISTORY h, LATERAL FLATTEN(INPUT => h.BASE_OBJECTS_ACCESSED) o
WHERE h.QUERY_START_TIME >= TO_TIMESTAMP_LTZ(:1) AND h.USER_NAME <> CURRENT_USER()
  AND o.value:"objectDomain"::VARCHAR IN ('Table', 'View', 'Materialized view', 'External table', 'Dynamic table', 'Iceberg table')
GROUP BY 1 ORDER BY 1`,
    binds: [String(Math.floor(since.getTime() / 1000))],
  }
  for await (const page of historyPages(session, statement)) {
    const usages = page.flatMap((row) => toUsage(row, database, since))
    if (usages.length > 0) yield usages
  }
}

function toUsage(row: Row, database: string, since: Date): AssetUsage[] {
  const path = parseDisplayName(row.NAME ?? '')
  if (path.length !== 3 || path[0] !== database) return []
  return [
    {
      group: 'relation',
      path,
      reads: Number(row.READS),
      users: Number(row.USERS),
      ...(row.LAST_READ ? { lastReadAt: new Date(Number(row.LAST_READ)) } : {}),
      since,
    },
  ]
}

/**
 * The statements that ran in a database and moved data, since the end of the last that was seen; the lag is looked back
 * upon each time, since rows come out of order. Those of this source carry its QUERY_TAG and are left out.
 */
export async function* readQueryLog(
  session: Session,
  config: SnowflakeConfig,
  database: string,
  watermark: string | undefined,
): AsyncGenerator<readonly LoggedQuery[], QueryLogVerdict, void> {
  const first = Math.floor(Date.now() / 1000) - config.historyDays * DAY_SECONDS
  const since = watermark === undefined ? first : Math.max(first, Number(watermark) - QUERY_LAG_SECONDS)
  let last = watermark === undefined ? first : Number(watermark)
  const statement = {
    text: `SELECT QUERY_TEXT, USER_NAME, TO_VARCHAR(DATE_PART('epoch_second', END_TIME)) AS ENDED, TOTAL_ELAPSED_TIME AS ELAPSED
FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY
WHERE DATABASE_NAME = :1 AND END_TIME >= TO_TIMESTAMP_LTZ(:2) AND EXECUTION_STATUS = 'SUCCESS'
  AND QUERY_TYPE IN (${MOVING}) AND COALESCE(QUERY_TAG, '') <> :3
ORDER BY END_TIME`,
    binds: [database, String(since), config.queryTag],
  }
  for await (const page of historyPages(session, statement)) {
    for (const row of page) last = Math.max(last, Number(row.ENDED))
    yield page.map((row) => toQuery(row, database))
  }
  return { watermark: String(last) }
}

function toQuery(row: Row, database: string): LoggedQuery {
  return {
    text: row.QUERY_TEXT ?? '',
    calls: 1,
    database,
    at: new Date(Number(row.ENDED) * 1000),
    ...(row.USER_NAME ? { user: row.USER_NAME } : {}),
    ...(row.ELAPSED ? { meanMs: Number(row.ELAPSED) } : {}),
  }
}

/** Pages of a view of the history. @throws IngestError `permission` with the roles to grant. */
export async function* historyPages(
  session: Session,
  statement: { readonly text: string; readonly binds: readonly string[] },
): AsyncGenerator<readonly Row[], void, void> {
  try {
    yield* session.pages(statement)
  } catch (error) {
    if (!isHidden(error)) throw error
    throw new IngestError('permission', 'the history of queries is not for this role to read', {
      hint: NO_HISTORY,
      cause: error,
    })
  }
}

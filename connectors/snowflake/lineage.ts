import { parseDisplayName } from '../../model/names.ts'
import type { NamedAsset, ObservedColumn, ObservedLineage, QueryLogVerdict } from '../kit/index.ts'
import type { SnowflakeConfig } from './config.ts'
import { DAY_SECONDS, historyPages } from './history.ts'
import type { Row, Session } from './session.ts'

/** ACCESS_HISTORY is up to three hours late: what came late is read the next time. */
const LAG_SECONDS = 3 * 3600
const PAGE = 200

/** Every row of these: what was written to, what it was made from, and the columns where the source tells. */
interface Reading {
  readonly text: string
  readonly binds: readonly string[]
}

/**
 * What Snowflake has recorded of data that went into a database's objects: by statements (ACCESS_HISTORY, Enterprise
 * Edition; column by column), by loads (COPY_HISTORY), and what its views and the like are made of now
 * (OBJECT_DEPENDENCIES). The first two since the watermark, the end of the last reading.
 */
export async function* readLineage(
  session: Session,
  config: SnowflakeConfig,
  database: string,
  watermark: string | undefined,
): AsyncGenerator<readonly ObservedLineage[], QueryLogVerdict, void> {
  const now = Math.floor(Date.now() / 1000)
  const first = now - config.historyDays * DAY_SECONDS
  const since = watermark === undefined ? first : Math.max(first, Number(watermark) - LAG_SECONDS)
  for (const reading of [accesses(database, since, config.queryTag), loads(database, since), dependencies(database)]) {
    yield* grouped(historyPages(session, reading))
  }
  return { watermark: String(now) }
}

/**
 * A statement's own reads may lack a table that its columns name, and the other way round: both count. Tables that are
 * temporary or gone are no part of the catalogue.
 * https://docs.snowflake.com/en/sql-reference/account-usage/access_history
 */
function accesses(database: string, since: number, queryTag: string): Reading {
  const from = `SNOWFLAKE.ACCOUNT_USAGE.ACCESS_HISTORY h
  JOIN SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY q ON q.QUERY_ID = h.QUERY_ID,
  LATERAL FLATTEN(INPUT => h.OBJECTS_MODIFIED) m`
  const where = `h.QUERY_START_TIME >= TO_TIMESTAMP_LTZ(:1) AND q.START_TIME >= TO_TIMESTAMP_LTZ(:1)
  AND q.EXECUTION_STATUS = 'SUCCESS' AND COALESCE(q.QUERY_TAG, '') <> :2
  AND EXISTS (SELECT 1 FROM SNOWFLAKE.ACCOUNT_USAGE.TABLES t
    WHERE t.TABLE_ID = m.value:"objectId"::NUMBER AND t.TABLE_CATALOG = :3 AND t.DELETED IS NULL AND t.TABLE_TYPE NOT LIKE '%TEMPORARY%')`
  return {
    text: `SELECT m.value:"objectName"::VARCHAR AS DOWNSTREAM, 'Table' AS DOWNSTREAM_DOMAIN, s.value:"objectName"::VARCHAR AS UPSTREAM,
  s.value:"objectDomain"::VARCHAR AS UPSTREAM_DOMAIN, s.value:"columnName"::VARCHAR AS UPSTREAM_COLUMN, c.value:"columnName"::VARCHAR AS DOWNSTREAM_COLUMN
FROM ${from}, LATERAL FLATTEN(INPUT => m.value:"columns") c, LATERAL FLATTEN(INPUT => c.value:"directSources") s
WHERE ${where}
GROUP BY 1, 2, 3, 4, 5, 6
UNION ALL
SELECT m.value:"objectName"::VARCHAR, 'Table', d.value:"objectName"::VARCHAR, d.value:"objectDomain"::VARCHAR, NULL, NULL
FROM ${from}, LATERAL FLATTEN(INPUT => h.DIRECT_OBJECTS_ACCESSED) d
WHERE ${where} AND d.value:"objectName"::VARCHAR <> m.value:"objectName"::VARCHAR
GROUP BY 1, 2, 3, 4
ORDER BY 1, 3, 6, 5`,
    binds: [String(since), queryTag, database],
  }
}

/** https://docs.snowflake.com/en/sql-reference/account-usage/copy_history; a location is a stage's URL with a path. */
function loads(database: string, since: number): Reading {
  const name = (...columns: readonly string[]) =>
    columns.map((column) => `'"' || REPLACE(${column}, '"', '""') || '"'`).join(` || '.' || `)
  return {
    text: `SELECT DISTINCT ${name('h.TABLE_CATALOG_NAME', 'h.TABLE_SCHEMA_NAME', 'h.TABLE_NAME')} AS DOWNSTREAM, 'Table' AS DOWNSTREAM_DOMAIN,
  COALESCE(${name('h.PIPE_CATALOG_NAME', 'h.PIPE_SCHEMA_NAME', 'h.PIPE_NAME')}, ${name('s.STAGE_CATALOG', 's.STAGE_SCHEMA', 's.STAGE_NAME')}) AS UPSTREAM,
  CASE WHEN h.PIPE_NAME IS NULL THEN 'Stage' ELSE 'Pipe' END AS UPSTREAM_DOMAIN, NULL AS UPSTREAM_COLUMN, NULL AS DOWNSTREAM_COLUMN
FROM SNOWFLAKE.ACCOUNT_USAGE.COPY_HISTORY h
  LEFT JOIN SNOWFLAKE.ACCOUNT_USAGE.STAGES s ON s.STAGE_URL <> '' AND STARTSWITH(h.STAGE_LOCATION, s.STAGE_URL) AND s.DELETED IS NULL
WHERE h.TABLE_CATALOG_NAME = :1 AND h.LAST_LOAD_TIME >= TO_TIMESTAMP_LTZ(:2) AND h.STATUS <> 'Load failed'
ORDER BY 1, 3`,
    binds: [database, String(since)],
  }
}

/** https://docs.snowflake.com/en/sql-reference/account-usage/object_dependencies */
function dependencies(database: string): Reading {
  const name = (side: 'REFERENCING' | 'REFERENCED') =>
    ['DATABASE', 'SCHEMA', 'OBJECT_NAME']
      .map((part) => `'"' || REPLACE(${side}_${part}, '"', '""') || '"'`)
      .join(` || '.' || `)
  return {
    text: `SELECT DISTINCT ${name('REFERENCING')} AS DOWNSTREAM, REFERENCING_OBJECT_DOMAIN AS DOWNSTREAM_DOMAIN, ${name('REFERENCED')} AS UPSTREAM,
  REFERENCED_OBJECT_DOMAIN AS UPSTREAM_DOMAIN, NULL AS UPSTREAM_COLUMN, NULL AS DOWNSTREAM_COLUMN
FROM SNOWFLAKE.ACCOUNT_USAGE.OBJECT_DEPENDENCIES
WHERE REFERENCING_DATABASE = :1
ORDER BY 1, 3`,
    binds: [database],
  }
}

/** Rows in the order of what was written to, an entry for each. */
async function* grouped(
  pages: AsyncGenerator<readonly Row[], void, void>,
): AsyncGenerator<readonly ObservedLineage[], void, void> {
  let rows: Row[] = []
  let page: ObservedLineage[] = []
  for await (const more of pages) {
    for (const row of more) {
      if (rows[0] !== undefined && rows[0].DOWNSTREAM !== row.DOWNSTREAM) {
        page.push(...toObserved(rows))
        rows = []
      }
      rows.push(row)
    }
    if (page.length < PAGE) continue
    yield page
    page = []
  }
  page.push(...toObserved(rows))
  if (page.length > 0) yield page
}

function toObserved(rows: readonly Row[]): ObservedLineage[] {
  const [first] = rows
  const downstream = first === undefined ? undefined : assetOf(first.DOWNSTREAM, first.DOWNSTREAM_DOMAIN)
  if (downstream === undefined) return []
  const upstreams = new Map<string, NamedAsset>()
  const columns: ObservedColumn[] = []
  for (const row of rows) {
    const upstream = assetOf(row.UPSTREAM, row.UPSTREAM_DOMAIN)
    if (upstream === undefined) continue
    upstreams.set(JSON.stringify(upstream), upstream)
    if (row.UPSTREAM_COLUMN && row.DOWNSTREAM_COLUMN) {
      columns.push({ upstream, from: [row.UPSTREAM_COLUMN], to: [row.DOWNSTREAM_COLUMN] })
    }
  }
  return upstreams.size === 0 ? [] : [{ downstream, upstreams: [...upstreams.values()], columns }]
}

/** Objects by the words of their domain; routines are named without their signature, and so left out. */
function assetOf(name: string | null | undefined, domain: string | null | undefined): NamedAsset | undefined {
  const path = parseDisplayName(name ?? '')
  if (path.length !== 3 || path.includes('')) return undefined
  const words = (domain ?? '').toLowerCase()
  if (words === 'stage') return { group: 'storage', path }
  if (words === 'pipe') return { group: 'other', path }
  return /table$|view$|^stream$/.test(words) && words !== 'semantic view' ? { group: 'relation', path } : undefined
}

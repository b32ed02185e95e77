import type { Settings } from './config.ts'
import { type Catalogue, INFORMATION_SCHEMA_TABLES } from './facts/sets.ts'
import { type Grants, readGrants } from './grants.ts'
import type { Row, Session } from './session.ts'
import { literal } from './text.ts'

/** What statements depend on: the server's kind and version, and what this account sees of it. */
export interface Server extends Catalogue {
  readonly mariadb: boolean
  readonly version: string
  /** The account as the server knows it, such as `reader@%`. */
  readonly account: string
  /** Whether one transaction sees one state of the catalogue: it is in InnoDB since MySQL 8. */
  readonly snapshots: boolean
  readonly performanceSchema: boolean
  readonly uptimeSeconds: number
  readonly grants: Grants
}

const known = new WeakMap<Session, Promise<Server>>()

/** Asked once per connection, which is made ready for reading at that. */
export function readServer(session: Session, settings: Settings): Promise<Server> {
  const found = known.get(session)
  if (found !== undefined) return found
  const reading = prepare(session, settings)
  known.set(session, reading)
  reading.catch(() => known.delete(session))
  return reading
}

const FACTS = `select version() as version, current_user() as account, @@performance_schema as performanceSchema,
  @@version_comment as comment`
const UPTIME = `show global status like 'Uptime'`

async function prepare(session: Session, settings: Settings): Promise<Server> {
  const wanted = INFORMATION_SCHEMA_TABLES.map(literal).join(', ')
  const [[facts] = [], [uptime] = [], variables = [], columns = [], grants = []] = await session.run(
    FACTS,
    UPTIME,
    `show session variables where Variable_name in (${Object.keys(VARIABLES).map(literal).join(', ')})`,
    `select table_name as name, column_name as field from information_schema.columns
     where table_schema = 'information_schema' and table_name in (${wanted})`,
    'show grants',
  )
  if (facts === undefined) throw new Error('the server told nothing of itself')
  const mariadb = /mariadb/i.test(`${String(facts.version)} ${String(facts.comment)}`)
  const settable = variables.map((row) => String(row.Variable_name))
  await session.run(...settable.map((name) => `set session ${name} = ${VARIABLES[name]?.(settings) ?? 'default'}`))
  return {
    mariadb,
    version: String(facts.version),
    account: String(facts.account),
    snapshots: !mariadb && Number.parseInt(String(facts.version), 10) >= 8,
    tables: columnsByTable(columns),
    performanceSchema: Number(facts.performanceSchema) === 1,
    uptimeSeconds: Number(uptime?.Value),
    grants: readGrants(grants),
  }
}

/** Session variables that are set where the server has them: bounds, and whatever changes what the catalogue shows. */
const VARIABLES: Readonly<Record<string, (settings: Settings) => string | number>> = {
  sql_mode: () => "''",
  time_zone: () => "'+00:00'",
  transaction_isolation: () => "'REPEATABLE-READ'",
  lock_wait_timeout: ({ lockTimeoutMs }) => Math.max(1, Math.round(lockTimeoutMs / 1000)),
  // Milliseconds, MySQL's.
  max_execution_time: ({ statementTimeoutMs }) => Math.round(statementTimeoutMs),
  // Seconds, MariaDB's.
  max_statement_time: ({ statementTimeoutMs }) => statementTimeoutMs / 1000,
  // Else row counts and sizes are up to a day old, and reading them writes: https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_information_schema_stats_expiry
  information_schema_stats_expiry: () => 0,
  show_gipk_in_create_table_and_information_schema: () => 1,
}

function columnsByTable(rows: readonly Row[]): ReadonlyMap<string, ReadonlySet<string>> {
  const groups = Map.groupBy(rows, (row) => String(row.name).toUpperCase())
  return new Map(
    [...groups].map(([table, columns]) => [table, new Set(columns.map(({ field }) => String(field).toUpperCase()))]),
  )
}

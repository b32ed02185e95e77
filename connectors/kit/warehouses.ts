import type { GapRecord } from '../../model/records.ts'
import type { NameDefaults } from './sql-texts.ts'

/** What a BI tool says of one of its connections to a database; a word that it does not tell is absent. */
export interface ToolConnection {
  /** The tool's word for the system: `postgres`, `snowflake`, `sqlserver`. */
  readonly type: string
  readonly host?: string
  readonly port?: number | string
  /** The database, the service of Oracle, the project of BigQuery, the catalog of Databricks and Trino. */
  readonly database?: string
  /** Where tables are that name none. */
  readonly schema?: string
}

/** Where the relations that are named over a connection live, and how texts over it are read. */
export interface MatchedConnection {
  readonly type: string
  /** One of `lineage/dialects.ts`. */
  readonly dialect: string
  /** As connectors of the system name theirs; absent with a gap that says why. */
  readonly namespace?: string
  readonly defaults: NameDefaults
  /** The rule: `host_and_port`, `default_port`, `account_host`, `cluster_host`, `global_service`. */
  readonly matchedBy?: string
  readonly gap?: GapRecord
}

interface Port {
  readonly port: number
  /** By the tool; otherwise it is the system's usual one. */
  readonly told: boolean
}

/** The namespace, or what is missing for one. */
type Rule = (
  host: string | undefined,
  port: Port,
) => { readonly namespace: string; readonly matchedBy: string } | string

interface System {
  readonly dialect: string
  /** Where one listens that tells no port; 0 where that says nothing. */
  readonly port: number
  /** Whether names have a schema below the database. */
  readonly schemas: boolean
  /** Where tables are that name no schema, in a database as it is set up. */
  readonly schema?: string
  readonly rule: Rule
}

/** https://openlineage.io/docs/spec/naming */
const byHost =
  (scheme: string): Rule =>
  (host, { port, told }) =>
    host === undefined
      ? 'the tool tells no host'
      : {
          namespace: `${scheme}://${bracketed(host)}:${port}`,
          matchedBy: told ? 'host_and_port' : 'default_port',
        }

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

const server = (scheme: string, dialect: string, port: number, schema?: string): System => ({
  dialect,
  port,
  schemas: true,
  ...(schema === undefined ? {} : { schema }),
  rule: byHost(scheme),
})

const withoutSchemas = (scheme: string, dialect: string, port: number): System => ({
  ...server(scheme, dialect, port),
  schemas: false,
})

/** Account identifiers as in host names; what leads there by a private link is the same account. */
const snowflakeAccount: Rule = (host) => {
  const account = /^(.+?)(?:\.privatelink)?\.snowflakecomputing\.(?:com|cn)$/.exec(host ?? '')?.[1]
  if (account === undefined) return 'its host is no account of Snowflake'
  return { namespace: `snowflake://${account.replaceAll('_', '-')}`, matchedBy: 'account_host' }
}

/** https://docs.aws.amazon.com/redshift/latest/mgmt/connecting-from-psql.html */
const redshiftCluster: Rule = (host, port) => {
  const parts = /^([^.]+)\.[^.]+\.([a-z0-9-]+)\.redshift(?:-serverless)?\.amazonaws\.com(?:\.cn)?$/.exec(host ?? '')
  if (parts === null) return byHost('redshift')(host, port)
  return { namespace: `redshift://${parts[1]}.${parts[2]}:${port.port}`, matchedBy: 'cluster_host' }
}

const SYSTEMS: Readonly<Record<string, System>> = {
  postgres: server('postgres', 'postgres', 5432, 'public'),
  redshift: { ...server('redshift', 'redshift', 5439, 'public'), rule: redshiftCluster },
  mysql: withoutSchemas('mysql', 'mysql', 3306),
  mariadb: withoutSchemas('mysql', 'mariadb', 3306),
  snowflake: { dialect: 'snowflake', port: 443, schemas: true, schema: 'PUBLIC', rule: snowflakeAccount },
  bigquery: {
    dialect: 'bigquery',
    port: 0,
    schemas: true,
    rule: () => ({ namespace: 'bigquery', matchedBy: 'global_service' }),
  },
  sqlserver: server('mssql', 'tsql', 1433, 'dbo'),
  oracle: server('oracle', 'oracle', 1521),
  databricks: server('databricks', 'databricks', 443, 'default'),
  trino: server('trino', 'trino', 8080),
  clickhouse: withoutSchemas('clickhouse', 'clickhouse', 8123),
  hive: withoutSchemas('hive', 'spark', 10000),
  teradata: withoutSchemas('teradata', 'generic', 1025),
}

/** Words of several tools for the same system. */
const SYNONYMS: Readonly<Record<string, string>> = {
  postgresql: 'postgres',
  greenplum: 'postgres',
  cloudsql_postgres: 'postgres',
  google_bigquery: 'bigquery',
  azure_sqldb: 'sqlserver',
  azure_sql_dw: 'sqlserver',
  mssql: 'sqlserver',
  presto: 'trino',
  hadoophive: 'hive',
  spark: 'hive',
}

/**
 * Leads a tool's connection to the namespace that a crawl of the same system has. That one host has several names is for
 * the aliases of the namespace to say. What is no database, or not told well enough, has a gap that says so.
 */
export function matchConnection(connection: ToolConnection): MatchedConnection {
  const type = systemOf(connection.type)
  const system = SYSTEMS[type]
  if (system === undefined) {
    const message = `a connection of the type ${connection.type || '(none)'} leads to no system that is crawled`
    return { type, dialect: 'generic', defaults: {}, gap: { reason: 'unmatched_connection', message } }
  }
  const { dialect } = system
  const defaults = defaultsOf(system, connection)
  const host = connection.host?.trim().toLowerCase() || undefined
  const port = portOf(connection.port)
  const found = system.rule(host, { port: port ?? system.port, told: port !== undefined })
  if (typeof found !== 'string') return { type, dialect, defaults, ...found }
  const message = `a connection of the type ${connection.type} leads nowhere: ${found}`
  return { type, dialect, defaults, gap: { reason: 'unmatched_connection', message } }
}

function systemOf(type: string): string {
  const word = type.trim().toLowerCase().replaceAll('-', '_')
  return SYNONYMS[word] ?? word
}

function portOf(port: number | string | undefined): number | undefined {
  const value = Number(port)
  return Number.isInteger(value) && value > 0 && value < 65_536 ? value : undefined
}

function defaultsOf(system: System, { database, schema }: ToolConnection): NameDefaults {
  if (!system.schemas) return database === undefined ? {} : { schemas: [database] }
  const first = schema ?? system.schema
  return { ...(database === undefined ? {} : { database }), ...(first === undefined ? {} : { schemas: [first] }) }
}

/** A table as a BI tool names it; the full name may say more than the rest: `[public].[orders]`, `db.public.orders`. */
export interface ToolTable {
  readonly name: string
  readonly schema?: string
  readonly fullName?: string
}

export type MatchedTable =
  | { readonly namespace: string; readonly path: readonly string[]; readonly matchedBy: string }
  | { readonly gap: GapRecord }

/** The name under which a crawl of the system has the table. */
export function matchTable(connection: MatchedConnection, { name, schema, fullName }: ToolTable): MatchedTable {
  const { namespace, gap, matchedBy = 'host_and_port', defaults } = connection
  if (namespace === undefined)
    return { gap: gap ?? { reason: 'unmatched_connection', message: 'the connection leads nowhere' } }
  const system = SYSTEMS[connection.type] as System
  const parts = partsOf(connection.type, fullName ?? name)
  const table = parts.at(-1) ?? name
  const [first] = defaults.schemas ?? []
  const above = parts.length > 1 ? parts.at(-2) : schema
  const told = above === '' ? undefined : above
  const inner = told ?? first
  if (inner === undefined) return unmatched(table, system.schemas ? 'schema' : 'database')
  const by = told === undefined && system.schemas ? 'default_schema' : matchedBy
  if (!system.schemas) return { namespace, path: [inner, table], matchedBy: by }
  const database = parts.length > 2 ? parts.at(-3) : defaults.database
  if (database === undefined || database === '') return unmatched(table, 'database')
  return { namespace, path: [database, inner, table], matchedBy: by }
}

function unmatched(table: string, level: string): MatchedTable {
  return {
    gap: {
      reason: 'unmatched_table',
      message: `the tool does not tell the ${level} of the table ${table || '(no name)'}`,
    },
  }
}

/** A part in brackets, quotes or backticks, its closing sign doubled within; or one without. */
const PART = /\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|([^.[\]"`]+)/y

/** The parts of a full name; a name that does not read as one is a single part. */
function partsOf(type: string, fullName: string): string[] {
  const parts: string[] = []
  let place = 0
  while (place < fullName.length) {
    PART.lastIndex = place
    const match = PART.exec(fullName)
    if (match === null) return [fullName]
    const [whole, bracketed, quoted, ticked, plain = ''] = match
    parts.push(
      bracketed?.replaceAll(']]', ']') ?? quoted?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? plain,
    )
    place += whole.length
    if (place < fullName.length && fullName[place] !== '.') return [fullName]
    place += 1
  }
  if (type !== 'bigquery') return parts
  // A data set may come with its project in one part; projects of a domain have a dot themselves.
  return parts.flatMap((part) => {
    const [, project, rest] = /^(.+)[.:]([^.:]+)$/.exec(part) ?? []
    return project === undefined || rest === undefined ? [part] : [project, rest]
  })
}

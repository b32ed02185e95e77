import { z } from 'zod'
import {
  badUrl,
  IngestError,
  type Json,
  listedDatabases,
  type NameFilter,
  nameFilter,
  readServerUrl,
  SSL_MODES,
  type SslMode,
  secret,
  sshConfig,
  type Tunnel,
} from '../kit/index.ts'

const fields = z.strictObject({
  url: secret().optional().describe('postgres://user:password@host:port/database, instead of the fields below.'),
  host: z.string().min(1).optional().describe('Host name or address of the server.'),
  port: z.int().min(1).max(65535).optional().describe('5432 when absent.'),
  socket: z.string().min(1).optional().describe('Directory of the Unix socket, instead of a host.'),
  user: z.string().min(1).optional().describe('A role with LOGIN; it needs CONNECT on the databases, nothing else.'),
  password: secret().optional(),
  database: z
    .string()
    .min(1)
    .optional()
    .describe('The database to connect to first; "postgres" when absent, or one listed.'),
  databases: z
    .union([z.array(z.string().min(1)).min(1), nameFilter])
    .optional()
    .describe('What to crawl: names, or allow/deny patterns. Absent: the database of the URL, or all of them.'),
  schemas: nameFilter.optional().describe('Schemas to crawl, in every database.'),
  tables: nameFilter.optional().describe('Tables and views to crawl, by their names within their schemas.'),
  ssl: z.enum(SSL_MODES).optional().describe('As libpq has it; "prefer" when absent.'),
  sslCa: z.string().min(1).optional().describe('CA certificates: PEM text or a file path.'),
  sslCert: z.string().min(1).optional().describe('Client certificate: PEM text or a file path.'),
  sslKey: secret().optional().describe('Key of the client certificate: PEM text or a file path.'),
  connectTimeout: z.number().positive().max(600).default(10).describe('Seconds to wait for a connection.'),
  statementTimeout: z.number().positive().max(86400).default(300).describe('Seconds that one statement may take.'),
  lockTimeout: z.number().positive().max(600).default(2).describe('Seconds to wait for a table that is locked.'),
  ssh: sshConfig.optional(),
  applicationName: z.string().min(1).max(63).default('tidemark'),
})

/** What {@link postgresConfig} refuses besides its fields, as far as JSON Schema can say it: for editors. */
const NEEDED = [
  { anyOf: [{ required: ['host'] }, { required: ['socket'] }, { required: ['url'] }] },
  {
    anyOf: [
      { required: ['user'] },
      { required: ['url'], properties: { url: { pattern: '^(?:\\$\\{|postgres(?:ql)?://[^@/?#:]+(?::[^@/?#]*)?@)' } } },
    ],
  },
  { properties: { url: { pattern: '^(?:\\$\\{|postgres(?:ql)?://)' } } },
  { not: { required: ['ssh', 'socket'] } },
]

const checked = fields.superRefine((config, context) => {
  const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  // A reference such as ${env:DATABASE_URL} is resolved later, and read then.
  const url = config.url === undefined || config.url.includes('${') ? undefined : tryUrl(config.url, refuse)
  if (config.url === undefined && config.host === undefined && config.socket === undefined) {
    refuse('host', 'give host, socket or url')
  }
  if (config.ssh !== undefined && (config.socket ?? url?.socket) !== undefined) {
    refuse('ssh', 'a Unix socket is not reached through an SSH server: give a host')
  }
  if (config.user === undefined && (config.url === undefined || (url !== undefined && url.user === undefined))) {
    refuse('user', 'give the role to sign in as')
  }
})
export const postgresConfig = checked.meta({ allOf: NEEDED })
export type PostgresConfig = z.infer<typeof fields>

/** The config as the connector uses it: the URL taken apart, defaults filled in. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly socket: string | undefined
  readonly user: string
  readonly password: string
  /** Databases to connect to for listing the others: the first that lets us in. */
  readonly firstDatabases: readonly string[]
  readonly databases: readonly string[] | NameFilter
  readonly schemas: NameFilter
  readonly tables: NameFilter
  readonly ssl: SslMode
  readonly sslCa: string | undefined
  readonly sslCert: string | undefined
  readonly sslKey: string | undefined
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  readonly applicationName: string
  /** The way to the server, where it is not direct. */
  readonly tunnel: Tunnel | undefined
}

export function readSettings(config: PostgresConfig, tunnel?: Tunnel): Settings {
  const merged = { ...(config.url === undefined ? {} : parseUrl(config.url)), ...withoutUndefined(config) }
  const { user } = merged
  if (user === undefined) throw new IngestError('invalid_config', 'No user given to sign in to PostgreSQL as.')
  const databases = merged.databases ?? {}
  const listed = listedDatabases({ databases })
  return {
    host: merged.host ?? 'localhost',
    port: merged.port ?? 5432,
    socket: merged.socket,
    user,
    password: merged.password ?? '',
    firstDatabases: merged.database === undefined ? ['postgres', ...listed] : [merged.database],
    databases,
    schemas: config.schemas ?? {},
    tables: config.tables ?? {},
    ssl: merged.ssl ?? 'prefer',
    sslCa: config.sslCa,
    sslCert: config.sslCert,
    sslKey: config.sslKey,
    connectTimeoutMs: config.connectTimeout * 1000,
    statementTimeoutMs: config.statementTimeout * 1000,
    lockTimeoutMs: config.lockTimeout * 1000,
    applicationName: merged.applicationName ?? 'tidemark',
    tunnel,
  }
}

const SYSTEM = 'PostgreSQL'

interface UrlFields {
  host?: string
  port?: number
  socket?: string
  user?: string
  password?: string
  database?: string
  databases?: string[]
  ssl?: SslMode
  applicationName?: string
}

/**
 * The config fields that a URL stands for. A URL that names a database means that one alone: it becomes `databases`
 * too. Without one, every database of the server is crawled.
 */
function parseUrl(text: string): UrlFields {
  const { parameters, host, ...parts } = readServerUrl(text, { system: SYSTEM, schemes: ['postgres', 'postgresql'] })
  const result: UrlFields = { ...parts, ...(parts.database === undefined ? {} : { databases: [parts.database] }) }
  if (host !== undefined) setHost(result, host)
  for (const [name, value] of parameters) setParameter(result, name, value)
  if (result.port !== undefined && !(result.port >= 1 && result.port <= 65535))
    throw badUrl(SYSTEM, 'the port is out of range')
  return result
}

export function configFromUrl(url: string): Record<string, Json> {
  return { ...parseUrl(url) }
}

function setHost(target: UrlFields, host: string): void {
  if (host.startsWith('/')) target.socket = host
  else target.host = host.replace(/^\[(.*)\]$/, '$1')
}

function setParameter(target: UrlFields, name: string, value: string): void {
  if (name === 'sslmode') {
    const mode = value === 'allow' ? 'prefer' : SSL_MODES.find((known) => known === value)
    if (mode === undefined) throw badUrl(SYSTEM, `sslmode must be one of ${SSL_MODES.join(', ')}`)
    target.ssl = mode
  } else if (name === 'host' || name === 'socket') setHost(target, value)
  else if (name === 'port' && /^\d+$/.test(value)) target.port = Number(value)
  else if (name === 'application_name') target.applicationName = value
  else
    throw badUrl(
      SYSTEM,
      `unknown parameter ${JSON.stringify(name)}; known are sslmode, host, port and application_name`,
    )
}

function tryUrl(url: string, refuse: (path: string, message: string) => void): UrlFields | undefined {
  try {
    return parseUrl(url)
  } catch (error) {
    refuse('url', (error as Error).message)
    return undefined
  }
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  // A key with undefined must not hide what the URL says; Partial says exactly that some keys are missing.
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>
}

import { z } from 'zod'
import {
  badUrl,
  IngestError,
  type Json,
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
  url: secret().optional().describe('mysql://user:password@host:port/database, instead of the fields below.'),
  host: z.string().min(1).optional().describe('Host name or address of the server.'),
  port: z.int().min(1).max(65535).optional().describe('3306 when absent.'),
  socket: z.string().min(1).optional().describe('File of the Unix socket, instead of a host.'),
  user: z
    .string()
    .min(1)
    .optional()
    .describe('An account; REFERENCES on what is to be crawled shows it all but texts.'),
  password: secret().optional(),
  databases: z
    .union([z.array(z.string().min(1)).min(1), nameFilter])
    .optional()
    .describe('What to crawl: names, or allow/deny patterns. Absent: the database of the URL, or all of them.'),
  tables: nameFilter
    .optional()
    .describe('Tables, views and sequences to crawl, by their names within their databases.'),
  ssl: z.enum(SSL_MODES).optional().describe('"prefer" when absent: TLS where the server offers it.'),
  sslCa: z.string().min(1).optional().describe('CA certificates: PEM text or a file path.'),
  sslCert: z.string().min(1).optional().describe('Client certificate: PEM text or a file path.'),
  sslKey: secret().optional().describe('Key of the client certificate: PEM text or a file path.'),
  connectTimeout: z.number().positive().max(600).default(10).describe('Seconds to wait for a connection.'),
  statementTimeout: z.number().positive().max(86400).default(300).describe('Seconds that one statement may take.'),
  lockTimeout: z.number().positive().max(600).default(5).describe('Seconds to wait for a table that is locked.'),
  ssh: sshConfig.optional(),
})

/** What {@link mysqlConfig} refuses besides its fields, as far as JSON Schema can say it: for editors. */
const NEEDED = [
  { anyOf: [{ required: ['host'] }, { required: ['socket'] }, { required: ['url'] }] },
  {
    anyOf: [
      { required: ['user'] },
      {
        required: ['url'],
        properties: { url: { pattern: '^(?:\\$\\{|(?:mysql|mariadb)://[^@/?#:]+(?::[^@/?#]*)?@)' } },
      },
    ],
  },
  { properties: { url: { pattern: '^(?:\\$\\{|(?:mysql|mariadb)://)' } } },
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
    refuse('user', 'give the account to sign in as')
  }
})
export const mysqlConfig = checked.meta({ allOf: NEEDED })
export type MysqlConfig = z.infer<typeof fields>

/** The config as the connector uses it: the URL taken apart, defaults filled in. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly socket: string | undefined
  readonly user: string
  readonly password: string
  readonly databases: readonly string[] | NameFilter
  /** Undefined where no pattern is given. */
  readonly tables: NameFilter | undefined
  readonly ssl: SslMode
  readonly sslCa: string | undefined
  readonly sslCert: string | undefined
  readonly sslKey: string | undefined
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly lockTimeoutMs: number
  /** The way to the server, where it is not direct. */
  readonly tunnel: Tunnel | undefined
}

export function readSettings(config: MysqlConfig, tunnel?: Tunnel): Settings {
  const merged = { ...(config.url === undefined ? {} : parseUrl(config.url)), ...withoutUndefined(config) }
  if (merged.user === undefined) throw new IngestError('invalid_config', 'No user given to sign in to MySQL as.')
  const { allow, deny } = config.tables ?? {}
  return {
    host: merged.host ?? 'localhost',
    port: merged.port ?? 3306,
    socket: merged.socket,
    user: merged.user,
    password: merged.password ?? '',
    databases: merged.databases ?? {},
    tables: allow === undefined && deny === undefined ? undefined : config.tables,
    ssl: merged.ssl ?? 'prefer',
    sslCa: config.sslCa,
    sslCert: config.sslCert,
    sslKey: config.sslKey,
    connectTimeoutMs: config.connectTimeout * 1000,
    statementTimeoutMs: config.statementTimeout * 1000,
    lockTimeoutMs: config.lockTimeout * 1000,
    tunnel,
  }
}

const SYSTEM = 'MySQL'

interface UrlFields {
  host?: string
  port?: number
  socket?: string
  user?: string
  password?: string
  databases?: string[]
  ssl?: SslMode
}

/** The config fields that a URL stands for. A URL that names a database means that one alone. */
function parseUrl(text: string): UrlFields {
  const { parameters, database, ...address } = readServerUrl(text, { system: SYSTEM, schemes: ['mysql', 'mariadb'] })
  const result: UrlFields = { ...address, ...(database === undefined ? {} : { databases: [database] }) }
  for (const [name, value] of parameters) setParameter(result, name, value)
  return result
}

export function configFromUrl(url: string): Record<string, Json> {
  return { ...parseUrl(url) }
}

/** As the client's --ssl-mode has them: https://dev.mysql.com/doc/refman/8.4/en/connection-options.html#option_general_ssl-mode */
const CLIENT_SSL_MODES: Readonly<Record<string, SslMode>> = {
  disabled: 'disable',
  preferred: 'prefer',
  required: 'require',
  verify_ca: 'verify-ca',
  verify_identity: 'verify-full',
}

function setParameter(target: UrlFields, name: string, value: string): void {
  if (/^ssl-?mode$/i.test(name)) {
    const word = value.toLowerCase()
    const mode = SSL_MODES.find((known) => known === word) ?? CLIENT_SSL_MODES[word]
    if (mode === undefined) throw badUrl(SYSTEM, `ssl-mode must be one of ${SSL_MODES.join(', ')}`)
    target.ssl = mode
  } else if (name === 'socket') target.socket = value
  else throw badUrl(SYSTEM, `unknown parameter ${JSON.stringify(name)}; known are ssl-mode and socket`)
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

import { z } from 'zod'
import { badUrl, decodePart, type Json, type NameFilter, nameFilter, secret, whyLeftOut } from '../kit/index.ts'

const CATALOGS = ['information_schema', 'account_usage'] as const

const fields = z.strictObject({
  account: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/)
    .describe('Account identifier: organization-account, or a legacy locator with its region.'),
  baseUrl: z.url().optional().describe('Where the account answers, when not at <account>.snowflakecomputing.com.'),
  user: z.string().min(1).describe('The user to sign in as; TYPE = SERVICE with a key or token is best.'),
  password: secret().optional().describe('Only for users exempt from multi-factor authentication.'),
  privateKey: secret().optional().describe('Key pair sign-in: the private key as PEM (PKCS#8), encrypted or not.'),
  privateKeyPassphrase: secret().optional().describe('Of an encrypted private key.'),
  token: secret().optional().describe('A programmatic access token, or an OAuth access token.'),
  oauth: z.boolean().default(false).describe('Whether `token` is an OAuth access token, not a programmatic one.'),
  role: z.string().min(1).optional().describe("The role to use; the user's default when absent."),
  warehouse: z
    .string()
    .min(1)
    .optional()
    .describe("The warehouse that answers SELECTs; the user's default when absent."),
  databases: z
    .union([z.array(z.string().min(1)).min(1), nameFilter])
    .optional()
    .describe('What to crawl: names, or allow/deny patterns. Absent: all databases but SNOWFLAKE.'),
  schemas: nameFilter.optional().describe('Schemas to crawl, in every database.'),
  tables: nameFilter.optional().describe('Tables and views to crawl, by their names within their schemas.'),
  catalog: z
    .enum(CATALOGS)
    .default('information_schema')
    .describe(
      'information_schema: as of now, a database at a time. account_usage: up to hours late, with immutable ids.',
    ),
  governance: z
    .boolean()
    .default(true)
    .describe('Tags, policies and clones, from SNOWFLAKE.ACCOUNT_USAGE (GOVERNANCE_VIEWER, OBJECT_VIEWER).'),
  grants: z.boolean().default(true).describe('Who may do what with each object.'),
  historyDays: z.int().min(1).max(365).default(7).describe('How far a first look into the query history goes back.'),
  connectTimeout: z.number().positive().max(600).default(30).describe('Seconds to wait for signing in.'),
  statementTimeout: z.number().positive().max(86400).default(300).describe('Seconds that one statement may take.'),
  queryTag: z.string().min(1).max(200).default('tidemark').describe('QUERY_TAG of every statement of ours.'),
})

/** What {@link snowflakeConfig} refuses besides its fields, as far as JSON Schema can say it: for editors. */
const NEEDED = [{ anyOf: [{ required: ['password'] }, { required: ['privateKey'] }, { required: ['token'] }] }]

export const snowflakeConfig = fields
  .superRefine((config, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const given = [config.password, config.privateKey, config.token].filter((value) => value !== undefined)
    if (given.length === 0) refuse('password', 'give privateKey, token or password')
    if (given.length > 1) refuse('password', 'give one of privateKey, token and password')
    if (config.privateKeyPassphrase !== undefined && config.privateKey === undefined) {
      refuse('privateKeyPassphrase', 'it belongs to privateKey')
    }
  })
  .meta({ allOf: NEEDED })
export type SnowflakeConfig = z.infer<typeof fields>

/** Databases of Snowflake's own, crawled only when listed by name. */
const SYSTEM_DATABASES: readonly string[] = ['SNOWFLAKE', 'SNOWFLAKE_SAMPLE_DATA']

/** Why a database is not crawled, or undefined when it is. */
export function whyDatabaseLeftOut({ databases }: SnowflakeConfig, name: string): string | undefined {
  if (Array.isArray(databases)) return databases.includes(name) ? undefined : 'not among the databases listed'
  if (SYSTEM_DATABASES.includes(name)) return "Snowflake's own"
  return whyLeftOut(databases as NameFilter | undefined, name)
}

/** The databases given by name, if they are. */
export function listedDatabases({ databases }: SnowflakeConfig): readonly string[] {
  return Array.isArray(databases) ? databases : []
}

const SYSTEM = 'Snowflake'

/**
 * Config input from a URL as SQLAlchemy and others write it:
 * `snowflake://user:password@account/DATABASE?warehouse=WH&role=ROLE`.
 */
export function configFromUrl(text: string): Record<string, Json> {
  const match = /^snowflake:\/\/(?:([^@/?#]*)@)?([^/?#@:]+)(?:\/([^/?#]*))?(?:\/[^?#]*)?(?:\?([^#]*))?$/.exec(text)
  if (match === null) throw badUrl(SYSTEM, 'expected snowflake://user:password@account/DATABASE?warehouse=…&role=…')
  const [, credentials = '', account = '', database, query] = match
  const at = credentials.indexOf(':')
  const [user, password] = at < 0 ? [credentials, ''] : [credentials.slice(0, at), credentials.slice(at + 1)]
  const result: Record<string, Json> = {
    account: decodePart(SYSTEM, account).replace(/\.snowflakecomputing\.com$/i, ''),
  }
  if (user) result.user = decodePart(SYSTEM, user)
  if (password) result.password = decodePart(SYSTEM, password)
  if (database) result.databases = [decodePart(SYSTEM, database)]
  for (const [name, value] of new URLSearchParams(query ?? '')) {
    if (name !== 'warehouse' && name !== 'role') {
      throw badUrl(SYSTEM, `unknown parameter ${JSON.stringify(name)}; known are warehouse and role`)
    }
    result[name] = value
  }
  return result
}

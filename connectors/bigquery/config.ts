import { z } from 'zod'
import { IngestError, type Json, type NameFilter, nameFilter, secret, whyLeftOut } from '../kit/index.ts'

const url = z.string().regex(/^(https?:\/\/|\$\{)/, 'a URL that begins with https:// or http://')

const endpoints = z.strictObject({
  bigquery: url.optional().describe('https://bigquery.googleapis.com when absent.'),
  connection: url.optional().describe('https://bigqueryconnection.googleapis.com when absent.'),
  datacatalog: url.optional().describe('https://datacatalog.googleapis.com when absent.'),
  iamcredentials: url.optional().describe('https://iamcredentials.googleapis.com when absent.'),
})

const fields = z.strictObject({
  projects: z
    .union([z.array(z.string().min(1)).min(1), nameFilter])
    .describe('What to crawl: project ids, or allow/deny patterns over those the account sees; {} for all of them.'),
  datasets: nameFilter.optional().describe('Datasets to crawl, in every project.'),
  tables: nameFilter
    .optional()
    .describe('Tables and views to crawl, by their names within their datasets; shards as events_yyyymmdd.'),
  labels: z
    .array(z.string().regex(/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]*(:[\p{Ll}\p{Lo}\p{N}_-]*)?$/u))
    .min(1)
    .optional()
    .describe('Datasets to crawl by label, such as env:prod or team; all must fit. The server applies them.'),
  credentials: secret()
    .optional()
    .describe('Key of a service account or another credential file: JSON text or a path. Absent: application default.'),
  accessToken: secret()
    .optional()
    .describe('A token made elsewhere, good for an hour: gcloud auth print-access-token.'),
  impersonate: z
    .string()
    .regex(/^[^@\s]+@[^@\s]+$/, 'the address of a service account')
    .optional()
    .describe('Service account to act as, by the account signed in.'),
  quotaProject: z
    .string()
    .min(1)
    .optional()
    .describe("Project whose quota is used, and where a preview's query runs. Absent: the account's own."),
  rowAccessPolicies: z
    .boolean()
    .default(false)
    .describe('Read the row access policies of each table: one more request a table.'),
  tableAccess: z
    .boolean()
    .default(false)
    .describe('Read the access policy of each table and view: one more request each.'),
  historyDays: z
    .int()
    .min(1)
    .max(180)
    .default(7)
    .describe('How many days of jobs usage is counted over, and the query log and lineage begin with.'),
  previewMaxBytes: z
    .int()
    .min(0)
    .default(100_000_000)
    .describe('The most a preview of a view or external table may be billed, in bytes; tables are read for free.'),
  requestsPerSecond: z
    .number()
    .positive()
    .max(1000)
    .default(80)
    .describe('Over all syncs of this account in one process; Google grants 100 by default.'),
  concurrency: z.int().min(1).max(100).default(16).describe('Requests under way at a time.'),
  requestTimeout: z.number().positive().max(600).default(60).describe('Seconds that one request may take.'),
  endpoints: endpoints.optional().describe('Other addresses of the APIs, such as those of Private Service Connect.'),
})

/** What {@link bigqueryConfig} refuses besides its fields, as far as JSON Schema can say it: for editors. */
const EXCLUSIVE = [{ not: { required: ['accessToken', 'credentials'] } }]

export const bigqueryConfig = fields
  .superRefine(({ accessToken, credentials }, context) => {
    if (accessToken !== undefined && credentials !== undefined) {
      context.addIssue({ code: 'custom', path: ['accessToken'], message: 'give credentials or a token, not both' })
    }
  })
  .meta({ allOf: EXCLUSIVE })
export type BigqueryConfig = z.infer<typeof fields>

export const API = {
  bigquery: 'https://bigquery.googleapis.com',
  connection: 'https://bigqueryconnection.googleapis.com',
  datacatalog: 'https://datacatalog.googleapis.com',
  iamcredentials: 'https://iamcredentials.googleapis.com',
} as const
export type ApiName = keyof typeof API

export function endpointOf({ endpoints: given }: BigqueryConfig, name: ApiName): string {
  return (given?.[name] ?? API[name]).replace(/\/+$/, '')
}

/** The projects given by id, if they are. */
export function listedProjects({ projects }: BigqueryConfig): readonly string[] | undefined {
  return Array.isArray(projects) ? projects : undefined
}

/** Why a project is not crawled, or undefined when it is. */
export function whyProjectLeftOut({ projects }: BigqueryConfig, project: string): string | undefined {
  if (!Array.isArray(projects)) return whyLeftOut(projects as NameFilter, project)
  return projects.includes(project) ? undefined : 'not among the projects listed'
}

/** The config that a URL such as `bigquery://project/dataset` stands for. */
export function configFromUrl(text: string): Record<string, Json> {
  const match = /^bigquery:\/\/([^/?#]+)(?:\/([^/?#]+))?\/?$/.exec(text)
  const [, project, dataset] = match ?? []
  if (project === undefined) {
    throw new IngestError(
      'invalid_config',
      'Not a usable BigQuery URL: expected bigquery://project or bigquery://project/dataset.',
    )
  }
  return {
    projects: [decodeURIComponent(project)],
    ...(dataset === undefined ? {} : { datasets: { allow: [decodeURIComponent(dataset)] } }),
  }
}

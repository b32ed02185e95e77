import { z } from 'zod'
import { DIALECTS, findDialect } from '../../lineage/dialects.ts'
import { nameFilter, secret } from '../kit/index.ts'

const app = z.strictObject({
  appId: z.union([z.int().positive(), z.string().min(1)]).describe('The id of the GitHub App, or its client id.'),
  privateKey: secret().describe("The App's private key (PEM)."),
  installationId: z.int().positive().optional().describe('The installation to use; found by its owner when left out.'),
})

const sqlMapping = z.strictObject({
  repositories: nameFilter.optional().describe('Which repositories, as `owner/name`; all when left out.'),
  paths: nameFilter.optional().describe('Which files, by their path in the repository; all SQL files when left out.'),
  dialect: z
    .string()
    .refine((name) => findDialect(name) !== 'generic', {
      error: ({ input }) => `${JSON.stringify(input)} is no dialect; known: ${DIALECTS.join(', ')}`,
    })
    .optional()
    .describe(
      'The SQL dialect, such as `postgres`, `snowflake`, `bigquery`; left out: as the repository tells (dbt profiles, SQLFluff, ends of names).',
    ),
  namespace: z
    .string()
    .min(1)
    .optional()
    .describe('Where the tables live, as `tidemark sources` shows it: `postgres://db.internal:5432`.'),
  database: z
    .string()
    .min(1)
    .optional()
    .describe('The database of names that do not say one; else that of the dbt profile.'),
  schemas: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Schemas of names that do not say one, tried in order; else that of the dbt profile.'),
})

export const config = z
  .strictObject({
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .default('https://api.github.com')
      .describe(
        'The REST API: https://HOST/api/v3 for Enterprise Server, https://api.TENANT.ghe.com with data residency.',
      ),
    owners: z.array(z.string().min(1)).min(1).describe('Organizations and users whose repositories are crawled.'),
    token: secret().optional().describe('A fine-grained or classic personal access token.'),
    app: app.optional().describe('Sign in as a GitHub App instead of with a token.'),
    repositories: nameFilter.optional().describe('Repositories to crawl, as `owner/name`.'),
    archived: z.boolean().default(true).describe('Whether archived repositories are crawled.'),
    forks: z.boolean().default(false).describe('Whether forks are crawled.'),
    branches: nameFilter
      .optional()
      .describe('Branches to catalogue; all when left out. Files are those of the default branch.'),
    files: nameFilter
      .optional()
      .describe('Files to catalogue, by their path. Without an allow list: those that matter to data.'),
    maxFileBytes: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(1_000_000)
      .describe('Larger files are catalogued without looking into them.'),
    commits: z
      .strictObject({
        limit: z
          .int()
          .min(0)
          .max(1_000)
          .default(50)
          .describe('The latest commits of the default branch that are kept.'),
        files: z
          .boolean()
          .default(false)
          .describe('Whether the paths each commit touched are read: one more request each.'),
      })
      .prefault({})
      .describe('How much history is catalogued.'),
    pullRequests: z
      .int()
      .min(0)
      .max(100_000)
      .default(1_000)
      .describe('The latest pull requests, by their last update, that are kept; 0 for none.'),
    sql: z.array(sqlMapping).optional().describe('Which SQL is of which database: the first that fits a file counts.'),
    webhookSecret: secret().optional().describe('The secret of the webhook, to be entered at GitHub too.'),
    previousWebhookSecret: secret()
      .optional()
      .describe('The secret before it, taken too while GitHub is being told the new one.'),
    proxy: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('An HTTP proxy on the way: http://proxy.internal:3128.'),
  })
  .superRefine(({ token, app: signedApp }, context) => {
    if (token !== undefined && signedApp !== undefined)
      context.addIssue({ code: 'custom', path: ['app'], message: 'give a token or an app, not both' })
  })
  .meta({ not: { required: ['token', 'app'] } })
export type GithubConfig = z.infer<typeof config>

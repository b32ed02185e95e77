import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { BigQuery as BigQueryClient } from '@google-cloud/bigquery'
import type { AuthClient, GoogleAuth, GoogleAuthOptions } from 'google-auth-library'
import { IngestError } from '../kit/index.ts'
import { type BigqueryConfig, endpointOf } from './config.ts'

type Library = typeof import('google-auth-library')

/** What an account may do is up to its roles; this scope is what they are asked for with. */
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'

/** An account, as the official client signs in. Nothing is sent before the first use. */
export interface Account extends AsyncDisposable {
  /** Where BigQuery's methods are, without a slash at the end. */
  readonly baseUrl: string
  /** The client that adds the token to requests, and renews it. */
  client(): Promise<AuthClient>
  /** The service account's address, where it is known without asking. */
  readonly principal: string | undefined
  /** For requests without a token: keeps to the environment's proxies. */
  readonly agentOf: (target: URL) => HttpAgent
}

interface Drivers {
  readonly BigQuery: typeof BigQueryClient
  readonly library: Library
}

async function loadDrivers(): Promise<Drivers> {
  try {
    const [{ BigQuery }, library] = await Promise.all([import('@google-cloud/bigquery'), import('google-auth-library')])
    return { BigQuery, library }
  } catch (error) {
    throw new IngestError('unsupported', 'The package "@google-cloud/bigquery" is not installed', {
      hint: 'npm install @google-cloud/bigquery@9 google-auth-library@11',
      cause: error,
    })
  }
}

export async function openAccount(config: BigqueryConfig): Promise<Account> {
  const { BigQuery, library } = await loadDrivers()
  const credentials = await readCredentials(config)
  const agents = createAgents()
  const own = createAuth(library, config, credentials, agents.agentOf)
  const bigquery = new BigQuery({ authClient: own, apiEndpoint: endpointOf(config, 'bigquery') } as object)
  let client: Promise<AuthClient> | undefined
  return {
    baseUrl: bigquery.baseUrl,
    client: () => {
      client ??= createClient(library, config, own)
      return client
    },
    principal: config.impersonate ?? (credentials as { client_email?: string } | undefined)?.client_email,
    agentOf: agents.agentOf,
    async [Symbol.asyncDispose]() {
      agents.destroy()
    },
  }
}

function createAuth(
  library: Library,
  config: BigqueryConfig,
  credentials: GoogleAuthOptions['credentials'],
  agentOf: Account['agentOf'],
): GoogleAuth<AuthClient> {
  const { quotaProject, accessToken } = config
  const clientOptions = {
    transporterOptions: { agent: agentOf },
    ...(quotaProject === undefined ? {} : { quotaProjectId: quotaProject }),
  }
  if (accessToken !== undefined) {
    const authClient = new library.OAuth2Client({ ...clientOptions, credentials: { access_token: accessToken } })
    return new library.GoogleAuth<AuthClient>({ authClient })
  }
  return new library.GoogleAuth<AuthClient>({
    scopes: [SCOPE],
    clientOptions,
    ...(credentials === undefined ? {} : { credentials }),
  })
}

async function createClient(
  library: Library,
  config: BigqueryConfig,
  own: GoogleAuth<AuthClient>,
): Promise<AuthClient> {
  const sourceClient = await own.getClient()
  if (config.impersonate === undefined) return sourceClient
  return new library.Impersonated({
    sourceClient,
    targetPrincipal: config.impersonate,
    targetScopes: [SCOPE],
    endpoint: endpointOf(config, 'iamcredentials'),
    ...(config.quotaProject === undefined ? {} : { quotaProjectId: config.quotaProject }),
    transporterOptions: sourceClient.transporter.defaults,
  })
}

/** The key as it was given: JSON text, or the file that holds it. */
async function readCredentials({ credentials }: BigqueryConfig): Promise<GoogleAuthOptions['credentials']> {
  if (credentials === undefined) return undefined
  const text = credentials.trimStart().startsWith('{') ? credentials : await readFile(credentials, 'utf8')
  try {
    return JSON.parse(text) as NonNullable<GoogleAuthOptions['credentials']>
  } catch {
    // The parser's own message would quote the key.
    throw new IngestError('invalid_config', '`credentials` is neither JSON nor the path of a JSON file')
  }
}

/** Connections of one handle: kept alive between requests, closed with it. */
function createAgents(): { readonly agentOf: Account['agentOf']; destroy(): void } {
  const options = { keepAlive: true, proxyEnv: process.env }
  const http = new HttpAgent(options)
  const https = new HttpsAgent(options)
  return {
    agentOf: ({ protocol }) => (protocol === 'http:' ? http : https),
    destroy() {
      http.destroy()
      https.destroy()
    },
  }
}

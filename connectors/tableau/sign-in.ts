import { createHash } from 'node:crypto'
import { type HttpClient, IngestError } from '../kit/index.ts'
import type { TableauConfig } from './config.ts'
import { toTableauError } from './errors.ts'
import { connectedAppToken } from './jwt.ts'

/** A session of Tableau, as signing in gives it. */
export interface SignedIn {
  readonly token: string
  /** The site's luid, which every path of the REST API needs. */
  readonly siteId: string
  readonly userId: string
  /** By `Date.now()`. */
  readonly at: number
}

export interface ServerVersion {
  /** `2024.2.1`, as the product is called. */
  readonly product: string
  /** `3.23`: the newest REST API that it has. */
  readonly rest: string
}

/** The session that all handles of a source share in this process: a personal access token holds one only. */
export interface SharedSession {
  users: number
  version: Promise<ServerVersion> | undefined
  signedIn: Promise<SignedIn> | undefined
  /** Ends the session, once nobody uses it for a while. */
  idle: NodeJS.Timeout | undefined
}

const shared = new Map<string, SharedSession>()

/** How long a session is kept when nobody uses it: the steps of one run follow each other closely. */
const IDLE_MS = 60_000

export function shareSession(config: TableauConfig): SharedSession {
  const key = createHash('sha256')
    .update(JSON.stringify([config.baseUrl, config.site, config.pat, config.connectedApp]))
    .digest('hex')
  const session = shared.get(key) ?? { users: 0, version: undefined, signedIn: undefined, idle: undefined }
  shared.set(key, session)
  session.users += 1
  clearTimeout(session.idle)
  idle.delete(session)
  return session
}

/** Ends what is idle; the sessions that a process leaves behind. */
const idle = new Map<SharedSession, () => void>()
process.on('beforeExit', () => {
  for (const end of idle.values()) end()
})

/** The last to leave ends the session: after a while, or when the process has nothing else to do. */
export function leaveSession(session: SharedSession, config: TableauConfig): void {
  session.users -= 1
  if (session.users > 0) return
  const end = () => {
    clearTimeout(session.idle)
    idle.delete(session)
    if (session.users === 0) void signOut(session, config)
  }
  session.idle = setTimeout(end, IDLE_MS).unref()
  idle.set(session, end)
}

/** Best effort: a session that is not ended by us ends by itself. */
async function signOut(session: SharedSession, { baseUrl }: TableauConfig): Promise<void> {
  const { signedIn, version } = session
  session.signedIn = undefined
  const known = await Promise.all([signedIn, version]).catch(() => [undefined, undefined] as const)
  const [current, server] = known
  if (current === undefined || server === undefined) return
  await fetch(`${baseUrl.replace(/\/+$/, '')}/api/${server.rest}/auth/signout`, {
    method: 'POST',
    headers: { 'x-tableau-auth': current.token, connection: 'close' },
    signal: AbortSignal.timeout(5_000),
  }).then(
    (response) => response.arrayBuffer(),
    () => undefined,
  )
}

/** Any server answers this version, without a session. https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_server.htm#get_server_info */
const OLDEST_VERSION = '2.4'

export async function readVersion(client: HttpClient): Promise<ServerVersion> {
  const { body } = await client.json<{
    serverInfo?: { productVersion?: { value?: string }; restApiVersion?: string }
  }>(`api/${OLDEST_VERSION}/serverinfo`)
  const info = body?.serverInfo
  if (info?.restApiVersion === undefined || !/^\d+\.\d+$/.test(info.restApiVersion)) {
    throw new IngestError('unsupported', 'the server does not say which REST API it has', {
      hint: 'Check that baseUrl is that of Tableau Server or Tableau Cloud.',
    })
  }
  return { product: info.productVersion?.value ?? 'unknown', rest: info.restApiVersion }
}

/** https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_ref_authentication.htm#sign_in */
export async function signIn(client: HttpClient, config: TableauConfig, version: ServerVersion): Promise<SignedIn> {
  const { pat: token, connectedApp, site } = config
  const who =
    connectedApp === undefined
      ? { personalAccessTokenName: token?.name, personalAccessTokenSecret: token?.secret }
      : { jwt: connectedAppToken(connectedApp) }
  const body = { credentials: { ...who, site: { contentUrl: site } } }
  const answer = await client
    .json<{ credentials?: { token?: string; site?: { id?: string }; user?: { id?: string } } }>(
      `api/${version.rest}/auth/signin`,
      { method: 'POST', body },
    )
    .catch((error: unknown) => {
      throw toTableauError(error)
    })
  const { credentials } = answer.body ?? {}
  if (credentials?.token === undefined || credentials.site?.id === undefined)
    throw new IngestError('data_integrity', 'signing in to Tableau gave no token')
  return {
    token: credentials.token,
    siteId: credentials.site.id,
    userId: credentials.user?.id ?? '',
    at: Date.now(),
  }
}

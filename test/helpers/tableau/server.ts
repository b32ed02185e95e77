import { createHmac, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerMetadata, documentedLimits, type MetadataLimits } from './graphql.ts'
import { answerList, type RestAnswer, restError } from './rest.ts'
import type { TableauWorld } from './world.ts'

export interface FakeTableau extends AsyncDisposable {
  readonly url: string
  /** `GET workbooks`, `POST signin`, `query sheetsConnection` …, one for each request. */
  readonly requests: string[]
  readonly limits: MetadataLimits
  /** Answers once in place of the fake: an answer, or `hang up`. */
  readonly faults: (RestAnswer | 'hang up')[]
  /** Called with the page of a list before it is answered. */
  beforePage: ((path: string, page: number) => void) | undefined
  /** Ends the session, as somebody else's signing in with the same token does. */
  endSession(): void
  /** How many sessions there have been. */
  readonly sessions: () => number
}

export interface FakeOptions {
  readonly site?: string
  readonly token?: { readonly name: string; readonly secret: string }
  readonly app?: { readonly clientId: string; readonly secretId: string; readonly secret: string }
  readonly version?: string
}

/** Tableau over a world, on the loopback: the REST API's lists and sessions, and the Metadata API, as documented. */
export async function startFakeTableau(world: TableauWorld, options: FakeOptions = {}): Promise<FakeTableau> {
  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const site = options.site ?? 'shop'
  const siteId = 'site-0001'
  const version = options.version ?? '3.23'
  let sessions = 0
  let current: string | undefined
  const fake: FakeTableau = {
    url: origin,
    requests: [],
    limits: documentedLimits(),
    faults: [],
    beforePage: undefined,
    endSession() {
      current = undefined
    },
    sessions: () => sessions,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
    fake.requests.push(nameOf(request, url, body))
    const fault = fake.faults.shift()
    if (fault === 'hang up') {
      request.socket.destroy()
      return
    }
    const answer = fault ?? (await answerOf(request, url, body))
    response.writeHead(answer.status ?? 200, {
      'content-type': 'application/json',
      date: new Date(world.now).toUTCString(),
      ...answer.headers,
    })
    response.end(JSON.stringify(answer.body))
  }

  function nameOf({ method }: IncomingMessage, { pathname }: URL, { query }: Record<string, unknown>): string {
    if (pathname === '/api/metadata/graphql') return `query ${/\{\s*(\w+Connection)\(/.exec(String(query))?.[1] ?? ''}`
    return `${method} ${pathname
      .split('/')
      .slice(pathname.includes('/sites/') ? 5 : 3)
      .join('/')}`
  }

  async function answerOf(request: IncomingMessage, url: URL, body: Record<string, unknown>): Promise<RestAnswer> {
    if (url.pathname === '/api/2.4/serverinfo')
      return {
        body: { serverInfo: { productVersion: { value: '2024.2.1', build: '20242.24' }, restApiVersion: version } },
      }
    if (url.pathname === `/api/${version}/auth/signin`) return signIn(body)
    if (current === undefined || request.headers['x-tableau-auth'] !== current)
      return restError(401, '401002', 'Unauthorized Access', 'Invalid authentication credentials were provided')
    if (url.pathname === `/api/${version}/auth/signout`) {
      current = undefined
      return { body: {} }
    }
    if (url.pathname === '/api/metadata/graphql')
      return { body: await answerMetadata(world.index ?? world, fake.limits, body as never) }
    const path = url.pathname.slice(`/api/${version}/sites/${siteId}/`.length)
    fake.beforePage?.(path, Number(url.searchParams.get('pageNumber') ?? 1))
    return answerList(world, origin, path, url.searchParams)
  }

  function signIn(body: Record<string, unknown>): RestAnswer {
    const credentials = (body.credentials ?? {}) as Record<string, unknown>
    const refused = restError(401, '401001', 'Signin Error', 'Error signing in to Tableau Server')
    const { token = { name: 'tidemark', secret: 'any' }, app } = options
    const known =
      app === undefined
        ? credentials.personalAccessTokenName === token.name &&
          (options.token === undefined || credentials.personalAccessTokenSecret === token.secret)
        : isJwtOf(app, String(credentials.jwt ?? ''))
    if (!known || (credentials.site as { contentUrl?: string } | undefined)?.contentUrl !== site) return refused
    sessions += 1
    current = `session-${sessions}`
    const user = world.users[0] ?? world.addUser('admin', 'SiteAdministratorExplorer')
    return { body: { credentials: { site: { id: siteId, contentUrl: site }, user: { id: user.id }, token: current } } }
  }

  return fake
}

function isJwtOf({ clientId, secretId, secret }: NonNullable<FakeOptions['app']>, token: string): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', secret).update(`${header}.${claims}`).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  const { iss, aud, exp, scp } = read(claims)
  const lives = Number(exp) * 1_000 > Date.now() && Number(exp) * 1_000 < Date.now() + 600_000
  return read(header).kid === secretId && iss === clientId && aud === 'tableau' && lives && Array.isArray(scp)
}

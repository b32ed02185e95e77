import { createHash, createVerify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerGraphql } from './graphql.ts'
import { answerRest, type FakeAnswer } from './rest.ts'
import type { GithubWorld } from './world.ts'

export interface FakeApp {
  readonly appId: number
  readonly publicKey: string
  readonly installationId: number
}

/** What a request was, and how it was answered. */
export interface LoggedRequest {
  readonly method: string
  readonly path: string
  readonly conditional: boolean
  status: number
  readonly authorization: string
  /** By `performance.now()`. */
  readonly at: number
}

export interface FakeGithub extends AsyncDisposable {
  /** Of the REST API. */
  readonly url: string
  readonly requests: LoggedRequest[]
  readonly limits: { allowed: number; core: number; graphql: number }
  /** Answers once in place of the fake: an answer, or `hang up`. */
  readonly faults: (FakeAnswer | 'hang up')[]
  /** Errors that a query by this name is answered with, until taken away. */
  refuse: { readonly query: string; readonly errors: readonly object[] } | undefined
  /** How long installation tokens live, in seconds. */
  tokenLifeS: number
}

export interface FakeOptions {
  readonly token?: string
  readonly app?: FakeApp
  /** `/api/v3` and `/api/graphql`, as Enterprise Server has them. */
  readonly enterprise?: boolean
}

/** GitHub's API over a world, on the loopback: paging, ETags, rate limits, sign-in and permissions as documented. */
export async function startFakeGithub(world: GithubWorld, options: FakeOptions): Promise<FakeGithub> {
  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const prefix = options.enterprise === true ? '/api/v3' : ''
  const installations = new Map<string, number>()
  const fake: FakeGithub = {
    url: `${origin}${prefix}`,
    requests: [],
    limits: { allowed: 5_000, core: 5_000, graphql: 5_000 },
    faults: [],
    refuse: undefined,
    tokenLifeS: 3_600,
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
    const logged: LoggedRequest = {
      method: request.method ?? '',
      path: `${url.pathname.slice(prefix.length)}${url.search}`,
      conditional: request.headers['if-none-match'] !== undefined,
      authorization: request.headers.authorization ?? '',
      status: 0,
      at: performance.now(),
    }
    fake.requests.push(logged)
    const fault = fake.faults.shift()
    if (fault === 'hang up') {
      request.socket.destroy()
      return
    }
    const isGraphql = url.pathname === (options.enterprise === true ? '/api/graphql' : '/graphql')
    const answer =
      fault ?? answer401(logged, url) ?? (isGraphql ? graphqlAnswer(Buffer.concat(chunks)) : restAnswer(url, logged))
    send(response, answer, {
      url,
      logged,
      resource: isGraphql ? 'graphql' : 'core',
      etag: request.headers['if-none-match'],
    })
  }

  function answer401({ authorization, method, path }: LoggedRequest, url: URL): FakeAnswer | undefined {
    const token = authorization.replace(/^(token|bearer) /i, '')
    if (options.app !== undefined && /^\/(app|users\/[^/]+\/installation)/.test(path)) {
      if (!isJwtOf(options.app, token))
        return { status: 401, body: { message: 'A JSON web token could not be decoded' } }
      return appAnswer(method, url.pathname.slice(prefix.length))
    }
    const life = installations.get(token)
    const known =
      options.app === undefined ? token === (options.token ?? token) : life !== undefined && life > Date.now()
    return known ? undefined : { status: 401, body: { message: 'Bad credentials' } }
  }

  function appAnswer(method: string, path: string): FakeAnswer {
    const { app } = options
    if (path === '/app') return { body: { name: 'Tidemark' } }
    if (/installation$/.test(path)) return { body: { id: app?.installationId } }
    if (method !== 'POST') return { status: 404, body: { message: 'Not Found' } }
    const token = `ghs_${createHash('sha256').update(`${installations.size}`).digest('hex').slice(0, 20)}`
    const expires = Date.now() + fake.tokenLifeS * 1_000
    installations.set(token, expires)
    return {
      status: 201,
      body: { token, expires_at: new Date(expires).toISOString(), permissions: { contents: 'read' } },
    }
  }

  function graphqlAnswer(body: Buffer): FakeAnswer {
    const query: Parameters<typeof answerGraphql>[1] = JSON.parse(body.toString('utf8'))
    const data = answerGraphql(world, query)
    const refused = fake.refuse !== undefined && query.query.includes(`query ${fake.refuse.query}(`)
    const errors = refused ? (fake.refuse?.errors ?? []) : goneIn(data)
    return { body: errors.length === 0 ? { data } : { data, errors } }
  }

  function restAnswer(url: URL, { method }: LoggedRequest): FakeAnswer {
    if (method !== 'GET' || !url.pathname.startsWith(prefix)) return { status: 404, body: { message: 'Not Found' } }
    return answerRest({ world, base: fake.url, query: url.searchParams }, url.pathname.slice(prefix.length))
  }

  interface Sending {
    readonly url: URL
    readonly logged: LoggedRequest
    readonly resource: 'core' | 'graphql'
    readonly etag: string | undefined
  }

  function send(response: ServerResponse, answer: FakeAnswer, { url, logged, resource, etag }: Sending): void {
    const { body, link } = paged(answer, url)
    const text = JSON.stringify(body ?? {})
    const own = `W/"${createHash('sha256').update(text).digest('hex')}"`
    const status = answer.status ?? 200
    const unchanged = status === 200 && etag === own
    logged.status = unchanged ? 304 : status
    const spent = fake.limits[resource] === 0 && answer.status === undefined && !unchanged
    // Only what is not conditional, or has changed, counts.
    if (!unchanged && fake.limits[resource] > 0) fake.limits[resource] -= 1
    const headers = {
      'content-type': 'application/json',
      date: new Date((world.now + 1_800) * 1_000).toUTCString(),
      etag: own,
      'x-ratelimit-limit': String(fake.limits.allowed),
      'x-ratelimit-remaining': String(fake.limits[resource]),
      'x-ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 1_800),
      'x-ratelimit-resource': resource,
      ...(link === undefined ? {} : { link }),
      ...answer.headers,
    }
    if (spent && resource === 'graphql') {
      const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded' }]
      response.writeHead(200, headers).end(JSON.stringify({ errors }))
      return
    }
    if (spent) {
      logged.status = 403
      response.writeHead(403, headers).end(JSON.stringify({ message: 'API rate limit exceeded' }))
      return
    }
    response.writeHead(logged.status, headers).end(unchanged ? undefined : text)
  }

  return fake
}

/** What GitHub says beside the nulls of what was asked for by id and is not there. */
function goneIn(data: object): object[] {
  const { node, nodes = [] } = data as { node?: object | null; nodes?: readonly (object | null)[] }
  const message = 'Could not resolve to a node with the global id'
  return [
    ...(node === null ? [{ type: 'NOT_FOUND', path: ['node'], message }] : []),
    ...nodes.flatMap((one, at) => (one === null ? [{ type: 'NOT_FOUND', path: ['nodes', at], message }] : [])),
  ]
}

function paged(answer: FakeAnswer, url: URL): { readonly body: unknown; readonly link?: string } {
  const { list, wrap = (page: readonly unknown[]) => page } = answer
  if (list === undefined) return { body: answer.body }
  const size = Number(url.searchParams.get('per_page') ?? 30)
  const page = Number(url.searchParams.get('page') ?? 1)
  const body = wrap(list.slice((page - 1) * size, page * size))
  if (page * size >= list.length) return { body }
  const next = new URL(url)
  next.searchParams.set('page', String(page + 1))
  return { body, link: `<${next.href}>; rel="next"` }
}

function isJwtOf({ appId, publicKey }: FakeApp, token: string): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.')
  if (signature === '') return false
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as {
    iss: unknown
    exp: number
    iat: number
  }
  const verify = createVerify('RSA-SHA256').update(`${header}.${payload}`)
  const lives = claims.exp * 1_000 > Date.now() && claims.exp - claims.iat <= 660
  return String(claims.iss) === String(appId) && lives && verify.verify(publicKey, Buffer.from(signature, 'base64url'))
}

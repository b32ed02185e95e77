import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { IngestError } from '../model/errors.ts'
import type { Logger } from './log.ts'

/** Answers the requests of one path. */
export type Handler = (request: IncomingMessage) => Promise<Answer> | Answer

/** Answers what is posted below a path, by the rest of the path. The body is whole, and no larger than allowed. */
export interface Inbox {
  /** Ends in a slash. */
  readonly prefix: string
  readonly take: (rest: string, headers: IncomingHttpHeaders, body: Buffer) => Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly type?: string
}

export interface HttpServer {
  readonly port: number
  close(): Promise<void>
}

/** A request line and its headers come in within this. */
const HEADERS_LIMIT_MS = 10_000
const CLOSE_LIMIT_MS = 2_000
/** The most that GitHub sends: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap */
const MAX_BODY_BYTES = 25 * 1024 * 1024

/**
 * The worker's HTTP server. It has no sign-in of its own.
 * @throws IngestError `invalid_config` when the address cannot be had.
 */
export async function startHttp(
  { host, port }: { readonly host: string; readonly port: number },
  routes: Readonly<Record<string, Handler>>,
  log: Logger,
  inbox?: Inbox,
): Promise<HttpServer> {
  const server = createServer(
    { headersTimeout: HEADERS_LIMIT_MS, requestTimeout: HEADERS_LIMIT_MS },
    (request, response) => void respond({ routes, inbox, log }, request, response),
  )
  server.listen(port, host)
  await once(server, 'listening').catch((cause: Error) => {
    throw new IngestError('invalid_config', `the HTTP server cannot listen on ${host}:${port}: ${cause.message}`, {
      hint: 'Choose another address with http in temporal.yaml.',
      cause,
    })
  })
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : port, close: () => close(server) }
}

interface Serving {
  readonly routes: Readonly<Record<string, Handler>>
  readonly inbox: Inbox | undefined
  readonly log: Logger
}

async function respond(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { log } = serving
  const answer = await findAnswer(serving, request).catch((error: unknown): Answer => {
    log.warn({ path: request.url, error: String(error) }, 'an HTTP request failed')
    return { status: 500, body: 'failed; the log tells why\n' }
  })
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function findAnswer({ routes, inbox }: Serving, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (inbox !== undefined && path.startsWith(inbox.prefix)) return await takePost(inbox, path, request)
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (handler === undefined) return { status: 404, body: `not found; there are ${Object.keys(routes).join(', ')}\n` }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'GET only\n' }
  return await handler(request)
}

async function takePost({ prefix, take }: Inbox, path: string, request: IncomingMessage): Promise<Answer> {
  if (request.method !== 'POST') return { status: 405, body: 'POST only\n' }
  const body = await readBody(request)
  if (body === undefined) return { status: 413, body: `at most ${MAX_BODY_BYTES} bytes\n` }
  return await take(path.slice(prefix.length), request.headers, body)
}

/** Undefined for a body that is too large: what is left of it is not read. A slow one ends with the server's own limit. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return undefined
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Takes no more requests; those under way may end, briefly. */
async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), CLOSE_LIMIT_MS)
  await closed
  clearTimeout(timer)
}

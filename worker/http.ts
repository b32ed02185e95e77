import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { IngestError } from '../model/errors.ts'
import type { Logger } from './log.ts'

/** Answers the requests of one path. */
export type Handler = (request: IncomingMessage) => Promise<Answer> | Answer

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

/**
 * The worker's HTTP server. It has no sign-in of its own.
 * @throws IngestError `invalid_config` when the address cannot be had.
 */
export async function startHttp(
  { host, port }: { readonly host: string; readonly port: number },
  routes: Readonly<Record<string, Handler>>,
  log: Logger,
): Promise<HttpServer> {
  const server = createServer(
    { headersTimeout: HEADERS_LIMIT_MS, requestTimeout: HEADERS_LIMIT_MS },
    (request, response) => void respond(routes, request, response, log),
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

async function respond(
  routes: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
  response: ServerResponse,
  log: Logger,
): Promise<void> {
  const answer = await findAnswer(routes, request).catch((error: unknown): Answer => {
    log.warn({ path: request.url, error: String(error) }, 'an HTTP request failed')
    return { status: 500, body: 'failed; the log tells why\n' }
  })
  response.writeHead(answer.status, {
    'content-type': answer.type ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function findAnswer(routes: Readonly<Record<string, Handler>>, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined
  if (handler === undefined) return { status: 404, body: `not found; there are ${Object.keys(routes).join(', ')}\n` }
  if (request.method !== 'GET' && request.method !== 'HEAD') return { status: 405, body: 'GET only\n' }
  return await handler(request)
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

import { type ErrorCategory, IngestError } from '../../model/errors.ts'
import { classifyError } from './classify.ts'
import type { ConnectorContext } from './protocol.ts'

export interface HttpClientOptions {
  /** Every path is resolved against it; a trailing slash makes no difference. */
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, string>>
  /** Per request, body included. Default 60 s. */
  readonly timeoutMs?: number
  /** A larger answer is refused rather than held in memory. Default 64 MiB. */
  readonly maxBytes?: number
  /** Sends the requests, such as undici's over connections of one's own. Default: Node's `fetch`. */
  readonly fetch?: typeof fetch
  /** What the body of an answer that is no success says, by the API's own rules. */
  readonly readError?: (body: unknown) => { readonly code: string; readonly message: string } | undefined
}

export interface HttpRequest {
  readonly method?: string
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface HttpAnswer<T> {
  /** 2xx, or 304 when an `if-none-match` or `if-modified-since` header was given. */
  readonly status: number
  readonly headers: Headers
  /** Undefined for an empty body. */
  readonly body: T | undefined
}

export interface HttpClient {
  /** Sends one request and reads JSON. It does not retry: the step does, as the error's category says. */
  json<T>(path: string, request?: HttpRequest): Promise<HttpAnswer<T>>
}

const MEBIBYTE = 1024 * 1024

/** A JSON client for an API: counts calls and bytes, honours the step's signal, and throws classified errors. */
export function createHttpClient(
  options: HttpClientOptions,
  context: Pick<ConnectorContext, 'signal' | 'meter'>,
): HttpClient {
  const base = options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`
  const { timeoutMs = 60_000, maxBytes = 64 * MEBIBYTE, fetch: send = fetch, readError = () => undefined } = options
  return {
    async json<T>(path: string, request: HttpRequest = {}): Promise<HttpAnswer<T>> {
      const url = resolveUrl(base, path, request.query)
      const what = `${request.method ?? 'GET'} ${url.origin}${url.pathname}`
      context.meter.request()
      try {
        const response = await send(url, {
          method: request.method ?? 'GET',
          headers: {
            accept: 'application/json',
            ...options.headers,
            ...request.headers,
            ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
          // A redirect elsewhere would carry the credentials along.
          redirect: 'error',
          signal: AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)]),
        })
        const text = await readText(response, maxBytes, what)
        context.meter.bytes(Buffer.byteLength(text))
        if (!response.ok && response.status !== 304) {
          const error = statusError(response, text, what, readError)
          if (error.category === 'rate_limited') context.meter.throttle()
          throw error
        }
        return { status: response.status, headers: response.headers, body: parseBody<T>(text, what) }
      } catch (error) {
        throw requestError(error, context.signal, what, timeoutMs)
      }
    },
  }
}

function resolveUrl(base: string, path: string, query: HttpRequest['query']): URL {
  const url = new URL(path.replace(/^\/+/, ''), base)
  if (url.origin !== new URL(base).origin) {
    throw new IngestError('data_integrity', `the API pointed to another host: ${url.origin}`)
  }
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

async function readText(response: Response, maxBytes: number, what: string): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > maxBytes) throw new IngestError('data_integrity', `${what}: the answer is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody<T>(text: string, what: string): T | undefined {
  if (text === '') return undefined
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new IngestError('data_integrity', `${what}: the answer is not JSON: ${text.slice(0, 80)}`, {
      cause: error,
      hint: 'Check that the base URL is that of the API and not of a sign-in page or proxy.',
    })
  }
}

const BY_STATUS: Readonly<Record<number, ErrorCategory>> = {
  400: 'invalid_config',
  401: 'auth',
  403: 'permission',
  404: 'not_found',
  408: 'timeout',
  410: 'not_found',
  429: 'rate_limited',
}

function statusError(
  response: Response,
  text: string,
  what: string,
  readError: NonNullable<HttpClientOptions['readError']>,
): IngestError {
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now())
  // GitHub and others tell of a secondary rate limit by 403 with Retry-After.
  const limited = response.status === 403 && retryAfterMs !== undefined
  const known = BY_STATUS[response.status] ?? (response.status >= 500 ? 'source_unavailable' : 'unsupported')
  const said = readError(jsonOf(text))
  const message = said?.message ?? text.slice(0, 200)
  return new IngestError(limited ? 'rate_limited' : known, `${what}: ${response.status} ${message}`.trim(), {
    code: said?.code ?? String(response.status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Milliseconds to wait by a `Retry-After` header, in seconds or as a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}

function requestError(error: unknown, signal: AbortSignal, what: string, timeoutMs: number): unknown {
  if (error instanceof IngestError) return error
  if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
  if ((error as { name?: string }).name === 'TimeoutError') {
    return new IngestError('timeout', `${what}: no answer within ${timeoutMs} ms`, { cause: error })
  }
  // fetch hides the network's error in `cause`.
  return classifyError((error as { cause?: unknown }).cause ?? error, [], what)
}

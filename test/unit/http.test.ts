import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import {
  createHttpClient,
  type HttpClient,
  type IngestError,
  parseRetryAfter,
  quotePath,
} from '../../connectors/kit/index.ts'

async function withServer<T>(
  listener: RequestListener,
  work: (
    client: HttpClient,
    counts: { requests: number; bytes: number; throttles: number },
    controller: AbortController,
  ) => Promise<T>,
): Promise<T> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const counts = { requests: 0, bytes: 0, throttles: 0 }
  const controller = new AbortController()
  const meter = {
    request: (count = 1) => {
      counts.requests += count
    },
    bytes: (count: number) => {
      counts.bytes += count
    },
    throttle: () => {
      counts.throttles += 1
    },
    cost: () => {},
  }
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  const options = { baseUrl, timeoutMs: 2_000, maxBytes: 10_000, headers: { authorization: 'Bearer s3cret-token' } }
  try {
    return await work(createHttpClient(options, { signal: controller.signal, meter }), counts, controller)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const failure = (promise: Promise<unknown>): Promise<IngestError> =>
  promise.then(
    () => {
      throw new Error('it should have failed')
    },
    (error: IngestError) => error,
  )

test('reads JSON below the base URL, with the query, counted', async () => {
  await withServer(
    (request, response) => response.end(JSON.stringify({ url: request.url, token: request.headers.authorization })),
    async (client, counts) => {
      const answer = await client.json('/things', { query: { page: 2, after: undefined } })
      expect(answer).toMatchObject({ status: 200, body: { url: '/api/things?page=2', token: 'Bearer s3cret-token' } })
      expect(counts).toEqual({ requests: 1, bytes: 58, throttles: 0 })
    },
  )
})

test.each([
  [401, {}, 'auth', undefined],
  [403, {}, 'permission', undefined],
  [403, { 'retry-after': '7' }, 'rate_limited', 7000],
  [404, {}, 'not_found', undefined],
  [429, { 'retry-after': '3' }, 'rate_limited', 3000],
  [503, {}, 'source_unavailable', undefined],
])('status %i with %o is %s', async (status, headers, category, retryAfterMs) => {
  await withServer(
    (_, response) => response.writeHead(status, headers).end('{"message":"no"}'),
    async (client) => {
      const error = await failure(client.json('x'))
      expect(error).toMatchObject({ category, code: String(status) })
      expect(error.retryAfterMs).toBe(retryAfterMs)
      expect(error.message).not.toContain('s3cret')
    },
  )
})

test('a dropped connection, an endless answer, one that is not JSON and one that never comes', async () => {
  await withServer(
    (request, response) => {
      if (request.url?.endsWith('drop')) request.socket.destroy()
      else if (request.url?.endsWith('large')) response.end('x'.repeat(20_000))
      else if (request.url?.endsWith('page')) response.end('<html>sign in</html>')
    },
    async (client) => {
      expect(await failure(client.json('drop'))).toMatchObject({ category: 'source_unavailable' })
      expect(await failure(client.json('large'))).toMatchObject({ category: 'data_integrity' })
      expect(await failure(client.json('page'))).toMatchObject({
        category: 'data_integrity',
        hint: expect.stringContaining('base URL'),
      })
      expect(await failure(client.json('never'))).toMatchObject({ category: 'timeout' })
    },
  )
})

test('abort ends a request at once, and no redirect or absolute URL leads elsewhere', async () => {
  await withServer(
    (request, response) => {
      if (request.url?.endsWith('away')) response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    },
    async (client, _, controller) => {
      expect((await failure(client.json('away'))).message).toContain('/api/away')
      expect(await failure(client.json('http://127.0.0.1:1/x'))).toMatchObject({ category: 'data_integrity' })
      const pending = failure(client.json('never'))
      controller.abort()
      expect(await pending).toMatchObject({ category: 'cancelled' })
    },
  )
})

test('Retry-After as seconds and as a date; quoting of hostile names', () => {
  expect(parseRetryAfter('12', 0)).toBe(12_000)
  expect(parseRetryAfter('Thu, 01 Jan 1970 00:00:10 GMT', 4_000)).toBe(6_000)
  expect(parseRetryAfter('soon', 0)).toBeUndefined()
  expect(quotePath(['a"b', 'c.d'])).toBe('"a""b"."c.d"')
  expect(quotePath(['a]b'], '[')).toBe('[a]]b]')
  expect(quotePath(['a`b'], '`')).toBe('`a``b`')
})

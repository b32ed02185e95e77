import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { IngestError, parseRetryAfter } from '../kit/index.ts'

/**
 * What goes over the wire for one handle. The client repeats a request that was throttled or did not get through, up to
 * a thousand times and for hours, and tells nobody; nor can it be stopped. Node's own diagnostics show each request and
 * its answer, so that trouble comes out while a step can still deal with it, and ends with the handle.
 */
export interface Wire {
  /** Runs what sends requests of this handle. */
  run<T>(action: () => T): T
  /** Tells each listener once requests of this handle are in trouble for good; answers with what takes it off again. */
  onTrouble(listener: (error: IngestError) => void): () => void
  /** Ends what is under way, and refuses whatever the client would still send. */
  close(): void
}

export interface WireMeter {
  bytes(count: number): void
  throttle(): void
}

/** The client's first repetition is welcome: short hiccups end with it. */
const TOLERATED = 1

interface State {
  closed: boolean
  failures: number
  readonly requests: Set<ClientRequest>
  readonly meter: WireMeter
  readonly listeners: Set<(error: IngestError) => void>
}

const states = new AsyncLocalStorage<State>()
const owners = new WeakMap<ClientRequest, State>()
let watching = false

export function createWire(meter: WireMeter): Wire {
  watch()
  const state: State = { closed: false, failures: 0, requests: new Set(), meter, listeners: new Set() }
  return {
    run: (action) => states.run(state, action),
    onTrouble(listener) {
      state.listeners.add(listener)
      return () => state.listeners.delete(listener)
    },
    close() {
      state.closed = true
      for (const request of state.requests) request.destroy(closedError())
    },
  }
}

/** https://nodejs.org/api/diagnostics_channel.html#http */
function watch(): void {
  if (watching) return
  watching = true
  subscribe('http.client.request.start', (message) => begin((message as { request: ClientRequest }).request))
  subscribe('http.client.request.error', (message) => {
    const { request, error } = message as { request: ClientRequest; error: Error }
    unreached(request, error)
  })
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage }
    answered(request, response)
  })
}

function begin(request: ClientRequest): void {
  const state = states.getStore()
  if (state === undefined) return
  owners.set(request, state)
  state.requests.add(request)
  request.once('close', () => state.requests.delete(request))
  if (state.closed) process.nextTick(() => request.destroy(closedError()))
}

/** The one failure that the client does not try again. */
function closedError(): Error {
  return Object.assign(new Error('the connection was closed'), { code: 'ERR_CANCELED' })
}

function unreached(request: ClientRequest, error: Error): void {
  const state = owners.get(request)
  if (state === undefined || state.closed || isTelemetry(request)) return
  const category = /timed? ?out/i.test(error.message) ? 'timeout' : 'source_unavailable'
  const { code } = error as NodeJS.ErrnoException
  count(
    state,
    new IngestError(category, `${request.host}: ${error.message || code}`, { ...(code ? { code } : {}), cause: error }),
  )
}

function answered(request: ClientRequest, response: IncomingMessage): void {
  const state = owners.get(request)
  if (state === undefined || state.closed) return
  state.meter.bytes(Number(response.headers['content-length'] ?? 0))
  if (isTelemetry(request)) return
  const status = response.statusCode ?? 0
  if (status < 400) {
    state.failures = 0
    return
  }
  const what = `${request.host} answered ${status}`
  if (status === 429) {
    state.meter.throttle()
    const retryAfterMs = parseRetryAfter(response.headers['retry-after'] ?? null, Date.now())
    const details = { code: String(status), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
    count(state, new IngestError('rate_limited', what, details))
  }
  // The client also repeats a 403, which is what a place of results whose address has expired answers.
  else count(state, new IngestError('source_unavailable', what, { code: String(status) }))
}

function count(state: State, error: IngestError): void {
  state.failures += 1
  if (state.failures > TOLERATED) for (const listener of state.listeners) listener(error)
}

/** The client reports about itself, which may fail as it likes. */
function isTelemetry(request: ClientRequest): boolean {
  return request.path.startsWith('/telemetry')
}

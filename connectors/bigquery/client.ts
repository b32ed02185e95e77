import { setTimeout as delay } from 'node:timers/promises'
import { type ConnectorContext, classifyError, IngestError } from '../kit/index.ts'
import { type BigqueryConfig, endpointOf } from './config.ts'
import { errorRules, toApiError } from './errors.ts'
import type { Account } from './sign-in.ts'
import { type Throttle, throttleFor } from './throttle.ts'

const MAX_BYTES = 64 * 1024 * 1024
const TRIES = 6
const FIRST_PAUSE_MS = 500
/** What is waited for in place; a longer wait is the step's. */
const LONGEST_PAUSE_MS = 16_000

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface ApiRequest {
  /** Absent: BigQuery's own methods. */
  readonly api?: 'connection' | 'datacatalog'
  /** Steps of the path; each is encoded, but for colons. */
  readonly path: readonly string[]
  readonly query?: Query
  readonly method?: 'GET' | 'POST'
  readonly body?: unknown
  /** For people: `tables of shop.sales`. */
  readonly what: string
  /** What to do where the right to ask is missing. */
  readonly grant?: string
  /** Ends the request besides the step's own signal. */
  readonly signal?: AbortSignal
  /** False where nobody waits for a second try. */
  readonly patient?: boolean
}

/** The REST API, as the account sees it: paced, counted, tried again where that helps, with classified errors. */
export interface Client {
  /** @throws IngestError */
  get<T>(request: ApiRequest): Promise<T>
  /** All pages of a listing, one request ahead of the consumer at most. */
  pages<T extends { readonly nextPageToken?: string }>(request: ApiRequest): AsyncGenerator<T, void, void>
  readonly account: Account
}

export function createClient(account: Account, config: BigqueryConfig, context: ConnectorContext): Client {
  const sender: Sender = { account, config, context, throttle: throttleFor(config) }
  const get = async <T>(request: ApiRequest) => (await ask(sender, request)) as T
  return {
    account,
    get,
    async *pages<T extends { readonly nextPageToken?: string }>(request: ApiRequest) {
      let pageToken: string | undefined
      do {
        const page: T = await get<T>({ ...request, query: { ...request.query, pageToken } })
        yield page
        pageToken = page.nextPageToken || undefined
      } while (pageToken !== undefined)
    },
  }
}

interface Sender {
  readonly account: Account
  readonly config: BigqueryConfig
  readonly context: ConnectorContext
  readonly throttle: Throttle
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

/** Rate limits and passing trouble are waited out, each time twice as long, all requests of the account with it. */
async function ask(sender: Sender, request: ApiRequest): Promise<unknown> {
  const { context, throttle } = sender
  const signal = request.signal === undefined ? context.signal : AbortSignal.any([context.signal, request.signal])
  let renewed = false
  for (let attempt = 1; ; attempt += 1) {
    const error = await attemptOnce(sender, request, signal)
    if (!(error instanceof IngestError)) return error.body
    if (error.category === 'rate_limited') context.meter.throttle()
    if (error.category === 'auth' && !renewed && (await expireToken(sender))) {
      renewed = true
      continue
    }
    const pause =
      error.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random()))
    const passing = error.category === 'rate_limited' || error.category === 'source_unavailable'
    if (!passing || attempt >= triesOf(error, request) || pause > LONGEST_PAUSE_MS) throw error
    if (error.category === 'rate_limited') throttle.pause(pause)
    else await delay(pause / 2, undefined, { signal }).catch(() => {})
  }
}

/** A server that is gone is the step's to wait for. */
function triesOf({ category }: IngestError, { patient }: ApiRequest): number {
  if (patient === false) return 1
  return category === 'rate_limited' ? TRIES : 3
}

async function attemptOnce(
  sender: Sender,
  request: ApiRequest,
  signal: AbortSignal,
): Promise<IngestError | { readonly body: unknown }> {
  try {
    const answer = await sender.throttle.run(signal, () => send(sender, request, signal))
    if (answer.status >= 200 && answer.status < 300) return { body: parse(answer, request.what) }
    return toApiError(answer, request.what, request.grant)
  } catch (error) {
    if (sender.context.signal.aborted)
      return new IngestError('cancelled', `${request.what}: cancelled`, { cause: error })
    if (request.signal?.aborted === true) return new IngestError('timeout', `${request.what}: no answer in time`)
    return toTransportError(error, request.what)
  }
}

async function send({ account, config, context }: Sender, request: ApiRequest, signal: AbortSignal): Promise<Answer> {
  context.meter.request()
  const work = async () => {
    const client = await account.client()
    const response = await client.request<string>({
      url: urlOf(account, config, request),
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', 'user-agent': 'tidemark' },
      ...(request.body === undefined ? {} : { data: request.body }),
      responseType: 'text',
      maxContentLength: MAX_BYTES,
      timeout: config.requestTimeout * 1000,
      // A redirect elsewhere would carry the token along.
      redirect: 'error',
      retry: false,
      signal,
      validateStatus: () => true,
    })
    context.meter.bytes(Buffer.byteLength(response.data))
    return { status: response.status, text: response.data, retryAfter: response.headers.get('retry-after') }
  }
  return await untilAborted(work(), signal)
}

/** The library asks for tokens without a signal: an abort does not wait for them. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function urlOf(account: Account, config: BigqueryConfig, { api, path, query }: ApiRequest): string {
  const base = api === undefined ? account.baseUrl : `${endpointOf(config, api)}/v1`
  const url = new URL(`${base}/${path.map((step) => encodeStep(step)).join('/')}`)
  for (const [name, value] of Object.entries({ ...query, prettyPrint: false })) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url.href
}

/** A method's name after a colon, such as `orders:getIamPolicy`, stays as it is. */
function encodeStep(step: string): string {
  return encodeURIComponent(step).replaceAll('%3A', ':')
}

function parse({ text }: Answer, what: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new IngestError('data_integrity', `${what}: the answer is not JSON: ${text.slice(0, 80)}`, {
      cause: error,
      hint: 'Check `endpoints` of the source: a proxy or a page to sign in at may have answered.',
    })
  }
}

/** The library wraps what went wrong, some of it twice; an answer to a request for a token is told as BigQuery's are. */
function toTransportError(error: unknown, what: string): IngestError {
  if (error instanceof IngestError) return error
  const { response, cause, message } = error as { response?: TokenAnswer; cause?: unknown; message?: string }
  if (response?.status !== undefined) {
    const text = typeof response.data === 'string' ? response.data : JSON.stringify(response.data ?? '')
    const refusal = { status: response.status, text, retryAfter: response.headers?.get?.('retry-after') ?? null }
    const told = toApiError(refusal, `${what}: signing in`)
    return told.category === 'invalid_config' || told.category === 'permission'
      ? new IngestError('auth', `${what}: signing in: ${message ?? told.message}`, {
          ...(told.code === undefined ? {} : { code: told.code }),
          hint: 'Check the key; to impersonate, the account needs roles/iam.serviceAccountTokenCreator on the other.',
        })
      : told
  }
  const named = [error, cause].find((candidate) => typeof (candidate as { code?: unknown })?.code === 'string')
  return classifyError(named ?? error, errorRules, what)
}

interface TokenAnswer {
  readonly status?: number
  readonly data?: unknown
  readonly headers?: { get?(name: string): string | null }
}

/** Has the token made anew, where the account can: one may be revoked before its time. */
async function expireToken({ account }: Sender): Promise<boolean> {
  const client = await account.client()
  const { access_token: token, refresh_token: refresh } = client.credentials
  if (typeof token !== 'string' || typeof refresh !== 'string') return false
  client.credentials.expiry_date = 1
  return true
}

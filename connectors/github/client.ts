import type { Octokit } from '@octokit/rest'
import { type ConnectorContext, IngestError } from '../kit/index.ts'
import { isRefusedQuery, toGithubError } from './errors.ts'

/** One answer of the REST API. */
export interface Answer<T> {
  /** Undefined: it stands where the `etag` that was given says. */
  readonly data: T | undefined
  readonly etag?: string
  /** When GitHub answered, by its own clock. */
  readonly at: Date
  /** Whether there is another page. */
  readonly more: boolean
}

type Parameters = Readonly<Record<string, string | number | boolean>>

/** What one account may ask of GitHub. */
export interface Client {
  /** GETs a path with `{placeholders}`. */
  get<T>(path: string, parameters?: Parameters, etag?: string): Promise<Answer<T>>
  /** What was asked for by id and is gone is null in the answer. */
  graphql<T>(query: string, variables: Readonly<Record<string, unknown>>): Promise<T>
}

export function createClient(octokit: Octokit, context: Pick<ConnectorContext, 'signal'>): Client {
  const call = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await untilAborted(work(), context.signal)
    } catch (error) {
      throw toGithubError(error, what, context.signal)
    }
  }
  return {
    async get<T>(path: string, parameters: Parameters = {}, etag?: string) {
      const what = `GET ${fill(path, parameters)}`
      return await call(what, async () => {
        const response = await octokit
          .request(`GET ${path}`, {
            ...parameters,
            headers: etag === undefined ? {} : { 'if-none-match': etag },
          })
          .catch((error: { status?: number; response?: Response }) => {
            if (error.status === 304 && error.response !== undefined) return { ...error.response, data: undefined }
            throw error
          })
        return toAnswer<T>(response, what)
      })
    },
    graphql: async <T>(query: string, variables: Readonly<Record<string, unknown>>) =>
      await call(`the query ${/\w+\s+(\w+)/.exec(query)?.[1] ?? ''}`, () =>
        octokit.graphql<T>(query, { ...variables }).catch((error: unknown) => {
          const gone =
            isRefusedQuery(error) && error.data !== null && error.errors.every(({ type }) => type === 'NOT_FOUND')
          if (!gone) throw error
          return error.data as T
        }),
      ),
  }
}

interface Response {
  readonly status: number
  readonly data: unknown
  readonly headers: Readonly<Record<string, string | number | undefined>>
}

function toAnswer<T>({ status, data, headers }: Response, what: string): Answer<T> {
  // Not followed: what has moved is another repository's, or has another name by now.
  if (status >= 300 && status !== 304)
    throw new IngestError('not_found', `${what}: it has moved`, { code: String(status) })
  const { etag, date, link } = headers
  return {
    // The API's shapes are declared where they are read.
    data: data as T | undefined,
    ...(etag === undefined ? {} : { etag: String(etag) }),
    at: new Date(String(date ?? new Date().toUTCString())),
    more: /rel="next"/.test(String(link ?? '')),
  }
}

function fill(path: string, parameters: Parameters): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => String(parameters[name] ?? ''))
}

/** octokit's queues know nothing of signals. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => {})
  signal.throwIfAborted()
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

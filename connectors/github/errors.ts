import { classifyError, type ErrorRule, IngestError } from '../kit/index.ts'

/** For what is thrown outside of a request; answers are classified by {@link toGithubError}. */
export const errorRules: readonly ErrorRule[] = [
  { category: 'auth', codes: ['401'], hint: 'Give a token that is still valid.' },
  {
    category: 'auth',
    // The App's key is read by WebCrypto, which has no codes for what it does not understand.
    patterns: [/PKCS|private key|InvalidCharacterError|asn1|Invalid keyData/i],
    hint: "Give the App's private key as GitHub made it, the whole PEM text.",
  },
  { category: 'source_unavailable', codes: ['5*'] },
]

/** What octokit throws for an answer that is no success. */
interface AnswerError {
  readonly status: number
  readonly message: string
  readonly response?: { readonly headers: Readonly<Record<string, string | number | undefined>> }
}

/** A secondary limit that does not say how long lasts a minute at least. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
const UNTOLD_WAIT_MS = 60_000

/** An error of a call as an IngestError that says what was asked. */
export function toGithubError(thrown: unknown, what: string, signal: AbortSignal): IngestError {
  if (thrown instanceof IngestError) return thrown
  const error = isLimitedQuery(thrown) ? Object.assign(thrown, { status: 429 }) : thrown
  if (signal.aborted) return new IngestError('cancelled', `${what}: cancelled`, { cause: error })
  if (isRefusedQuery(error)) return toQueryError(error, what)
  if (!isAnswer(error)) {
    const cause = (error as { cause?: unknown }).cause
    // fetch hides the network's error in `cause`, and octokit hides that once more.
    const root = (cause as { cause?: unknown } | undefined)?.cause ?? cause ?? error
    if (root instanceof IngestError) return root
    if ((root as { name?: string }).name === 'TimeoutError')
      return new IngestError('timeout', `${what}: no answer in time`, { cause: error })
    return classifyError(root, errorRules, what)
  }
  const { status, message } = error
  const text = `${what}: ${status} ${message.split('\n', 1)[0]?.slice(0, 200)}`
  const details = { code: String(status), cause: error }
  const retryAfterMs = waitOf(error)
  if (retryAfterMs !== undefined) return new IngestError('rate_limited', text, { ...details, retryAfterMs })
  const hint = hintOf(error)
  return new IngestError(categoryOf(status), text, { ...details, ...(hint === undefined ? {} : { hint }) })
}

/** GraphQL answers 200, and says in `errors` what it refuses or could not do. */
interface RefusedQuery {
  readonly errors: readonly {
    readonly type?: string
    readonly message: string
    readonly extensions?: { readonly code?: string }
  }[]
  readonly data: unknown
}

export function isRefusedQuery(error: unknown): error is RefusedQuery {
  return (error as { name?: string }).name === 'GraphqlResponseError'
}

const QUERY_CATEGORIES: Readonly<Record<string, IngestError['category']>> = {
  FORBIDDEN: 'permission',
  INSUFFICIENT_SCOPES: 'permission',
  NOT_FOUND: 'not_found',
  // An Enterprise Server too old for a field.
  undefinedField: 'unsupported',
}

/** Without a type it took too long, or something broke over there. */
function toQueryError(error: RefusedQuery, what: string): IngestError {
  const [{ type, message, extensions } = { message: 'refused' }] = error.errors
  const code = type ?? extensions?.code
  const category = QUERY_CATEGORIES[code ?? ''] ?? 'source_unavailable'
  const hint =
    'Allow the token to read contents and pull requests, and for checks commit statuses; an App also needs Checks: read.'
  return new IngestError(category, `${what}: ${message.split('\n', 1)[0]?.slice(0, 200)}`, {
    ...(code === undefined ? {} : { code }),
    ...(category === 'permission' ? { hint } : {}),
    cause: error,
  })
}

/** A query beyond the limit is answered 200, of which octokit makes an error without a status. */
function isLimitedQuery(error: unknown): error is Error & Pick<AnswerError, 'response'> {
  const { message, response } = error as { message?: unknown; response?: { readonly status?: number } }
  return response?.status === 200 && message === 'GraphQL Rate Limit Exceeded'
}

function isAnswer(error: unknown): error is AnswerError {
  const { status, response } = error as { status?: unknown; response?: unknown }
  return typeof status === 'number' && response !== undefined
}

/** Milliseconds to wait where the answer is a rate limit, primary or secondary. */
function waitOf({ status, message, response }: AnswerError, now = Date.now()): number | undefined {
  if (status !== 403 && status !== 429) return undefined
  const headers = response?.headers ?? {}
  const after = Number(headers['retry-after'])
  if (after > 0) return after * 1_000
  if (String(headers['x-ratelimit-remaining']) === '0')
    return Math.max(1_000, Number(headers['x-ratelimit-reset']) * 1_000 - now + 1_000)
  return status === 429 || /rate limit/i.test(message) ? UNTOLD_WAIT_MS : undefined
}

function categoryOf(status: number): IngestError['category'] {
  if (status === 401) return 'auth'
  if (status === 403 || status === 451) return 'permission'
  if (status === 404 || status === 410) return 'not_found'
  if (status === 408) return 'timeout'
  return status >= 500 ? 'source_unavailable' : 'unsupported'
}

function hintOf({ status, response }: AnswerError): string | undefined {
  if (status === 401) return 'Give a token that is still valid, or check the key of the App.'
  // GitHub names what a fine-grained token or an App lacks: `contents=read`.
  const accepted = response?.headers['x-accepted-github-permissions'] ?? response?.headers['x-accepted-oauth-scopes']
  if (status === 403 && accepted !== undefined && accepted !== '') return `Allow the token: ${accepted}.`
  if (status === 403)
    return 'Allow the token to read contents, metadata and pull requests; SSO may have to be authorised.'
  if (status === 404)
    return 'GitHub answers so too where the token may not look: check the name, and what the token covers.'
  return undefined
}

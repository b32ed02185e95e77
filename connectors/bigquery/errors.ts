import { classifyError, type ErrorRule, IngestError, parseRetryAfter } from '../kit/index.ts'

/**
 * By the `reason` of the first error of an answer, else by its HTTP status, else by the client's own codes.
 * https://cloud.google.com/bigquery/docs/error-messages
 */
export const errorRules: readonly ErrorRule[] = [
  {
    category: 'rate_limited',
    codes: ['rateLimitExceeded', 'userRateLimitExceeded', 'jobRateLimitExceeded', '429'],
    hint: 'Lower `requestsPerSecond` of the source, or ask Google for a higher quota.',
  },
  {
    category: 'rate_limited',
    codes: ['quotaExceeded', 'dailyLimitExceeded'],
    hint: 'A quota of the project is used up: see https://cloud.google.com/bigquery/quotas, or sync less often.',
  },
  {
    category: 'invalid_config',
    codes: ['accessNotConfigured', 'SERVICE_DISABLED'],
    hint: 'Enable the API in the project: gcloud services enable bigquery.googleapis.com --project {project}',
  },
  { category: 'invalid_config', codes: ['bytesBilledLimitExceeded', 'billingNotEnabled'] },
  {
    category: 'auth',
    codes: [
      'authError',
      'required',
      'ACCESS_TOKEN_EXPIRED',
      'UNAUTHENTICATED',
      '401',
      'invalid_grant',
      'invalid_client',
    ],
    hint: 'Sign in anew: check `credentials` (a key may be deleted or disabled) or give a fresh `accessToken`.',
  },
  {
    category: 'permission',
    codes: ['accessDenied', 'forbidden', 'insufficientPermissions', 'policyViolation', 'PERMISSION_DENIED', '403'],
    hint: 'tidemark connectors show bigquery --grants lists the roles.',
  },
  { category: 'not_found', codes: ['notFound', 'NOT_FOUND', '404', '410'] },
  { category: 'timeout', codes: ['timeout', 'stopped', '408'] },
  {
    category: 'source_unavailable',
    codes: ['backendError', 'internalError', 'jobBackendError', 'jobInternalError', 'resourceInUse', '5*'],
  },
  { category: 'invalid_config', codes: ['invalid', 'invalidQuery', 'badRequest', '400'] },
  {
    category: 'auth',
    patterns: [/Could not load the default credentials/, /unable to impersonate/i, /Unable to detect a Project Id/i],
    hint: 'Give `credentials`, or run: gcloud auth application-default login',
  },
  {
    category: 'invalid_config',
    codes: ['ENOENT', 'EACCES', 'ERR_OSSL_*'],
    hint: 'Check `credentials` of the source: JSON text, or the path of a file that can be read.',
  },
]

/** Reasons that are told as they are; of others the HTTP status says more. */
const KNOWN = new Set(errorRules.flatMap(({ codes = [] }) => codes).filter((code) => /^[A-Za-z]/.test(code)))

/** Longer-term limits: Google asks for ten minutes before another try. https://cloud.google.com/bigquery/docs/troubleshoot-quotas */
const QUOTA_PAUSE_MS = 600_000

/** An answer that is an error, as the APIs word it. https://cloud.google.com/apis/design/errors */
interface ErrorBody {
  readonly error?: {
    readonly message?: string
    readonly status?: string
    readonly errors?: readonly { readonly reason?: string; readonly message?: string }[]
    readonly details?: readonly { readonly reason?: string }[]
  }
}

export interface Refusal {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

/** The classified error of an answer; `grant` is what to do where a right is missing. */
export function toApiError({ status, text, retryAfter }: Refusal, what: string, grant?: string): IngestError {
  const { error } = parse(text)
  const reasons = [...(error?.errors ?? []), ...(error?.details ?? [])].map(({ reason }) => reason)
  const code = [...reasons, error?.status].find((reason) => reason !== undefined && KNOWN.has(reason)) ?? String(status)
  const message = error?.message ?? `${status} ${text.slice(0, 200)}`.trim()
  const told = classifyError(Object.assign(new Error(message), { code }), errorRules, what)
  const hint = told.category === 'permission' ? (grant ?? told.hint) : told.hint
  const wait = waitOf(told, retryAfter)
  return new IngestError(told.category, told.message, {
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  })
}

function waitOf({ category, code }: IngestError, header: string | null): number | undefined {
  const told = parseRetryAfter(header, Date.now())
  if (told !== undefined) return told
  return category === 'rate_limited' && /^(quotaExceeded|dailyLimitExceeded)$/.test(code ?? '')
    ? QUOTA_PAUSE_MS
    : undefined
}

function parse(text: string): ErrorBody {
  try {
    const body: unknown = JSON.parse(text)
    // An answer of any other shape has no error of ours to read.
    return typeof body === 'object' && body !== null ? (body as ErrorBody) : {}
  } catch {
    return {}
  }
}

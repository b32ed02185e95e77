/** What kind of failure this is; it decides whether a step is tried again and who has to act. */
export type ErrorCategory =
  | 'invalid_config'
  | 'auth'
  | 'permission'
  | 'not_found'
  | 'rate_limited'
  | 'source_unavailable'
  | 'timeout'
  | 'dependency_unavailable'
  | 'data_integrity'
  | 'unsupported'
  | 'internal'
  | 'cancelled'

/** Categories that trying again can mend. `internal` is tried twice, by the retry profile. */
const RETRYABLE: ReadonlySet<ErrorCategory> = new Set([
  'rate_limited',
  'source_unavailable',
  'timeout',
  'dependency_unavailable',
  'internal',
])

export interface IngestErrorDetails {
  /** The driver's or vendor's own code, such as a SQLSTATE or an HTTP status. */
  readonly code?: string
  readonly cause?: unknown
  /** How long the source asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number
  /** What the person should do next: a GRANT, a command, a setting. */
  readonly hint?: string
}

/** The one error class of Tidemark. The message says what failed and on what; `hint` says what to do. */
export class IngestError extends Error {
  override readonly name = 'IngestError'
  readonly category: ErrorCategory
  readonly code: string | undefined
  readonly retryAfterMs: number | undefined
  readonly hint: string | undefined

  constructor(category: ErrorCategory, message: string, details: IngestErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.category = category
    this.code = details.code
    this.retryAfterMs = details.retryAfterMs
    this.hint = details.hint
  }

  get retryable(): boolean {
    return RETRYABLE.has(this.category)
  }
}

/** An error as it is stored and told: plain data, already redacted. */
export interface ErrorSummary {
  readonly category: ErrorCategory
  readonly message: string
  readonly hint?: string
  readonly code?: string
}

/** Any thrown value as an IngestError; what is not one already becomes `internal`. */
export function toIngestError(error: unknown): IngestError {
  if (error instanceof IngestError) return error
  if (error instanceof Error) {
    return new IngestError('internal', error.message || error.name, { cause: error })
  }
  return new IngestError('internal', String(error))
}

/** The parts of an error that are stored with a run. */
export function summarizeError(error: unknown): ErrorSummary {
  const { category, message, hint, code } = toIngestError(error)
  return {
    category,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(code === undefined ? {} : { code }),
  }
}

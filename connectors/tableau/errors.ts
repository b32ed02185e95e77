import type { ErrorCategory } from '../../model/errors.ts'
import { type ErrorRule, IngestError } from '../kit/index.ts'

/** For what is thrown outside of a request; answers are classified by their status and {@link toTableauError}. */
export const errorRules: readonly ErrorRule[] = [
  { category: 'auth', codes: ['401*'], hint: 'Give a personal access token, or connected app, that is still valid.' },
  { category: 'source_unavailable', codes: ['5*'] },
]

/** What the REST API says of a request that failed: `{"error": {"summary", "detail", "code"}}`. */
export function readRestError(body: unknown): { readonly code: string; readonly message: string } | undefined {
  const { error } = (body ?? {}) as { error?: { summary?: unknown; detail?: unknown; code?: unknown } }
  if (error === undefined || error === null || typeof error.code !== 'string') return undefined
  return { code: error.code, message: `${String(error.summary ?? '')}: ${String(error.detail ?? '')} (${error.code})` }
}

/** https://help.tableau.com/current/api/rest_api/en-us/REST/rest_api_concepts_errors.htm */
const HINTS: readonly (readonly [code: RegExp, category: ErrorCategory, hint: string])[] = [
  [
    /^401001$/,
    'auth',
    'Check the site, and the name and secret of the token: it ends after a year, or after 15 days without use.',
  ],
  [/^401/, 'auth', 'The session has ended: sign in again.'],
  [/^404000$/, 'not_found', "Check `site`: the site's part of the address, after /site/."],
  [/^403/, 'permission', 'Give the user the right to see the content: `tidemark connectors show tableau --grants`.'],
  [/^(429|502|503|504)/, 'rate_limited', 'Tableau asks for less at a time.'],
]

/** An error of the REST API with what to do about it. */
export function toTableauError(error: unknown): unknown {
  if (!(error instanceof IngestError) || error.hint !== undefined || error.code === undefined) return error
  const { code } = error
  const found = HINTS.find(([pattern]) => pattern.test(code))
  if (found === undefined) return error
  const [, category, hint] = found
  return new IngestError(error.code.length > 3 ? category : error.category, error.message, {
    code,
    hint,
    cause: error,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
  })
}

import { redact } from '../connectors/kit/redact.ts'
import { type ErrorCategory, summarizeError } from '../model/errors.ts'

export interface ToldError {
  readonly category: ErrorCategory
  readonly message: string
  readonly hint: string | null
}

/** Any thrown value as it may be shown: no secret in it. */
export function tellError(error: unknown): ToldError {
  const { category, message, hint } = summarizeError(error)
  return { category, message: redact(message), hint: hint === undefined ? null : redact(hint) }
}

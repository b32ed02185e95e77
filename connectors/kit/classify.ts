import { type ErrorCategory, IngestError } from '../../model/errors.ts'

/** A rule of a connector's error table. The first whose code or pattern fits wins. */
export interface ErrorRule {
  readonly category: ErrorCategory
  /** Matched against `error.code` (and `status`), exactly or as a prefix ending in `*`: `'28P01'`, `'08*'`. */
  readonly codes?: readonly string[]
  /** Matched against the message; only where the vendor gives no code. */
  readonly patterns?: readonly RegExp[]
  /** What the person should do. */
  readonly hint?: string
}

/** Node's own codes for trouble on the way to a server. */
const NETWORK_RULES: readonly ErrorRule[] = [
  {
    category: 'source_unavailable',
    codes: [
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'EAI_AGAIN',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'EPIPE',
      'UND_ERR_SOCKET',
    ],
    hint: 'Check the host and port, and that the server is up and reachable from here.',
  },
  {
    category: 'timeout',
    codes: ['ETIMEDOUT', 'ESOCKETTIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'],
  },
  {
    category: 'auth',
    codes: [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ],
    hint: "The server's certificate is not trusted: give its CA file, or a TLS mode that does not verify.",
  },
  { category: 'cancelled', codes: ['ABORT_ERR'], patterns: [/^This operation was aborted$/] },
]

/** Turns whatever a driver threw into an IngestError: the connector's rules first, then the network's, else internal. */
export function classifyError(error: unknown, rules: readonly ErrorRule[], what: string): IngestError {
  if (error instanceof IngestError) return error
  const code = readCode(error)
  const text = error instanceof Error ? error.message || code || error.name : String(error)
  const rule = [...rules, ...NETWORK_RULES].find((candidate) => fits(candidate, code, text))
  return new IngestError(rule?.category ?? 'internal', `${what}: ${text}`, {
    ...(code === undefined ? {} : { code }),
    ...(rule?.hint === undefined ? {} : { hint: rule.hint }),
    cause: error,
  })
}

function readCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, status, errors } = error as { code?: unknown; status?: unknown; errors?: unknown }
  if (typeof code === 'string' || typeof code === 'number') return String(code)
  if (typeof status === 'number') return String(status)
  // Node's happy-eyeballs failures hide the codes inside an AggregateError.
  return Array.isArray(errors) ? readCode(errors[0]) : undefined
}

function fits(rule: ErrorRule, code: string | undefined, text: string): boolean {
  const byCode = rule.codes?.some((wanted) =>
    wanted.endsWith('*') ? code?.startsWith(wanted.slice(0, -1)) : code === wanted,
  )
  return byCode === true || rule.patterns?.some((pattern) => pattern.test(text)) === true
}

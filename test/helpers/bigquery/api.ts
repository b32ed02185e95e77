import type { IncomingMessage } from 'node:http'

export interface ApiCall {
  readonly method: string
  /** Decoded, without the base: `projects/p/datasets`. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface Reply {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** As the API words its errors. https://cloud.google.com/bigquery/docs/error-messages */
export function refuse(status: number, reason: string, message: string, headers?: Reply['headers']): Reply {
  const error = { code: status, message, errors: [{ message, domain: 'global', reason }] }
  return { status, body: { error }, ...(headers === undefined ? {} : { headers }) }
}

import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { IngestError } from '../model/errors.ts'

export interface VaultPlace {
  /** VAULT_ADDR. */
  readonly address: string
  /** VAULT_NAMESPACE. */
  readonly namespace?: string
  /** VAULT_CACERT: a file. */
  readonly caFile?: string
}

export interface VaultRequest {
  readonly method?: 'GET' | 'POST'
  /** Below `/v1/`. */
  readonly path: string
  readonly token?: string
  readonly body?: unknown
}

export interface VaultAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const TIMEOUT_MS = 10_000
const MAX_BYTES = 1024 * 1024

/**
 * Sends one request and reads the JSON answer, whatever its status. A standby sends to the active node (307): that is
 * followed once, and never from https to http. @throws IngestError when there is no answer.
 */
export async function askVault(place: VaultPlace, request: VaultRequest): Promise<VaultAnswer> {
  const url = new URL(`v1/${request.path}`, place.address.endsWith('/') ? place.address : `${place.address}/`)
  const first = await send(place, request, url)
  if (first.location === undefined) return first
  const next = new URL(first.location, url)
  if (url.protocol === 'https:' && next.protocol !== 'https:') {
    throw new IngestError('dependency_unavailable', `Vault at ${place.address} redirects to an address without TLS`, {
      hint: 'Check api_addr in its configuration.',
    })
  }
  return await send(place, request, next)
}

async function send(
  place: VaultPlace,
  { method = 'GET', token, body }: VaultRequest,
  url: URL,
): Promise<VaultAnswer & { readonly location?: string }> {
  const payload = body === undefined ? undefined : JSON.stringify(body)
  const options: https.RequestOptions = {
    method,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...(place.caFile === undefined ? {} : { ca: readCa(place.caFile) }),
    headers: {
      'x-vault-request': 'true',
      ...(token === undefined ? {} : { 'x-vault-token': token }),
      ...(place.namespace === undefined ? {} : { 'x-vault-namespace': place.namespace }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    },
  }
  try {
    const response = await exchange(url, options, payload)
    const { statusCode: status = 0, headers } = response
    const moved = [301, 302, 307, 308].includes(status) && headers.location !== undefined
    return { status, body: parse(await readBody(response)), ...(moved ? { location: headers.location as string } : {}) }
  } catch (error) {
    throw unreachable(place, error)
  }
}

function exchange(url: URL, options: https.RequestOptions, payload: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, options, resolve)
    request.once('error', reject)
    request.end(payload)
  })
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  let size = 0
  response.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MAX_BYTES) response.destroy(new Error(`the answer is larger than ${MAX_BYTES} bytes`))
  })
  return await text(response)
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    // Proxies answer with pages; the status tells enough.
    return {}
  }
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new IngestError('invalid_config', `VAULT_CACERT cannot be read: ${(cause as Error).message}`, { cause })
  }
}

function unreachable({ address }: VaultPlace, error: unknown): IngestError {
  if (error instanceof IngestError) return error
  const { code, name, message } = error as { code?: string; name?: string; message?: string }
  if (name === 'TimeoutError' || name === 'AbortError') {
    return new IngestError('timeout', `Vault at ${address} does not answer within ${TIMEOUT_MS / 1000} s`, {
      hint: 'Check VAULT_ADDR, and that this machine may reach it.',
    })
  }
  const untrusted = /CERT|SELF_SIGNED|UNABLE_TO/.test(code ?? '')
  return new IngestError('dependency_unavailable', `Vault at ${address} does not answer: ${message || code}`, {
    hint: untrusted
      ? 'Its certificate is not trusted: give the CA file in VAULT_CACERT.'
      : 'Check VAULT_ADDR, and that Vault is up and reachable from here.',
    ...(code === undefined ? {} : { code }),
  })
}

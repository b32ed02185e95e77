import { randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** What a test arranges in a Vault, the real one or this. */
export interface VaultUnderTest extends AsyncDisposable {
  readonly address: string
  /** A token that may do everything. */
  readonly root: string
  /** Writes a secret to a mount of version 1 (`kv`) or 2 (`secret`). */
  put(path: string, secret: Readonly<Record<string, unknown>>): Promise<void>
  /** Deletes the latest version of a secret in `secret`. */
  remove(path: string): Promise<void>
  /** A token that may read `allowed` (paths of the API) alone. */
  token(options: { readonly allowed: readonly string[]; readonly ttlSeconds?: number }): Promise<string>
  /** An AppRole whose tokens may read `allowed` alone. */
  role(options: {
    readonly allowed: readonly string[]
    readonly ttlSeconds?: number
  }): Promise<{ readonly roleId: string; readonly secretId: string }>
  /** Ends every token of AppRoles at once. */
  revokeRoleTokens(): Promise<void>
}

interface Token {
  readonly allowed: readonly string[]
  readonly ttlSeconds: number
  readonly role: boolean
  expiresAt: number
  revoked: boolean
}

type Body = Record<string, unknown>
interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
interface Asked {
  readonly method: string
  readonly path: string
  readonly token: string
  readonly body: Body
  readonly headers: http.IncomingHttpHeaders
}

export interface FakeVault extends VaultUnderTest {
  /** `METHOD path` of every request so far. */
  readonly requests: string[]
  /** Answers everything instead, while set. */
  intercept: ((asked: Asked) => Answer | undefined) | undefined
}

export interface FakeVaultOptions {
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer }
  readonly namespace?: string
}

const DENIED: Answer = { status: 403, body: { errors: ['permission denied'] } }
const NOTHING: Answer = { status: 404, body: { errors: [] } }

/**
 * A Vault after its API documentation (developer.hashicorp.com/vault/api-docs: kv-v1, kv-v2, auth/approle, auth/token,
 * and the preflight of `vault kv`): what Tidemark asks of one, no more.
 */
export async function startFakeVault(options: FakeVaultOptions = {}): Promise<FakeVault> {
  const world = createWorld()
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse) => {
    const body = await text(request)
    const asked: Asked = {
      method: request.method ?? '',
      path: decodeURIComponent((request.url ?? '').replace(/^\/v1\//, '')),
      token: String(request.headers['x-vault-token'] ?? ''),
      body: body === '' ? {} : (JSON.parse(body) as Body),
      headers: request.headers,
    }
    vault.requests.push(`${asked.method} ${asked.path}`)
    const inNamespace = options.namespace === undefined || asked.headers['x-vault-namespace'] === options.namespace
    const answer = vault.intercept?.(asked) ?? (inNamespace ? world.answer(asked) : DENIED)
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
  }
  const server = options.tls === undefined ? http.createServer(handle) : https.createServer(options.tls, handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const vault: FakeVault = {
    ...world.arrange,
    address: options.tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests: [],
    intercept: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return vault
}

function createWorld() {
  const first = new Map<string, Body>()
  const second = new Map<string, { readonly data: Body | null; readonly version: number }>()
  const tokens = new Map<string, Token>()
  const roles = new Map<
    string,
    { readonly secretId: string; readonly allowed: readonly string[]; readonly ttlSeconds: number }
  >()
  const issue = (allowed: readonly string[], ttlSeconds: number, role: boolean): string => {
    const value = `hvs.${randomUUID()}`
    const expiresAt = ttlSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlSeconds * 1000
    tokens.set(value, { allowed, ttlSeconds, role, expiresAt, revoked: false })
    return value
  }
  const root = issue(['*'], 0, false)
  const readV2 = (path: string): Answer => {
    const found = second.get(path.replace(/^secret\/data\//, 'secret/'))
    if (found === undefined) return NOTHING
    const metadata = {
      version: found.version,
      deletion_time: found.data === null ? '2026-11-21T00:00:00Z' : '',
      destroyed: false,
    }
    return { status: found.data === null ? 404 : 200, body: { data: { data: found.data, metadata } } }
  }
  const login = ({ role_id: roleId, secret_id: secretId }: Body): Answer => {
    const role = roles.get(String(roleId))
    if (role === undefined) return { status: 400, body: { errors: ['invalid role or secret ID'] } }
    if (role.secretId !== secretId) return { status: 400, body: { errors: ['invalid role or secret ID'] } }
    const value = issue(role.allowed, role.ttlSeconds, true)
    return { status: 200, body: { auth: { client_token: value, renewable: true, lease_duration: role.ttlSeconds } } }
  }
  const renew = (value: string, token: Token): Answer => {
    token.expiresAt = Date.now() + token.ttlSeconds * 1000
    return { status: 200, body: { auth: { client_token: value, renewable: true, lease_duration: token.ttlSeconds } } }
  }
  const preflight = (path: string, token: Token): Answer => {
    const [mount = '', ...rest] = path.split('/')
    const api = mount === 'secret' ? [mount, ...(rest[0] === 'data' ? [] : ['data']), ...rest] : [mount, ...rest]
    if (!['secret', 'kv'].includes(mount) || !may(token, api.join('/'))) return DENIED
    return {
      status: 200,
      body: { data: { path: `${mount}/`, type: 'kv', options: mount === 'secret' ? { version: '2' } : null } },
    }
  }
  const may = ({ allowed }: Token, path: string) => allowed.some((one) => one === '*' || one === path)
  const answer = (asked: Asked): Answer => {
    const { method, path, body } = asked
    if (method === 'POST' && path === 'auth/approle/login') return login(body)
    const token = tokens.get(asked.token)
    if (token === undefined || token.revoked || token.expiresAt < Date.now()) return DENIED
    if (path === 'auth/token/lookup-self') {
      const ttl = token.ttlSeconds === 0 ? 0 : Math.ceil((token.expiresAt - Date.now()) / 1000)
      return { status: 200, body: { data: { ttl, renewable: token.ttlSeconds > 0 } } }
    }
    if (method === 'POST' && path === 'auth/token/renew-self') return renew(asked.token, token)
    if (path.startsWith('sys/internal/ui/mounts/'))
      return preflight(path.slice('sys/internal/ui/mounts/'.length), token)
    if (method !== 'GET' || !may(token, path)) return DENIED
    if (path.startsWith('secret/data/')) return readV2(path)
    const found = first.get(path)
    return found === undefined ? NOTHING : { status: 200, body: { data: found, lease_duration: 2_764_800 } }
  }
  return {
    answer,
    arrange: {
      root,
      async put(path: string, secret: Body) {
        if (path.startsWith('kv/')) first.set(path, secret)
        else second.set(path, { data: secret, version: (second.get(path)?.version ?? 0) + 1 })
      },
      async remove(path: string) {
        second.set(path, { data: null, version: second.get(path)?.version ?? 1 })
      },
      async token({ allowed, ttlSeconds = 0 }: { readonly allowed: readonly string[]; readonly ttlSeconds?: number }) {
        return issue(allowed, ttlSeconds, false)
      },
      async role({
        allowed,
        ttlSeconds = 3600,
      }: {
        readonly allowed: readonly string[]
        readonly ttlSeconds?: number
      }) {
        const [roleId, secretId] = [randomUUID(), randomUUID()]
        roles.set(roleId, { secretId, allowed, ttlSeconds })
        return { roleId, secretId }
      },
      async revokeRoleTokens() {
        for (const token of tokens.values()) if (token.role) token.revoked = true
      },
    },
  }
}

import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Account, Result } from './account.ts'
import { answer, type Limits, SnowflakeRefusal } from './answers.ts'

/** What answers instead, while set: a status with headers, a dropped connection, or nothing at all. */
export type Intervention =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown }
  | 'drop'
  | 'hang'

export interface SnowflakeServer extends AsyncDisposable {
  readonly url: string
  readonly account: Account
  /** Every statement so far. */
  readonly statements: string[]
  /** QUERY_TAG of every statement so far. */
  readonly tags: (string | undefined)[]
  /** The values of every statement so far. */
  readonly binds: (readonly (string | null)[])[]
  limits: Limits
  intercept: ((request: { readonly path: string; readonly text: string }) => Intervention | undefined) | undefined
  /** Who may sign in: by password, by token, or by a key whose JWT any is taken of. */
  readonly users: Map<
    string,
    { readonly password?: string; readonly token?: string; readonly key?: boolean; readonly refusal?: string }
  >
  /** Sessions end, as if nobody had used them for hours; with `renewable` a client may renew its token. */
  expireSessions(options: { readonly renewable: boolean }): void
}

/** Rows beyond these come in chunks, from a place of their own. */
const CHUNK = 2_000

/** The wire protocol of Snowflake's drivers, as far as the Node client speaks it, over an account in memory. */
export async function startSnowflake(account: Account): Promise<SnowflakeServer> {
  const chunks = new Map<string, Buffer>()
  const sessions = new Map<string, 'live' | 'expired' | 'gone'>()
  const masters = new Map<string, boolean>()
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = await buffer(request)
    const path = request.url ?? '/'
    const body =
      raw.length === 0
        ? {}
        : (JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()) as Record<
            string,
            never
          >)
    const text = String(body.sqlText ?? '')
    const intervention = path.startsWith('/telemetry') ? undefined : standIn.intercept?.({ path, text })
    if (intervention === 'drop') return void request.socket.destroy()
    if (intervention === 'hang') return
    if (intervention !== undefined) {
      response.writeHead(intervention.status, { 'content-type': 'application/json', ...intervention.headers })
      return void response.end(JSON.stringify(intervention.body ?? {}))
    }
    const chunk = /^\/chunks\/([\w-]+)/.exec(path)?.[1]
    if (chunk !== undefined) {
      const content = gzipSync(chunks.get(chunk) ?? Buffer.from(''))
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': content.length })
      return void response.end(content)
    }
    const content = Buffer.from(JSON.stringify(reply(path, text, body, request)))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': content.length })
    response.end(content)
  }

  function reply(path: string, text: string, body: Record<string, never>, request: IncomingMessage): unknown {
    if (path.startsWith('/session/v1/login-request')) return signIn(body.data as unknown as Record<string, string>)
    if (path.startsWith('/session/token-request')) return renew(request)
    if (path.startsWith('/queries/v1/query-request')) return query(text, body, request)
    return { success: true, code: null, data: null }
  }

  function signIn(data: Record<string, string>): unknown {
    const user = standIn.users.get(data.LOGIN_NAME?.toUpperCase() ?? '')
    const right =
      user !== undefined &&
      (data.AUTHENTICATOR === 'SNOWFLAKE_JWT'
        ? user.key === true
        : data.TOKEN === undefined || data.TOKEN === null
          ? user.password !== undefined && user.password === data.PASSWORD
          : user.token === data.TOKEN)
    if (user?.refusal !== undefined) return refused(user.refusal, 'Refused.')
    if (!right) {
      return data.AUTHENTICATOR === 'SNOWFLAKE_JWT'
        ? refused('390144', 'JWT token is invalid.')
        : data.AUTHENTICATOR === 'OAUTH'
          ? refused('390303', 'Invalid OAuth access token.')
          : data.TOKEN
            ? refused('394400', 'Programmatic access token is invalid.')
            : refused('390100', 'Incorrect username or password was specified.')
    }
    const [token, masterToken] = [randomUUID(), randomUUID()]
    sessions.set(token, 'live')
    masters.set(masterToken, true)
    return {
      success: true,
      code: null,
      data: {
        token,
        masterToken,
        validityInSeconds: 3600,
        masterValidityInSeconds: 14_400,
        sessionId: 1,
        parameters: [],
        displayUserName: 'TIDEMARK',
      },
    }
  }

  function renew(request: IncomingMessage): unknown {
    const master = /Token="([^"]*)"/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (masters.get(master) !== true)
      return refused('390114', 'Authentication token has expired. The user must authenticate again.')
    const token = randomUUID()
    sessions.set(token, 'live')
    return {
      success: true,
      code: null,
      data: { sessionToken: token, masterToken: master, validityInSecondsST: 3600, validityInSecondsMT: 14_400 },
    }
  }

  function query(text: string, body: Record<string, never>, request: IncomingMessage): unknown {
    const token = /Token="([^"]*)"/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    if (sessions.get(token) !== 'live') return refused('390112', 'Your session has expired. Please login again.')
    standIn.statements.push(text)
    standIn.binds.push(
      Object.values((body.bindings ?? {}) as Record<string, { value: string | null }>).map(({ value }) => value),
    )
    standIn.tags.push((body.parameters as unknown as { QUERY_TAG?: string } | undefined)?.QUERY_TAG)
    const queryId = `${randomUUID()}`
    try {
      const result = answer(account, text, (body.bindings ?? {}) as never, standIn.limits)
      return { success: true, code: null, data: { ...encode(result), queryId } }
    } catch (error) {
      const refusal =
        error instanceof SnowflakeRefusal
          ? error
          : new SnowflakeRefusal('000603', 'XX000', `${String(error)} in ${text}`)
      return {
        ...refused(refusal.code, refusal.message),
        data: { errorCode: refusal.code, sqlState: refusal.sqlState, queryId },
      }
    }
  }

  function encode({ columns, rows }: Result) {
    const first = rows.slice(0, CHUNK)
    const rest = []
    for (let start = CHUNK; start < rows.length; start += CHUNK) {
      const part = rows.slice(start, start + CHUNK)
      const content = Buffer.from(part.map((row) => JSON.stringify(row)).join(','))
      const name = createHash('sha256').update(content).update(String(start)).digest('hex')
      chunks.set(name, content)
      rest.push({
        url: `${url}/chunks/${name}`,
        rowCount: part.length,
        uncompressedSize: content.length,
        compressedSize: content.length,
      })
    }
    return {
      parameters: [],
      rowtype: columns.map(({ name, type }) => ({
        name,
        type,
        nullable: true,
        length: 16_777_216,
        precision: null,
        scale: null,
        byteLength: null,
      })),
      rowset: first,
      total: rows.length,
      returned: rows.length,
      queryResultFormat: 'json',
      ...(rest.length === 0 ? {} : { chunks: rest, chunkHeaders: {} }),
      statementTypeId: 4096,
      version: 1,
      finalDatabaseName: null,
      finalSchemaName: null,
      finalWarehouseName: 'TIDEMARK_XS',
      finalRoleName: 'TIDEMARK',
    }
  }

  const standIn: SnowflakeServer = {
    url,
    account,
    statements: [],
    tags: [],
    binds: [],
    limits: { show: 10_000, information: Number.POSITIVE_INFINITY },
    intercept: undefined,
    users: new Map(),
    expireSessions({ renewable }) {
      for (const token of sessions.keys()) sessions.set(token, 'expired')
      if (!renewable) for (const token of masters.keys()) masters.set(token, false)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      account.database.close()
    },
  }
  return standIn
}

function refused(code: string, message: string) {
  return { success: false, code, message, data: { errorCode: code } as Record<string, unknown> }
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerApi } from './answers.ts'
import { type ApiCall, type Reply, refuse } from './api.ts'
import { project } from './partial.ts'
import type { World } from './world.ts'

/** An answer of the API's own making: an error, a slow one, a connection that breaks. */
export type Trouble = (call: ApiCall) => Reply | 'drop' | 'hang' | undefined

export interface StandIn extends AsyncDisposable {
  readonly url: string
  /** All that was asked for, in order. */
  readonly calls: ApiCall[]
  /** Asked first, for every call. */
  trouble: Trouble | undefined
  /** How many requests were under way at once, at most. */
  readonly most: () => number
}

export const TOKEN = 'ya29.stand-in-token'

/** The config that leads a source to the stand-in. */
export function configFor({ url }: Pick<StandIn, 'url'>) {
  return {
    accessToken: TOKEN,
    endpoints: { bigquery: url, connection: url, datacatalog: url, iamcredentials: url },
    requestsPerSecond: 1000,
  }
}

/** Answers as BigQuery documents its REST API, from a world in memory, on the loopback. */
export async function startStandIn(
  world: World,
  options: {
    readonly answer?: (call: ApiCall) => Promise<Reply | undefined>
    readonly tokens?: ReadonlySet<string>
  } = {},
): Promise<StandIn> {
  const calls: ApiCall[] = []
  const state = { trouble: undefined as Trouble | undefined, running: 0, most: 0 }
  const tokens = options.tokens ?? new Set([TOKEN])
  const answer = async (call: ApiCall, response: ServerResponse): Promise<void> => {
    const trouble = state.trouble?.(call)
    if (trouble === 'hang') return
    if (trouble === 'drop') {
      response.destroy()
      return
    }
    const reply = trouble ?? signedIn(call, tokens) ?? (await options.answer?.(call)) ?? answerApi(world, call)
    const body = reply.status === 200 ? project(reply.body, call.query.get('fields')) : reply.body
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(body))
  }
  const server = createServer((request, response) => {
    state.running += 1
    state.most = Math.max(state.most, state.running)
    response.on('close', () => {
      state.running -= 1
    })
    readCall(request)
      .then(async (call) => {
        calls.push(call)
        await answer(call, response)
      })
      .catch((error: unknown) => {
        response.writeHead(599, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ error: { message: `the stand-in failed: ${String(error)}` } }))
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    get trouble() {
      return state.trouble
    },
    set trouble(trouble) {
      state.trouble = trouble
    },
    most: () => state.most,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function signedIn({ headers, method }: ApiCall, tokens: ReadonlySet<string>): Reply | undefined {
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
  if (method === 'HEAD' || (token !== undefined && tokens.has(token))) return undefined
  return refuse(401, 'authError', 'Request had invalid authentication credentials. Expected OAuth 2 access token.')
}

async function readCall(request: IncomingMessage): Promise<ApiCall> {
  const url = new URL(request.url ?? '/', 'http://stand-in')
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const path = url.pathname.replace(/^\/(bigquery\/v2|v1)(\/|$)/, '').split('/')
  return {
    method: request.method ?? 'GET',
    path: path.filter((step) => step !== '').map(decodeURIComponent),
    query: url.searchParams,
    headers: request.headers,
    body: text === '' ? undefined : JSON.parse(text),
  }
}

import { createHash } from 'node:crypto'
import type { Octokit } from '@octokit/rest'
import type { Dispatcher } from 'undici'
import type { ConnectorContext } from '../kit/index.ts'
import { type Budget, createBudget } from './budget.ts'
import { type Client, createClient } from './client.ts'
import type { GithubConfig } from './config.ts'
import { webHost } from './manifest.ts'
import { tokenCache } from './tokens.ts'

/** The accounts a source is read with: one for a token, one for each installation of an App. */
export interface Session extends AsyncDisposable {
  /** The account that reads what belongs to an owner. */
  clientOf(owner: string): Promise<Client>
  /** As the App itself, before any installation; undefined when signed in with a token or not at all. */
  readonly app: Client | undefined
}

const TIMEOUT_MS = 60_000
/** Longer waits are the step's: it is tried again when they are over. */
const LONGEST_WAIT_S = 5
/** The first of octokit's own retries waits so long, the second four times as long. */
const RETRY_BASE_MS = 250

/** Loads the client; nothing is asked until something is needed. */
export async function openSession(config: GithubConfig, context: ConnectorContext): Promise<Session> {
  const [rest, { throttling }, { retry }, { createAppAuth }, undici] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
    import('@octokit/plugin-retry'),
    import('@octokit/auth-app'),
    import('undici'),
  ])
  const dispatcher: Dispatcher =
    config.proxy === undefined ? new undici.Agent() : new undici.ProxyAgent({ uri: config.proxy })
  const Kit = rest.Octokit.plugin(throttling, retry)
  const budgets: Budget[] = []
  const make = (account: string, auth: object): Octokit => {
    const budget = createBudget(context.budgets, account)
    budgets.push(budget)
    return new Kit({
      baseUrl: config.baseUrl.replace(/\/+$/, ''),
      userAgent: 'tidemark',
      ...auth,
      log: silent,
      request: {
        fetch: createFetch(undici.fetch as unknown as typeof fetch, { dispatcher, context, budget }),
        redirect: 'manual',
      },
      throttle: throttleOptions(account),
      retry: {
        retries: 2,
        retryAfterBaseValue: RETRY_BASE_MS,
        doNotRetry: [304, 400, 401, 403, 404, 409, 410, 422, 429, 451],
      },
    })
  }
  const host = webHost(config.baseUrl)
  const close = async () => {
    try {
      for (const budget of budgets) await budget.flush()
    } finally {
      await dispatcher.destroy()
    }
  }
  const { app } = config
  if (app === undefined) {
    const token = config.token === undefined ? {} : { auth: config.token }
    const client = createClient(make(`${host}/${digest(config.token ?? 'nobody')}`, token), context)
    return { app: undefined, clientOf: async () => client, [Symbol.asyncDispose]: close }
  }
  const account = `${host}/${digest(`${app.appId} ${app.privateKey}`)}`
  const credentials = {
    appId: app.appId,
    privateKey: app.privateKey.replaceAll('\\n', '\n'),
    cache: tokenCache(account),
  }
  const asApp = createClient(make(account, { authStrategy: createAppAuth, auth: credentials }), context)
  const clients = new Map<number, Client>()
  return {
    app: asApp,
    [Symbol.asyncDispose]: close,
    async clientOf(owner) {
      const installationId = app.installationId ?? (await findInstallation(asApp, account, owner))
      const known = clients.get(installationId)
      if (known !== undefined) return known
      const auth = { authStrategy: createAppAuth, auth: { ...credentials, installationId } }
      const client = createClient(make(`${account}/${installationId}`, auth), context)
      clients.set(installationId, client)
      return client
    },
  }
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** Reads only: nothing of what octokit does to space out writes is needed. */
const unspaced = {
  key: () => ({ schedule: (_options: object, work: (...args: never[]) => unknown, ...args: never[]) => work(...args) }),
}

function throttleOptions(id: string): object {
  const waitBriefly = (retryAfter: number, _options: object, _octokit: unknown, tries: number) =>
    retryAfter <= LONGEST_WAIT_S && tries === 0
  return { id, onRateLimit: waitBriefly, onSecondaryRateLimit: waitBriefly, write: unspaced }
}

interface Surroundings {
  readonly dispatcher: Dispatcher
  readonly context: ConnectorContext
  readonly budget: Budget
}

/** Every request of octokit goes through here: counted, bounded, within the limits, ended by the step's signal. */
function createFetch(fetchWith: typeof fetch, { dispatcher, context, budget }: Surroundings): typeof fetch {
  return async (input, init) => {
    await budget.before(String(input).endsWith('/graphql') ? 'graphql' : 'core')
    context.meter.request()
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(TIMEOUT_MS)])
    // undici's own fetch takes the connections to use.
    const options = { ...init, signal, dispatcher } as RequestInit
    const response = await fetchWith(input, options)
    context.meter.bytes(Number(response.headers.get('content-length') ?? 0))
    if (response.status === 429 || (response.status === 403 && response.headers.has('retry-after')))
      context.meter.throttle()
    await budget.after(response.headers, response.status)
    return response
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}

/** Which installation of an App covers an owner; found once per process. */
const installations = new Map<string, number>()

async function findInstallation(asApp: Client, account: string, owner: string): Promise<number> {
  const key = `${account}/${owner.toLowerCase()}`
  const known = installations.get(key)
  if (known !== undefined) return known
  const answer = await asApp.get<{ id: number }>('/users/{owner}/installation', { owner })
  // There is always a body where nothing was asked conditionally.
  const { id } = answer.data as { id: number }
  installations.set(key, id)
  return id
}

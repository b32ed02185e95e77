import type { Dispatcher } from 'undici'
import {
  type ConnectorContext,
  createHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpRequest,
  IngestError,
} from '../kit/index.ts'
import type { TableauConfig } from './config.ts'
import { readRestError, toTableauError } from './errors.ts'
import {
  leaveSession,
  readVersion,
  type ServerVersion,
  type SharedSession,
  type SignedIn,
  shareSession,
  signIn,
} from './sign-in.ts'
import { pause } from './wait.ts'

/** A handle's way to Tableau: requests counted, bounded, signed in, ended by the step's signal. */
export interface Session extends AsyncDisposable {
  /** Signs in where nobody in this process has yet. */
  signedIn(): Promise<SignedIn>
  version(): Promise<ServerVersion>
  /** GETs a path below the site: `workbooks`. */
  site<T>(path: string, query?: HttpRequest['query']): Promise<HttpAnswer<T>>
  /** Posts to a path below the server: the Metadata API. */
  post<T>(path: string, body: unknown): Promise<HttpAnswer<T>>
}

/** A session that ends sooner than this was not ended by its age. */
const YOUNG_MS = 600_000
/** So many young sessions may end under one handle before it gives up. */
const MAX_LOSSES = 2
/** Longer waits are the step's: it is tried again when they are over. */
const LONGEST_WAIT_MS = 5_000

export async function openSession(config: TableauConfig, context: ConnectorContext): Promise<Session> {
  const undici = await import('undici')
  const dispatcher: Dispatcher =
    config.proxy === undefined ? new undici.Agent() : new undici.ProxyAgent({ uri: config.proxy })
  const client = createHttpClient(
    {
      baseUrl: config.baseUrl,
      headers: { 'user-agent': 'tidemark' },
      // undici's own fetch takes the connections to use.
      fetch: ((input: string, init: object) => undici.fetch(input, { ...init, dispatcher })) as unknown as typeof fetch,
      readError: readRestError,
    },
    context,
  )
  const session = shareSession(config)
  const sign = createSigner(client, config, session)
  const send = async <T>(path: (signedIn: SignedIn) => Promise<string>, request: HttpRequest) =>
    await sign.with(async (signedIn) => {
      const { token } = signedIn
      const asked = { ...request, headers: { 'x-tableau-auth': token } }
      return await briefly(context, async () => client.json<T>(await path(signedIn), asked))
    })
  return {
    signedIn: sign.in,
    version: sign.version,
    site: async <T>(path: string, query?: HttpRequest['query']) =>
      await send<T>(async ({ siteId }) => `api/${(await sign.version()).rest}/sites/${siteId}/${path}`, {
        ...(query === undefined ? {} : { query }),
      }),
    post: async <T>(path: string, body: unknown) => await send<T>(async () => path, { method: 'POST', body }),
    async [Symbol.asyncDispose]() {
      leaveSession(session, config)
      await dispatcher.destroy()
    },
  }
}

interface Signer {
  in(): Promise<SignedIn>
  version(): Promise<ServerVersion>
  /** Does something signed in, and once more in a new session where the first turns out to have ended. */
  with<T>(work: (signedIn: SignedIn) => Promise<T>): Promise<T>
}

function createSigner(client: HttpClient, config: TableauConfig, session: SharedSession): Signer {
  let losses = 0
  const version = async (): Promise<ServerVersion> => {
    session.version ??= readVersion(client)
    return await keep(session, 'version', session.version)
  }
  const inOnce = async (): Promise<SignedIn> => {
    session.signedIn ??= version().then((server) => signIn(client, config, server))
    return await keep(session, 'signedIn', session.signedIn)
  }
  return {
    in: inOnce,
    version,
    async with(work) {
      const signedIn = await inOnce()
      try {
        return await work(signedIn)
      } catch (error) {
        if (!(error instanceof IngestError) || error.category !== 'auth') throw toTableauError(error)
        if (Date.now() - signedIn.at < YOUNG_MS) losses += 1
        if (losses > MAX_LOSSES) throw takenAway(error)
        // Another request may have signed in again already.
        const current = await session.signedIn?.catch(() => undefined)
        if (current?.token === signedIn.token) session.signedIn = undefined
        return await work(await inOnce()).catch((again: unknown) => {
          throw toTableauError(again)
        })
      }
    },
  }
}

/** What failed is not kept. */
async function keep<T>(session: SharedSession, key: 'version' | 'signedIn', promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    if (session[key] === (promise as unknown)) session[key] = undefined
    throw error
  }
}

function takenAway(error: IngestError): IngestError {
  return new IngestError('auth', `the session was ended by somebody else, again and again: ${error.message}`, {
    ...(error.code === undefined ? {} : { code: error.code }),
    hint:
      'A personal access token holds one session: whoever signs in with it ends that of all others. Give each Tidemark ' +
      'worker process, and whatever else reads this site, a token of its own, or sign in through a connected app.',
    cause: error,
  })
}

/** Waits out what the server asks for where it is short. */
async function briefly<T>(context: ConnectorContext, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      const wait = error instanceof IngestError && error.category === 'rate_limited' ? error.retryAfterMs : undefined
      if (wait === undefined || wait > LONGEST_WAIT_MS || tries > 0) throw error
      await pause(wait, context.signal)
    }
  }
}

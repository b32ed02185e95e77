import { IngestError } from '../model/errors.ts'
import { ensureHome, type RuntimeInfo, readRuntimeFile, tidemarkHome } from '../runtime/home.ts'
import type { Registry } from '../services/connectors.ts'
import { currentActor, DEFAULT_ORGANIZATION, type ServiceContext } from '../services/context.ts'
import type { Settings } from '../services/settings.ts'
import { openAllowedStore, type Store, storeUrl } from '../services/store.ts'
import type { TemporalLink } from '../services/temporal.ts'

/** Where the store came from: DATABASE_URL, a running `tidemark up`, or one started for the time of a command. */
export type StoreOrigin = 'DATABASE_URL' | 'attached' | 'embedded'

/** A store to work on, and what else a verb needs, made on first use. */
export interface Session extends AsyncDisposable {
  readonly store: Store
  readonly home: string
  readonly origin: StoreOrigin
  /** The running `up` of this home. */
  readonly running?: RuntimeInfo
  /** Why it can only be read; absent when it may be written too. */
  readonly readOnly?: string
  readonly organization: string
  settings(): Promise<Settings>
  registry(): Promise<Registry>
  /** The services' context, for those who may write; with `temporal`, linked to a Temporal if there is one. */
  context(options?: { readonly temporal?: boolean }): Promise<ServiceContext>
}

export interface SessionOptions {
  /** For a worker: more connections, and no server is started for it. */
  readonly worker?: true
  readonly onStatus?: (message: string) => void
  readonly signal?: AbortSignal
}

export async function openSession(options: SessionOptions = {}): Promise<Session> {
  const home = tidemarkHome()
  const { url, origin, running, stop } = await findStore(home, options)
  try {
    const opened = await openAllowedStore(url, options.worker === true ? WORKER_CONNECTIONS : CONNECTIONS)
    return createSession({ ...opened, home, origin, ...(running === undefined ? {} : { running }), stop })
  } catch (error) {
    await stop()
    throw error
  }
}

interface FoundStore {
  readonly url: string
  readonly origin: StoreOrigin
  readonly running?: RuntimeInfo
  stop(): Promise<void>
}

/** Enough for the scopes in progress of a local sync. */
const CONNECTIONS = 10

/** For a full worker: scopes in progress, their merges, and what people ask meanwhile. */
export const WORKER_CONNECTIONS = 20

const nothingToStop = async () => {}

async function findStore(home: string, options: SessionOptions): Promise<FoundStore> {
  const running = await readRuntimeFile(home)
  const url = await storeUrl()
  if (url !== undefined) {
    const attached = running?.databaseUrl === url ? { running } : {}
    return { url, origin: 'DATABASE_URL', ...attached, stop: nothingToStop }
  }
  if (running !== undefined) return attachTo(running)
  if (options.worker === true) {
    throw new IngestError('invalid_config', 'a worker needs a store of somebody else: DATABASE_URL is not set', {
      hint: 'Set DATABASE_URL to the PostgreSQL of the store. `tidemark up` runs everything in one process.',
    })
  }
  return await startBriefly(home, options)
}

function attachTo(running: RuntimeInfo): FoundStore {
  return { url: running.databaseUrl, origin: 'attached', running, stop: nothingToStop }
}

async function startBriefly(home: string, { onStatus, signal }: SessionOptions): Promise<FoundStore> {
  const { startOwnPostgres } = await import('./embedded.ts')
  const started = await startOwnPostgres({
    home,
    ...(onStatus === undefined ? {} : { onStatus }),
    ...(signal === undefined ? {} : { signal }),
  })
  if ('running' in started) return attachTo(started.running)
  const { server } = started
  return { url: server.url, origin: 'embedded', stop: () => server.stop() }
}

interface Parts {
  readonly store: Store
  readonly readOnly?: string
  readonly home: string
  readonly origin: StoreOrigin
  readonly running?: RuntimeInfo
  readonly stop: () => Promise<void>
}

function createSession({ stop, ...parts }: Parts): Session {
  const settings = once(async () => (await import('../services/settings.ts')).loadSettings())
  const registry = once(async () => (await import('../services/connectors.ts')).loadConnectors(await settings()))
  const link = once(async () => await linkTemporal(parts, await settings()))
  let linked: Promise<TemporalLink | undefined> | undefined
  return {
    ...parts,
    organization: DEFAULT_ORGANIZATION,
    settings,
    registry,
    async context(options = {}) {
      if (parts.readOnly !== undefined) throw refuseWriting(parts.readOnly)
      const { loadKeyRing } = await import('../services/master-key.ts')
      const keyRing = await loadKeyRing({ home: ensureHome(parts.home), store: parts.store })
      if (options.temporal === true) linked = link()
      const temporal = await linked
      return {
        store: parts.store,
        registry: await registry(),
        settings: await settings(),
        keyRing,
        organization: DEFAULT_ORGANIZATION,
        actor: currentActor(),
        ...(temporal === undefined ? {} : { temporal }),
      }
    },
    async [Symbol.asyncDispose]() {
      const temporal = await linked?.catch(() => undefined)
      await temporal?.[Symbol.asyncDispose]()
      await parts.store.close()
      await stop()
    },
  }
}

function refuseWriting(why: string): IngestError {
  return new IngestError('invalid_config', `this command needs to write, but ${why}`, {
    hint: 'Reading works: sources, status, show, search, lineage, runs, changes, sql. To write, take the DATABASE_URL of a role that may.',
  })
}

/** The Temporal that the settings name, else that of the running `up`; undefined when there is none. */
async function linkTemporal(
  { running }: Pick<Parts, 'running'>,
  settings: Settings,
): Promise<TemporalLink | undefined> {
  const address = settings.address ?? running?.temporalAddress
  if (address === undefined) return undefined
  const { connectTemporal } = await import('../services/temporal.ts')
  return await connectTemporal(settings, { address, own: settings.address === undefined })
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

import { IngestError } from '../../model/errors.ts'
import type { EmbeddedPostgres, EmbeddedPostgresOptions } from '../../runtime/postgres.ts'
import type { ServiceContext } from '../../services/context.ts'
import type { Settings } from '../../services/settings.ts'
import { openMigratedStore, type Store, storeUrl } from '../../services/store.ts'
import { connectTemporal, type TemporalLink } from '../../services/temporal.ts'
import type { Serving } from '../../worker/serve.ts'
import { startOwnPostgres } from '../embedded.ts'
import { WORKER_CONNECTIONS } from '../session.ts'
import { readVersion } from '../version.ts'
import type { Cleanup } from './cleanup.ts'

export interface PartOptions {
  readonly home: string
  readonly settings: Settings
  readonly cleanup: Cleanup
  readonly onStatus: (message: string) => void
  readonly signal: AbortSignal
  readonly port?: number
  readonly temporalPort?: number
}

export interface StorePart {
  readonly store: Store
  /** Whether it is the embedded one. */
  readonly own: boolean
  /** Settles when the embedded server has ended for good. */
  readonly exited?: Promise<void>
}

export async function startStore({ home, cleanup, onStatus, signal, port }: PartOptions): Promise<StorePart> {
  const given = await storeUrl()
  const server =
    given !== undefined
      ? undefined
      : await startServer({ home, onStatus, signal, ...(port === undefined ? {} : { port }) })
  if (server !== undefined) cleanup.add('PostgreSQL', () => server.stop())
  const url = server?.url ?? (given as string)
  const store = await openMigratedStore(url, WORKER_CONNECTIONS)
  cleanup.add('the store', () => store.close())
  onStatus(
    server === undefined
      ? `store: ${withoutPassword(url)}`
      : `store: PostgreSQL ${server.version} in ${server.dataDirectory}, port ${server.port}`,
  )
  return { store, own: server !== undefined, ...(server === undefined ? {} : { exited: server.exited }) }
}

async function startServer(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const started = await startOwnPostgres(options)
  if ('running' in started) throw runningAlready(options.home, started.running.pid)
  return started.server
}

export function runningAlready(home: string, pid: number): IngestError {
  return new IngestError('dependency_unavailable', `tidemark is running already for ${home} (pid ${pid})`, {
    hint: 'Use it: every other command attaches to it. Or set TIDEMARK_HOME to another folder for a second one.',
  })
}

function withoutPassword(url: string): string {
  const shown = new URL(url)
  shown.password = ''
  return shown.href
}

export interface TemporalPart {
  readonly address: string
  readonly uiUrl?: string
  readonly link: TemporalLink
  readonly exited?: Promise<void>
}

/** The Temporal that the settings name, else one of our own; undefined when none is to be had. */
export async function startTemporal(options: PartOptions): Promise<TemporalPart | undefined> {
  const { settings, cleanup, onStatus } = options
  if (settings.address !== undefined) {
    const link = await connectTemporal(settings, { address: settings.address, own: false })
    cleanup.add('the Temporal client', () => link[Symbol.asyncDispose]())
    onStatus(`Temporal: ${settings.address}, namespace ${settings.namespace}`)
    return { address: settings.address, link }
  }
  const server = await startTemporalServer(options)
  if (server === undefined) return undefined
  cleanup.add('Temporal', () => server.stop())
  const { address, uiUrl, exited } = server
  const link = await connectTemporal(settings, { address, own: true })
  cleanup.add('the Temporal client', () => link[Symbol.asyncDispose]())
  onStatus(`Temporal: ${server.version} at ${address} (${server.source}), UI ${uiUrl}`)
  return { address, uiUrl, exited, link }
}

async function startTemporalServer({ home, onStatus, signal, temporalPort }: PartOptions) {
  const runtime = await import('../../runtime/temporal.ts')
  return await runtime.startTemporal({
    home,
    onStatus,
    signal,
    ...(temporalPort === undefined ? {} : { port: temporalPort }),
  })
}

/** Serves syncs through Temporal until stopped. */
export async function startServing(
  context: ServiceContext,
  { address }: TemporalPart,
  cleanup: Cleanup,
): Promise<Serving> {
  const { serve } = await import('../../worker/serve.ts')
  const { createLog } = await import('../../worker/log.ts')
  const serving = await serve(context, {
    place: { address, own: context.temporal?.own === true },
    // What people want to see of it, `up` itself tells.
    log: createLog('warn'),
    version: readVersion(),
    main: true,
    sourceQueues: [],
  })
  cleanup.add('the worker', () => serving.stop())
  return serving
}

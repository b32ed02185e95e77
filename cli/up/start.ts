import { IngestError } from '../../model/errors.ts'
import { ensureHome, readRuntimeFile, removeRuntimeFile, tidemarkHome, writeRuntimeFile } from '../../runtime/home.ts'
import { loadConnectors } from '../../services/connectors.ts'
import { currentActor, DEFAULT_ORGANIZATION, type ServiceContext } from '../../services/context.ts'
import { loadKeyRing } from '../../services/master-key.ts'
import { reconcileSchedules } from '../../services/schedules.ts'
import { loadSettings } from '../../services/settings.ts'
import type { Io } from '../io.ts'
import { readVersion } from '../version.ts'
import type { Cleanup } from './cleanup.ts'
import {
  type PartOptions,
  runningAlready,
  type StorePart,
  startServing,
  startStore,
  startTemporal,
  type TemporalPart,
} from './parts.ts'

/** What is up. */
export interface Running {
  readonly context: ServiceContext
  readonly home: string
  readonly temporal: TemporalPart | undefined
  /** Rejects when a part ends by itself. */
  readonly broken: Promise<never>
}

export interface UpOptions {
  readonly port?: number
  readonly temporalPort?: number
}

/** Starts everything `up` consists of, each part noted for the cleanup. */
export async function startUp(io: Io, options: UpOptions, cleanup: Cleanup, signal: AbortSignal): Promise<Running> {
  // Bad settings are told before anything is started.
  const settings = await loadSettings()
  const registry = await loadConnectors(settings)
  const home = ensureHome(tidemarkHome())
  await refuseSecond(home)
  const { port, temporalPort } = options
  const part: PartOptions = {
    home,
    settings,
    cleanup,
    signal,
    onStatus: io.note,
    ...(port === undefined ? {} : { port }),
    ...(temporalPort === undefined ? {} : { temporalPort }),
  }
  const [storePart, temporal] = await bothOrThrow(startStore(part), startTemporal(part))
  const { store } = storePart
  const context: ServiceContext = {
    store,
    registry,
    settings,
    keyRing: await loadKeyRing({ home, store }),
    organization: DEFAULT_ORGANIZATION,
    actor: currentActor(),
    ...(temporal === undefined ? {} : { temporal: temporal.link }),
  }
  const { broken } = await serveAll(io, context, { home, storePart, temporal, cleanup })
  return { context, home, temporal, broken }
}

async function refuseSecond(home: string): Promise<void> {
  const running = await readRuntimeFile(home)
  if (running !== undefined) throw runningAlready(home, running.pid)
}

/** Waits for both, so that what has started is known to the cleanup even if the other fails. */
async function bothOrThrow<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second])
  return [await first, await second]
}

interface Parts {
  readonly home: string
  readonly storePart: StorePart
  readonly temporal: TemporalPart | undefined
  readonly cleanup: Cleanup
}

async function serveAll(
  io: Io,
  context: ServiceContext,
  { home, storePart, temporal, cleanup }: Parts,
): Promise<Pick<Running, 'broken'>> {
  const endings: Promise<never>[] = []
  if (storePart.exited !== undefined) endings.push(ended(storePart.exited, 'PostgreSQL'))
  if (temporal === undefined) {
    io.note('no Temporal could be had: schedules do not run, `tidemark sync` works in its own process')
  } else {
    const { created, updated, deleted } = await reconcileSchedules(context)
    if (created + updated + deleted > 0) io.note(`schedules: ${created} made, ${updated} mended, ${deleted} deleted`)
    const worker = await startServing(context, temporal, cleanup)
    endings.push(ended(worker.done, 'the worker'))
    if (temporal.exited !== undefined) endings.push(ended(temporal.exited, 'Temporal'))
  }
  await writeRuntimeFile(home, {
    pid: process.pid,
    startedAt: new Date().toISOString(),
    databaseUrl: storePart.store.url,
    version: readVersion(),
    ...(temporal === undefined ? {} : { temporalAddress: temporal.address }),
    ...(temporal?.uiUrl === undefined ? {} : { temporalUiUrl: temporal.uiUrl }),
  })
  cleanup.add('the runtime file', () => removeRuntimeFile(home))
  const broken = Promise.race(endings.length === 0 ? [new Promise<never>(() => {})] : endings)
  // Parts also end when they are told to.
  broken.catch(() => {})
  return { broken }
}

function ended(part: Promise<void>, name: string): Promise<never> {
  const failed = part.then(
    () => {
      throw new IngestError('dependency_unavailable', `${name} ended by itself`, {
        hint: 'Its log is in the logs folder of TIDEMARK_HOME.',
      })
    },
    (error: Error) => {
      throw new IngestError('dependency_unavailable', `${name} ended by itself: ${error.message}`, { cause: error })
    },
  )
  failed.catch(() => {})
  return failed
}

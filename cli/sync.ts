import type { SyncMode } from '../model/sync.ts'
import type { ServiceContext } from '../services/context.ts'
import { type RunHistoryRow, requireRun } from '../services/runs.ts'
import {
  cancelSync,
  exitCodeOf,
  followRequest,
  type RequestedSync,
  requestSync,
  type SyncProgress,
  startSync,
} from '../services/sync.ts'
import type { Io } from './io.ts'
import { localDeps } from './local.ts'
import { showProgress } from './progress.ts'
import { progressText, runSummary, runTrouble } from './run-text.ts'
import type { Session } from './session.ts'

export interface SyncOrder {
  readonly sources: readonly string[]
  readonly mode?: SyncMode
  readonly scopes?: readonly string[]
  /** In this process even where a worker runs. */
  readonly local?: boolean
}

export interface SyncReport {
  readonly runs: readonly RunHistoryRow[]
  /** The worst of them. */
  readonly exitCode: number
}

/** Where syncs run: through Temporal when a worker is there to serve them, else in this process. */
export type Engine = 'temporal' | 'local'

export async function chooseEngine(
  session: Session,
  local: boolean,
  io: Io,
): Promise<{ engine: Engine; context: ServiceContext }> {
  if (local) return { engine: 'local', context: await session.context() }
  const context = await session.context({ temporal: true })
  if (context.temporal === undefined) return { engine: 'local', context }
  // The running `up` that has this Temporal serves it, even if Temporal has not heard of its worker yet.
  if (context.temporal.own) return { engine: 'temporal', context }
  const { hasWorker } = await import('../services/workers.ts')
  if (await hasWorker(context.temporal, context.settings)) return { engine: 'temporal', context }
  io.note(`no worker serves task queue ${context.settings.taskQueues.sync}: syncing in this process`)
  return { engine: 'local', context }
}

/** Syncs the sources, one task each, and tells how it went. */
export async function syncSources(
  session: Session,
  order: SyncOrder,
  io: Io,
  signal: AbortSignal,
): Promise<SyncReport> {
  const { engine, context } = await chooseEngine(session, order.local === true, io)
  return await syncWith(engine, context, order, io, signal)
}

/** The same, where it is settled already how. */
export async function syncWith(
  engine: Engine,
  context: ServiceContext,
  order: SyncOrder,
  io: Io,
  signal: AbortSignal,
): Promise<SyncReport> {
  const { mode, scopes } = order
  const wish = { ...(mode === undefined ? {} : { mode }), ...(scopes === undefined ? {} : { scopes }) }
  const asked = order.sources.map((source) => ({ source, request: () => requestSync(context, { source, ...wish }) }))
  return await followAll(engine, context, asked, io, signal)
}

/** Has a request honoured that somebody made already. */
export async function honourRequest(
  engine: Engine,
  context: ServiceContext,
  requested: RequestedSync,
  io: Io,
  signal: AbortSignal,
): Promise<SyncReport> {
  return await followAll(
    engine,
    context,
    [{ source: requested.source.name, request: async () => requested }],
    io,
    signal,
  )
}

interface Asked {
  readonly source: string
  readonly request: () => Promise<RequestedSync>
}

async function followAll(
  engine: Engine,
  context: ServiceContext,
  asked: readonly Asked[],
  io: Io,
  signal: AbortSignal,
): Promise<SyncReport> {
  const runs = new Map<string, RunHistoryRow>()
  const tasks = asked.map(({ source, request }) => ({
    title: source,
    run: async (tell: (line: string) => void) => {
      const onProgress = (progress: SyncProgress) => tell(progressText(progress))
      const run = await runRequest(engine, context, await request(), { signal, onProgress })
      runs.set(source, run)
      return runSummary(run)
    },
  }))
  // Through Temporal they run side by side; in this process one after another.
  await showProgress(io, engine === 'temporal', tasks)
  const ordered = asked.flatMap(({ source }) => runs.get(source) ?? [])
  for (const run of ordered) for (const line of runTrouble(run)) io.note(line)
  return { runs: ordered, exitCode: worstExit(ordered) }
}

function worstExit(runs: readonly RunHistoryRow[]): number {
  const codes = runs.map((run) => (run.outcome === null ? 1 : exitCodeOf(run.outcome)))
  return codes.includes(1) ? 1 : Math.max(0, ...codes)
}

interface Following {
  readonly signal: AbortSignal
  readonly onProgress: (progress: SyncProgress) => void
}

/** Has a request honoured and waits for it. Ctrl-C cancels the sync; what it has stored stays. */
async function runRequest(
  engine: Engine,
  context: ServiceContext,
  requested: RequestedSync,
  following: Following,
): Promise<RunHistoryRow> {
  const start =
    engine === 'temporal' ? () => startSync(context, requested) : () => runLocally(context, requested, following.signal)
  const { onProgress, signal } = following
  const cancel = () => void cancelSync(context, requested).catch(() => {})
  if (engine === 'temporal') signal.addEventListener('abort', cancel, { once: true })
  try {
    const done = start()
    // A local sync that cannot even begin ends the following, which would wait for ever.
    const failed = new Promise<never>((_, reject) => void done.catch(reject))
    const followed = followRequest(context, requested.requestId, { onProgress, signal, onStranded: start })
    const { runId } = await Promise.race([followed, failed])
    await done
    return await requireRun(context, runId)
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function runLocally(
  context: ServiceContext,
  { requestId, source }: RequestedSync,
  signal: AbortSignal,
): Promise<void> {
  const { runLocalSync } = await import('../worker/local.ts')
  const { settings, organization } = context
  await runLocalSync({
    deps: localDeps(context),
    request: { organization, source: source.name, sourceId: source.id, requestId },
    window: settings.window,
    retry: settings.retry,
    signal,
  })
}

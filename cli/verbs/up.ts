import { readSourceStates } from '../../services/status.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { syncWith } from '../sync.ts'
import { createCleanup } from '../up/cleanup.ts'
import { printReport } from '../up/report.ts'
import { ensureSample, hasOnlySamples } from '../up/sample.ts'
import { type Running, startUp, type UpOptions } from '../up/start.ts'
import { tellRuns } from '../up/watch.ts'

interface Options extends UpOptions {
  readonly sample?: true
  readonly once?: true
}

export async function run({ io, options, signal }: Invocation<Options>): Promise<number> {
  const startedAt = performance.now()
  const cleanup = createCleanup()
  try {
    const up = await startUp(io, options, cleanup, signal)
    return await Promise.race([serve(up, { io, options, signal, startedAt }), up.broken])
  } catch (error) {
    // Stopped while starting or syncing: that is what was asked for.
    if (signal.aborted) return 0
    throw error
  } finally {
    await cleanup.run((name, error) => io.note(`${name} did not stop in order: ${String(error)}`))
  }
}

interface Serving {
  readonly io: Io
  readonly options: Options
  readonly signal: AbortSignal
  readonly startedAt: number
}

async function serve(up: Running, { io, options, signal, startedAt }: Serving): Promise<number> {
  const { context, temporal } = up
  const sources = await sourcesToSync(up, io, options)
  const engine = temporal === undefined ? 'local' : 'temporal'
  const { runs, exitCode } = await syncWith(engine, context, { sources }, io, signal)
  if (runs.length > 0 && !signal.aborted) {
    const tookMs = performance.now() - startedAt
    await printReport(io, context, {
      runs,
      tookMs,
      ...(temporal?.uiUrl === undefined ? {} : { uiUrl: temporal.uiUrl }),
    })
  }
  if (options.once === true) {
    io.data({ runs, temporalUiUrl: temporal?.uiUrl ?? null })
    return exitCode
  }
  if (signal.aborted) return 0
  io.note('\nTidemark is up; Ctrl-C stops it. Other commands attach to it: npm run -s tidemark -- --help')
  await tellRuns(io, context, signal)
  return 0
}

/** The sample company's when nothing else is configured; one's own only with `--once`, as their schedules do it else. */
async function sourcesToSync({ context, home }: Running, io: Io, options: Options): Promise<readonly string[]> {
  if (options.sample === true && (await hasOnlySamples(context))) {
    return await ensureSample(context, { home, storeUrl: context.store.url, note: io.note })
  }
  const states = await readSourceStates(context)
  if (states.length === 0) io.note('no source is configured yet: tidemark add postgres://user@host/database')
  return options.once === true ? states.filter(({ status }) => status === 'active').map(({ source }) => source) : []
}

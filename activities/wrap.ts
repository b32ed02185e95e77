import { AsyncLocalStorage } from 'node:async_hooks'
import { redact } from '../connectors/kit/index.ts'
import { nameRun } from '../db/runs.ts'
import { asStoreError } from '../db/store.ts'
import { toIngestError } from '../model/errors.ts'
import type { ActivityDeps } from './deps.ts'

/** What a log line of a step says besides its message: which step, of which run and source. */
export type StepLabels = Readonly<Record<string, string | number>>

const labels = new AsyncLocalStorage<StepLabels>()

/** The labels of the step under way, for a logger to put into each line, whoever writes it. */
export function stepLabels(): StepLabels {
  return labels.getStore() ?? {}
}

interface StepInput {
  readonly runId?: number
  readonly sourceId?: number
  readonly source?: string
  readonly name?: string
  readonly what?: string
}

type Step = (input: StepInput | undefined) => Promise<unknown>

/**
 * The steps as whoever calls them gets them: each logs that it ended, labelled with its run and source, and errors of
 * the store's own queries leave as IngestErrors; those of sources already are.
 */
export function asSteps<Steps extends object>(deps: ActivityDeps, steps: Steps): Steps {
  const known = new Map<number, StepLabels>()
  const wrapped = Object.entries(steps).map(([name, step]) => [
    name,
    async (input: StepInput | undefined) =>
      await labels.run({ step: name, ...(await labelsOf(deps, known, input)) }, () => call(deps, step as Step, input)),
  ])
  // Same names, same signatures: only the errors differ.
  return Object.fromEntries(wrapped) as Steps
}

async function call({ log }: ActivityDeps, step: Step, input: StepInput | undefined): Promise<unknown> {
  const startedAt = performance.now()
  const durationMs = () => Math.round(performance.now() - startedAt)
  try {
    const result = await step(input)
    log.debug({ durationMs: durationMs(), ...countsOf(result) }, 'step done')
    return result
  } catch (error) {
    const thrown = asStoreError(error)
    const { category, message, code } = toIngestError(thrown)
    log.warn({ durationMs: durationMs(), category, code, error: redact(message) }, 'step failed')
    throw thrown
  }
}

/** Ids, words and counts; never records. */
function countsOf(result: unknown): object {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return {}
  return Object.fromEntries(
    Object.entries(result).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value)),
  )
}

/** More than runs at a time in any one process. */
const REMEMBERED = 1000

async function labelsOf(
  { store }: ActivityDeps,
  known: Map<number, StepLabels>,
  { runId, sourceId, source, name, what }: StepInput = {},
): Promise<StepLabels> {
  const given = {
    ...(sourceId === undefined ? {} : { sourceId }),
    ...(source === undefined ? {} : { source }),
    ...(name === undefined ? {} : { scope: name }),
    ...(what === undefined ? {} : { what }),
  }
  if (runId === undefined) return given
  const found = known.get(runId) ?? (await nameRun(store.sql, runId).catch(() => undefined)) ?? {}
  if (known.size >= REMEMBERED) known.clear()
  known.set(runId, found)
  return { runId, ...found, ...given }
}

import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { type CaseLineage, failedCase, type LineageCase } from './cases.ts'
import type { Task } from './pool-worker.ts'
import type { Consulted, DeriveResult, Gap, PoolInput } from './types.ts'

export interface LineagePool extends AsyncDisposable {
  /** The names that deriving the text would look up; none where that takes too long. Never rejects. */
  consult(input: Omit<PoolInput, 'tables'>): Promise<Consulted>
  /** Never rejects for what the text holds: past the time limit the result is one failed statement. */
  derive(input: PoolInput): Promise<DeriveResult>
  deriveCase(given: LineageCase): Promise<CaseLineage>
}

export interface PoolOptions {
  /** How many texts are derived at once; threads are made as they are needed. */
  readonly threads: number
  /** An idle thread ends after so long; absent: with the pool. */
  readonly idleMs?: number
  /** For each text; its thread is ended and replaced. */
  readonly timeLimitMs: number
}

/** Worker threads that derive lineage, each text within the time limit. */
export function createLineagePool({ threads, timeLimitMs, idleMs }: PoolOptions): LineagePool {
  const pool = new Piscina<Task, unknown>({
    filename: fileURLToPath(import.meta.url).replace(/pool(\.[jt]s)$/, 'pool-worker$1'),
    minThreads: idleMs === undefined ? 1 : 0,
    maxThreads: threads,
    ...(idleMs === undefined ? {} : { idleTimeout: idleMs }),
    resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 },
  })
  const gate = createGate(threads)
  const run = async <T>(task: Task, late: (gap: Gap) => T): Promise<T> => {
    // The limit is for the work, not for the wait: a task enters the pool when a thread is free.
    await using _place = await gate.enter()
    try {
      return (await pool.run(task, { signal: AbortSignal.timeout(timeLimitMs) })) as T
    } catch (error) {
      if (isTimeout(error)) return late(gapOf('timeout', `not derived within ${timeLimitMs} ms`))
      return late(gapOf('internal', `not derived: ${error instanceof Error ? error.message : String(error)}`))
    }
  }
  return {
    consult: (input) => run<Consulted>({ kind: 'names', input }, () => ({ names: [], moves: true })),
    derive: (input) =>
      run({ kind: 'text', input }, (gap) => ({ statements: [failedStatement(input.text, gap)], consulted: [] })),
    deriveCase: (given) => run({ kind: 'case', given }, (gap) => failedCase(given.name, gap, timeLimitMs)),
    [Symbol.asyncDispose]: () => pool.destroy(),
  }
}

function gapOf(reason: Gap['reason'], message: string): Gap {
  return { reason, message, position: undefined, columns: [] }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError')
}

function failedStatement(text: string, gap: Gap): DeriveResult['statements'][number] {
  return {
    kind: 'other',
    hash: '',
    start: 0,
    end: text.length,
    lines: { first: 1, last: text.split('\n').length },
    routine: undefined,
    outcome: 'failed',
    inputs: [],
    outputs: [],
    filesRead: [],
    filesWritten: [],
    columns: [],
    influences: [],
    renames: [],
    drops: [],
    gaps: [gap],
  }
}

interface Gate {
  enter(): Promise<AsyncDisposable>
}

/** Lets `width` through at a time, in order. */
function createGate(width: number): Gate {
  let free = width
  const waiting: (() => void)[] = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    enter: async () => {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return { [Symbol.asyncDispose]: async () => leave() }
    },
  }
}

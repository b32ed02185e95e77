import { createdAt, isDone } from './jobs.ts'
import type { Job } from './resources.ts'

/** Where the next reading of jobs begins: those created then or later, but those told already. */
export interface JobWatermark {
  /** Milliseconds since the epoch, by the server's clock. */
  readonly since: number
  readonly told: readonly string[]
}

/** The next watermark: the oldest job that still runs, or else the newest of all. */
export function createSeen(since: number): { add(job: Job): void; next(): string } {
  let newest = since
  let oldestRunning = Number.POSITIVE_INFINITY
  const done = new Map<string, number>()
  return {
    add(job) {
      newest = Math.max(newest, createdAt(job))
      if (isDone(job)) done.set(idOf(job), createdAt(job))
      else oldestRunning = Math.min(oldestRunning, createdAt(job))
    },
    next() {
      const next = Math.min(newest, oldestRunning)
      const told = [...done].flatMap(([id, created]) => (created >= next ? [id] : []))
      return JSON.stringify({ since: next, told } satisfies JobWatermark)
    },
  }
}

export function idOf({ jobReference }: Job): string {
  return `${jobReference?.location ?? ''}.${jobReference?.jobId ?? ''}`
}

/** Undefined for none, and for a text that is none of ours. */
export function parseWatermark(text: string | undefined): JobWatermark | undefined {
  if (text === undefined || text === '') return undefined
  try {
    const { since, told } = JSON.parse(text) as Partial<JobWatermark>
    return typeof since === 'number' && Array.isArray(told) ? { since, told: told.map(String) } : undefined
  } catch {
    return undefined
  }
}

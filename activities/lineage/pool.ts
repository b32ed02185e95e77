import { availableParallelism } from 'node:os'
import { createLineagePool, type LineagePool } from '../../lineage/pool.ts'

/** Threads beyond this bring little: the store takes the other half of the time. */
const MAX_THREADS = 2
const IDLE_MS = 10_000
/** For a text, where temporal.yaml does not say otherwise: it reads some ten thousand lines. */
export const DERIVATION_MS = 5_000

const pools = new Map<number, LineagePool>()

/** The process's threads for deriving lineage, made on first use; they end when they have been idle. */
export function lineagePool(timeLimitMs: number): LineagePool {
  const made = pools.get(timeLimitMs)
  if (made !== undefined) return made
  const threads = Math.max(1, Math.min(availableParallelism() - 1, MAX_THREADS))
  const pool = createLineagePool({ threads, timeLimitMs, idleMs: IDLE_MS })
  pools.set(timeLimitMs, pool)
  return pool
}

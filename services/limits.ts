import type { Settings } from './settings.ts'

/** How much the steps do at a time, and when they give up, as temporal.yaml says. */
export function limitsOf({ batch, noProgressSeconds, statisticsInterval }: Settings): {
  readonly batch: number
  readonly noProgressMs: number
  readonly statisticsIntervalMs: number
} {
  return { batch, noProgressMs: noProgressSeconds * 1000, statisticsIntervalMs: statisticsInterval }
}

import type { Settings } from './settings.ts'

/** How much the steps do at a time, and when they give up, as temporal.yaml says. */
export function limitsOf(settings: Settings): {
  readonly batch: number
  readonly noProgressMs: number
  readonly statisticsIntervalMs: number
  readonly queryLogIntervalMs: number
  readonly derivationMs: number
} {
  return {
    batch: settings.batch,
    noProgressMs: settings.noProgressSeconds * 1000,
    statisticsIntervalMs: settings.statisticsInterval,
    queryLogIntervalMs: settings.queryLogInterval,
    derivationMs: settings.lineageTimeLimit,
  }
}

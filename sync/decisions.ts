import type { ErrorCategory } from '../model/errors.ts'
import type { SyncOutcome } from '../model/sync.ts'

/** Removing more than this many, and more than this share of a scope's assets, needs a person's word. */
const BUDGET_COUNT = 10
const BUDGET_SHARE = 0.3

/** Whether a run may remove `absent` of the `base` assets that the scope held when the run began. */
export function withinBudget(absent: number, base: number): boolean {
  return absent < base && absent <= Math.max(BUDGET_COUNT, Math.floor(base * BUDGET_SHARE))
}

export interface RunFacts {
  readonly errorCategory?: ErrorCategory
  readonly scopes: number
  readonly failedScopes: number
  /** Scopes partly listed, left out for want of rights, or with failed items. */
  readonly gapScopes: number
  /** Items that the listings of this run named, unchanged ones included. */
  readonly listed: number
  readonly failedItems: number
  /** Assets whose removal waits for a person. */
  readonly held: number
}

/** A run's outcome; the worst wins. */
export function decideOutcome(facts: RunFacts): SyncOutcome {
  if (facts.errorCategory === 'cancelled') return 'cancelled'
  const nothingWorked =
    (facts.scopes > 0 && facts.failedScopes === facts.scopes) ||
    (facts.failedItems > 0 && facts.failedItems === facts.listed)
  if (facts.errorCategory !== undefined || nothingWorked) return 'failed'
  if (facts.held > 0) return 'held'
  if (facts.failedScopes > 0 || facts.gapScopes > 0 || facts.failedItems > 0) return 'gaps'
  return 'succeeded'
}

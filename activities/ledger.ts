import type { Meter } from '../connectors/kit/index.ts'
import type { RunBudget, RunCost } from '../db/runs.ts'
import { IngestError } from '../model/errors.ts'

const SPENT = 'BUDGET_SPENT'

/** What a step asks of its source, and an end to it where the source's budget for a run is spent. */
export interface Ledger {
  readonly meter: Meter
  /** Of this step alone. */
  readonly cost: RunCost
}

/**
 * Counts, and refuses the request that would go beyond the budget; `before` is what the run had spent when the step began.
 * Scopes that are read side by side each count from there.
 */
export function createLedger(budget: RunBudget | null, before: Readonly<RunCost>): Ledger {
  const cost: RunCost = { requests: 0, bytes: 0, throttles: 0, cost: 0 }
  const refuse = (what: keyof RunBudget, next: number) => {
    const limit = budget?.[what]
    if (limit === undefined || before[what] + cost[what] + next <= limit) return
    throw new IngestError('unsupported', `the run's budget is spent: ${limit.toLocaleString('en')} ${UNITS[what]}`, {
      code: SPENT,
      hint: 'What is left is read by the next run; raise `budget` of the source for more in one.',
    })
  }
  return {
    cost,
    meter: {
      request(count = 1) {
        refuse('requests', count)
        // What has been received and charged already was more than a request could tell beforehand.
        refuse('bytes', 0)
        refuse('cost', 0)
        cost.requests += count
      },
      bytes(count) {
        cost.bytes += count
      },
      throttle(count = 1) {
        cost.throttles += count
      },
      cost(amount) {
        cost.cost += amount
      },
    },
  }
}

const UNITS: Readonly<Record<keyof RunBudget, string>> = {
  requests: 'requests',
  bytes: 'bytes',
  cost: 'of what the source charges',
}

export function isSpent(error: unknown): boolean {
  return error instanceof IngestError && error.code === SPENT
}

import { IngestError, type RateBudget, type RateBudgets } from '../kit/index.ts'

/** Keeps one account within the limits that GitHub sets on each of its resources, together with all other workers. */
export interface Budget {
  /** @throws IngestError `rate_limited` when nobody may ask now. */
  before(resource: string): Promise<void>
  /** Reads the limits out of an answer's headers. */
  after(headers: Headers, status: number): Promise<void>
  /** Tells the others what has not been told yet. */
  flush(): Promise<void>
}

/** How long what another worker told is taken for true. */
const FRESH_MS = 10_000
/** How long answers go untold. */
const TELL_MS = 5_000
/** Of every hundred calls so many are left for whoever else uses the account. */
const RESERVE_PERCENT = 1

interface Known {
  budget: RateBudget | undefined
  readAt: number
  toldAt: number
  untold: boolean
}

export function createBudget(budgets: RateBudgets | undefined, account: string, now = Date.now): Budget {
  const known = new Map<string, Known>()
  const bucketOf = (resource: string) => `${account}/${resource}`
  const load = async (resource: string): Promise<Known> => {
    const state = known.get(resource) ?? { budget: undefined, readAt: 0, toldAt: 0, untold: false }
    known.set(resource, state)
    if (budgets === undefined || now() - state.readAt < FRESH_MS) return state
    state.readAt = now()
    state.budget = tighter(state.budget, await budgets.read(bucketOf(resource)))
    return state
  }
  const tell = async (resource: string, state: Known): Promise<void> => {
    if (state.budget === undefined) return
    state.toldAt = now()
    state.untold = false
    await budgets?.report(bucketOf(resource), resource, state.budget)
  }
  return {
    async before(resource) {
      const { budget } = await load(resource)
      const wait = budget === undefined ? 0 : waitFor(budget, now())
      if (wait <= 0) return
      throw new IngestError('rate_limited', `GitHub's limit on ${resource} is used up`, {
        retryAfterMs: wait,
        hint: `It is renewed in ${Math.ceil(wait / 60_000)} min; other tokens and Apps have limits of their own.`,
      })
    },
    async after(headers, status) {
      const resource = headers.get('x-ratelimit-resource') ?? 'core'
      const budget = readBudget(headers, status, now())
      if (budget === undefined) return
      const state = await load(resource)
      const blocked = budget.blockedUntil !== undefined
      state.budget = tighter(state.budget, budget)
      // An answer that was not counted says nothing new.
      if (status === 304 && !blocked) return
      state.untold = true
      if (blocked || now() - state.toldAt >= TELL_MS || waitFor(budget, now()) > 0) await tell(resource, state)
    },
    async flush() {
      for (const [resource, state] of known) if (state.untold) await tell(resource, state)
    },
  }
}

function waitFor({ allowed, remaining, resetsAt, blockedUntil }: RateBudget, now: number): number {
  const blocked = (blockedUntil?.getTime() ?? 0) - now
  const spent = remaining <= Math.floor((allowed * RESERVE_PERCENT) / 100)
  return Math.max(blocked, spent ? resetsAt.getTime() - now : 0)
}

/** https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit */
function readBudget(headers: Headers, status: number, now: number): RateBudget | undefined {
  const number = (name: string) => (headers.has(name) ? Number(headers.get(name)) : Number.NaN)
  const limits = [number('x-ratelimit-limit'), number('x-ratelimit-remaining'), number('x-ratelimit-reset')] as const
  const after = number('retry-after')
  const wait = (status === 403 || status === 429) && after > 0 ? { blockedUntil: new Date(now + after * 1_000) } : {}
  if (limits.some(Number.isNaN)) {
    return wait.blockedUntil === undefined
      ? undefined
      : { allowed: 0, remaining: 1, resetsAt: wait.blockedUntil, ...wait }
  }
  const [allowed, remaining, reset] = limits
  return { allowed, remaining, resetsAt: new Date(reset * 1_000), ...wait }
}

/** Of two tellings the later window, and within one window the lower remainder; the longer wait in any case. */
function tighter(one: RateBudget | undefined, two: RateBudget | undefined): RateBudget | undefined {
  if (one === undefined || two === undefined) return one ?? two
  const gap = two.resetsAt.getTime() - one.resetsAt.getTime()
  const later = gap > 0 ? two : one
  const remaining = Math.abs(gap) <= 5_000 ? Math.min(one.remaining, two.remaining) : later.remaining
  const blocked = Math.max(one.blockedUntil?.getTime() ?? 0, two.blockedUntil?.getTime() ?? 0)
  return { ...later, remaining, ...(blocked === 0 ? {} : { blockedUntil: new Date(blocked) }) }
}

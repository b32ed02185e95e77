import { describe, expect, test } from 'vitest'
import { classifyChange } from '../../model/changes.ts'
import { IngestError } from '../../model/errors.ts'
import { decideOutcome, withinBudget } from '../../sync/decisions.ts'
import { retryDelayMs, worthRetrying } from '../../sync/retry.ts'

test.each([
  [10, 20, true],
  [11, 20, false],
  [30, 100, true],
  [31, 100, false],
  [300, 1000, true],
  [3, 4, true],
  [1, 1, false],
  [5, 5, false],
  [1, 0, false],
])('removing %i of %i without asking: %s', (absent, base, allowed) => {
  expect(withinBudget(absent, base)).toBe(allowed)
})

describe('the worst outcome wins', () => {
  const fine = { scopes: 3, failedScopes: 0, gapScopes: 0, listed: 10, failedItems: 0, held: 0 }
  test.each([
    ['succeeded', fine],
    ['gaps', { ...fine, gapScopes: 1 }],
    ['gaps', { ...fine, failedScopes: 1 }],
    ['gaps', { ...fine, failedItems: 1 }],
    ['held', { ...fine, held: 1, gapScopes: 1 }],
    ['failed', { ...fine, failedScopes: 3 }],
    ['failed', { ...fine, failedItems: 10 }],
    ['failed', { ...fine, held: 1, errorCategory: 'auth' as const }],
    ['cancelled', { ...fine, failedScopes: 3, errorCategory: 'cancelled' as const }],
  ])('%s', (outcome, facts) => {
    expect(decideOutcome(facts)).toBe(outcome)
  })
})

describe('retries', () => {
  const profile = { initialIntervalMs: 100, backoff: 2, maximumIntervalMs: 500, maximumAttempts: 5 }
  test('back off, within bounds, and wait as long as the source asks', () => {
    const down = new IngestError('source_unavailable', 'down')
    expect([1, 2, 3, 4, 5].map((attempt) => retryDelayMs(down, attempt, profile))).toEqual([
      100,
      200,
      400,
      500,
      undefined,
    ])
    expect(retryDelayMs(new IngestError('rate_limited', 'slow', { retryAfterMs: 9_000 }), 1, profile)).toBe(9_000)
  })
  test.each([
    'invalid_config',
    'auth',
    'permission',
    'not_found',
    'data_integrity',
    'unsupported',
    'cancelled',
  ] as const)('%s is not tried again', (category) => {
    expect(retryDelayMs(new IngestError(category, 'no'), 1, profile)).toBeUndefined()
  })
  test('a bug gets one more try', () => {
    const bug = new IngestError('internal', 'bug')
    expect([worthRetrying(bug, 1), worthRetrying(bug, 2)]).toEqual([true, false])
  })
})

describe('severity', () => {
  const change = { operation: 'changed', fieldName: null, before: {}, after: {} } as const
  test.each([
    ['breaking', { ...change, operation: 'removed' as const }],
    ['breaking', { ...change, operation: 'renamed' as const, fieldName: 'a' }],
    ['breaking', { ...change, fieldName: 'a', before: { nativeType: 'int' }, after: { nativeType: 'text' } }],
    ['breaking', { ...change, before: { kind: 'table' }, after: { kind: 'view' } }],
    ['risky', { ...change, fieldName: 'a', before: { nullable: false }, after: { nullable: true } }],
    ['risky', { ...change, before: { definition: 1 }, after: { definition: 2 } }],
    ['risky', { ...change, operation: 'recreated' as const }],
    ['risky', { ...change, operation: 'added' as const, fieldName: 'a', after: { nullable: false } }],
    ['safe', { ...change, operation: 'added' as const, fieldName: 'a', after: { nullable: false, default: '0' } }],
    ['safe', { ...change, operation: 'added' as const }],
    ['safe', { ...change, fieldName: 'a', before: { nullable: true }, after: { nullable: false } }],
    ['safe', { ...change, before: { comment: 'a' }, after: { comment: 'b' } }],
  ])('%s: %o', (severity, facts) => {
    expect(classifyChange(facts)).toBe(severity)
  })
})

import { afterEach, beforeEach, expect, test } from 'vitest'
import connector from '../../connectors/snowflake/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import { seed } from '../helpers/snowflake/seed.ts'

let fixture: SnowflakeFixture
beforeEach(async () => {
  fixture = await snowflakeFixture(seed, { databases: ['SHOP'] })
})
afterEach(() => fixture[Symbol.asyncDispose]())

test('a run stops within its budget, tells what is left as gaps, and later runs go on to the whole', async () => {
  await using engine = await createEngine([connector], { batch: 5 })
  const source = await engine.addSource(connector, fixture.config)
  await engine.store.sql`update tidemark.source set budget = '{"requests": 22}'`
  const { statements } = fixture.server
  const outcomes: string[] = []
  for (let run = 0; run < 10 && outcomes.at(-1) !== 'succeeded'; run += 1) {
    statements.length = 0
    const { outcome, removed } = await source.sync()
    outcomes.push(outcome ?? '')
    expect(removed).toBe(0)
    expect(statements.length).toBeLessThanOrEqual(22)
    const [history] = await engine.store.sql`
      select requests, error_message from catalog.sync_history order by run_id desc limit 1`
    expect(history?.requests).toBe(statements.length)
    if (outcome === 'gaps') expect(history?.error_message).toMatch(/the run's budget is spent: 22 requests/)
  }
  expect(outcomes).toContain('gaps')
  expect(outcomes.at(-1)).toBe('succeeded')
  await using fresh = await createEngine([connector])
  expect(await (await fresh.addSource(connector, fixture.config)).sync()).toMatchObject({ outcome: 'succeeded' })
  expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
}, 60_000)

test('a budget too small for a listing fails the run, counts what it has cost, and removes nothing', async () => {
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, fixture.config)
  await source.sync()
  await engine.store.sql`update tidemark.source set budget = '{"requests": 5}'`
  expect(await source.sync()).toMatchObject({ outcome: 'failed', removed: 0, proposed: 0 })
  const [history] = await engine.store.sql`select requests from catalog.sync_history order by run_id desc limit 1`
  expect(history?.requests).toBe(5)
})

test('bytes received count too', async () => {
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, fixture.config)
  await engine.store.sql`update tidemark.source set budget = '{"bytes": 3000}'`
  expect((await source.sync()).outcome).toBe('failed')
  const [history] = await engine.store.sql`select bytes, error_message from catalog.sync_history`
  expect(history?.error_message).toMatch(/3,000 bytes/)
  expect(Number(history?.bytes)).toBeGreaterThan(3000)
})

import { expect, test } from 'vitest'
import { type Check, IngestError } from '../../connectors/kit/index.ts'
import type { HealthInput } from '../../sync/health.ts'
import { runLocalHealth } from '../../worker/care.ts'
import { createEngine, QUICK_RETRY, silentLog, type TestEngine } from '../helpers/engine.ts'
import { exportStore } from '../helpers/export.ts'
import { createWorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'
import { checkedConnector } from '../services/support.ts'

const ROUND: HealthInput = { organization: 'default', window: 2, retry: QUICK_RETRY }
const signal = new AbortController().signal

const round = async ({ deps }: TestEngine, log = silentLog) =>
  await runLocalHealth(ROUND, { deps: { ...deps, log }, signal })

const transitions = async ({ store }: TestEngine) => [
  ...(await store.sql`select s.name as source, healthy, step, category, message, hint
                      from tidemark.health_check h join tidemark.source s on s.id = h.source_id order by h.id`),
]

/** A check that fails while `trouble` says with what. */
function troubled() {
  const trouble: { error?: IngestError; calls: number } = { calls: 0 }
  const check: Check = {
    name: 'sign-in',
    run: async () => {
      trouble.calls += 1
      if (trouble.error !== undefined) throw trouble.error
      return undefined
    },
  }
  return { trouble, connector: checkedConnector([{ name: 'reach', run: async () => undefined }, check]) }
}

test('the first failure and the recovery are stored and told once each', async () => {
  const { trouble, connector } = troubled()
  await using engine = await createEngine([connector])
  await engine.addSource(connector, { host: 'example.org', token: 's3cret-token' })
  const lines: string[] = []
  const write = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const log = { debug: () => {}, info: write, warn: write }

  expect(await round(engine, log)).toEqual({ probed: 1, unhealthy: 0, turned: 0 })
  expect(await transitions(engine)).toEqual([])

  trouble.error = new IngestError('auth', 'the token s3cret-token has expired', { hint: 'make another' })
  expect(await round(engine, log)).toEqual({ probed: 1, unhealthy: 1, turned: 1 })
  expect(await round(engine, log)).toEqual({ probed: 1, unhealthy: 1, turned: 0 })
  delete trouble.error
  expect(await round(engine, log)).toEqual({ probed: 1, unhealthy: 0, turned: 1 })
  expect(await round(engine, log)).toEqual({ probed: 1, unhealthy: 0, turned: 0 })

  const failure = { source: 'checked', healthy: false, step: 'sign-in', category: 'auth', hint: 'make another' }
  expect(await transitions(engine)).toMatchObject([
    { ...failure, message: 'the token **** has expired' },
    { source: 'checked', healthy: true, step: null, category: null, message: null, hint: null },
  ])
  expect(lines).toHaveLength(2)
  expect(lines[0]).toMatch(/^the source became unhealthy .*"source":"checked".*"step":"sign-in"/)
  expect(lines[1]).toMatch(/^the source is healthy again/)
  expect(lines.join()).not.toContain('s3cret-token')
})

test('a hiccup is no failure, and one source does not keep another from being probed', async () => {
  const { trouble, connector } = troubled()
  await using engine = await createEngine([connector])
  for (const name of ['one', 'two', 'three']) await engine.addSource(connector, { host: name }, name)
  await engine.store.sql`update tidemark.source set config = '{"host": 5}' where name = 'one'`
  await engine.store.sql`update tidemark.source set status = 'paused' where name = 'three'`
  const error = new IngestError('source_unavailable', 'gone for a moment')
  let hiccups = 0
  Object.defineProperty(trouble, 'error', { get: () => (hiccups++ === 0 ? error : undefined) })
  expect(await round(engine)).toEqual({ probed: 2, unhealthy: 1, turned: 1 })
  expect(hiccups).toBeGreaterThan(1)
  // A config that cannot be read is the source's trouble, not the round's.
  expect(await transitions(engine)).toMatchObject([{ source: 'one', step: 'open', category: 'invalid_config' }])
})

test('two rounds at once tell a transition once', async () => {
  const { trouble, connector } = troubled()
  await using engine = await createEngine([connector])
  await engine.addSource(connector, { host: 'example.org' })
  trouble.error = new IngestError('source_unavailable', 'nobody answers')
  const rounds = await Promise.all([round(engine), round(engine), round(engine)])
  expect(rounds.reduce((sum, { turned }) => sum + turned, 0)).toBe(1)
  expect(await transitions(engine)).toHaveLength(1)
})

test('a source that fails its probe loses nothing of what is catalogued, and its next sync nothing either', async () => {
  const world = createWorkbookWorld()
  world.projects.set('sales', {
    theme: 'light',
    workbooks: new Map([['one', { id: 'one', title: 'one', sheets: { a: 'A' }, datasets: [] }]]),
  })
  const connector = workbookConnector(new Map([['main', world]]))
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, { world: 'main' })
  await source.sync()
  const before = await exportStore(engine.store)
  await engine.store.sql`update tidemark.source set config = '{"world": "nowhere"}'`
  expect(await round(engine)).toMatchObject({ unhealthy: 1 })
  expect(await exportStore(engine.store)).toEqual(before)
  await engine.store.sql`update tidemark.source set config = '{"world": "main"}'`
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0, proposed: 0, described: 0 })
})

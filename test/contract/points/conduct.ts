import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Connector, type ConnectorHandle, classifyError, type Scope } from '../../../connectors/kit/index.ts'
import { openConnector } from '../crawl.ts'
import type { ContractHarness, FaultCase } from '../harness.ts'

const OBJECTS = 50_000
const MAX_PAGE = 5_000
const ABORT_LIMIT_MS = 1_000

/** Points 8 to 10: how a handle behaves under trouble, cancellation and load. */
export function testConduct(connector: Connector, harness: ContractHarness): void {
  describe('8. trouble on the way', () => {
    const { faults } = harness
    if (faults === undefined) test.skip(`not offered by a harness of kind ${harness.kind}`, () => {})
    else test.each(faults)('$name: $category', (fault) => expectFault(connector, harness, fault))
  })

  describe('9. an abort', () => {
    test('stops what is under way within a second, and nothing stays open', async () => {
      await using fixture = await harness.createFixture()
      const before = sockets()
      for (const start of [listScopes, listItems, describeFirst]) {
        const controller = new AbortController()
        const opened = await openConnector(connector, fixture.config, controller.signal)
        const running = await start(opened.handle)
        controller.abort()
        await within(running(), 'what was under way')
        await within(opened[Symbol.asyncDispose](), 'closing')
      }
      await expect.poll(sockets, { timeout: 2_000 }).toBeLessThanOrEqual(before)
    })

    test('a handle closed in mid-listing leaves nothing open; one never used neither', async () => {
      await using fixture = await harness.createFixture()
      const before = sockets()
      const unused = await openConnector(connector, fixture.config)
      await within(unused[Symbol.asyncDispose](), 'closing an unused handle')
      const opened = await openConnector(connector, fixture.config)
      const scope = await firstScope(opened.handle)
      const pages = opened.handle.inventory(scope)
      await pages.next()
      await within(opened[Symbol.asyncDispose](), 'closing in mid-listing')
      await expect.poll(sockets, { timeout: 2_000 }).toBeLessThanOrEqual(before)
    })
  })

  describe('10. a large source', () => {
    const { big } = harness
    if (typeof big !== 'function') return test.skip(`${OBJECTS} objects: ${big.skip}`, () => {})
    test(`${OBJECTS} objects come in pages, never more than one ahead of the consumer`, async () => {
      await using fixture = await big(OBJECTS)
      await using opened = await openConnector(connector, fixture.config)
      const pages = opened.handle.inventory(await firstScope(opened.handle))
      let items = 0
      let count = 0
      let first = 0
      for await (const page of pages) {
        expect(page.length).toBeLessThanOrEqual(MAX_PAGE)
        items += page.length
        count += 1
        if (count === 1) first = opened.requests()
        // A consumer that takes its time: what comes unasked would show now.
        if (count <= 5) await delay(50)
        expect(opened.requests() - first).toBeLessThanOrEqual(count)
      }
      expect(items).toBeGreaterThanOrEqual(OBJECTS)
      expect(count).toBeGreaterThan(5)
    }, 240_000)
    return undefined
  })
}

async function expectFault(connector: Connector, harness: ContractHarness, fault: FaultCase): Promise<void> {
  await using fixture = await harness.createFixture()
  await using opened = await openConnector(connector, fixture.config)
  const scope = await firstScope(opened.handle)
  const error = await fault.provoke({ fixture, handle: opened.handle, scope }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error, 'it must fail').toBeDefined()
  const classified = classifyError(error, connector.errorRules, fault.name)
  expect([classified.category, classified.message]).toEqual([fault.category, classified.message])
  if (fault.retryAfterMs !== undefined) expect(classified.retryAfterMs).toBe(fault.retryAfterMs)
}

async function firstScope(handle: ConnectorHandle): Promise<Scope> {
  const [scope] = (await handle.scopes()).scopes
  if (scope === undefined) throw new Error('the fixture has no scope')
  return scope
}

type Running = () => Promise<unknown>

async function listScopes(handle: ConnectorHandle): Promise<Running> {
  const running = handle.scopes()
  running.catch(() => {})
  return () => running
}

async function listItems(handle: ConnectorHandle): Promise<Running> {
  const pages = handle.inventory(await firstScope(handle))
  const running = pages.next()
  running.catch(() => {})
  return () => running
}

async function describeFirst(handle: ConnectorHandle): Promise<Running> {
  const scope = await firstScope(handle)
  for await (const page of handle.inventory(scope)) {
    const pages = handle.describe?.(scope, page)
    const running = pages?.next() ?? Promise.resolve()
    running.catch(() => {})
    return () => running
  }
  return async () => {}
}

/** Fails unless the promise settles, in either way, in time. */
async function within(promise: PromiseLike<unknown>, what: string): Promise<void> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  const inTime = await Promise.race([settled, delay(ABORT_LIMIT_MS, false)])
  expect(inTime, `${what} within ${ABORT_LIMIT_MS} ms`).toBe(true)
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|TLS|Pipe|UDP)/.test(name)).length
}

import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Connector, classifyError, nameKey } from '../../../connectors/kit/index.ts'
import type { IngestError } from '../../../model/errors.ts'
import { canonicalJson } from '../../../model/hash.ts'
import { assetRecord } from '../../../model/records.ts'
import { type CrawledItem, crawl, openConnector } from '../crawl.ts'
import type { ContractHarness, Fixture } from '../harness.ts'

/** Points 4, 5 and 11: checks and records. */
export function testRecords(connector: Connector, harness: ContractHarness): void {
  describe('4. checks', () => {
    test('pass on a good source', async () => {
      await using fixture = await harness.createFixture()
      const { failure, messages } = await runChecks(connector, fixture.config)
      expect(failure).toBeUndefined()
      expectNoSecret(messages, fixture)
    })

    const withoutFailures =
      harness.failures === undefined ? ` (a harness of kind ${harness.kind} has no failures to offer)` : ''
    test.skipIf(harness.failures === undefined)(
      `fail with the right category, and tell no secret${withoutFailures}`,
      async () => {
        await using fixture = await harness.createFixture()
        for (const failing of (await harness.failures?.(fixture)) ?? []) {
          const { failure, messages } = await runChecks(connector, failing.config)
          expect([failing.name, failure?.category, failure?.message]).toEqual([
            failing.name,
            failing.category,
            failure?.message,
          ])
          expectNoSecret(messages, { secrets: [...(fixture.secrets ?? []), ...(failing.secrets ?? [])] })
        }
      },
    )
  })

  describe('5. records', () => {
    test('are valid, unique, of declared kinds, with their parents, and the same twice', async () => {
      await using fixture = await harness.createFixture()
      await using opened = await openConnector(connector, fixture.config)
      const items = await crawl(opened.handle)
      expect(items.length).toBeGreaterThan(0)
      expectSound(connector, items)
      await using again = await openConnector(connector, fixture.config)
      expect(await crawl(again.handle)).toEqual(items)
    })
  })

  describe('11. output', () => {
    test('equals expected.ndjson', async () => {
      await using fixture = await harness.createFixture()
      await using opened = await openConnector(connector, fixture.config)
      const lines = (await crawl(opened.handle)).map(({ fingerprint: _, ...item }) => canonicalJson(item))
      const text = `${lines.map((line) => harness.stable?.(line, fixture) ?? line).join('\n')}\n`
      const name = harness.expected ?? 'expected.ndjson'
      const file = new URL(`../../fixtures/${connector.manifest.type}/${name}`, import.meta.url)
      if (process.env.UPDATE_FIXTURES === '1' || !existsSync(file)) {
        await mkdir(new URL('.', file), { recursive: true })
        await writeFile(file, text)
      }
      expect(text.split('\n')).toEqual((await readFile(file, 'utf8')).split('\n'))
    })
  })
}

async function runChecks(
  connector: Connector,
  config: Fixture['config'],
): Promise<{ failure?: IngestError; messages: string[] }> {
  const messages: string[] = []
  const names = new Set<string>()
  try {
    await using opened = await openConnector(connector, config)
    for (const { name, run } of opened.handle.checks()) {
      expect(names.has(name), `two checks named ${name}`).toBe(false)
      names.add(name)
      messages.push(name, (await run()) ?? '')
    }
  } catch (error) {
    const failure = classifyError(error, connector.errorRules, 'check')
    messages.push(failure.message, failure.hint ?? '', String((error as Error).message))
    return { failure, messages }
  }
  return { messages }
}

function expectNoSecret(messages: readonly string[], { secrets }: { readonly secrets?: readonly string[] }): void {
  for (const secret of secrets ?? []) {
    expect(
      messages.filter((message) => message.includes(secret) || message.includes(encodeURIComponent(secret))),
    ).toEqual([])
  }
}

/** An asset that several items show (a data set of many reports) must come out of each of them alike. */
function expectSound(connector: Connector, items: readonly CrawledItem[]): void {
  const kinds = new Map(connector.manifest.kinds.map((kind) => [kind.kind, kind]))
  const records = items.flatMap((item) => item.records)
  const byIdentity = new Map<string, string>()
  const keys = items.map((item) => JSON.stringify([item.scope, item.key]))
  expect(new Set(keys).size, 'item keys').toBe(keys.length)
  for (const item of items) {
    expect(Buffer.byteLength(item.key)).toBeLessThanOrEqual(1024)
    const own = item.records.map((record) => `${kinds.get(record.kind)?.group} ${nameKey(record.path)}`)
    expect(new Set(own).size, `assets of ${item.key}`).toBe(own.length)
  }
  for (const record of records) {
    expect(assetRecord.safeParse(record).error?.issues ?? []).toEqual([])
    expect([...kinds.keys()]).toContain(record.kind)
    const identity = `${kinds.get(record.kind)?.group} ${nameKey(record.path)}`
    expect(canonicalJson(record)).toBe(byIdentity.get(identity) ?? canonicalJson(record))
    byIdentity.set(identity, canonicalJson(record))
    expect((record.fields ?? []).map((field) => field.position)).toEqual(
      (record.fields ?? []).map((_, index) => index + 1),
    )
  }
  for (const { parent } of records) {
    if (parent !== undefined) expect([...byIdentity.keys()]).toContain(`${parent.group} ${nameKey(parent.path)}`)
  }
}

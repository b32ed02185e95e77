import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  type AssetRecord,
  type Capability,
  type CheckCounts,
  type Connector,
  type ConnectorHandle,
  classifyError,
  nameKey,
  PREVIEW_MAX_ROWS,
} from '../../../connectors/kit/index.ts'
import { type CrawledItem, crawl, openConnector } from '../crawl.ts'
import type { ContractHarness, Fixture } from '../harness.ts'

const CAPABILITIES: readonly Capability[] = ['statistics', 'usage', 'queryLog', 'lineage', 'preview']
const MAX_PAGE = 5_000

/** Point 12: what a connector offers beyond the catalogue keeps to its bounds, and changes nothing. */
export function testCapabilities(connector: Connector, harness: ContractHarness): void {
  const declared = connector.manifest.capabilities ?? []
  describe('12. capabilities', () => {
    test('are those that the manifest declares', async () => {
      await using fixture = await harness.createFixture()
      await using opened = await openConnector(connector, fixture.config)
      const offered = CAPABILITIES.filter((name) => opened.handle[name] !== undefined)
      expect([...declared].sort()).toEqual(offered.sort())
    })

    for (const name of ['statistics', 'usage'] as const) {
      if (!declared.includes(name)) continue
      test(`${name}: numbers of assets that the crawl has, and nothing moves by taking them`, async () => {
        await using fixture = await harness.createFixture()
        await using opened = await openConnector(connector, fixture.config)
        const items = await crawl(opened.handle)
        const told = await collectNumbers(opened.handle, name)
        const known = identitiesOf(connector, items)
        expect(told.filter(({ identity }) => !known.has(identity))).toEqual([])
        expect(new Set(told.map(({ identity }) => identity)).size).toBe(told.length)
        for (const value of told.flatMap(({ values }) => values)) expectNumberOrTime(value)
        await using again = await openConnector(connector, fixture.config)
        expect(await crawl(again.handle)).toEqual(items)
      })
    }

    if (declared.includes('queryLog')) {
      test('queryLog: texts and a watermark, or the way to have one; no secret', async () => {
        await using fixture = await harness.createFixture()
        await using opened = await openConnector(connector, fixture.config)
        for (const scope of (await opened.handle.scopes()).scopes)
          await expectQueryLog(connector, opened.handle, scope, fixture)
      })
    }

    if (declared.includes('lineage')) {
      test('lineage: edges between assets with names, and a watermark', async () => {
        await using fixture = await harness.createFixture()
        await using opened = await openConnector(connector, fixture.config)
        for (const scope of (await opened.handle.scopes()).scopes) await expectLineage(opened.handle, scope)
      })
    }

    if (declared.includes('preview')) testPreview(connector, harness)
  })
}

function testPreview(connector: Connector, harness: ContractHarness): void {
  test('preview: the columns of the record, at most as many rows as asked for, and nothing moves by it', async () => {
    await using fixture = await harness.createFixture()
    await harness.grantRows?.(fixture)
    await using opened = await openConnector(connector, fixture.config)
    const items = await crawl(opened.handle)
    // What has no fields of its own, such as a stream, has no rows to look at either.
    const relations = recordsOf(items).filter(
      ({ kind, fields }) => groupOf(connector, kind) === 'relation' && fields !== undefined,
    )
    const texts: string[] = []
    for (const record of relations) {
      const preview = await previewOf(connector, opened.handle, record, 2)
      const columns = (record.fields ?? []).filter(({ path = [] }) => path.length < 2)
      expect(preview.columns.map(({ name }) => name)).toEqual(columns.map(({ name }) => name))
      expect(preview.rows.length).toBeLessThanOrEqual(2)
      for (const row of preview.rows) expect(row).toHaveLength(preview.columns.length)
      texts.push(JSON.stringify(z.json().parse(JSON.parse(JSON.stringify(preview)))))
    }
    expect(texts.length, 'relations of the fixture').toBeGreaterThan(0)
    for (const secret of fixture.secrets ?? []) expect(texts.join()).not.toContain(secret)
    await using again = await openConnector(connector, fixture.config)
    expect(await crawl(again.handle)).toEqual(items)
  })

  test('preview: what is not there, or has no rows, is told apart', async () => {
    await using fixture = await harness.createFixture()
    await harness.grantRows?.(fixture)
    await using opened = await openConnector(connector, fixture.config)
    const records = recordsOf(await crawl(opened.handle))
    const relation = records.find(({ kind }) => groupOf(connector, kind) === 'relation')
    const container = records.find(({ kind }) => groupOf(connector, kind) === 'container')
    const ask = async (record: AssetRecord | undefined, path: readonly string[]) => {
      const failure = await previewOf(
        connector,
        opened.handle,
        { ...(record as AssetRecord), path: [...path] },
        1,
      ).catch((error: unknown) => error)
      return classifyError(failure, connector.errorRules, 'preview').category
    }
    expect(await ask(relation, [...(relation?.path.slice(0, -1) ?? []), 'nowhere "; --'])).toBe('not_found')
    if (container !== undefined) expect(await ask(container, container.path)).toBe('unsupported')
  })

  test('preview: an abort ends it within a second', async () => {
    await using fixture = await harness.createFixture()
    await harness.grantRows?.(fixture)
    const controller = new AbortController()
    await using opened = await openConnector(connector, fixture.config, controller.signal)
    const [record] = recordsOf(await crawl(opened.handle)).filter(({ kind }) => groupOf(connector, kind) === 'relation')
    const running = previewOf(connector, opened.handle, record as AssetRecord, PREVIEW_MAX_ROWS).catch(() => undefined)
    const started = performance.now()
    controller.abort()
    await running
    expect(performance.now() - started).toBeLessThan(1_000)
  })
}

async function previewOf(connector: Connector, handle: ConnectorHandle, { kind, path }: AssetRecord, limit: number) {
  if (handle.preview === undefined) throw new Error('no preview')
  return await handle.preview({ group: groupOf(connector, kind), path }, limit)
}

async function expectLineage(
  handle: ConnectorHandle,
  scope: Parameters<NonNullable<ConnectorHandle['lineage']>>[0],
): Promise<void> {
  const pages = handle.lineage?.(scope)
  if (pages === undefined) throw new Error('no lineage')
  for (let page = await pages.next(); ; page = await pages.next()) {
    if (page.done === true) {
      expect(page.value.watermark).toEqual(expect.any(String))
      return
    }
    expect(page.value.length).toBeLessThanOrEqual(MAX_PAGE)
    for (const { downstream, upstreams, columns } of page.value) {
      expect(upstreams.length).toBeGreaterThan(0)
      for (const { path } of [downstream, ...upstreams]) expect(path.every((part) => part !== '')).toBe(true)
      for (const { upstream } of columns) expect(upstreams).toContainEqual(upstream)
    }
  }
}

async function expectQueryLog(
  connector: Connector,
  handle: ConnectorHandle,
  scope: Parameters<NonNullable<ConnectorHandle['queryLog']>>[0],
  { secrets = [] }: Fixture,
): Promise<void> {
  const pages = handle.queryLog?.(scope)
  if (pages === undefined) throw new Error('no query log')
  const texts: string[] = []
  try {
    for (let page = await pages.next(); ; page = await pages.next()) {
      if (page.done === true) {
        expect(page.value.watermark).toEqual(expect.any(String))
        break
      }
      expect(page.value.length).toBeLessThanOrEqual(MAX_PAGE)
      for (const { text, calls } of page.value) {
        expect(calls).toBeGreaterThan(0)
        texts.push(text)
      }
    }
  } catch (error) {
    const refusal = classifyError(error, connector.errorRules, 'query log')
    expect(['unsupported', 'permission']).toContain(refusal.category)
    expect(refusal.hint).toBeDefined()
    texts.push(refusal.message)
  }
  for (const secret of secrets) expect(texts.join('\n')).not.toContain(secret)
}

async function collectNumbers(
  handle: ConnectorHandle,
  name: 'statistics' | 'usage',
): Promise<{ readonly identity: string; readonly values: readonly unknown[] }[]> {
  const told: { identity: string; values: unknown[] }[] = []
  for (const scope of (await handle.scopes()).scopes) {
    for await (const page of handle[name]?.(scope) ?? []) {
      expect(page.length).toBeLessThanOrEqual(MAX_PAGE)
      for (const { group, path, ...values } of page) {
        const { checks, ...numbers } = { checks: undefined, ...values }
        const { state, ...counts }: Partial<CheckCounts> = checks ?? {}
        if (state !== undefined) expect(state).toMatch(/^[a-z_]+$/)
        told.push({ identity: `${group} ${nameKey(path)}`, values: Object.values({ ...numbers, ...counts }) })
      }
    }
  }
  return told
}

function expectNumberOrTime(value: unknown): void {
  if (value instanceof Date) expect(Number.isNaN(value.getTime())).toBe(false)
  else expect(Number.isSafeInteger(value) && Number(value) >= 0, `${String(value)} is a count`).toBe(true)
}

const groupOf = (connector: Connector, kind: string) =>
  connector.manifest.kinds.find((declared) => declared.kind === kind)?.group ?? 'other'

const recordsOf = (items: readonly CrawledItem[]) => items.flatMap(({ records }) => records)

function identitiesOf(connector: Connector, items: readonly CrawledItem[]): ReadonlySet<string> {
  return new Set(recordsOf(items).map(({ kind, path }) => `${groupOf(connector, kind)} ${nameKey(path)}`))
}

import { expect, test } from 'vitest'
import { findRecordFault } from '../../activities/faults.ts'
import type { ConnectorHandle, InventoryItem, InventoryVerdict, Json } from '../../connectors/kit/index.ts'
import tableau from '../../connectors/tableau/index.ts'
import { type CrawledItem, crawl, openConnector } from '../contract/crawl.ts'
import { type FakeOptions, type FakeTableau, startFakeTableau } from '../helpers/tableau/server.ts'
import { buildShop } from '../helpers/tableau/shop.ts'
import type { FakeField, TableauWorld } from '../helpers/tableau/world.ts'

interface Opened extends AsyncDisposable {
  readonly world: TableauWorld
  readonly fake: FakeTableau
  readonly handle: ConnectorHandle
}

let tokens = 0

/** Each test signs in with a token of its own: a process shares the session of a token. */
async function open(
  world = buildShop(),
  options: FakeOptions = {},
  config: Record<string, Json> = {},
): Promise<Opened> {
  tokens += 1
  const fake = await startFakeTableau(world, options)
  const token: Record<string, Json> =
    config.connectedApp === undefined ? { pat: { name: 'tidemark', secret: `s${tokens}` } } : {}
  const opened = await openConnector(tableau, { baseUrl: fake.url, site: 'shop', ...token, ...config })
  return {
    world,
    fake,
    handle: opened.handle,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await fake[Symbol.asyncDispose]()
    },
  }
}

const scope = { key: 'shop', name: 'shop' }

async function list(handle: ConnectorHandle): Promise<{ items: InventoryItem[]; verdict: InventoryVerdict }> {
  const items: InventoryItem[] = []
  const pages = handle.inventory(scope)
  while (true) {
    const page = await pages.next()
    if (page.done === true) return { items, verdict: page.value }
    items.push(...page.value)
  }
}

const recordsOf = (items: readonly CrawledItem[]) => items.flatMap(({ records }) => records)
const found = (items: readonly CrawledItem[], kind: string, name: string) =>
  recordsOf(items).find((record) => record.kind === kind && record.path.at(-1) === name)
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

test('a site comes with everything in it, each record sound', async () => {
  await using opened = await open()
  const items = await crawl(opened.handle)
  const kinds = new Map(tableau.manifest.kinds.map((kind) => [kind.kind, kind]))
  for (const { records } of items) expect(findRecordFault(records, kinds)).toBeUndefined()
  expect([...new Set(recordsOf(items).map(({ kind }) => kind))].sort()).toEqual(
    tableau.manifest.kinds.map(({ kind }) => kind).sort(),
  )
  expect(found(items, 'project', 'Sales/Europe//EMEA')).toMatchObject({
    parent: { group: 'container', path: ['Sales'] },
    properties: { name: 'Europe/EMEA', permissionsMode: 'ManagedByOwner' },
  })
  expect(found(items, 'published data source', 'Orders')).toMatchObject({
    owner: 'anna',
    properties: { certified: true, certificationNote: 'Reviewed by finance' },
    facets: [
      { kind: 'parameter', name: 'VAT' },
      { kind: 'tag', name: 'gold' },
    ],
    upstreams: [{ namespace: 'postgres://warehouse.internal:5432', path: ['shop', 'public', 'orders'] }],
  })
  expect(found(items, 'story', 'The story')).toMatchObject({
    upstreams: [{ path: ['Sales', 'Overview', 'Board'] }, {}],
  })
  expect(found(items, 'sheet', 'Scratch')).toMatchObject({ properties: { hidden: true } })
})

test('fields lead from the dashboard down to the warehouse', async () => {
  await using opened = await open()
  const items = await crawl(opened.handle)
  const fieldOf = (kind: string, name: string, field: string) =>
    found(items, kind, name)?.fields?.find((one) => one.name === field)
  expect(fieldOf('sheet', 'Revenue', 'Net')?.upstreams).toMatchObject([
    { group: 'dataset', path: ['Sales', 'Overview', 'Orders'], field: ['Net'] },
  ])
  expect(fieldOf('embedded data source', 'Orders', 'Net')?.upstreams).toMatchObject([
    { group: 'dataset', path: ['Sales', 'Orders'], field: ['Net'] },
  ])
  expect(fieldOf('published data source', 'Orders', 'Net')?.upstreams).toMatchObject([
    { path: ['Sales', 'Orders'], field: ['amount'], transformation: 'aggregate' },
  ])
  expect(fieldOf('published data source', 'Orders', 'amount')?.upstreams).toMatchObject([
    { namespace: 'postgres://warehouse.internal:5432', path: ['shop', 'public', 'orders'], field: ['amount'] },
  ])
  expect(found(items, 'embedded data source', 'Targets')).toMatchObject({ gaps: [{ columns: ['Region', 'Target'] }] })
  expect(found(items, 'custom sql', 'Custom SQL Query')).toMatchObject({
    properties: { sql: { dialect: 'postgres', namespace: 'postgres://warehouse.internal:5432', database: 'shop' } },
  })
})

test('a sweep of what stands asks a list a page, and describes nothing', async () => {
  await using opened = await open()
  const { items } = await list(opened.handle)
  opened.fake.requests.length = 0
  const again = await list(opened.handle)
  expect(again.items).toEqual(items)
  expect(again.verdict.listing).toBe('complete')
  expect(opened.fake.requests).toEqual([
    'GET users',
    'GET groups',
    'GET projects',
    'GET workbooks',
    'GET datasources',
    'GET flows',
    'GET virtualConnections',
    'GET views',
    'query publishedDatasourcesConnection',
  ])
})

test('what has moved within the hour is described once more when the hour is over', async () => {
  await using opened = await open()
  const { world } = opened
  const [workbook] = world.workbooks
  world.touch(workbook as never)
  const stamps = [await list(opened.handle)]
  world.tick(600_000)
  stamps.push(await list(opened.handle))
  world.tick(3_600_000)
  stamps.push(await list(opened.handle))
  const moved = stamps.map(({ items }) => items.find(({ nativeId }) => nativeId === workbook?.luid)?.fingerprint)
  expect(moved[1]).toBe(moved[0])
  expect(moved[2]).not.toBe(moved[1])
})

test('what the index does not know yet is left to the next listing', async () => {
  await using opened = await open()
  opened.world.stopIndexing()
  opened.world.addWorkbook('New', opened.world.projects[0] as never)
  const items = await crawl(opened.handle)
  expect(items.find(({ key }) => key.includes('New'))?.records).toEqual([])
})

function manyWorkbooks(count: number): TableauWorld {
  const world = buildShop()
  for (let number = 0; number < count; number += 1) {
    world.now += 1_000
    world.addWorkbook(`Book ${number}`, world.projects[0] as never)
  }
  world.tick()
  return world
}

test('a workbook removed while the list is read is noticed, and the list read anew', async () => {
  await using opened = await open(manyWorkbooks(2_100))
  const { world, fake } = opened
  let removed = 0
  fake.beforePage = (path, page) => {
    world.now += 3_000
    if (path !== 'workbooks' || page !== 2 || removed > 0) return
    removed += 1
    world.workbooks.splice(5, 1)
    // One is published meanwhile: the number of all stays what it was.
    world.addWorkbook('Just now', world.projects[0] as never)
  }
  const { items, verdict } = await list(opened.handle)
  expect(verdict.listing).toBe('complete')
  expect(items.filter(({ key }) => key.startsWith('workbook.'))).toHaveLength(world.workbooks.length)
})

test('a list that moves each time is no complete one', async () => {
  await using opened = await open(manyWorkbooks(1_100))
  const { world, fake } = opened
  fake.beforePage = (path, page) => {
    if (path === 'workbooks' && page === 2) world.workbooks.splice(5, 1)
  }
  const { verdict } = await list(opened.handle)
  expect(verdict).toMatchObject({ listing: 'partial', error: { category: 'data_integrity' } })
})

test.each([
  ['a node limit', { nodes: 25 }],
  ['a node limit that shows as a null', { nodes: 25, nullInstead: true }],
  ['pages cut without a word', { page: 3 }],
])('%s: less is asked for at a time, and all of it comes', async (_name, limits) => {
  await using plain = await open()
  const expected = await crawl(plain.handle)
  await using opened = await open()
  Object.assign(opened.fake.limits, limits)
  const items = await crawl(opened.handle)
  const lean = (list: readonly CrawledItem[]) => JSON.stringify(recordsOf(list)).replaceAll(/127\.0\.0\.1:\d+/g, 'host')
  expect(lean(items)).toBe(lean(expected))
})

test('a data source of 2,500 fields comes whole', async () => {
  const world = buildShop()
  const [published] = world.published
  const wide = Array.from({ length: 2_500 }, (_, number) => `column ${number}`)
  const table = world.addTable(world.tables[0]?.database as never, 'public', 'wide', wide)
  world.columnFields(published as never, [table])
  await using opened = await open(world)
  const items = await crawl(opened.handle)
  expect(found(items, 'published data source', 'Orders')?.fields).toHaveLength(published?.fields.length ?? 0)
})

test('a node that alone is too much is a gap of its own', async () => {
  const world = buildShop()
  const [workbook] = world.workbooks
  const fields = workbook?.embeddedDatasources[0]?.fields as FakeField[]
  world.addSheet(workbook as never, 'Huge', Array.from({ length: 200 }, () => fields).flat())
  await using opened = await open(world)
  Object.assign(opened.fake.limits, { nodes: 120 })
  const { items } = await list(opened.handle)
  const described = new Map<string, unknown>()
  for await (const page of opened.handle.describe?.(scope, items) ?? [])
    for (const one of page) described.set(one.key, 'error' in one ? one.error : one.records.length)
  expect(described.get('workbook.Sales.Overview')).toMatchObject({ category: 'data_integrity' })
  expect(described.get('workbook.Sales/Europe//EMEA.Detail')).toBeGreaterThan(3)
})

test('RATE_EXCEEDED and a short Retry-After are waited out; a long one is told', async () => {
  await using opened = await open()
  opened.fake.limits.exceeded = 1
  await list(opened.handle)
  const slow = { status: 429, body: { error: { summary: 'Too many', detail: 'Slow down', code: '429000' } } }
  opened.fake.faults.push({ ...slow, headers: { 'retry-after': '0' } })
  await list(opened.handle)
  opened.fake.faults.push({ ...slow, headers: { 'retry-after': '120' } })
  expect(await failure(list(opened.handle))).toMatchObject({ category: 'rate_limited', retryAfterMs: 120_000 })
})

test('a session that has ended is begun anew; one that is taken away again and again is told', async () => {
  await using opened = await open()
  const { fake } = opened
  await list(opened.handle)
  fake.endSession()
  await list(opened.handle)
  expect(fake.sessions()).toBe(2)
  fake.beforePage = () => fake.endSession()
  expect(await failure(list(opened.handle))).toMatchObject({
    category: 'auth',
    hint: expect.stringContaining('holds one session'),
  })
})

test('handles of one source share its session', async () => {
  await using opened = await open()
  const config = {
    baseUrl: opened.fake.url,
    site: 'shop',
    pat: { name: 'tidemark', secret: `s${tokens}` },
  }
  await using other = await openConnector(tableau, config)
  await Promise.all([opened.handle.scopes(), other.handle.scopes()])
  expect(opened.fake.sessions()).toBe(1)
})

test('a connected app signs in for its user', async () => {
  const app = { clientId: 'client', secretId: 'secret-1', secret: 'a secret value' }
  await using opened = await open(buildShop(), { app }, { connectedApp: { ...app, username: 'admin' } })
  expect((await opened.handle.scopes()).scopes).toHaveLength(1)
  await using wrong = await open(
    buildShop(),
    { app },
    { connectedApp: { ...app, secret: 'another', username: 'admin' } },
  )
  const error = (await failure(wrong.handle.scopes())) as Error
  expect(error).toMatchObject({ category: 'auth' })
  expect(error.message).not.toContain('another')
})

test('data that permissions have thinned out is kept, and told', async () => {
  await using opened = await open()
  opened.fake.limits.warnings = [
    {
      message: 'One or more of the attributes used in your filter contain sensitive data',
      extensions: { severity: 'WARNING', code: 'PERMISSIONS_MODE_SWITCHED' },
    },
  ]
  const items = await crawl(opened.handle)
  expect(found(items, 'workbook', 'Overview')).toMatchObject({ gaps: [{ reason: 'permissions_mode_switched' }] })
  expect(found(items, 'published data source', 'Orders')?.fields?.length).toBeGreaterThan(3)
})

test('names that Tableau lets be shared are told apart, the same way each time', async () => {
  const world = buildShop()
  const [workbook] = world.workbooks
  const twin = world.addEmbedded(workbook as never, 'Targets', [world.tables[2] as never])
  twin.fields.push(world.field(twin, 'CalculatedField', 'Region', { formula: '1' }))
  await using opened = await open(world)
  const items = await crawl(opened.handle)
  const names = recordsOf(items)
    .filter(({ kind }) => kind === 'embedded data source')
    .map(({ path }) => path.at(-1))
  expect(names).toContain(`Targets #${twin.id.slice(0, 8)}`)
  expect(names).not.toContain('Targets')
  const fields = found(items, 'embedded data source', `Targets #${twin.id.slice(0, 8)}`)?.fields?.map(
    ({ name }) => name,
  )
  expect(fields).toEqual(
    [
      ...twin.fields.map((field) => (field?.name === 'Region' ? `Region #${field.id.slice(0, 8)}` : field?.name)),
    ].sort(),
  )
})

test('views and refreshes are usage', async () => {
  await using opened = await open()
  const [published] = opened.world.published
  Object.assign(published ?? {}, { extractLastUpdateTime: '2026-01-09T01:02:03Z' })
  const usage = []
  for await (const page of opened.handle.usage?.(scope) ?? []) usage.push(...page)
  expect(usage).toContainEqual({ group: 'report', path: ['Sales', 'Overview', 'Board'], reads: 40 })
  expect(usage).toContainEqual({ group: 'report', path: ['Sales', 'Overview'], reads: 52 })
  expect(usage).toContainEqual({
    group: 'dataset',
    path: ['Sales', 'Orders'],
    lastWrittenAt: new Date('2026-01-09T01:02:03Z'),
  })
})

test('projects that a filter denies are left out with what is in them, and said to be', async () => {
  await using opened = await open(buildShop(), {}, { projects: { deny: ['Sales/*'] } })
  const { items } = await list(opened.handle)
  expect(items.map(({ key }) => key).filter((key) => key.includes('EMEA'))).toEqual([])
  expect(opened.handle.filtered?.(scope, ['workbook.Sales/Europe//EMEA.Detail', 'workbook.Sales.Overview'])).toEqual([
    'workbook.Sales/Europe//EMEA.Detail',
  ])
})

import { expect, test } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { createShop, LAKE, SHOP } from '../helpers/bigquery/shop.ts'
import { configFor, startStandIn } from '../helpers/bigquery/stand-in.ts'
import { tableIn } from '../helpers/bigquery/world.ts'

test('a table is listed, without a job; nested values, arrays and long texts are shown', async () => {
  const world = createShop()
  await using standIn = await startStandIn(world)
  await using opened = await openConnector(connector, { ...configFor(standIn), projects: [SHOP] })
  const preview = await opened.handle.preview?.({ group: 'relation', path: [SHOP, 'sales', 'customer'] }, 1)
  expect(preview?.columns.map(({ name, nativeType }) => `${name} ${nativeType}`)).toEqual([
    'id INT64',
    'email STRING(320)',
    'address STRUCT',
    'phones ARRAY<STRUCT>',
    'tags ARRAY<STRING>',
    'balance NUMERIC(12, 2)',
    'active RANGE<DATE>',
    'born DATE',
    'seen TIMESTAMP',
    'extra JSON',
    'place GEOGRAPHY',
  ])
  expect(preview?.rows).toEqual([
    [
      1,
      'a@example.com',
      '{"street":"Main St","geo":{"lat":1.5,"lon":2.5}}',
      '[{"kind":"home","number":"1"}]',
      '["a"]',
      '1.50',
      '[2026-01-01, 2026-02-01)',
      '2000-01-01',
      '2026-01-01T00:00:00Z',
      '{"a":1}',
      null,
    ],
  ])
  expect(standIn.calls.filter(({ method }) => method === 'POST')).toEqual([])
})

test('a view is a query: what it would be billed is asked first, and refused beyond the limit', async () => {
  const world = createShop()
  await using standIn = await startStandIn(world)
  const view = { project: LAKE, dataset: 'marts', table: 'spend' }
  const asset = { group: 'relation' as const, path: [LAKE, 'marts', 'spend'] }
  tableIn(world, view).rows.push(['a@example.com', '12', '3'])
  Object.assign(tableIn(world, view).resource, { numBytes: '50000000' })
  await using allowed = await openConnector(connector, { ...configFor(standIn), projects: [LAKE] })
  expect((await allowed.handle.preview?.(asset, 5))?.rows).toEqual([['a@example.com', '12', 3]])
  const queries = standIn.calls.filter(({ method }) => method === 'POST').map(({ body }) => body)
  expect(queries).toMatchObject([
    { dryRun: true, labels: { tidemark: 'preview' } },
    { maximumBytesBilled: '100000000', jobTimeoutMs: '3000', location: 'EU', labels: { tidemark: 'preview' } },
  ])
  const config = { ...configFor(standIn), projects: [LAKE], previewMaxBytes: 49_999_999 }
  await using thrifty = await openConnector(connector, config)
  const jobs = world.projects.get(LAKE)?.jobs.length
  await expect(thrifty.handle.preview?.(asset, 5)).rejects.toMatchObject({
    category: 'unsupported',
    message: expect.stringContaining('50000000 bytes'),
    hint: expect.stringContaining('previewMaxBytes'),
  })
  expect(world.projects.get(LAKE)?.jobs).toHaveLength(jobs ?? -1)
})

test('what the filters leave out is not shown', async () => {
  await using standIn = await startStandIn(createShop())
  const config = { ...configFor(standIn), projects: [SHOP], tables: { deny: ['cust*'] } }
  await using opened = await openConnector(connector, config)
  const asset = { group: 'relation' as const, path: [SHOP, 'sales', 'customer'] }
  await expect(opened.handle.preview?.(asset, 1)).rejects.toMatchObject({ category: 'permission' })
  expect(standIn.calls).toEqual([])
})

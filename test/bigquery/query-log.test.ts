import { expect, test } from 'vitest'
import connector from '../../connectors/bigquery/index.ts'
import { nameKey } from '../../connectors/kit/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { addJob, createShop, SHOP } from '../helpers/bigquery/shop.ts'
import { configFor, startStandIn } from '../helpers/bigquery/stand-in.ts'

test('each job is told once, also one that ran while the log was read; the window begins at the watermark', async () => {
  const world = createShop()
  await using standIn = await startStandIn(world)
  await using opened = await openConnector(connector, { ...configFor(standIn), projects: [SHOP] })
  const { jobs } = world.projects.get(SHOP) ?? { jobs: [] }
  jobs.length = 0
  const read = async (watermark?: string) => {
    const pages = opened.handle.queryLog?.({ key: nameKey([SHOP]), name: SHOP }, watermark)
    const texts: string[] = []
    for (;;) {
      const page = await pages?.next()
      if (page === undefined || page.done === true) return { texts, ...page?.value }
      texts.push(...page.value.map(({ text }) => text))
    }
  }
  const at = Date.now() - 60_000
  addJob(world, SHOP, { query: 'select 1', at })
  addJob(world, SHOP, { query: 'select 2', at: at + 10, state: 'RUNNING' })
  addJob(world, SHOP, { query: 'select 3', at: at + 20 })
  const first = await read()
  expect(first.texts.sort()).toEqual(['select 1', 'select 3'])
  expect((await read(first.watermark)).texts).toEqual([])

  Object.assign(jobs[1] ?? {}, { status: { state: 'DONE' } })
  addJob(world, SHOP, { query: 'select 4', at: at + 20 })
  const second = await read(first.watermark)
  expect(second.texts.sort()).toEqual(['select 2', 'select 4'])
  standIn.calls.length = 0
  expect((await read(second.watermark)).texts).toEqual([])
  expect(standIn.calls.map(({ query }) => query.get('minCreationTime'))).toEqual([String(at + 20)])
  // A watermark that nobody can read begins anew.
  expect((await read('?')).texts).toHaveLength(4)
})

test('jobs of others that the account may not see are told, with the role to give', async () => {
  const world = createShop()
  await using standIn = await startStandIn(world)
  await using opened = await openConnector(connector, { ...configFor(standIn), projects: [SHOP] })
  const { jobs } = world.projects.get(SHOP) ?? { jobs: [] }
  for (const job of jobs) job.configuration = { jobType: 'QUERY' }
  const pages = opened.handle.queryLog?.({ key: nameKey([SHOP]), name: SHOP })
  const { value } = (await pages?.next()) ?? {}
  expect(value).toMatchObject({ error: { category: 'permission' } })
  expect(JSON.stringify((value as { error: { hint: string } }).error.hint)).toContain('roles/bigquery.resourceViewer')
})

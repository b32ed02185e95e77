import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'
import { testCostOfNothing } from './cost-suite.ts'

// As many as make several pages; of 500 it is shown in test/peers.
testCostOfNothing(30)

test('a push to one of its repositories costs a handful of requests, and texts are fetched once ever', async () => {
  const world = new GithubWorld()
  const { shop, tools } = buildShop(world)
  await using fake = await startFakeGithub(world, {})
  await using engine = await createEngine([github])
  const source = await engine.addSource(github, { baseUrl: fake.url, owners: ['acme'], token: 'any' })
  await source.sync()
  world.push(tools, { 'more.sql': 'select 3;\n' })
  fake.requests.length = 0
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0 })
  const paid = fake.requests
    .filter(({ status }) => status !== 304)
    .map(({ method, path }) => `${method} ${path.split('?')[0]}`)
  expect(paid.sort().map((line) => line.replace(/[0-9a-f]{40}/g, 'SHA'))).toEqual([
    'GET /orgs/acme/repos',
    'GET /repos/acme/tools/branches',
    'GET /repos/acme/tools/commits',
    'GET /repos/acme/tools/compare/SHA...SHA',
    'GET /repos/acme/tools/git/trees/SHA',
    'POST /graphql',
    'POST /graphql',
    'POST /graphql',
  ])
  // The same content elsewhere, and again later: known by its SHA.
  const [before] = await engine.store.sql`select count(*)::int as n from tidemark.source_memory where key like 'blob/%'`
  world.push(tools, { 'copy.sql': 'select 3;\n', 'more.sql': null })
  await source.sync()
  expect(
    (await engine.store.sql`select count(*)::int as n from tidemark.source_memory where key like 'blob/%'`)[0],
  ).toEqual(before)
  expect(shop.git.head('main')).toBeDefined()
}, 60_000)

import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { runLocalMaintenance } from '../../worker/care.ts'
import { createEngine, QUICK_RETRY } from '../helpers/engine.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'
import { createStore } from '../helpers/store.ts'

test('contents that no branch holds any more go with maintenance, and nothing is fetched twice', async () => {
  const world = new GithubWorld()
  const { shop, tools } = buildShop(world)
  // Read for what they say of others, and catalogued by nobody.
  world.push(shop, { '.sqlfluff': '[sqlfluff]\ndialect = postgres\n', 'notes/a.txt': 'nothing\n' })
  world.push(tools, { 'twice.sql': 'select 7;\n', 'gone.sql': 'select 8;\n' })
  world.push(shop, { 'sql/twice.sql': 'select 7;\n' })
  await using fake = await startFakeGithub(world, {})
  const store = await createStore()
  await using _closing = { [Symbol.asyncDispose]: () => store.close() }
  const engine = await createEngine([github], { store })
  const source = await engine.addSource(github, {
    baseUrl: fake.url,
    owners: ['acme'],
    token: 'any',
    files: { deny: ['analytics/models/staging/*'] },
  })
  await source.sync()
  const { sql } = store
  const contents = async () =>
    new Map(
      (await sql`select key, xmin::text from tidemark.source_memory where key ~ '^(blob|head)/' order by key`).map(
        (row) => [row.key, row.xmin],
      ),
    )
  const maintain = async () => {
    const input = { organization: 'default', actor: 'tester', retention: { keepRuns: 2 }, retry: QUICK_RETRY }
    return await runLocalMaintenance(input, { deps: engine.deps, signal: new AbortController().signal })
  }
  const first = await contents()
  expect(first.size).toBeGreaterThan(15)
  expect((await maintain()).contents ?? 0).toBe(0)
  expect(await contents()).toEqual(first)

  const shaOf = (path: string) =>
    tools.git.tree(tools.git.head('main') ?? '', true).find((entry) => entry.path === path)?.sha ?? ''
  const [twice, gone] = [`blob/${shaOf('twice.sql')}`, `blob/${shaOf('gone.sql')}`]
  world.push(tools, { 'twice.sql': null, 'gone.sql': null })
  expect((await source.sync()).outcome).toBe('succeeded')
  expect((await maintain()).contents).toBe(1)
  const left = await contents()
  expect([left.has(twice), left.has(gone)]).toEqual([true, false])
  expect([...left]).toEqual([...first].filter(([key]) => key !== gone))

  // Everything is listed and looked at again: what is written is what was fetched.
  expect((await source.sync({ mode: 'full' })).outcome).toBe('succeeded')
  expect(await contents()).toEqual(left)
}, 60_000)

import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'

async function scene(config: object = {}) {
  const world = new GithubWorld()
  const built = buildShop(world)
  const fake = await startFakeGithub(world, {})
  const engine = await createEngine([github])
  const source = await engine.addSource(
    github,
    { baseUrl: fake.url, owners: ['acme'], token: 'any', ...config },
    'code',
  )
  await source.sync()
  const { sql } = engine.store
  return {
    world,
    ...built,
    fake,
    source,
    sql,
    files: async (repository = 'acme.shop') =>
      (await sql`select path from catalog.files where repository = ${repository} order by path collate "C"`).map(
        ({ path }) => String(path),
      ),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await fake[Symbol.asyncDispose]()
    },
  }
}

test('a repository keeps its identity through a rename and a transfer, with all that is in it', async () => {
  await using given = await scene({ owners: ['acme', 'globex'] })
  const { world, shop, source, sql } = given
  world.addOwner('globex')
  const ids = async () =>
    new Map(
      (
        await sql`select asset_id, kind, path from catalog.files join (select id, path as name from tidemark.asset) a on a.id = asset_id`
      ).map((row) => [row.path, row.asset_id]),
    )
  const before = await ids()
  world.rename(shop, 'acme', 'store')
  const renamed = await source.sync()
  expect(renamed.outcome).toBe('succeeded')
  expect(renamed.renamed).toBeGreaterThan(before.size / 2)
  world.rename(shop, 'globex', 'store')
  expect((await source.sync()).outcome).toBe('succeeded')
  expect(await ids()).toEqual(before)
  expect((await given.files('globex.store')).length).toBeGreaterThan(10)
}, 60_000)

test('a repository that is deleted, or no longer seen, is held for a person', async () => {
  await using given = await scene()
  given.world.deleteRepository(given.tools)
  const run = await given.source.sync()
  expect(run.outcome).toBe('held')
  expect(await given.files('acme.tools')).toEqual(['run.sql'])
}, 60_000)

test('a tree that GitHub cuts short is read folder by folder; one of 3,000 new files is listed, not compared', async () => {
  await using given = await scene()
  const { world, shop, source, fake } = given
  const whole = await given.files()
  world.treeLimit = 5
  expect((await source.sync({ mode: 'full' })).outcome).toBe('succeeded')
  expect(await given.files()).toEqual(whole)
  world.treeLimit = 100_000
  world.push(
    shop,
    Object.fromEntries(
      Array.from({ length: 3_000 }, (_, n) => [`bulk/${n}.${n % 50 === 0 ? 'sql' : 'txt'}`, `select ${n};\n`]),
    ),
  )
  fake.requests.length = 0
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', gaps: 0 })
  expect((await given.files()).length).toBe(whole.length + 60)
}, 120_000)

test('files as git has them: LFS pointers, submodules, links, names that are no UTF-8, a file under another name', async () => {
  await using given = await scene()
  const { world, shop, source, sql } = given
  const pointer = (size: number) =>
    `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d'.repeat(32)}\nsize ${size}\n`
  const garbled = Buffer.concat([Buffer.from('sql/caf'), Buffer.from([0xe9]), Buffer.from('.sql')])
  const changes = new Map<string | Buffer, string | { mode: string; content: string }>([
    ['data/orders.csv', pointer(77)],
    ['data/plain.csv', 'id,at\n1,2\n'],
    ['sql/linked.sql', { mode: '120000', content: 'daily.sql' }],
    ['libs/common', { mode: '160000', content: 'c'.repeat(40) }],
    [garbled, 'select 1;\n'],
  ])
  world.push(shop, changes)
  expect((await source.sync()).outcome).toBe('succeeded')
  const state = async () =>
    new Map(
      (
        await sql`
          select path, kind, sha, properties -> 'lfs' as lfs, fields from catalog.files where repository = 'acme.shop'`
      ).map(({ path, ...row }) => [String(path), row]),
    )
  const files = await state()
  expect(files.get('data/orders.csv')).toMatchObject({
    lfs: { oid: `sha256:${'4d'.repeat(32)}`, bytes: 77 },
    fields: 0,
  })
  expect(files.get('data/plain.csv')).toMatchObject({ lfs: null, fields: 2 })
  expect(files.get('libs/common')).toMatchObject({ kind: 'submodule', sha: 'c'.repeat(40) })
  expect(files.has('sql/linked.sql')).toBe(false)
  expect([...files.keys()].filter((path) => path.startsWith('sql/caf'))).toEqual([
    expect.stringMatching(/^sql\/caf\uFFFD\.sql#[0-9a-f]{40}$/),
  ])
  world.push(shop, { 'data/plain.csv': null, 'data/renamed.csv': 'id,at\n1,2\n' })
  expect((await source.sync()).outcome).toBe('succeeded')
  const after = await state()
  expect(after.has('data/plain.csv')).toBe(false)
  expect(after.get('data/renamed.csv')).toEqual(files.get('data/plain.csv'))
}, 60_000)

test('a squash merge and an archived repository: what is there now, and what the pull request became', async () => {
  await using given = await scene()
  const { world, shop, source, sql } = given
  const pull = shop.pulls[0] as (typeof shop.pulls)[number]
  world.squash(shop, pull)
  world.tick()
  shop.archived = true
  expect((await source.sync()).outcome).not.toBe('failed')
  const [row] = await sql`
    select state, merge_commit, merged_at is not null as merged, properties -> 'base' ->> 'sha' as base
    from catalog.pull_requests where repository = 'acme.shop'`
  expect(row).toEqual({ state: 'merged', merge_commit: shop.git.head('main'), merged: true, base: pull.base.sha })
  const [repository] = await sql`select archived from catalog.repositories where asset = 'acme.shop'`
  expect(repository).toEqual({ archived: true })
  const [commit] = await sql`
    select comment, properties ->> 'changedFiles' as files from catalog.assets
    where kind = 'commit' and asset = ${`acme.shop.${shop.git.head('main')}`}`
  expect(commit).toMatchObject({ comment: pull.title })
}, 60_000)

test('a force-push to another history, and a branch deleted: what is left is what git has', async () => {
  await using given = await scene()
  const { world, shop, source, sql } = given
  world.push(shop, { 'only.sql': 'select 1;\n' }, { from: null })
  world.deleteBranch(shop, 'feature')
  let run = await source.sync()
  if (run.outcome === 'held') {
    await source.approveAll()
    run = await source.sync({ trigger: 'approval' })
  }
  expect(run.outcome).toBe('succeeded')
  expect(await given.files()).toEqual(['only.sql'])
  const refs =
    await sql`select name from tidemark.asset where kind = 'branch' and removed_at is null and path[2] = 'shop'`
  expect(refs.map(({ name }) => name)).toEqual(['refs/heads/main'])
  const commits =
    await sql`select count(*)::int as n from tidemark.asset where kind = 'commit' and removed_at is null and path[2] = 'shop'`
  expect(commits[0]).toEqual({ n: 1 })
}, 60_000)

test('only so many commits and pull requests are kept: older ones give way without asking', async () => {
  await using given = await scene({ commits: { limit: 3 }, pullRequests: 2 })
  const { world, shop, source, sql } = given
  for (let n = 0; n < 6; n += 1) {
    world.branch(shop, `topic-${n}`)
    world.push(shop, { [`sql/topic-${n}.sql`]: `select ${n};\n` }, { branch: `topic-${n}` })
    world.openPull(shop, `topic-${n}`)
    world.push(shop, { [`sql/${n}.sql`]: `select ${n};\n` })
  }
  expect((await source.sync()).outcome).toBe('succeeded')
  const [kept] = await sql`
    select count(*) filter (where kind = 'commit' and path[2] = 'shop')::int as commits,
           array_agg(name order by name) filter (where kind = 'pull request') as pulls
    from tidemark.asset where removed_at is null`
  expect(kept).toEqual({ commits: 3, pulls: ['6', '7'] })
}, 60_000)

test('dbt: models, sources and exposures with their columns, edges and code', async () => {
  await using given = await scene()
  const { sql } = given
  const nodes =
    await sql`select kind, display from tidemark.asset where kind like 'dbt %' and kind <> 'dbt file' and removed_at is null order by display collate "C"`
  expect(nodes.map(({ kind, display }) => `${kind} ${display}`)).toEqual([
    'dbt project acme.shop.analytics',
    'dbt source acme.shop.analytics."shop.orders"',
    'dbt exposure acme.shop.analytics.board',
    'dbt seed acme.shop.analytics.regions',
    'dbt model acme.shop.analytics.revenue',
    'dbt model acme.shop.analytics.stg_orders',
  ])
  const [column] = await sql`
    select f.comment, f.properties from tidemark.field f join tidemark.asset a on a.id = f.asset_id
    where a.display = 'acme.shop.analytics.revenue' and f.name = 'customer_id'`
  expect(column).toEqual({ comment: 'Who bought', properties: { tests: ['unique', 'not_null'] } })
}, 60_000)

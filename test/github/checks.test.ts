import { expect, test } from 'vitest'
import github from '../../connectors/github/index.ts'
import type { Logger } from '../../connectors/kit/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { GitRepository } from '../helpers/github/git.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'

async function scene(build: (world: GithubWorld) => void, config: object = {}) {
  const world = new GithubWorld()
  build(world)
  const fake = await startFakeGithub(world, {})
  const warnings: object[] = []
  const log: Logger = { debug() {}, info() {}, warn: (fields, message) => warnings.push({ ...fields, message }) }
  const engine = await createEngine([github], { log })
  const source = await engine.addSource(github, { baseUrl: fake.url, owners: ['acme'], token: 'any', ...config })
  const { sql } = engine.store
  return {
    world,
    fake,
    source,
    sql,
    warnings,
    due: () => sql`update tidemark.source set statistics_at = now() - interval '25 hours'`,
    checks: async (repository = 'acme.shop') => [
      ...(await sql`
        select number, checks, checks_passed as passed, checks_failed as failed, checks_pending as pending
        from catalog.pull_requests where repository = ${repository} and checks_at is not null order by number`),
    ],
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await fake[Symbol.asyncDispose]()
    },
  }
}

const NONE = { checks: null, passed: 0, failed: 0, pending: 0 }

test('a check that fails later shows when statistics are due, and makes no version and no change', async () => {
  await using given = await scene((world) => void buildShop(world))
  const { world, fake, source, sql } = given
  const [shop] = world.repositories
  const [pull] = shop?.pulls ?? []
  if (shop === undefined || pull === undefined) throw new Error('the shop has a pull request')
  world.check(pull, 'build', 'SUCCESS')
  world.check(pull, 'lint', 'SKIPPED')
  world.check(pull, 'test', 'IN_PROGRESS')
  world.check(pull, 'ci/legacy', 'PENDING', 'status')
  await source.sync()
  expect(await given.checks()).toEqual([{ number: 1, checks: 'pending', passed: 2, failed: 0, pending: 2 }])

  const { updatedAt } = pull
  world.check(pull, 'test', 'TIMED_OUT')
  world.check(pull, 'ci/legacy', 'SUCCESS', 'status')
  expect(pull.updatedAt).toBe(updatedAt)
  const { graphql } = fake.limits
  await source.sync()
  expect(await given.checks()).toMatchObject([{ checks: 'pending' }])
  expect(fake.limits.graphql).toBe(graphql)

  await given.due()
  const run = await source.sync()
  expect(run).toMatchObject({ outcome: 'succeeded', described: 0, changed: 0 })
  expect(await given.checks()).toEqual([{ number: 1, checks: 'failure', passed: 3, failed: 1, pending: 0 }])
  // One list of two repositories' pull requests, and one of their checks.
  expect(fake.limits.graphql).toBe(graphql - 2)
  const [written] = await sql`
    select (select count(*)::int from tidemark.asset_version where run_id > 1) as versions,
           (select count(*)::int from tidemark.change where run_id > 1) as changes`
  expect(written).toEqual({ versions: 0, changes: 0 })

  // A new head has none yet.
  world.push(shop, { 'sql/extra.sql': 'select 2;\n' }, { branch: 'feature' })
  await given.due()
  await source.sync()
  expect(await given.checks()).toEqual([{ number: 1, ...NONE }])
}, 60_000)

test('checks of the open and of those closed lately are read in bulk, as far as pull requests are kept', async () => {
  const WEEK_S = 7 * 86_400
  const REPOSITORIES = 26
  const LONG = 60
  await using given = await scene((world) => {
    world.addOwner('acme')
    const git = new GitRepository()
    git.commit(new Map([['sql/a.sql', 'select 1;\n']]), { at: 1_700_000_000 })
    git.heads.set('feature', git.head('main') ?? '')
    for (let n = 0; n < REPOSITORIES; n += 1) {
      const repository = world.addRepository('acme', `r${String(n).padStart(2, '0')}`, git)
      const pulls = Array.from({ length: n === 0 ? LONG : 3 }, () => world.openPull(repository, 'feature'))
      for (const pull of pulls) world.check(pull, 'build', 'SUCCESS')
      if (n === 0) continue
      for (const pull of pulls.slice(0, 2)) world.touch(pull, (done) => Object.assign(done, { state: 'closed' }))
      const [old, lately] = pulls
      Object.assign(old ?? {}, { closedAt: 1_700_000_000 })
      Object.assign(lately ?? {}, { closedAt: world.now })
    }
    world.now += WEEK_S - REPOSITORIES * 10 * 3_600
  })
  const { fake, source } = given
  await source.sync()
  await given.due()
  const { graphql } = fake.limits
  await source.sync()
  // Lists of 25 repositories and of one, the checks of 50 + 24 * 2 and of 2; then the 10 left of the long one.
  expect(graphql - fake.limits.graphql).toBe(1 + 2 + 1 + 1 + 2)
  expect((await given.checks('acme.r00')).length).toBe(LONG)
  expect((await given.checks('acme.r25')).map(({ number, checks }) => [number, checks])).toEqual([
    [2, 'success'],
    [3, 'success'],
  ])
}, 60_000)

test('a token that may not see checks is told so, and what was known of them stays', async () => {
  await using given = await scene((world) => void buildShop(world))
  const { world, fake, source, warnings } = given
  const pull = world.repositories[0]?.pulls[0]
  if (pull === undefined) throw new Error('the shop has a pull request')
  world.check(pull, 'build', 'SUCCESS')
  await source.sync()
  world.check(pull, 'build', 'FAILURE')
  await given.due()
  const message = 'Resource not accessible by personal access token'
  fake.refuse = { query: 'CheckRollups', errors: [{ type: 'FORBIDDEN', path: ['nodes', 0, 'commits'], message }] }
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', gaps: 0 })
  expect(warnings).toContainEqual(
    expect.objectContaining({ category: 'permission', message: expect.stringContaining(message) }),
  )
  expect(await given.checks()).toMatchObject([{ checks: 'success' }])
  // Asking again at once would change nothing: the next interval does.
  fake.refuse = undefined
  await source.sync()
  expect(await given.checks()).toMatchObject([{ checks: 'success' }])
  await given.due()
  await source.sync()
  expect(await given.checks()).toMatchObject([{ checks: 'failure' }])
}, 60_000)

test('a limit used up elsewhere is told as such, and the next sync tries again', async () => {
  await using given = await scene((world) => void buildShop(world))
  const { fake, source, sql, warnings } = given
  await source.sync()
  await given.due()
  fake.limits.graphql = 0
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(warnings).toContainEqual(expect.objectContaining({ category: 'rate_limited' }))
  const [state] = await sql`select statistics_at < now() - interval '1 day' as due from tidemark.source`
  expect(state).toEqual({ due: true })
}, 60_000)

test('no pull requests kept, no checks asked for', async () => {
  await using given = await scene((world) => void buildShop(world), { pullRequests: 0 })
  await given.source.sync()
  const { graphql } = given.fake.limits
  expect(graphql).toBeLessThan(given.fake.limits.allowed)
  await given.due()
  await given.source.sync()
  expect(given.fake.limits.graphql).toBe(graphql)
}, 60_000)

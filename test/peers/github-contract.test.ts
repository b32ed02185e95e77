import { createHash } from 'node:crypto'
import connector from '../../connectors/github/index.ts'
import { nameKey } from '../../connectors/kit/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { type FakeGithub, startFakeGithub } from '../helpers/github/server.ts'
import { buildShop, SHOP_FILES } from '../helpers/github/shop.ts'
import { type FakeRepository, GithubWorld } from '../helpers/github/world.ts'

const TOKEN = 'github_pat_of_the_contract'

interface Scene {
  readonly world: GithubWorld
  readonly fake: FakeGithub
}
const scenes = new WeakMap<Fixture, Scene>()

function sceneOf(fixture: Fixture): Scene {
  const scene = scenes.get(fixture)
  if (scene === undefined) throw new Error('not a fixture of this harness')
  return scene
}

async function fixtureOf(build: (world: GithubWorld) => void): Promise<Fixture> {
  const world = new GithubWorld()
  build(world)
  const fake = await startFakeGithub(world, { token: TOKEN })
  const fixture: Fixture = {
    config: {
      baseUrl: fake.url,
      owners: ['acme'],
      token: TOKEN,
      sql: [{ dialect: 'postgres', namespace: 'postgres://db:5432', database: 'shop', schemas: ['public'] }],
    },
    secrets: [TOKEN],
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
  scenes.set(fixture, { world, fake })
  return fixture
}

/** What git calls a file of that text. */
function blobSha(text: string): string {
  return createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex')
}

/** An address where nobody listens. */
async function closedPort(): Promise<string> {
  const fake = await startFakeGithub(new GithubWorld(), {})
  await fake[Symbol.asyncDispose]()
  return fake.url
}

/** The first of the fixture's repositories, whatever it is called by now. */
const shopOf = ({ world }: Scene): FakeRepository => world.repositories[0] as FakeRepository

type Own = readonly string[]
const at = (name: string, ...own: Own) => nameKey(['acme', name, ...own])
const repository = (name = 'shop') => nameKey(['acme', name])
const file = (path: string, name = 'shop') => at(name, 'file', path)
const main = at('shop', 'refs/heads/main')
const commit = (fixture: Fixture, branch = 'main') =>
  at('shop', 'commit', shopOf(sceneOf(fixture)).git.head(branch) ?? '')

function commitsOf(fixture: Fixture, branch: string): string[] {
  const { git } = shopOf(sceneOf(fixture))
  const shas = git.ask('rev-list', git.head(branch) ?? '').split('\n')
  return shas.map((sha) => at('shop', 'commit', sha))
}

/** A push to the default branch: its commit is new, the branch and the repository move. */
function push(name: string, files: Parameters<GithubWorld['push']>[1], keys: readonly string[]): ChangeCase {
  return {
    name,
    apply: (fixture) => {
      const scene = sceneOf(fixture)
      scene.world.push(shopOf(scene), files)
    },
    described: (fixture) => [...keys, main, commit(fixture), repository()],
  }
}

const change = (
  name: string,
  apply: (scene: Scene, shop: FakeRepository) => void,
  described: ChangeCase['described'],
  allowed: readonly string[] = [],
): ChangeCase => ({ name, apply: (fixture) => apply(sceneOf(fixture), shopOf(sceneOf(fixture))), described, allowed })

const project = at('shop', 'dbt', 'analytics')

const harness: ContractHarness = {
  kind: 'http',
  published: true,
  createFixture: () => fixtureOf((world) => void buildShop(world)),
  failures: async (fixture) => {
    const { config } = fixture
    return [
      {
        name: 'a wrong token',
        config: { ...config, token: 'github_pat_wrong' },
        category: 'auth',
        secrets: ['github_pat_wrong'],
      },
      { name: 'a closed port', config: { ...config, baseUrl: await closedPort() }, category: 'source_unavailable' },
      { name: 'an owner nobody knows', config: { ...config, owners: ['nobody'] }, category: 'not_found' },
    ]
  },
  changes: [
    push('a new file', { 'sql/weekly.sql': 'select 7;\n' }, [file('sql/weekly.sql')]),
    push('a changed file', { 'sql/weekly.sql': 'select 8;\n' }, [file('sql/weekly.sql')]),
    push('a renamed file', { 'sql/weekly.sql': null, 'sql/by-week.sql': 'select 8;\n' }, [file('sql/by-week.sql')]),
    push('a file that means nothing to data', { 'README.md': '# Other\n' }, []),
    push('a model of a dbt project', { 'analytics/models/marts/revenue.sql': 'select 1 as customer_id\n' }, [
      project,
      file('analytics/models/marts/revenue.sql'),
    ]),
    push('what says the dialect of a folder', { 'sql/.sqlfluff': '[sqlfluff]\ndialect = snowflake\n' }, [
      file('sql/by-week.sql'),
      file('sql/daily.sql'),
    ]),
    push('a file become a link', { 'sql/by-week.sql': { mode: '120000', content: 'daily.sql' } }, []),
    push('a submodule moved on', { 'vendor/lib': { mode: '160000', content: 'a'.repeat(40) } }, [file('vendor/lib')]),
    push(
      'other owners of schemas',
      { '.github/CODEOWNERS': '* @acme/core\n*.sql @acme/data\nschemas/ @acme/messages\n' },
      Object.keys(SHOP_FILES)
        .filter((path) => path.startsWith('schemas/'))
        .map((path) => file(path)),
    ),
    push(
      'a name that is no UTF-8',
      new Map([[Buffer.concat([Buffer.from('sql/'), Buffer.from([0xff]), Buffer.from('.sql')]), 'select 9;\n']]),
      [file(`sql/\uFFFD.sql#${blobSha('select 9;\n')}`)],
    ),
    change('a new branch', ({ world }, shop) => world.branch(shop, 'topic'), [
      at('shop', 'refs/heads/topic'),
      repository(),
    ]),
    change('a deleted branch', ({ world }, shop) => world.deleteBranch(shop, 'topic'), [repository()]),
    change('a new tag', ({ world }, shop) => world.tag(shop, 'v2'), [at('shop', 'refs/tags/v2'), repository()]),
    change('a release', ({ world }, shop) => void world.release(shop, 'v2'), [at('shop', 'release', 'v2')]),
    change(
      'an edited release',
      ({ world }, shop) => {
        world.tick()
        ;(shop.releases[1] as { notes: string }).notes = 'Other'
      },
      [at('shop', 'release', 'v2')],
    ),
    change(
      'a review',
      ({ world }, shop) =>
        world.touch(shop.pulls[0] as never, (pull) =>
          pull.reviews.push({ author: 'eve', state: 'APPROVED', at: world.now }),
        ),
      [at('shop', 'pull', '1')],
    ),
    change(
      'a push to a pull request',
      ({ world }, shop) => void world.push(shop, { 'sql/extra.sql': 'select 3;\n' }, { branch: 'feature' }),
      [at('shop', 'refs/heads/feature'), at('shop', 'pull', '1'), repository()],
    ),
    change(
      'a squash merge',
      ({ world }, shop) => world.squash(shop, shop.pulls[0] as never),
      (fixture) => [main, commit(fixture), at('shop', 'pull', '1'), repository()],
      // The branch was cut before what came to main since.
      Object.keys(SHOP_FILES)
        .map((path) => file(path))
        .concat(project, file('sql/extra.sql')),
    ),
    change(
      'a force-push',
      ({ world }, shop) => void world.push(shop, { ...SHOP_FILES, 'sql/forced.sql': 'select 4;\n' }, { from: null }),
      (fixture) => [main, commit(fixture), file('sql/forced.sql'), repository()],
      Object.keys(SHOP_FILES)
        .map((path) => file(path))
        .concat(project),
    ),
    change(
      'an archived repository',
      ({ world }, shop) => {
        world.tick()
        shop.archived = true
        shop.topics = ['shop', 'data']
      },
      [repository()],
    ),
    change(
      'another default branch',
      ({ world }, shop) => {
        world.tick()
        shop.defaultBranch = 'feature'
      },
      (fixture) => [main, at('shop', 'refs/heads/feature'), ...commitsOf(fixture, 'feature'), repository()],
      Object.keys(SHOP_FILES)
        .map((path) => file(path))
        .concat(project, file('sql/extra.sql')),
    ),
  ],
  faults: [
    {
      name: 'a dropped connection',
      category: 'source_unavailable',
      async provoke({ fixture, handle, scope }) {
        sceneOf(fixture).fake.faults.push('hang up', 'hang up', 'hang up', 'hang up')
        for await (const _ of handle.inventory({ ...scope, key: 'acme/shop' }));
      },
    },
    {
      name: '429 with Retry-After',
      category: 'rate_limited',
      retryAfterMs: 120_000,
      async provoke({ fixture, handle, scope }) {
        const body = { message: 'You have exceeded a secondary rate limit.' }
        sceneOf(fixture).fake.faults.push({ status: 429, body, headers: { 'retry-after': '120' } })
        for await (const _ of handle.inventory({ ...scope, key: 'acme/shop' }));
      },
    },
  ],
  big: (objects) =>
    fixtureOf((world) => {
      world.addOwner('acme')
      const many = world.addRepository('acme', 'many')
      world.push(
        many,
        Object.fromEntries(Array.from({ length: objects }, (_, n) => [`sql/${n % 100}/${n}.sql`, 'select 1;\n'])),
      )
    }),
}

describeConnector(connector, harness)

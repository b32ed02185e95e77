import { nameKey } from '../../connectors/kit/index.ts'
import tableau from '../../connectors/tableau/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { type FakeTableau, startFakeTableau } from '../helpers/tableau/server.ts'
import { buildShop } from '../helpers/tableau/shop.ts'
import { type FakeDataSource, type FakeField, type FakeWorkbook, TableauWorld } from '../helpers/tableau/world.ts'

const SECRET = 'tableau-secret-of-the-contract'

interface Scene {
  readonly world: TableauWorld
  readonly fake: FakeTableau
}
const scenes = new WeakMap<Fixture, Scene>()

function sceneOf(fixture: Fixture): Scene {
  const scene = scenes.get(fixture)
  if (scene === undefined) throw new Error('not a fixture of this harness')
  return scene
}

async function fixtureOf(world: TableauWorld): Promise<Fixture> {
  const token = { name: 'tidemark', secret: SECRET }
  const fake = await startFakeTableau(world, { token })
  const fixture: Fixture = {
    config: { baseUrl: fake.url, site: 'shop', pat: token },
    secrets: [SECRET],
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
  scenes.set(fixture, { world, fake })
  return fixture
}

/** An address where nobody listens. */
async function closedPort(): Promise<string> {
  const fake = await startFakeTableau(new TableauWorld())
  await fake[Symbol.asyncDispose]()
  return fake.url
}

const EMEA = 'Sales/Europe//EMEA'
const overview = nameKey(['workbook', 'Sales', 'Overview'])

const orders = nameKey(['datasource', 'Sales', 'Orders'])
const people = nameKey(['datasource', EMEA, 'People'])

/** What moved within the hour is described once more when the hour is over: any change may find some of it. */
const settling = [overview, orders, people, nameKey(['workbook', 'Sales', 'Details'])]

const change = (
  name: string,
  apply: (world: TableauWorld) => void,
  described: ChangeCase['described'],
  allowed: readonly string[] = settling,
): ChangeCase => ({ name, apply: (fixture) => apply(sceneOf(fixture).world), described, allowed })

const workbook = (world: TableauWorld, name = 'Overview') =>
  world.workbooks.find((one) => one.name === name) as FakeWorkbook

const harness: ContractHarness = {
  kind: 'http',
  published: true,
  createFixture: () => fixtureOf(buildShop()),
  failures: async ({ config }) => [
    {
      name: 'a wrong secret',
      config: { ...config, pat: { name: 'tidemark', secret: 'another secret' } },
      category: 'auth',
      secrets: ['another secret'],
    },
    { name: 'a closed port', config: { ...config, baseUrl: await closedPort() }, category: 'source_unavailable' },
    { name: 'a site nobody knows', config: { ...config, site: 'nowhere' }, category: 'auth' },
  ],
  changes: [
    change(
      'a sheet in a workbook',
      (world) => {
        world.addSheet(workbook(world), 'New', workbook(world).embeddedDatasources[1]?.fields as FakeField[])
        world.touch(workbook(world))
      },
      [overview],
    ),
    change('a tag, which moves no stamp', (world) => void workbook(world).labels.push('monthly'), [overview]),
    change(
      'a tag of a sheet',
      (world) => {
        const [sheet] = workbook(world).sheets
        if (sheet !== undefined) sheet.tags = [{ name: 'seen' }]
      },
      [overview],
    ),
    change(
      'a refreshed extract',
      (world) => {
        for (const one of world.published) if (one.name === 'People') world.touch(one)
      },
      [people],
    ),
    change(
      'a calculation in a published data source',
      (world) => {
        const [published] = world.published
        if (published === undefined) return
        world.calculate(published as FakeDataSource, 'Gross', 'SUM([amount])', ['amount'])
        const [layer] = workbook(world).embeddedDatasources
        if (layer !== undefined) world.relay(layer, published)
        world.touch(published)
      },
      [orders, overview],
    ),
    change(
      'a warning, which moves no stamp',
      (world) => {
        const [published] = world.published
        if (published !== undefined)
          published.dataQualityWarnings = [
            { id: 'w1', warningType: 'STALE', message: 'old', isActive: true, isSevere: true },
          ]
      },
      [orders],
    ),
    change(
      'another name of an owner',
      (world) => {
        const anna = world.users.find(({ name }) => name === 'anna')
        if (anna !== undefined) anna.name = 'anna.b'
      },
      [orders],
    ),
    change(
      'a moved workbook',
      (world) => {
        workbook(world, 'Detail').project = world.projects[0] as never
        world.touch(workbook(world, 'Detail'))
      },
      [nameKey(['workbook', 'Sales', 'Detail'])],
    ),
    change(
      'a renamed workbook',
      (world) => {
        const renamed = workbook(world, 'Detail')
        renamed.name = 'Details'
        world.touch(renamed)
      },
      [nameKey(['workbook', 'Sales', 'Details'])],
    ),
    change(
      'a renamed project',
      (world) => {
        const project = world.projects[1]
        if (project !== undefined) project.name = 'Europe'
      },
      [nameKey(['project', 'Sales/Europe']), nameKey(['datasource', 'Sales/Europe', 'People'])],
    ),
    change('a workbook deleted', (world) => world.remove(world.workbooks, workbook(world, 'Details')), []),
    change('a new project', (world) => void world.addProject('Finance'), [nameKey(['project', 'Finance'])]),
  ],
  stable: (line, { config }) => line.replaceAll(String(config.baseUrl), 'https://tableau.test'),
  faults: [
    {
      name: 'a dropped connection',
      category: 'source_unavailable',
      async provoke({ fixture, handle, scope }) {
        sceneOf(fixture).fake.faults.push('hang up')
        for await (const _ of handle.inventory(scope));
      },
    },
    {
      name: '429 with Retry-After',
      category: 'rate_limited',
      retryAfterMs: 120_000,
      async provoke({ fixture, handle, scope }) {
        const body = { error: { summary: 'Too many requests', detail: 'Wait', code: '429000' } }
        sceneOf(fixture).fake.faults.push({ status: 429, body, headers: { 'retry-after': '120' } })
        for await (const _ of handle.inventory(scope));
      },
    },
  ],
  big: (objects) => {
    const world = new TableauWorld()
    world.addUser('admin', 'SiteAdministratorExplorer')
    const project = world.addProject('Many')
    for (let number = 0; number < objects; number += 1) world.addWorkbook(`Book ${number}`, project)
    world.tick()
    return fixtureOf(world)
  },
}

describeConnector(tableau, harness)

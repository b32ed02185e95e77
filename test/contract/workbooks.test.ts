import {
  createWorkbookWorld,
  type Workbook,
  type WorkbookWorld,
  workbookConnector,
} from '../helpers/synthetic/workbooks.ts'
import { describeConnector } from './describe-connector.ts'
import type { ContractHarness, Fixture } from './harness.ts'

const worlds = new Map<string, WorkbookWorld>()

/** The world of the fixture's config. */
const worldOf = ({ config }: Fixture): WorkbookWorld => worlds.get(String(config.world)) ?? createWorkbookWorld()
const books = (fixture: Fixture, project = 'sales'): Map<string, Workbook> =>
  worldOf(fixture).projects.get(project)?.workbooks ?? new Map()
function book(fixture: Fixture, name: string): Workbook {
  const found = books(fixture).get(name)
  if (found === undefined) throw new Error(`no book ${name}`)
  return found
}

const harness: ContractHarness = {
  kind: 'memory',
  published: false,
  async createFixture() {
    const world = createWorkbookWorld()
    worlds.set('main', world)
    world.datasets.set('orders', { columns: ['id', 'amount'], tables: [['shop', 'public', 'orders']] })
    world.datasets.set('staff', { columns: ['name'], tables: [] })
    for (const [project, count] of [
      ['sales', 5],
      ['ops', 3],
    ] as const) {
      const workbooks = Array.from({ length: count }, (_, n): [string, Workbook] => [
        `book ${n}`,
        { id: `${project}-${n}`, title: `Title ${n}`, sheets: { a: 'Overview', b: 'Detail' }, datasets: ['orders'] },
      ])
      world.projects.set(project, { theme: 'light', workbooks: new Map(workbooks) })
    }
    return { config: { world: 'main' }, [Symbol.asyncDispose]: async () => {} }
  },
  failures: () => [{ name: 'an unknown world', config: { world: 'elsewhere' }, category: 'not_found' }],
  changes: [
    {
      name: 'a new title',
      apply: (fixture) => {
        book(fixture, 'book 1').title = 'Another'
      },
      described: ['sales.book 1'],
    },
    {
      name: 'a renamed sheet',
      apply: (fixture) => {
        book(fixture, 'book 1').sheets = { a: 'Summary', b: 'Detail' }
      },
      described: ['sales.book 1'],
    },
    {
      name: 'another data set',
      apply: (fixture) => {
        book(fixture, 'book 2').datasets = ['orders', 'staff']
      },
      described: ['sales.book 2'],
    },
    {
      name: 'a column of a shared data set',
      apply: (fixture) => {
        worldOf(fixture).datasets.get('staff')?.columns.push('born')
      },
      described: ['sales.book 2'],
    },
    {
      name: 'a new workbook',
      apply: (fixture) => {
        books(fixture).set('book new', { id: 'new', title: 'New', sheets: { a: 'One' }, datasets: [] })
      },
      described: ['sales.book new'],
    },
    {
      name: 'a renamed workbook',
      apply: (fixture) => {
        books(fixture).set('book renamed', book(fixture, 'book new'))
        books(fixture).delete('book new')
      },
      described: ['sales.book renamed'],
    },
    {
      name: 'a workbook dropped',
      apply: (fixture) => {
        books(fixture).delete('book 3')
      },
      described: [],
      // It may have written the record of the data set it shared: another takes over.
      allowed: ['book 0', 'book 1', 'book 2', 'book 4'].map((name) => `sales.${name}`).concat('ops.book 0'),
    },
    {
      name: 'a theme that every record of the project shows',
      apply: (fixture) => {
        const others = [...books(fixture)]
        books(fixture).clear()
        // Listed first: a run that dies after it must not lose the dependents, whose own fingerprints stand still.
        books(fixture).set('theme', { id: 'theme', title: 'dark', sheets: {}, datasets: [] })
        for (const [name, other] of others) books(fixture).set(name, other)
      },
      described: ['sales.theme', 'sales.book 0', 'sales.book 1', 'sales.book 2', 'sales.book 4', 'sales.book renamed'],
    },
  ],
  faults: [
    {
      name: 'the server goes away',
      category: 'source_unavailable',
      provoke: async ({ fixture, handle, scope }) => {
        worldOf(fixture).trouble.failListing = new Set([scope.key])
        await handle.inventory(scope).next()
      },
    },
  ],
  big: { skip: 'it lives in memory' },
}

describeConnector(workbookConnector(worlds), harness)

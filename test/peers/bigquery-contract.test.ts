import connector from '../../connectors/bigquery/index.ts'
import { nameKey } from '../../connectors/kit/index.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { createShop, LAKE, SHOP, TAXONOMY } from '../helpers/bigquery/shop.ts'
import { configFor, type StandIn, startStandIn, TOKEN } from '../helpers/bigquery/stand-in.ts'
import { bigqueryFailures, bigqueryFaults } from '../helpers/bigquery/trouble.ts'
import {
  addDataset,
  addModel,
  addRoutine,
  datasetIn,
  patchTable,
  putTable,
  type Resource,
  tableIn,
  tick,
  type World,
} from '../helpers/bigquery/world.ts'

interface BigqueryFixture extends Fixture {
  readonly world: World
  readonly standIn: StandIn
}

async function fixture(): Promise<BigqueryFixture> {
  const world = createShop()
  const standIn = await startStandIn(world)
  return {
    world,
    standIn,
    config: { ...configFor(standIn), projects: [SHOP, LAKE], rowAccessPolicies: true, tableAccess: true },
    secrets: [TOKEN],
    [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
  }
}

const of = (made: Fixture): BigqueryFixture => made as BigqueryFixture
const sales = (table: string) => ({ project: SHOP, dataset: 'sales', table })
const tableKey = (...path: string[]): string => nameKey([path[0] ?? '', path[1] ?? '', 'table', path[2] ?? ''])
const key = (table: string): string => tableKey(SHOP, 'sales', table)
const events = (day: string) => ({ project: SHOP, dataset: 'raw events', table: `events_${day}` })
const family = tableKey(SHOP, 'raw events', 'events_yyyymmdd')

const change = (name: string, apply: (world: World) => void, described: string[]): ChangeCase => ({
  name,
  apply: (made) => apply(of(made).world),
  described,
})

const field = (name: string, type: string, more: Resource = {}): Resource => ({ name, type, mode: 'NULLABLE', ...more })
const fieldsOf = (world: World, table: string): Resource[] =>
  (tableIn(world, sales(table)).resource.schema as { fields: Resource[] }).fields

const withField = (world: World, table: string, added: Resource): void =>
  patchTable(world, sales(table), { schema: { fields: [...fieldsOf(world, table), added] } })

const changes: readonly ChangeCase[] = [
  change('a new column', (world) => withField(world, 'orders', field('note', 'STRING')), [key('orders')]),
  change(
    'a new field of a struct',
    (world) => {
      const fields = fieldsOf(world, 'customer').map((entry) =>
        entry.name === 'address'
          ? { ...entry, fields: [...(entry.fields as Resource[]), field('city', 'STRING')] }
          : entry,
      )
      patchTable(world, sales('customer'), { schema: { fields } })
    },
    [key('customer')],
  ),
  change('a description', (world) => patchTable(world, sales('orders'), { description: 'Sold.' }), [key('orders')]),
  change('a label', (world) => patchTable(world, sales('orders'), { labels: { tier: 'gold' } }), [key('orders')]),
  change(
    'a renamed policy tag',
    (world) => void world.policyTags.set(TAXONOMY, [{ name: `${TAXONOMY}/policyTags/1`, displayName: 'Private' }]),
    [key('customer')],
  ),
  change(
    'a row access policy',
    (world) =>
      void tableIn(world, sales('customer')).rowPolicies.push({
        rowAccessPolicyReference: { policyId: 'mine' },
        filterPredicate: 'true',
      }),
    [key('customer')],
  ),
  change(
    'access to a table',
    (world) => {
      tableIn(world, sales('files')).policy = {
        bindings: [{ role: 'roles/bigquery.dataViewer', members: ['user:a@example.com'] }],
      }
    },
    [key('files')],
  ),
  change(
    'a new shard',
    (world) => void putTable(world, events('20260104'), { schema: { fields: [field('name', 'STRING')] } }),
    [family],
  ),
  change('a dropped shard', (world) => void datasetIn(world, SHOP, 'raw events').tables.delete('events_20260101'), [
    family,
  ]),
  change(
    'a replaced view',
    (world) =>
      patchTable(world, sales('latest'), { view: { query: 'select 1 as customer, 2 as total', useLegacySql: false } }),
    [key('latest')],
  ),
  change(
    'a new table',
    (world) => void putTable(world, sales('extra'), { schema: { fields: [field('x', 'INTEGER')] } }),
    [key('extra')],
  ),
  change(
    'a table made anew',
    (world) => void putTable(world, sales('extra'), { schema: { fields: [field('x', 'INTEGER')] } }),
    [key('extra')],
  ),
  change('a dropped table', (world) => void datasetIn(world, SHOP, 'sales').tables.delete('extra'), []),
  change('rows', (world) => patchTable(world, sales('orders'), { numRows: '99', numBytes: '9900' }), []),
  change('a new routine', (world) => addRoutine(world, sales('thrice'), { definitionBody: '3' }), [
    nameKey([SHOP, 'sales', 'routine', 'thrice']),
  ]),
  change('a replaced routine', (world) => addRoutine(world, sales('thrice'), { definitionBody: '4' }), [
    nameKey([SHOP, 'sales', 'routine', 'thrice']),
  ]),
  change('a model trained anew', (world) => addModel(world, sales('churn'), { modelType: 'KMEANS' }), [
    nameKey([SHOP, 'sales', 'model', 'churn']),
  ]),
  change(
    'access to a dataset',
    (world) => {
      const dataset = datasetIn(world, LAKE, 'marts')
      dataset.resource = {
        ...dataset.resource,
        access: [{ role: 'READER', domain: 'example.com' }],
        lastModifiedTime: tick(world),
      }
    },
    [nameKey([LAKE, 'marts'])],
  ),
  change('a new dataset', (world) => void addDataset(world, LAKE, 'lab', { description: 'New.' }), [
    nameKey([LAKE, 'lab']),
  ]),
]

const SALES = { key: nameKey([SHOP, 'sales']), name: `${SHOP}.sales` }

const harness: ContractHarness = {
  kind: 'http',
  published: true,
  createFixture: fixture,
  failures: async (made) => bigqueryFailures(made.config),
  changes,
  faults: bigqueryFaults((made) => of(made).standIn, SALES),
  big: { skip: 'each table is a request: test/peers/bigquery.test.ts counts them over 10,000' },
  stable: (line, made) => line.replaceAll(of(made).standIn.url, 'http://stand-in'),
}

describeConnector(connector, harness)

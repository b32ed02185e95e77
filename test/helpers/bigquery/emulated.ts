import { nameKey } from '../../../connectors/kit/index.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../../contract/harness.ts'
import type { Emulator } from './emulator.ts'
import { configFor, TOKEN } from './stand-in.ts'
import { bigqueryFailures, bigqueryFaults } from './trouble.ts'
import type { Resource } from './world.ts'

const field = (name: string, type: string, more: Resource = {}): Resource => ({ name, type, ...more })

/** The contract's small source in a project of the emulator's, which the suite has for itself. */
export function emulatedHarness(emulator: () => Emulator, project: string): ContractHarness {
  const base = `projects/${project}/datasets`
  const ask = (...call: Parameters<Emulator['ask']>) => emulator().ask(...call)
  const query = (text: string) => emulator().query(text.replaceAll(/\bshop\.\w+/g, (name) => `\`${project}.${name}\``))
  const addDataset = (datasetId: string, more: Resource = {}) =>
    ask('POST', base, { datasetReference: { projectId: project, datasetId }, location: 'EU', ...more })
  const addTable = (tableId: string, fields: readonly Resource[], more: Resource = {}) =>
    ask('POST', `${base}/shop/tables`, {
      tableReference: { projectId: project, datasetId: 'shop', tableId },
      schema: { fields },
      ...more,
    })
  const patch = (table: string, body: Resource) => ask('PATCH', `${base}/shop/tables/${table}`, body)
  const addColumn = async (table: string, added: Resource) => {
    const { schema } = await ask('GET', `${base}/shop/tables/${table}`)
    // The emulator answers with the API's own shape.
    await patch(table, { schema: { fields: [...(schema as { fields: Resource[] }).fields, added] } })
  }
  const drop = (table: string) => ask('DELETE', `${base}/shop/tables/${table}`)
  const routine = (definitionBody: string) => ({
    routineReference: { projectId: project, datasetId: 'shop', routineId: 'thrice' },
    routineType: 'SCALAR_FUNCTION',
    language: 'SQL',
    arguments: [{ name: 'x', dataType: { typeKind: 'INT64' } }],
    definitionBody,
  })

  const key = (table: string) => nameKey([project, 'shop', 'table', table])
  const thrice = nameKey([project, 'shop', 'routine', 'thrice'])
  const change = (name: string, apply: () => Promise<unknown>, described: readonly string[]): ChangeCase => ({
    name,
    apply: async () => void (await apply()),
    described,
  })
  const changes = [
    change('a new column', () => addColumn('orders', field('note', 'STRING')), [key('orders')]),
    change('a description', () => patch('orders', { description: 'Sold.' }), [key('orders')]),
    change('a label', () => patch('orders', { labels: { tier: 'gold' } }), [key('orders')]),
    change('a new shard', () => addTable('log_20260103', [field('line', 'STRING')]), [key('log_yyyymmdd')]),
    change('a dropped shard', () => drop('log_20260101'), [key('log_yyyymmdd')]),
    change('a new table', () => addTable('extra', [field('x', 'INT64')]), [key('extra')]),
    change('a table made anew', () => query('CREATE OR REPLACE TABLE shop.extra AS SELECT 1 AS y'), [key('extra')]),
    change('a dropped table', () => drop('extra'), []),
    change('rows', () => query('INSERT INTO shop.orders (id, customer) VALUES (9, 9)'), []),
    change('a new routine', () => ask('POST', `${base}/shop/routines`, routine('x * 3')), [thrice]),
    change('a replaced routine', () => ask('PUT', `${base}/shop/routines/thrice`, routine('x + x + x')), [thrice]),
    change('a description of the dataset', () => ask('PATCH', `${base}/shop`, { description: 'Sells.' }), [
      nameKey([project, 'shop']),
    ]),
    change('a new dataset', () => addDataset('lab'), [nameKey([project, 'lab'])]),
  ]

  async function createFixture(): Promise<Fixture> {
    const { front, more } = emulator()
    for (const dataset of ['shop', 'lab']) await ask('DELETE', `${base}/${dataset}?deleteContents=true`).catch(() => {})
    more.clear()
    await addDataset('shop', { description: 'A shop.', labels: { env: 'prod' } })
    const customer = [
      field('id', 'INTEGER', { mode: 'REQUIRED', description: 'The number.' }),
      field('address', 'RECORD', { fields: [field('street', 'STRING')] }),
      field('tags', 'STRING', { mode: 'REPEATED' }),
      field('joined', 'DATE'),
    ]
    const partitioned = { timePartitioning: { type: 'DAY', field: 'joined' }, clustering: { fields: ['id'] } }
    await addTable('customer', customer, { description: 'Who buys.', labels: { pii: 'yes' }, ...partitioned })
    await query('CREATE TABLE shop.orders (id INT64 NOT NULL, customer INT64, total NUMERIC, placed TIMESTAMP)')
    await query('CREATE VIEW shop.totals AS SELECT customer, SUM(total) AS total FROM shop.orders GROUP BY customer')
    await query('CREATE FUNCTION shop.twice(x INT64) RETURNS INT64 AS (x * 2)')
    for (const day of ['20260101', '20260102']) await addTable(`log_${day}`, [field('line', 'STRING')])
    // The emulator keeps a view's text to itself.
    const text = `SELECT customer, SUM(total) AS total FROM \`${project}.shop.orders\` GROUP BY customer`
    more.set('shop.totals', { view: { query: text, useLegacySql: false } })
    return {
      config: { ...configFor(front), projects: [project], rowAccessPolicies: true },
      secrets: [TOKEN],
      async [Symbol.asyncDispose]() {
        front.trouble = undefined
      },
    }
  }

  return {
    kind: 'http',
    published: true,
    expected: 'expected-bqemulator.ndjson',
    createFixture,
    failures: ({ config }) => bigqueryFailures(config),
    changes,
    faults: bigqueryFaults(() => emulator().front, { key: nameKey([project, 'shop']), name: `${project}.shop` }),
    big: { skip: 'each table is a statement of the emulator; test/peers/bigquery.test.ts has 10,000 on the stand-in' },
    stable: (line) =>
      line
        .replaceAll(emulator().front.url, 'http://stand-in')
        .replaceAll(/"nativeId":"(?:[^"\\]|\\.)*"/g, '"nativeId":"…"'),
  }
}

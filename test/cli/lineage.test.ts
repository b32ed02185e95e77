import { parse } from '@ts-graphviz/ast'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../helpers/store.ts'
import { createPlace, type Place } from './support.ts'

/** Names that would break a diagram out of its quotes, were they not escaped. */
const HOSTILE = String.raw`a"b];n1--x "<b>\#;` + '`%%{init}%%`\n|'

let place: Place
let source: Awaited<ReturnType<typeof createDatabase>>
let sql: postgres.Sql

beforeAll(async () => {
  place = await createPlace()
  source = await createDatabase()
  sql = postgres(source.url, { max: 1, onnotice: () => {} })
  await sql.unsafe(`
    create schema sales;
    create table sales.customer (id int primary key, email text not null);
    create table sales.orders (id int primary key, customer_id int not null references sales.customer, note text);
    create table sales.card (customer_id int primary key references sales.customer, "odd name" numeric(10,2));
    create view sales.totals as select c.email, count(*) as orders from sales.orders o join sales.customer c on c.id = o.customer_id group by 1;
    create view sales.top as select * from sales.totals;
    create schema hostile`)
  await sql`create table hostile.${sql(HOSTILE)} (${sql(HOSTILE)} int primary key)`
  await sql`create view hostile.reads as select * from hostile.${sql(HOSTILE)}`
  expect(await place.run('add', source.url, '--name', 'shop', '--yes', '--no-test')).toMatchObject({ code: 0 })
}, 60_000)

afterAll(async () => {
  await sql.end()
  await source[Symbol.asyncDispose]()
  await place[Symbol.asyncDispose]()
})

const name = (asset: string) => `${source.name}.sales.${asset}`

describe('lineage', () => {
  test('as a tree, in one direction or both', async () => {
    const { stdout } = await place.run('lineage', 'totals')
    expect(stdout.replaceAll(`${source.name}.`, '')).toBe(
      [
        'sales.totals is made from 2 assets',
        '  sales.totals  (view)',
        '  ├─ sales.customer  (table)',
        '  └─ sales.orders  (table)',
        '',
        'sales.totals is read by 1 asset',
        '  sales.totals  (view)',
        '  └─ sales.top  (view)',
        '',
      ].join('\n'),
    )
    expect((await place.run('lineage', 'totals', '--down')).stdout).not.toContain('customer')
  })

  test('as JSON, each asset once with its depth and a path', async () => {
    const { data } = await place.json('lineage', 'sales.top', '--up')
    expect(data.asset).toMatchObject({ asset: name('top'), kind: 'view' })
    expect(data.upstream.map(({ asset, depth }: { asset: string; depth: number }) => [asset, depth])).toEqual([
      [name('totals'), 1],
      [name('customer'), 2],
      [name('orders'), 2],
    ])
    expect(data.upstream[1].path).toEqual([name('top'), name('totals'), name('customer')])
    expect(data.edges).toHaveLength(3)
    expect((await place.json('lineage', 'sales.top', '--up', '--depth', '1')).data.upstream).toHaveLength(1)
  })

  test('impact tells what is reached, and refuses columns that are not there', async () => {
    const { data } = await place.json('impact', 'orders', '--column', 'CUSTOMER_ID')
    expect(data.column).toBe('customer_id')
    // It decides the rows, by the join.
    expect(data.impact).toMatchObject([
      { asset: name('totals'), depth: 1, column: null, owner: 'postgres' },
      { asset: name('top'), depth: 2, column: null },
    ])
    expect((await place.json('impact', 'orders.note')).data.impact).toEqual([])
    expect((await place.json('impact', 'orders')).data.impact).toHaveLength(2)
    const email = (await place.json('impact', 'customer.email')).data.impact
    expect(email).toContainEqual(expect.objectContaining({ asset: name('top'), column: 'email', depth: 2 }))
    expect((await place.json('impact', 'orders', '--column', 'nope')).data.error.message).toContain(
      'has no column "nope"',
    )
  })
})

/** The statements of a Mermaid diagram, each line of the only forms that we write. */
function readMermaid(text: string, forms: readonly RegExp[]): readonly string[] {
  const [head, ...lines] = text.trimEnd().split('\n')
  for (const line of lines)
    expect(
      forms.some((form) => form.test(line)),
      line,
    ).toBe(true)
  return [head as string, ...lines]
}

/** Within quotes nothing that ends them or means anything to Mermaid. */
const LABEL = String.raw`"(?:[^"\\<>&#;\x60%|\n{}[\]]|#\d+;|<br\/>)*"`
const FLOWCHART = [
  new RegExp(String.raw`^ {2}n\d+\[${LABEL}\](:::uncrawled)?$`),
  /^ {2}n\d+ --> n\d+$/,
  /^ {2}classDef uncrawled stroke-dasharray: 4 4$/,
  /^ {2}style n\d+ stroke-width:3px$/,
]
const ER = [
  new RegExp(String.raw`^ {2}e\d+\[${LABEL}\] \{$`),
  new RegExp(String.raw`^ {4}[A-Za-z_][\w()[\]]* [A-Za-z_][\w()[\]]*( (PK|FK|UK)(, (FK|UK))*)?( ${LABEL})?$`),
  /^ {2}\}$/,
  new RegExp(String.raw`^ {2}e\d+ (\|o|\}o)--(o\||\|\|) e\d+ : ${LABEL}$`),
]

describe('diagrams', () => {
  test('of lineage in Mermaid and DOT', async () => {
    const mermaid = await place.run('lineage', 'totals', '--mermaid')
    const lines = readMermaid(mermaid.stdout, FLOWCHART)
    expect(lines[0]).toBe('flowchart LR')
    expect(lines.filter((line) => line.includes('-->'))).toHaveLength(3)
    const dot = parse((await place.run('lineage', 'totals', '--dot')).stdout)
    expect(JSON.stringify(dot)).toContain(name('totals'))
  })

  test('of tables: a schema, or a table with its neighbours', async () => {
    const schema = readMermaid((await place.run('show', `${source.name}.sales`, '--erd')).stdout, ER)
    expect(schema[0]).toBe('erDiagram')
    expect(schema.filter((line) => line.includes('--'))).toHaveLength(2)
    expect(schema).toContainEqual(expect.stringMatching(/e\d+ \}o--\|\| e\d+ : "orders_customer_id_fkey"/))
    expect(schema).toContainEqual(expect.stringMatching(/e\d+ \|o--\|\| e\d+ : "card_customer_id_fkey"/))
    expect(schema).toContain('    integer customer_id PK, FK')
    expect(schema).toContain('    numeric(10_2) odd_name "odd name"')
    const { data } = await place.json('show', 'sales.customer', '--erd')
    expect(data.entities.map(({ asset }: { asset: string }) => asset)).toEqual(['card', 'customer', 'orders'].map(name))
    expect((await place.json('show', 'sales.orders', '--erd')).data.entities).toHaveLength(2)
    parse((await place.run('show', 'sales.customer', '--erd', '--dot')).stdout)
    expect((await place.json('show', 'sales.totals', '--erd')).data.error.message).toContain('no tables')
  })

  test('hostile names stay within their quotes', async () => {
    readMermaid((await place.run('lineage', 'hostile.reads', '--mermaid')).stdout, FLOWCHART)
    readMermaid((await place.run('show', `${source.name}.hostile`, '--erd', '--mermaid')).stdout, ER)
    const lineage = (await place.run('lineage', 'hostile.reads', '--dot')).stdout
    const entities = (await place.run('show', `${source.name}.hostile`, '--erd', '--dot')).stdout
    for (const text of [lineage, entities]) {
      const graph = parse(text).children.find((child) => child.type === 'Graph')
      const nodes = graph?.children.filter((child) => child.type === 'Node') ?? []
      expect(nodes).toHaveLength(text === lineage ? 2 : 1)
    }
  })
})

test('an asset as of two times', async () => {
  const before = new Date().toISOString()
  await sql.unsafe(`
    alter table sales.card rename column "odd name" to balance;
    alter table sales.card alter column balance type numeric(12,2), add column since date;
    create or replace view sales.top as select * from sales.totals where orders > 10`)
  expect((await place.run('sync', 'shop')).code).toBe(0)
  const { data } = await place.json('diff', 'sales.card', '--from', before)
  expect(data.existed).toEqual({ from: true, to: true })
  expect(data.parts.map(({ part, name: what, operation }: Record<string, string>) => [part, what, operation])).toEqual([
    ['column', 'odd name', 'removed'],
    ['column', 'balance', 'added'],
    ['column', 'since', 'added'],
  ])
  const view = await place.run('diff', 'sales.top', '--from', before)
  expect(view.stdout).toMatch(/^\+.*WHERE/m)
  expect(view.stdout).toMatch(/^@@ /m)
  const early = await place.json('diff', 'sales.card', '--from', '2020-01-01', '--to', before)
  expect(early.data.existed).toEqual({ from: false, to: true })
  expect((await place.json('diff', 'sales.top', '--from', before, '--to', '2020-01-01')).code).toBe(2)
})

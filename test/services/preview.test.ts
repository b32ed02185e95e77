import { afterAll, beforeAll, expect, test } from 'vitest'
import postgresConnector from '../../connectors/postgres/index.ts'
import { previewAsset } from '../../services/preview.ts'
import { addSource } from '../../services/sources.ts'
import { requestSync } from '../../services/sync.ts'
import { type Scratch, scratchDatabase } from '../postgres/support.ts'
import { createContext, honour, type TestContext } from './support.ts'

const MARK = 'Only-in-the-rows-4711'

let scratch: Scratch
let context: TestContext

beforeAll(async () => {
  scratch = await scratchDatabase()
  await scratch.sql.unsafe(`
    create table customer (id int, note text); insert into customer values (1, '${MARK}'), (2, null);
    create view broken as select note::int as n from customer`)
  context = await createContext([postgresConnector])
  for (const [name, preview] of [
    ['open', true],
    ['closed', false],
  ] as const) {
    const url = new URL(scratch.url)
    // Two names of one server, so that each source has assets of its own.
    if (name === 'closed') url.hostname = 'localhost'
    await addSource(context, {
      name,
      connector: 'postgres',
      config: postgresConnector.manifest.fromUrl(url.href),
      preview,
    })
    expect(await honour(context, await requestSync(context, { source: name }))).toMatchObject({ outcome: 'succeeded' })
  }
})
afterAll(async () => {
  await context[Symbol.asyncDispose]()
  await scratch[Symbol.asyncDispose]()
})

/** By its id: both servers' assets have the same dotted names. */
async function assetOf(source: string, table: string): Promise<string> {
  const [row] = await context.store.sql<{ id: number }[]>`
    select asset_id as id from catalog.tables where source = ${source} and table_name = ${table}`
  return String(row?.id)
}

const ask = async (source: string, table: string, rows = 20) =>
  await previewAsset(context, { asset: await assetOf(source, table), rows, signal: new AbortController().signal })

test('rows pass through: they are in no table of the store, and the look is in the audit log', async () => {
  const { columns, rows } = await ask('open', 'customer')
  expect(columns.map(({ name }) => name)).toEqual(['id', 'note'])
  expect(rows).toEqual([
    [1, MARK],
    [2, null],
  ])
  expect((await ask('open', 'customer', 1)).rows).toHaveLength(1)
  await expect(ask('open', 'broken')).rejects.toThrow()
  const tables = await context.store.sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_schema in ('tidemark', 'public') and table_type = 'BASE TABLE'`
  const found: unknown[] = []
  for (const { name } of tables) {
    found.push(...(await context.store.sql.unsafe(`select t::text from ${name} t where t::text like '%${MARK}%'`)))
  }
  expect(found).toEqual([])
  const [look] = await context.store.sql`
    select action, subject, detail from tidemark.audit_log where action = 'asset.preview' order by id limit 1`
  const subject = `${scratch.name}.public.customer`
  expect(look).toEqual({ action: 'asset.preview', subject, detail: { source: 'open', rows: 20 } })
})

test('a source that does not allow it is refused before it is asked, with the way to allow it', async () => {
  await expect(ask('closed', 'customer')).rejects.toMatchObject({
    category: 'permission',
    hint: expect.stringContaining('preview: true'),
  })
  const [{ looks } = {}] = await context.store.sql`
    select count(*)::int as looks from tidemark.audit_log where action = 'asset.preview' and detail ->> 'source' = 'closed'`
  expect(looks).toBe(0)
})

test('an asset of nobody, or nobody’s name, is told', async () => {
  await expect(ask('open', 'nowhere')).rejects.toMatchObject({ category: 'invalid_config' })
})

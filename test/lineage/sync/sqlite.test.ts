import path from 'node:path'
import { expect, test } from 'vitest'
import sqlite from '../../../connectors/sqlite/index.ts'
import { silentLog } from '../../helpers/engine.ts'
import { run, temporaryFolder } from '../../sqlite/support.ts'
import { createLineageEngine, derivedEdges, fieldEdges, textStates } from './support.ts'

const LEVELS = 12
/** More than a page of texts. */
const VIEWS = 250

test('a chain of twelve views of a star follows the columns at its root in one sync', async () => {
  const file = path.join(temporaryFolder(), 'shop.db')
  const views = Array.from({ length: LEVELS }, (_, at) => `CREATE VIEW v${at + 1} AS SELECT * FROM v${at}`)
  run(file, `CREATE TABLE v0(a, b); ${views.join(';')}`)
  await using engine = await createLineageEngine([sqlite])
  const source = await engine.addSource(sqlite, { path: file })
  await source.sync()
  expect(await derivedEdges(engine.store)).toHaveLength(LEVELS)
  expect(await fieldEdges(engine.store, 'v12')).toEqual(['v11.a > a', 'v11.b > b'])
  run(file, 'ALTER TABLE v0 RENAME COLUMN b TO c; ALTER TABLE v0 ADD COLUMN d')
  await source.sync()
  for (let level = 1; level <= LEVELS; level += 1)
    expect(await fieldEdges(engine.store, `v${level}`)).toEqual(
      ['a', 'c', 'd'].map((column) => `v${level - 1}.${column} > ${column}`),
    )
  await source.sync()
  expect(engine.derived).toEqual([LEVELS, LEVELS, 0])
  expect((await textStates(engine.store)).every(({ outcome }) => outcome === 'resolved')).toBe(true)
})

test('names are found whatever their case, and one that nobody has is a placeholder until it is there', async () => {
  const file = path.join(temporaryFolder(), 'shop.db')
  run(
    file,
    'CREATE TABLE Orders(Id, Total); CREATE TABLE gone(x); CREATE VIEW v AS SELECT id, TOTAL AS t, x FROM ORDERS, gone',
  )
  await using engine = await createLineageEngine([sqlite])
  const source = await engine.addSource(sqlite, { path: file })
  run(file, 'PRAGMA writable_schema = 1; DROP TABLE gone')
  await source.sync()
  expect(await derivedEdges(engine.store)).toEqual(['"shop.db".Orders > "shop.db".v', '"shop.db".gone? > "shop.db".v'])
  expect(await fieldEdges(engine.store, 'v')).toEqual(['Orders.Id > id', 'Orders.Total > t', 'gone.x > x'])
  expect(await textStates(engine.store)).toMatchObject([{ asset: 'v', unresolved: 1 }])
  run(file, 'CREATE TABLE Gone(x)')
  await source.sync()
  expect(await derivedEdges(engine.store)).toEqual(['"shop.db".Gone > "shop.db".v', '"shop.db".Orders > "shop.db".v'])
  expect(await textStates(engine.store)).toMatchObject([{ asset: 'v', unresolved: 0, outcome: 'resolved' }])
})

test('a process that dies in the middle leaves the rest to the next run, and a plan derives nothing', async () => {
  const file = path.join(temporaryFolder(), 'shop.db')
  const views = Array.from({ length: VIEWS }, (_, at) => `CREATE VIEW v${at} AS SELECT a FROM t`)
  run(file, `CREATE TABLE t(a); ${views.join(';')}`)
  await using engine = await createLineageEngine([sqlite], { log: silentLog })
  const source = await engine.addSource(sqlite, { path: file })
  const texts = async () =>
    Number((await engine.store.sql`select count(*)::int as count from tidemark.lineage_text`)[0]?.count)
  await source.sync({ mode: 'plan' })
  expect(await texts()).toBe(0)
  // The store refuses the second page.
  await engine.store.sql.unsafe(`
    create function tidemark.refuse() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from tidemark.lineage_text) then raise 'the process died'; end if;
      return null;
    end $$;
    create trigger refuse before insert on tidemark.lineage_text execute function tidemark.refuse()`)
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  const first = await texts()
  expect(first).toBeGreaterThan(0)
  expect(first).toBeLessThan(VIEWS)
  await engine.store.sql`drop trigger refuse on tidemark.lineage_text`
  await source.sync()
  expect(await texts()).toBe(VIEWS)
  expect(await derivedEdges(engine.store)).toHaveLength(VIEWS)
  const rewritten = await engine.store.sql`select 1 from tidemark.lineage_edge where valid_to is not null`
  expect(rewritten).toHaveLength(0)
})

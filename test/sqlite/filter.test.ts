import path from 'node:path'
import { expect, test } from 'vitest'
import { keyPath } from '../../connectors/kit/index.ts'
import connector from '../../connectors/sqlite/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { itemsOf, open, run, temporaryFolder } from './support.ts'

function makeFile(): string {
  const file = path.join(temporaryFolder(), 'shop.db')
  const tables = Array.from({ length: 20 }, (_, index) => `create table tmp_${index} (id integer);`)
  run(file, `create table orders (id integer); create view sales as select id from orders; ${tables.join('')}`)
  return file
}

test('tables and views are filtered by name, and why is told', async () => {
  const file = makeFile()
  const handle = await open(file, { tables: { deny: ['/^tmp_\\d+$/'] } })
  const scope = { key: 'shop.db', name: 'shop.db' }
  const names = [...(await itemsOf(handle, scope)).keys()].map((key) => keyPath(key)?.[1])
  expect(names).toEqual([undefined, 'orders', 'sales'])
  const verdicts = (await Array.fromAsync(handle.explain?.(scope) ?? [])).flat()
  expect(verdicts).toHaveLength(22)
  expect(verdicts.find(({ kind }) => kind === 'view')).toMatchObject({
    kept: true,
    rule: 'tables: no deny pattern fits',
  })
  const left = verdicts.filter(({ kept }) => !kept)
  expect(left).toHaveLength(20)
  expect(left[0]?.rule).toBe('tables: denied by pattern "/^tmp_\\\\d+$/"')
  expect(
    handle.filtered?.(
      scope,
      verdicts.map(({ key }) => key),
    ),
  ).toEqual(left.map(({ key }) => key))
})

test('what a new filter leaves out goes as filtered, outside the budget of removals', async () => {
  await using engine = await createEngine([connector])
  const file = makeFile()
  const source = await engine.addSource(connector, { path: file })
  await source.sync()
  const { sql } = engine.store
  await sql`update tidemark.source set config = ${sql.json({ path: file, tables: { deny: ['tmp_*'] } })}`
  run(file, 'drop view sales')
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 21, proposed: 0 })
  const reasons = await sql`select removed_reason as reason, count(*)::int from tidemark.asset
                            where removed_at is not null group by 1 order by 1`
  expect(reasons).toEqual([
    { reason: 'dropped', count: 1 },
    { reason: 'filtered', count: 20 },
  ])
})

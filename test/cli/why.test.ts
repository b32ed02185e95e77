import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createPlace, makeHome } from './support.ts'

function makeFolder(...names: readonly string[]): string {
  const folder = makeHome()
  for (const name of names) {
    const database = new DatabaseSync(join(folder, name))
    database.exec('create table orders (id integer); create table tmp_1 (id integer)')
    database.close()
  }
  return folder
}

test('plan --why tells of every object whether it is crawled, and by which rule', async () => {
  await using place = await createPlace()
  const folder = makeFolder('shop.db', 'old.db')
  const filters = ['--set', 'files={"deny":["old*"]}', '--set', 'tables={"deny":["/^tmp_/"]}']
  expect((await place.run('add', folder, '--name', 'files', '--yes', '--no-sync', ...filters)).code).toBe(0)
  const { code, data } = await place.json('plan', 'files', '--why')
  expect(code).toBe(0)
  const told = Object.fromEntries(data.verdicts.map((one: { object: string }) => [one.object, one]))
  expect(told).toMatchObject({
    'old.db': { kind: 'file', verdict: 'left out', rule: 'denied by pattern "old*"' },
    'shop.db': { kind: 'file', verdict: 'included', rule: null },
    'shop\\.db.orders': { kind: 'table', verdict: 'included', rule: 'tables: no deny pattern fits' },
    'shop\\.db.tmp_1': { kind: 'table', verdict: 'left out', rule: 'tables: denied by pattern "/^tmp_/"' },
  })
  // What is told is what a sync then does; telling it has stored nothing.
  expect((await place.json('runs')).data.runs).toEqual([])
  expect((await place.json('sync', 'files')).data.runs[0]).toMatchObject({ listed: 2 })
  expect((await place.run('plan', 'files', '--why')).stdout).toMatch(/^OBJECT +KIND +VERDICT +RULE\n/)
})

test('a scope that is not there is refused, with the one that was probably meant', async () => {
  await using place = await createPlace()
  const folder = makeFolder('shop.db', 'tills.db')
  expect((await place.run('add', folder, '--name', 'files', '--yes')).code).toBe(0)
  const refused = await place.run('sync', 'files', '--scope', 'shp.db')
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('error: files has no file "shp.db"\nhint: Did you mean shop.db?')
  expect(await place.json('plan', 'files', '--scope', 'nothing-alike')).toMatchObject({
    code: 2,
    data: { error: { hint: 'It has: shop.db, tills.db.' } },
  })
  expect((await place.json('runs')).data.runs).toHaveLength(1)
  // One made since the last sync is new, not unknown.
  makeFolder()
  const database = new DatabaseSync(join(folder, 'new.db'))
  database.exec('create table t (id integer)')
  database.close()
  expect((await place.json('sync', 'files', '--scope', 'new.db')).data.runs[0]).toMatchObject({
    outcome: 'succeeded',
    scopes: 1,
    added: 2,
  })
})

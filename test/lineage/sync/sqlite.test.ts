import path from 'node:path'
import { expect, test } from 'vitest'
import sqlite from '../../../connectors/sqlite/index.ts'
import { run, temporaryFolder } from '../../sqlite/support.ts'
import { createLineageEngine, derivedEdges, fieldEdges, textStates } from './support.ts'

const LEVELS = 12

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

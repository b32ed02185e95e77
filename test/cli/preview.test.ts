import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { createPlace, makeHome } from './support.ts'

function makeFile(): string {
  const path = join(makeHome(), 'shop.db')
  const database = new DatabaseSync(path)
  database.exec(`create table customer (id integer primary key, email text);
    insert into customer (email) values ('ada@example.org'), ('bob@example.org'), ('\u001b[31mred')`)
  database.close()
  return path
}

test('rows are shown where the source allows it, as text and as JSON', async () => {
  await using place = await createPlace()
  const added = ['add', makeFile(), '--yes', '--no-test', '--schedule', 'none', '--local']
  expect((await place.run(...added, '--name', 'open', '--preview')).code).toBe(0)
  const text = await place.run('preview', 'customer')
  expect(text).toMatchObject({ code: 0 })
  expect(text.stdout).toMatch(/id\s+email\n\s*1\s+ada@example.org/)
  expect(text.stdout).not.toContain('\u001b')
  const { code, data } = await place.json('preview', '"shop.db".customer', '--rows', '2')
  expect({ code, data }).toEqual({
    code: 0,
    data: {
      asset: expect.stringContaining('customer'),
      source: 'open',
      columns: [
        { name: 'id', nativeType: 'INTEGER' },
        { name: 'email', nativeType: 'TEXT' },
      ],
      rows: [
        [1, 'ada@example.org'],
        [2, 'bob@example.org'],
      ],
    },
  })
  expect((await place.run('preview', 'customer', '--rows', '1001')).code).toBe(2)
})

test('rows of a source that does not allow it are refused', async () => {
  await using place = await createPlace()
  await place.run('add', makeFile(), '--yes', '--no-test', '--schedule', 'none', '--local')
  const { code, data } = await place.json('preview', 'customer')
  expect({ code, data }).toMatchObject({
    code: 1,
    data: { error: { category: 'permission', hint: expect.stringContaining('--preview') } },
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { judgeName, keyPath, type NameFilter, type ObjectVerdict, whyLeftOut } from '../../connectors/kit/index.ts'
import { nameCondition } from '../../connectors/postgres/filter.ts'
import { onlyScope, openUrl, readInventory, type Scratch, scratchDatabase } from './support.ts'

const TABLES = ['orders', 'orders_2024', 'tmp_1', 'tmp_x', 'Ünï', 'a.b', "it's", 'x\\y', '漢字', '😀', 'a_b', 'axb']
let scratch: Scratch

beforeAll(async () => {
  scratch = await scratchDatabase()
  for (const name of TABLES) await scratch.sql.unsafe(`create table "${name}" (id int)`)
  await scratch.sql.unsafe(
    'create view tmp_view as select 1 as one; create schema "old.one"; create table "old.one".t (id int)',
  )
})
afterAll(() => scratch[Symbol.asyncDispose]())

const FILTERS: NameFilter[] = [
  { deny: ['tmp_*'] },
  { allow: ['/^orders(_\\d{4})?$/', '?'] },
  { allow: ['*'], deny: ['/[^a-z_]/'] },
  { allow: ["it's", 'x\\y', '漢?', '/😀|Ü/'] },
  { allow: [] },
  { deny: ['a_b'], allow: ['a?b'] },
]

test.each(FILTERS)('%j: the server keeps what the kit keeps, and sends nothing else', async (filter) => {
  const kept = await scratch.sql.unsafe(
    `select relname from pg_class where relnamespace = 'public'::regnamespace and ${nameCondition(filter, 'relname')}`,
  )
  const wanted = [...TABLES, 'tmp_view'].filter((name) => whyLeftOut(filter, name) === undefined)
  expect(kept.map((row) => String(row.relname)).sort()).toEqual(wanted.sort())
  await using handle = await openUrl(scratch.url, { tables: filter, schemas: { allow: ['public'] } })
  const scope = await onlyScope(handle)
  const items = (await readInventory(handle, scope)).map(({ key }) => keyPath(key) ?? [])
  expect(items.flatMap((path) => (path.length === 3 ? path[2] : [])).sort()).toEqual(wanted.sort())
})

test('why an object is in or out, by the rule that decided', async () => {
  const filters = { schemas: { deny: ['old*'] }, tables: { allow: ['orders*', 'tmp_view'], deny: ['/_\\d/'] } }
  await using handle = await openUrl(scratch.url, filters)
  const scope = await onlyScope(handle)
  const verdicts = new Map<string, ObjectVerdict>()
  for await (const page of handle.explain?.(scope) ?? []) {
    for (const verdict of page) verdicts.set((keyPath(verdict.key) ?? []).slice(1).join('/'), verdict)
  }
  const said = (name: string) => {
    const { kept, rule, kind } = verdicts.get(name) ?? {}
    return { kept, rule, kind }
  }
  expect(verdicts.size).toBe(TABLES.length + 4)
  expect(said('public')).toEqual({ kept: true, rule: 'schemas: no deny pattern fits', kind: 'schema' })
  expect(said('old.one/t')).toEqual({ kept: false, rule: 'schemas: denied by pattern "old*"', kind: 'table' })
  expect(said('public/orders_2024')).toMatchObject({ kept: false, rule: 'tables: denied by pattern "/_\\\\d/"' })
  expect(said('public/tmp_1')).toMatchObject({ kept: false, rule: 'tables: denied by pattern "/_\\\\d/"' })
  expect(said('public/a_b')).toMatchObject({ kept: false, rule: 'tables: no allow pattern fits' })
  expect(said('public/tmp_view')).toEqual({
    kept: true,
    rule: 'schemas: no deny pattern fits; tables: allowed by pattern "tmp_view"',
    kind: 'view',
  })
  // What a listing yields is what is explained as kept, and what it does not is told as filtered.
  const listed = (await readInventory(handle, scope)).map(({ key }) => key)
  const all = [...verdicts.values()]
  expect(listed.filter((key) => keyPath(key)?.[1]).sort()).toEqual(
    all
      .filter(({ kept }) => kept)
      .map(({ key }) => key)
      .sort(),
  )
  const left = all.filter(({ kept }) => !kept).map(({ key }) => key)
  expect(
    handle
      .filtered?.(
        scope,
        all.map(({ key }) => key),
      )
      ?.toSorted(),
  ).toEqual(left.toSorted())
})

test('in a database of another encoding the filter is applied on this side', async () => {
  const name = `${scratch.name}_latin`
  await scratch.sql.unsafe(`create database ${name} template template0 encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'`)
  try {
    await using handle = await openUrl(scratch.url, {
      database: name,
      databases: [name],
      schemas: { deny: ['漢*'] },
      tables: { deny: ['漢*', 'é?'] },
    })
    const scope = await onlyScope(handle)
    expect((await readInventory(handle, scope)).length).toBeGreaterThan(0)
    expect(judgeName({ deny: ['é?'] }, 'éa')).toMatchObject({ kept: false })
  } finally {
    await scratch.sql.unsafe(`drop database ${name} with (force)`)
  }
})

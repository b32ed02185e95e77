import { expect, test } from 'vitest'
import { createEngine } from '../helpers/engine.ts'
import { type Script, scriptedConnector, thing } from '../helpers/synthetic/scripted.ts'

/** The items that yield the shared asset, with what each says of it; each also yields itself. */
async function startShared() {
  const state = { items: new Map<string, string>() }
  const script: Script = {
    async *inventory() {
      yield [...state.items].map(([key, text]) => ({ key, fingerprint: text }))
      return { listing: 'complete' }
    },
    async *describe(items) {
      yield items.map(({ key }) => ({
        key,
        records: [thing(key), { ...thing('shared'), comment: state.items.get(key) ?? '' }],
      }))
    },
  }
  const connector = scriptedConnector(script)
  const engine = await createEngine([connector])
  const source = await engine.addSource(connector, { password: 'x' })
  const shared = async () => {
    const [row] = await engine.store.sql`
      select a.comment, (select array_agg(v.key) from tidemark.claim c join tidemark.inventory v on v.id = c.item_id
                         where c.asset_id = a.id and c.writes) as writers
      from tidemark.asset a where a.name = 'shared' and a.removed_at is null`
    return row
  }
  return { ...engine, source, shared, state }
}

test('of two items described together, the one that wrote a shared record goes on writing it, whatever their order', async () => {
  await using engine = await startShared()
  const { source, shared, state } = engine
  state.items = new Map([['b', 'one']])
  await source.sync()
  expect(await shared()).toEqual({ comment: 'one', writers: ['b'] })
  // `a` is listed before the writer, in one batch with it.
  state.items = new Map([
    ['a', 'two'],
    ['b', 'two'],
  ])
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 2, changed: 1 })
  expect(await shared()).toEqual({ comment: 'two', writers: ['b'] })
})

test('where the writer goes as the other is described, the other takes over in the same run', async () => {
  await using engine = await startShared()
  const { source, shared, state } = engine
  state.items = new Map([['b', 'one']])
  await source.sync()
  state.items = new Map([['a', 'two']])
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 1 })
  expect(await shared()).toEqual({ comment: 'two', writers: ['a'] })
})

import { expect, test } from 'vitest'
import { createEngine } from '../helpers/engine.ts'
import { scriptedConnector } from '../helpers/synthetic/scripted.ts'

test('a run confined to what is not there fails, and says what was meant', async () => {
  const connector = scriptedConnector({})
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, { password: 'x' })
  expect(await source.sync({ scopes: ['shelve'] })).toMatchObject({ outcome: 'failed' })
  const [run] = await engine.store.sql`select error from tidemark.sync_run`
  expect(run?.error).toMatchObject({
    category: 'invalid_config',
    message: expect.stringContaining('there is no shelf "shelve"'),
    hint: 'Did you mean shelf?',
  })
  expect(await source.sync({ scopes: ['shelf', 'shelve'] })).toMatchObject({ outcome: 'succeeded', listed: 6 })
})

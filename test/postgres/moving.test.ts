import { expect, test } from 'vitest'
import type { Connector, ConnectorHandle, Described } from '../../connectors/kit/index.ts'
import postgres from '../../connectors/postgres/index.ts'
import { createEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { type Scratch, scratchDatabase } from './support.ts'

const CHANGES = [
  {
    change: 'alter table parent add constraint positive check (id > 0)',
    back: 'alter table parent drop constraint positive',
  },
  { change: 'alter table parent rename column id to number', back: 'alter table parent rename column number to id' },
  { change: "comment on view child is 'soon gone'", back: 'comment on view child is null' },
]

interface Hooks {
  beforeDescription?: () => Promise<void>
  afterDescription?: () => Promise<void>
}

/** The connector, with a call before and after each description. */
function hooked(hooks: Hooks): Connector {
  async function* describe(handle: ConnectorHandle, ...input: Parameters<NonNullable<ConnectorHandle['describe']>>) {
    await hooks.beforeDescription?.()
    yield* handle.describe?.(...input) as AsyncGenerator<readonly Described[], void, void>
    await hooks.afterDescription?.()
  }
  return {
    ...postgres,
    async open(config, context) {
      const handle = await postgres.open(config, context)
      return Object.assign(Object.create(handle), {
        describe: (...input: Parameters<NonNullable<ConnectorHandle['describe']>>) => describe(handle, ...input),
        [Symbol.asyncDispose]: () => handle[Symbol.asyncDispose](),
      })
    },
  }
}

async function exportAfterOneSync(scratch: Scratch): Promise<Awaited<ReturnType<typeof exportStore>>> {
  await using fresh = await createEngine([postgres])
  await (await fresh.addSource(postgres, postgres.manifest.fromUrl(scratch.url))).sync()
  return await exportStore(fresh.store)
}

test.each(
  CHANGES.flatMap((each) => [
    { ...each, when: 'before the sync ends' },
    { ...each, when: 'after the sync' },
  ]),
)('"$change" while items are described, taken back $when, is not believed for ever', async ({ change, back, when }) => {
  await using scratch = await scratchDatabase()
  await scratch.sql.unsafe('create table parent (id int); create view child as select id from parent')
  const once = (ddl: string, name: keyof Hooks) => async () => {
    delete hooks[name]
    await scratch.sql.unsafe(ddl)
  }
  const hooks: Hooks = {}
  hooks.beforeDescription = once(change, 'beforeDescription')
  if (when === 'before the sync ends') hooks.afterDescription = once(back, 'afterDescription')
  const connector = hooked(hooks)
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, connector.manifest.fromUrl(scratch.url))
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(hooks).toEqual({})
  if (when === 'after the sync') await scratch.sql.unsafe(back)
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(firstDifference(await exportStore(engine.store), await exportAfterOneSync(scratch))).toBeUndefined()
})

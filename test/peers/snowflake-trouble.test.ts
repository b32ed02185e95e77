import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import connector from '../../connectors/snowflake/index.ts'
import { createEngine, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import { seed } from '../helpers/snowflake/seed.ts'
import type { SnowflakeServer } from '../helpers/snowflake/server.ts'

type Intercept = NonNullable<SnowflakeServer['intercept']>

interface Trouble {
  readonly name: string
  readonly outcome: 'gaps' | 'failed'
  readonly category: string
  /** Statements and requests that meet it; the other database is read as ever. */
  readonly intercept?: (fixture: SnowflakeFixture) => Intercept
  readonly before?: (fixture: SnowflakeFixture) => void
  readonly after?: (fixture: SnowflakeFixture) => void
}

const ofShop = (text: string, words: string) => text.startsWith(words) && text.includes('"SHOP"')
const refusal = (code: string, message: string) => ({
  status: 200,
  body: { success: false, code, message, data: { errorCode: code } },
})

const TROUBLES: readonly Trouble[] = [
  {
    name: 'throttled between the pages of a listing',
    outcome: 'gaps',
    category: 'rate_limited',
    intercept:
      () =>
      ({ text }) =>
        ofShop(text, 'SHOW PRIMARY KEYS') ? { status: 429, headers: { 'retry-after': '0' } } : undefined,
  },
  {
    name: 'a result that breaks off in its second chunk',
    outcome: 'gaps',
    category: 'source_unavailable',
    intercept:
      () =>
      ({ path }) =>
        path.startsWith('/chunks') ? 'drop' : undefined,
  },
  {
    name: 'a connection that drops in mid-listing',
    outcome: 'gaps',
    category: 'source_unavailable',
    intercept:
      () =>
      ({ text }) =>
        ofShop(text, 'SHOW TASKS') ? 'drop' : undefined,
  },
  {
    name: 'a warehouse that a resource monitor has suspended',
    outcome: 'failed',
    category: 'source_unavailable',
    intercept:
      () =>
      ({ text }) =>
        text.startsWith('SELECT')
          ? refusal('090073', 'Warehouse cannot be resumed because resource monitor …')
          : undefined,
  },
  {
    name: 'a password that is changed and sessions that end in mid-sync',
    outcome: 'failed',
    category: 'auth',
    intercept:
      ({ server }) =>
      ({ text }) => {
        if (ofShop(text, 'SHOW STREAMS')) {
          server.users.set('TIDEMARK', { password: 'another' })
          server.expireSessions({ renewable: false })
        }
        return undefined
      },
    after: ({ server, config }) => server.users.set('TIDEMARK', { password: String(config.password) }),
  },
  {
    name: 'no right to ACCOUNT_USAGE any more',
    outcome: 'failed',
    category: 'permission',
    before: ({ scene }) => {
      scene.account.accountUsage = false
    },
    after: ({ scene }) => {
      scene.account.accountUsage = true
    },
  },
  {
    name: 'no right to one database any more',
    outcome: 'gaps',
    category: 'permission',
    before: ({ scene }) => scene.account.hidden.add('SHOP'),
    after: ({ scene }) => scene.account.hidden.clear(),
  },
]

describe('trouble in mid-sync removes nothing, and the next sync makes up for it', () => {
  let fixture: SnowflakeFixture
  let engine: TestEngine
  let source: TestSource
  let tables: number

  const count = async () => {
    const [row] = await engine.store.sql<{ tables: number }[]>`select count(*)::int as tables from catalog.tables`
    return row?.tables ?? 0
  }

  beforeAll(async () => {
    fixture = await snowflakeFixture((scene) => {
      seed(scene)
      scene.account.database.exec('begin')
      // More than one chunk of rows.
      for (let index = 0; index < 2_500; index += 1) scene.table('SHOP', 'PUBLIC', `T${index}`)
      scene.account.database.exec('commit')
    })
    engine = await createEngine([connector])
    source = await engine.addSource(connector, { ...fixture.config, databases: ['SHOP', 'PARTNER'] })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    tables = await count()
  }, 60_000)
  afterAll(async () => {
    await engine[Symbol.asyncDispose]()
    await fixture[Symbol.asyncDispose]()
  })

  test.each(TROUBLES)('$name: $outcome, $category', async ({ outcome, category, intercept, before, after }) => {
    before?.(fixture)
    fixture.server.intercept = intercept?.(fixture)
    const run = await source.sync()
    fixture.server.intercept = undefined
    after?.(fixture)
    expect(run).toMatchObject({ outcome, removed: 0, proposed: 0 })
    const [told] = await engine.store.sql<{ categories: string[] }[]>`
      select array_remove(array_agg(distinct ss.error ->> 'category'), null) as categories
      from tidemark.sync_scope ss where ss.run_id = ${run.runId ?? 0}`
    expect(told?.categories).toEqual([category])
    expect(await count()).toBe(tables)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 0, changed: 0, removed: 0, proposed: 0 })
  })
})

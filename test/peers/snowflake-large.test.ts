import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import connector from '../../connectors/snowflake/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { createEngine } from '../helpers/engine.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import type { Scene } from '../helpers/snowflake/scene.ts'

const SCHEMAS = 200
const TABLES = 50

/** 10,000 tables in 200 schemas, every tenth a view whose text the role may not read but by SHOW. */
function fill(scene: Scene): void {
  scene.account.database.exec('begin')
  scene.database('BIG')
  for (let schema = 0; schema < SCHEMAS; schema += 1) {
    const name = `S${String(schema).padStart(3, '0')}`
    scene.schema('BIG', name)
    for (let table = 0; table < TABLES; table += 1) {
      const columns = [{ name: 'ID', type: 'NUMBER' }, { name: 'NAME' }, { name: 'AT', type: 'TIMESTAMP_NTZ' }]
      if (table % 10 === 0) {
        scene.table('BIG', name, `V${table}`, {
          type: 'VIEW',
          columns,
          text: `CREATE VIEW V${table} AS SELECT * FROM T${table + 1}`,
          owned: false,
        })
      } else {
        scene.table('BIG', name, `T${table}`, { columns })
        if (table % 2 === 0) scene.primaryKey('BIG', name, `T${table}`, ['ID'])
      }
    }
  }
  scene.account.database.exec('commit')
}

let fixture: SnowflakeFixture
afterEach(() => fixture[Symbol.asyncDispose]())

describe('10,000 tables in 200 schemas', () => {
  beforeEach(async () => {
    fixture = await snowflakeFixture(fill)
  })

  test('take under 60 statements, under 20 when nothing has changed', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    const { statements } = fixture.server
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: SCHEMAS * TABLES + SCHEMAS + 2 })
    console.log(`full: ${statements.length} statements`)
    expect(statements.length).toBeLessThan(60)
    expect(new Set(fixture.server.tags)).toEqual(new Set(['tidemark']))
    const [views] = await engine.store.sql`
      select count(*)::int as views, count(*) filter (where definition like 'CREATE VIEW%')::int as texts
      from catalog.tables where kind = 'view'`
    expect(views).toEqual({ views: SCHEMAS * (TABLES / 10), texts: SCHEMAS * (TABLES / 10) })
    statements.length = 0
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
    console.log(`nothing changed: ${statements.length} statements`)
    expect(statements.length).toBeLessThan(20)
    statements.length = 0
    fixture.scene.addColumn('BIG', 'S007', 'T7', { name: 'NEW' })
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 1, changed: 1 })
    expect(statements.length).toBeLessThan(20)
  }, 120_000)
})

describe('limits of the server', () => {
  /** Names of every kind in three schemas, so that every way of splitting has something to lose. */
  const NAMES = [
    '',
    '!',
    '0',
    '9',
    'A',
    'AA',
    'AB',
    'T',
    'T%',
    'T1',
    'T10',
    'T2',
    'Z',
    '_',
    '_a',
    'a',
    'z',
    '{',
    'é',
    '😀',
  ].map((name) => `${name}.`)
  const listed = async () => {
    await using opened = await openConnector(connector, fixture.config)
    const keys: string[] = []
    for (const scope of (await opened.handle.scopes()).scopes) {
      for await (const page of opened.handle.inventory(scope)) keys.push(...page.map(({ key }) => key))
    }
    return keys
  }
  beforeEach(async () => {
    fixture = await snowflakeFixture((scene) => {
      scene.database('BIG')
      for (const schema of ['A', 'B', 'b']) {
        scene.schema('BIG', schema)
        for (const name of NAMES) {
          scene.table('BIG', schema, name)
          scene.primaryKey('BIG', schema, name, ['ID'])
          scene.shown('TASKS', {
            name: `task ${name}`,
            id: `${schema}${name}`,
            database_name: 'BIG',
            schema_name: schema,
            definition: 'SELECT 1',
          })
        }
      }
    })
  })

  test.each([100, 40, 9, 2])(
    'too much data beyond %i rows is split by schema, then by prefix, and nothing is lost',
    async (information) => {
      const whole = await listed()
      expect(whole.length).toBe(1 + 4 + 3 * 2 * NAMES.length)
      fixture.server.limits = { ...fixture.server.limits, information }
      const before = fixture.server.statements.length
      expect(await listed()).toEqual(whole)
      console.log(`${information} rows at most: ${fixture.server.statements.length - before} statements`)
    },
  )

  test('what cannot be split is told, and removes nothing', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    fixture.server.limits = { ...fixture.server.limits, information: 0 }
    expect(await source.sync()).toMatchObject({ outcome: 'failed', removed: 0, proposed: 0 })
  })

  test('beyond the 10,000 rows of a SHOW command schemas are asked one by one, page by page', async () => {
    const { account } = fixture.scene
    account.database.exec('begin')
    for (let index = 0; index < 20_500; index += 1) {
      const schema = index < 20_200 ? 'B' : 'A'
      const row = { name: `bulk ${index}`, id: `b${index}`, definition: 'SELECT 1' }
      fixture.scene.shown('TASKS', { ...row, database_name: 'BIG', schema_name: schema })
    }
    account.database.exec('commit')
    expect((await listed()).filter((key) => key.includes('bulk')).length).toBe(20_500)
    const shown = fixture.server.statements.filter((text) => text.startsWith('SHOW TASKS'))
    expect(shown).toContain(`SHOW TASKS IN SCHEMA "BIG"."B" LIMIT 10000 FROM 'bulk 18998'`)
    expect(shown.length).toBe(1 + 4 + 2)
  })

  test('beyond the 10,000 columns of keys in a schema, which no command pages, its tables are asked one by one', async () => {
    const { account } = fixture.scene
    const columns = Array.from({ length: 4_500 }, (_, index) => `C${index}`)
    account.database.exec('begin')
    for (const name of ['W1', 'W2', 'W3']) {
      fixture.scene.table('BIG', 'B', name)
      fixture.scene.primaryKey('BIG', 'B', name, columns)
    }
    account.database.exec('commit')
    await using opened = await openConnector(connector, fixture.config)
    const records = (await crawl(opened.handle)).flatMap((item) => item.records)
    const keys = (name: string) =>
      records.find(({ path }) => path[1] === 'B' && path[2] === name)?.constraints?.map((key) => key.columns.length)
    expect(['W1', 'W2', 'W3', 'T.'].map(keys)).toEqual([[4_500], [4_500], [4_500], [1]])
    const shown = fixture.server.statements.filter((text) => text.startsWith('SHOW PRIMARY KEYS'))
    expect(shown).toContain('SHOW PRIMARY KEYS IN TABLE "BIG"."B"."W3"')
    // Of the database, of each schema with tables, of each table of the one that has too many.
    expect(new Set(shown).size).toBe(1 + 3 + NAMES.length + 3)
  })

  test('more than 10,000 schemas, dropped ones among them, are listed page by page; what is dropped is no right lost', async () => {
    await using engine = await createEngine([connector])
    const { account } = fixture.scene
    account.database.exec('begin')
    for (let index = 0; index < 12_000; index += 1) fixture.scene.schema('BIG', `s${String(index).padStart(5, '0')}`)
    account.database.exec('commit')
    const source = await engine.addSource(connector, fixture.config)
    const first = await source.sync()
    expect(first).toMatchObject({ outcome: 'succeeded', gaps: 0 })
    fixture.scene.dropSchema('BIG', 's11999')
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 1, proposed: 0 })
    const shown = fixture.server.statements.filter((text) => text.startsWith('SHOW SCHEMAS HISTORY'))
    expect(shown.map((text) => / FROM '.*'$/.exec(text)?.[0])).toEqual([
      undefined,
      " FROM 's09995'",
      undefined,
      " FROM 's09995'",
    ])
  }, 300_000)
})

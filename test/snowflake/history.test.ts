import { afterEach, beforeEach, expect, test } from 'vitest'
import connector from '../../connectors/snowflake/index.ts'
import { openConnector } from '../contract/crawl.ts'
import { createEngine } from '../helpers/engine.ts'
import type { Result } from '../helpers/snowflake/account.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import { seed } from '../helpers/snowflake/seed.ts'

let fixture: SnowflakeFixture
beforeEach(async () => {
  fixture = await snowflakeFixture(seed)
})
afterEach(() => fixture[Symbol.asyncDispose]())

const result = (names: string, ...rows: (readonly (string | null)[])[]): Result => ({
  columns: names.split(' ').map((name) => ({ name, type: 'text' })),
  rows,
})
const EDGES = 'DOWNSTREAM DOWNSTREAM_DOMAIN UPSTREAM UPSTREAM_DOMAIN UPSTREAM_COLUMN DOWNSTREAM_COLUMN'

/** What ACCESS_HISTORY, COPY_HISTORY and OBJECT_DEPENDENCIES tell of the shop. */
function record({ scene, server }: SnowflakeFixture): void {
  const { account } = scene
  account.flattened.push({
    contains: 'directSources',
    result: result(
      EDGES,
      ['SHOP.APP.DAILY', 'Table', 'SHOP.APP.ORDERS', 'Table', 'TOTAL', 'TOTAL'],
      ['SHOP.APP.DAILY', 'Table', 'SHOP.APP.CUSTOMER', 'Table', null, null],
      ['SHOP.APP."daily ""x"""', 'Table', 'PARTNER.PUBLIC.ORDERS', 'Table', 'AMOUNT', 'SUM'],
      ['SHOP.APP.DAILY', 'Table', 'SHOP.APP.NET', 'FUNCTION', null, null],
    ),
  })
  account.insert('usage_COPY_HISTORY', {
    TABLE_CATALOG_NAME: 'SHOP',
    TABLE_SCHEMA_NAME: 'APP',
    TABLE_NAME: 'ORDERS',
    STAGE_LOCATION: 's3://acme-inbox/shop/?X-Amz-Signature=s3cretSignature/a.csv',
    LAST_LOAD_TIME: `${BigInt(Date.now()) * 1_000_000n}`,
    STATUS: 'Loaded',
  })
  account.insert('usage_COPY_HISTORY', {
    TABLE_CATALOG_NAME: 'SHOP',
    TABLE_SCHEMA_NAME: 'APP',
    TABLE_NAME: 'ORDERS',
    PIPE_CATALOG_NAME: 'SHOP',
    PIPE_SCHEMA_NAME: 'APP',
    PIPE_NAME: 'INTAKE',
    LAST_LOAD_TIME: `${BigInt(Date.now()) * 1_000_000n}`,
    STATUS: 'Loaded',
  })
  account.insert('usage_OBJECT_DEPENDENCIES', {
    REFERENCED_DATABASE: 'PARTNER',
    REFERENCED_SCHEMA: 'PUBLIC',
    REFERENCED_OBJECT_NAME: 'ORDERS',
    REFERENCED_OBJECT_DOMAIN: 'TABLE',
    REFERENCING_DATABASE: 'SHOP',
    REFERENCING_SCHEMA: 'APP',
    REFERENCING_OBJECT_NAME: 'TOTALS',
    REFERENCING_OBJECT_DOMAIN: 'MATERIALIZED VIEW',
    DEPENDENCY_TYPE: 'BY_NAME',
  })
  expect(server.account).toBe(account)
}

test('what Snowflake has recorded becomes edges of assets and columns, once', async () => {
  record(fixture)
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, fixture.config)
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  const edges = () => engine.store.sql`
    select upstream, downstream from catalog.lineage where origin = 'log' order by upstream, downstream`
  const expected = [
    { upstream: 'PARTNER.PUBLIC.ORDERS', downstream: 'SHOP.APP."daily ""x"""' },
    { upstream: 'PARTNER.PUBLIC.ORDERS', downstream: 'SHOP.APP.TOTALS' },
    { upstream: 'SHOP.APP.CUSTOMER', downstream: 'SHOP.APP.DAILY' },
    { upstream: 'SHOP.APP.INBOX', downstream: 'SHOP.APP.ORDERS' },
    { upstream: 'SHOP.APP.INTAKE', downstream: 'SHOP.APP.ORDERS' },
    { upstream: 'SHOP.APP.ORDERS', downstream: 'SHOP.APP.DAILY' },
  ]
  expect([...(await edges())]).toEqual(expected)
  const columns = await engine.store.sql`
    select upstream, upstream_column, downstream, downstream_column from catalog.column_lineage
    where origin = 'log' order by upstream`
  expect([...columns]).toEqual([
    {
      upstream: 'PARTNER.PUBLIC.ORDERS',
      upstream_column: 'AMOUNT',
      downstream: 'SHOP.APP."daily ""x"""',
      downstream_column: 'SUM',
    },
    { upstream: 'SHOP.APP.ORDERS', upstream_column: 'TOTAL', downstream: 'SHOP.APP.DAILY', downstream_column: 'TOTAL' },
  ])
  const before = await engine.store.sql`select count(*)::int as rows from tidemark.lineage_edge`
  expect(await source.sync({ mode: 'full' })).toMatchObject({ outcome: 'succeeded' })
  expect(await engine.store.sql`select count(*)::int as rows from tidemark.lineage_edge`).toEqual(before)
  expect([...(await edges())]).toEqual(expected)
})

test('readings go on from the last one, less the lag of the views, and leave our own statements out', async () => {
  await using opened = await openConnector(connector, fixture.config)
  const [, scope] = (await opened.handle.scopes()).scopes
  if (scope === undefined) throw new Error('no scope')
  const read = async (watermark?: string) => {
    const pages = opened.handle.lineage?.(scope, watermark)
    for (let page = await pages?.next(); ; page = await pages?.next())
      if (page?.done === true) return page.value.watermark
  }
  const first = await read()
  expect(Number(first)).toBeGreaterThan(Date.now() / 1000 - 60)
  const [text = ''] = fixture.server.statements.filter((statement) => statement.includes('directSources'))
  expect(text).toContain("COALESCE(q.QUERY_TAG, '') <> :2")
  expect(await read(first)).toEqual(expect.any(String))
  expect(
    fixture.server.binds.filter((binds) => binds.length === 3 && binds[2] === 'SHOP').map(([since]) => Number(since)),
  ).toEqual([expect.closeTo(Date.now() / 1000 - 7 * 86_400, -2), Number(first) - 3 * 3600])
})

test('the query log tells statements that move data, without ours; usage who read what', async () => {
  const at = (secondsAgo: number) => `${BigInt(Date.now() - secondsAgo * 1000) * 1_000_000n}`
  const row = {
    QUERY_ID: '1',
    USER_NAME: 'ETL',
    DATABASE_NAME: 'SHOP',
    SCHEMA_NAME: 'APP',
    QUERY_TYPE: 'INSERT',
    QUERY_TAG: '',
    EXECUTION_STATUS: 'SUCCESS',
    END_TIME: at(5000),
    TOTAL_ELAPSED_TIME: 12,
  }
  const text = 'INSERT INTO SHOP.APP.DAILY SELECT CURRENT_DATE, SUM(TOTAL) FROM SHOP.APP.ORDERS'
  for (const more of [
    { QUERY_TEXT: text },
    { QUERY_TEXT: 'ours', QUERY_TAG: 'tidemark' },
    { QUERY_TEXT: 'failed', EXECUTION_STATUS: 'FAIL' },
    { QUERY_TEXT: 'read', QUERY_TYPE: 'SELECT' },
    { QUERY_TEXT: 'elsewhere', DATABASE_NAME: 'PARTNER' },
  ]) {
    fixture.scene.account.insert('usage_QUERY_HISTORY', { ...row, ...more })
  }
  fixture.scene.account.flattened.push({
    contains: 'BASE_OBJECTS_ACCESSED',
    result: result(
      'NAME READS USERS LAST_READ',
      ['SHOP.APP.ORDERS', '12', '3', String(Date.now() - 60_000)],
      ['PARTNER.PUBLIC.ORDERS', '1', '1', String(Date.now())],
    ),
  })
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, { ...fixture.config, databases: ['SHOP'] })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  const logged = await engine.store.sql`
    select upstream, upstream_column, downstream_column from catalog.column_lineage where origin = 'log' and influence = 'direct'`
  expect([...logged]).toEqual([{ upstream: 'SHOP.APP.ORDERS', upstream_column: 'TOTAL', downstream_column: 'TOTAL' }])
  const used = await engine.store.sql`select asset, reads::int, users::int from catalog.usage order by asset`
  expect([...used]).toEqual([{ asset: 'SHOP.APP.ORDERS', reads: 12, users: 3 }])
  const sizes = await engine.store
    .sql`select row_count::int, bytes::int from catalog.tables where asset = 'SHOP.APP.ORDERS'`
  expect([...sizes]).toEqual([{ row_count: 1200, bytes: 120_000 }])
})

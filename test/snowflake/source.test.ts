import { generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { validateConfig } from '../../connectors/config.ts'
import { type AssetRecord, classifyError, type Json } from '../../connectors/kit/index.ts'
import connector from '../../connectors/snowflake/index.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { createEngine } from '../helpers/engine.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import { seed } from '../helpers/snowflake/seed.ts'

let fixture: SnowflakeFixture
beforeEach(async () => {
  fixture = await snowflakeFixture(seed)
})
afterEach(() => fixture[Symbol.asyncDispose]())

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const encrypted = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'Keep out' })
  .toString()

/** The config with another way to sign in. */
const signingIn = (how: Readonly<Record<string, Json>>) => {
  const { password: _, ...rest } = fixture.config
  return { ...rest, ...how }
}

async function check(config: Readonly<Record<string, Json>>) {
  try {
    await using opened = await openConnector(connector, config)
    const [first] = opened.handle.checks()
    return { detail: await first?.run() }
  } catch (error) {
    const { category, code, hint, message } = classifyError(error, connector.errorRules, 'check')
    return { category, code, hint, message }
  }
}

async function recordsOf(config: Readonly<Record<string, Json>>): Promise<readonly AssetRecord[]> {
  await using opened = await openConnector(connector, config)
  return (await crawl(opened.handle)).flatMap(({ records }) => records)
}

describe('signing in', () => {
  test.each([
    ['a key', { privateKey: plain }],
    ['an encrypted key', { privateKey: encrypted, privateKeyPassphrase: 'Keep out' }],
    ['a programmatic access token', { token: 'a-programmatic-token' }],
    ['an OAuth token', { token: 'a-programmatic-token', oauth: true }],
  ])('with %s', async (_, how) => {
    expect(await check(signingIn(how))).toEqual({ detail: 'as TIDEMARK, role TIDEMARK, Snowflake 9.34.1' })
  })

  test.each([
    ['a key of somebody else', { user: 'NOBODY', privateKey: plain }, 'auth', '390144', /public key/],
    [
      'a wrong passphrase',
      { privateKey: encrypted, privateKeyPassphrase: 'Let me in' },
      'invalid_config',
      undefined,
      /passphrase/,
    ],
    ['a token that has expired', { token: 'gone' }, 'auth', '394400', /issue a new one/],
    ['an OAuth token that is not valid', { token: 'gone', oauth: true }, 'auth', '390303', /issue a new one/],
    ['a wrong password', { password: 'gone' }, 'auth', '390100', /password/],
  ])('not with %s', async (_, how, category, code, hint) => {
    const refused = await check(signingIn(how))
    expect(refused).toMatchObject({ category, ...(code === undefined ? {} : { code }) })
    expect(refused.hint).toMatch(hint)
    expect(JSON.stringify(refused)).not.toMatch(/Keep out|Let me in|PRIVATE KEY-----\n\w/)
  })

  test('a user of whom multi-factor authentication is required is told what to do', async () => {
    fixture.server.users.set('PERSON', { password: 'x', refusal: '394508' })
    expect(await check(signingIn({ user: 'PERSON', password: 'x' }))).toMatchObject({
      category: 'auth',
      hint: expect.stringContaining('TYPE = SERVICE'),
    })
  })

  test('one way is needed, and one is enough', async () => {
    await expect(validateConfig(connector, signingIn({}))).rejects.toThrow('password')
    await expect(validateConfig(connector, { ...fixture.config, token: 't' })).rejects.toThrow('one of')
  })
})

describe('a sync', () => {
  test('goes on when its session expires and can be renewed', async () => {
    await using opened = await openConnector(connector, fixture.config)
    const [scope] = (await opened.handle.scopes()).scopes
    fixture.server.expireSessions({ renewable: true })
    const pages = opened.handle.inventory(scope ?? { key: '', name: '' })
    expect((await pages.next()).done).toBe(false)
  })

  test('signs in again, by a later attempt, when the session has ended', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    let ended = false
    fixture.server.intercept = ({ text }) => {
      if (!ended && text.includes('SHOW STREAMS')) {
        ended = true
        fixture.server.expireSessions({ renewable: false })
      }
      return undefined
    }
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    expect(ended).toBe(true)
  })

  test('that is throttled or cut off in mid-page removes nothing, and the next one makes up for it', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    await source.sync()
    fixture.scene.addColumn('SHOP', 'APP', 'CUSTOMER', { name: 'PHONE' })
    fixture.server.intercept = ({ text }) =>
      /^SHOW UNIQUE KEYS/.test(text) ? { status: 429 } : /^SHOW TASKS/.test(text) ? 'drop' : undefined
    expect(await source.sync()).toMatchObject({ outcome: 'failed', removed: 0, proposed: 0 })
    const [run] = await engine.store
      .sql`select throttles, error_category from catalog.sync_history order by run_id desc limit 1`
    expect(run?.error_category).toMatch(/rate_limited|source_unavailable/)
    fixture.server.intercept = undefined
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', changed: 1, removed: 0 })
  }, 60_000)

  test('proposes what was in a schema whose rights were taken, and removes what was dropped', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    await source.sync()
    fixture.scene.drop('SHOP', 'APP', 'LAKE')
    fixture.scene.schema('SHOP', 'LATER')
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 1, added: 1 })
    fixture.scene.account.hidden.add('SHOP.odd "schema".x')
    expect(await source.sync()).toMatchObject({ outcome: 'held', removed: 0, proposed: 2 })
    fixture.scene.account.hidden.clear()
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', removed: 0, proposed: 0 })
  }, 60_000)

  test('of a database no longer shown fails alone, and removes nothing', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, { ...fixture.config, databases: ['SHOP', 'PARTNER'] })
    await source.sync()
    fixture.scene.account.hidden.add('SHOP')
    expect(await source.sync()).toMatchObject({ outcome: 'gaps', removed: 0 })
    const [scope] = await engine.store.sql`
      select error ->> 'category' as category, error ->> 'hint' as hint from tidemark.sync_scope where error is not null`
    expect(scope).toEqual({ category: 'permission', hint: expect.stringContaining('GRANT USAGE ON DATABASE "SHOP"') })
  })

  test('without the database roles of ACCOUNT_USAGE says what to grant', async () => {
    fixture.scene.account.accountUsage = false
    await using opened = await openConnector(connector, fixture.config)
    const check = opened.handle.checks().find(({ name }) => name === 'account usage')
    await expect(check?.run()).rejects.toMatchObject({
      category: 'permission',
      hint: expect.stringContaining('SNOWFLAKE.GOVERNANCE_VIEWER'),
    })
    expect((await recordsOf({ ...fixture.config, governance: false })).some(({ path }) => path[2] === 'CUSTOMER')).toBe(
      true,
    )
  })

  test('leaves a view over a share linked to the shared table, and the share to its provider', async () => {
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, fixture.config)
    await source.sync()
    const edges = await engine.store.sql`select upstream, downstream from catalog.lineage order by downstream, upstream`
    expect(edges).toEqual(
      expect.arrayContaining([
        { upstream: 'PARTNER.PUBLIC.ORDERS', downstream: 'SHOP.APP.SECRETIVE' },
        { upstream: 'ORDERS_SHARE', downstream: 'PARTNER' },
        { upstream: 'SHOP', downstream: 'SHOP_SHARE' },
        { upstream: 'SHOP.APP.CUSTOMER', downstream: 'SHOP.APP.OPEN_ORDERS' },
        { upstream: 'SHOP.APP.ORDERS', downstream: 'SHOP.APP.DAILY' },
      ]),
    )
    const columns = await engine.store.sql`
      select upstream, upstream_column, downstream_column from catalog.column_lineage
      where downstream = 'SHOP.APP.SECRETIVE' and influence = 'direct'`
    expect([...columns]).toEqual([
      { upstream: 'PARTNER.PUBLIC.ORDERS', upstream_column: 'AMOUNT', downstream_column: 'AMOUNT' },
    ])
  })
})

test('a share leads from the account that gives it to the view in the one that takes it, each crawled by a source of its own', async () => {
  await using provider = await snowflakeFixture(
    (scene) => {
      scene.database('SALES')
      scene.table('SALES', 'PUBLIC', 'ORDERS', { columns: [{ name: 'AMOUNT', type: 'NUMBER' }] })
      scene.shown('SHARES', {
        name: 'ACME.PARTNERS.ORDERS_SHARE',
        kind: 'OUTBOUND',
        owner_account: 'ACME.PARTNERS',
        database_name: 'SALES',
        to: 'ACME.ANALYTICS',
      })
    },
    { account: 'acme-partners' },
  )
  await using engine = await createEngine([connector])
  const consumer = await engine.addSource(connector, { ...fixture.config, databases: ['SHOP', 'PARTNER'] }, 'consumer')
  expect(await consumer.sync()).toMatchObject({ outcome: 'succeeded' })
  const giving = await engine.addSource(connector, provider.config, 'provider')
  expect(await giving.sync()).toMatchObject({ outcome: 'succeeded' })
  const path = await engine.store.sql`
    select l.upstream, u.source as "from", u.placeholder, l.downstream, d.source as "to"
    from catalog.lineage l join catalog.assets u on u.asset_id = l.upstream_id join catalog.assets d on d.asset_id = l.downstream_id
    where l.downstream in ('ORDERS_SHARE', 'PARTNER', 'SHOP.APP.SECRETIVE') order by 1`
  expect([...path]).toEqual([
    { upstream: 'ORDERS_SHARE', from: 'provider', placeholder: false, downstream: 'PARTNER', to: 'consumer' },
    {
      upstream: 'PARTNER.PUBLIC.ORDERS',
      from: 'consumer',
      placeholder: false,
      downstream: 'SHOP.APP.SECRETIVE',
      to: 'consumer',
    },
    { upstream: 'SALES', from: 'provider', placeholder: false, downstream: 'ORDERS_SHARE', to: 'provider' },
  ])
})

describe('filters', () => {
  test('are applied by the server as far as it can, and say why', async () => {
    const config = {
      ...fixture.config,
      databases: ['SHOP'],
      schemas: { allow: ['A*'] },
      tables: { deny: ['CUST*', '/^SE/', '100!%'] },
    }
    const names = (await recordsOf(config)).filter(({ fields }) => fields !== undefined).map(({ path }) => path[2])
    expect(names).not.toContain('CUSTOMER')
    expect(names).not.toContain('SEATS')
    expect(names).toContain('ORDERS')
    const listing = fixture.server.statements.find((text) => text.includes('INFORMATION_SCHEMA.TABLES'))
    expect(listing).toMatch(/TABLE_SCHEMA LIKE :\d+ ESCAPE '!'/)
    expect(listing).toMatch(/NOT TABLE_NAME LIKE :\d+ ESCAPE '!'/)
    await using opened = await openConnector(connector, config)
    const [scope] = (await opened.handle.scopes()).scopes
    const verdicts = []
    for await (const page of opened.handle.explain?.(scope ?? { key: '', name: '' }) ?? []) verdicts.push(...page)
    expect(verdicts).toContainEqual({
      key: 'SHOP.APP.CUSTOMER',
      kind: 'table',
      kept: false,
      rule: 'tables: denied by pattern "CUST*"',
    })
    expect(verdicts).toContainEqual({
      key: 'SHOP.PUBLIC',
      kind: 'schema',
      kept: false,
      rule: 'schemas: no allow pattern fits',
    })
  })
})

test('account_usage: the same records with ids; a renamed table is one renamed; what is new is looked at again', async () => {
  const late = { ...fixture.config, catalog: 'account_usage' }
  const without = (records: readonly AssetRecord[]) => records.map(({ nativeId: _, ...record }) => record)
  expect(without(await recordsOf(late))).toEqual(without(await recordsOf(fixture.config)))
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, late)
  await source.sync()
  fixture.scene.rename('SHOP', 'APP', 'CUSTOMER_COPY', 'CUSTOMER_OLD')
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', renamed: 1, added: 0, removed: 0 })
  fixture.scene.alter('SHOP', 'APP', 'ORDERS', { LAST_DDL: '' })
  const now = `${BigInt(Date.now()) * 1_000_000n}`
  fixture.scene.account.run(
    "update all_TABLES set LAST_DDL = ? where TABLE_NAME = 'ORDERS' and TABLE_CATALOG = 'SHOP'",
    now,
  )
  expect(await source.sync()).toMatchObject({ described: 1 })
  expect(await source.sync()).toMatchObject({ described: 1, changed: 0 })
})

test('a URL becomes a config', () => {
  expect(connector.manifest.fromUrl('snowflake://ME:p%40ss@acme-analytics/SHOP/PUBLIC?warehouse=WH&role=R')).toEqual({
    account: 'acme-analytics',
    user: 'ME',
    password: 'p@ss',
    databases: ['SHOP'],
    warehouse: 'WH',
    role: 'R',
  })
  expect(() => connector.manifest.fromUrl('snowflake://ME:secret@acme?authenticator=x')).toThrow(/unknown parameter/)
})

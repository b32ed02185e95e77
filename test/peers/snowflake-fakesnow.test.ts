import { afterAll, describe, expect, test } from 'vitest'
import { nameKey } from '../../connectors/kit/index.ts'
import { readQueryLog, readUsage } from '../../connectors/snowflake/history.ts'
import connector from '../../connectors/snowflake/index.ts'
import { readLineage } from '../../connectors/snowflake/lineage.ts'
import { crawl, openConnector } from '../contract/crawl.ts'
import { describeConnector } from '../contract/describe-connector.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../contract/harness.ts'
import { type Fakesnow, startFakesnow } from '../helpers/snowflake/fakesnow.ts'
import { type SnowflakeFixture, snowflakeFixture } from '../helpers/snowflake/fixture.ts'
import { recordHistory } from '../helpers/snowflake/recorded.ts'
import { seed } from '../helpers/snowflake/seed.ts'
import { SNOWFLAKE_FAULTS, snowflakeFailures } from '../helpers/snowflake/trouble.ts'
import { oracleOptions, proveEquivalence } from '../oracle/oracle.ts'
import { fakesnowSubject } from '../oracle/worlds/fakesnow.ts'

const started = await startFakesnow()
if ('skip' in started) console.log(`Snowflake on fakesnow is left out: ${started.skip}`)
// The suites below do not run where it could not be started.
const fakesnow = started as Fakesnow
afterAll(async () => {
  if (!('skip' in started)) await started[Symbol.asyncDispose]()
})

const SEED = [
  'create schema APP',
  `create table APP.CUSTOMER (id number(38,0) not null, email varchar(320), "born on" date, seen timestamp_ntz, total number(12,2))`,
  'create table APP.EVERYTHING (v variant, a array, o object, b boolean, f float, bi binary)',
  'create view APP.BUYERS as select id, email from APP.CUSTOMER where total > 0',
  `create table APP."odd ""name"".x" (x number(38,0))`,
]
let fixtures = 0

interface FakesnowFixture extends SnowflakeFixture {
  readonly place: string
  ddl(...statements: readonly string[]): Promise<void>
}
/** The harness makes no others. */
const own = (fixture: Fixture) => fixture as FakesnowFixture

async function createFixture(): Promise<FakesnowFixture> {
  fixtures += 1
  const place = `F${process.pid}_${fixtures}`
  const fixture = await snowflakeFixture((scene) => scene.database(place))
  const ddl = async (...statements: readonly string[]) => {
    await fakesnow.run(`use database ${place}`)
    for (const statement of statements) await fakesnow.run(statement)
    await fakesnow.importInto(fixture.scene, place)
  }
  await fakesnow.run(`create database ${place}`)
  await ddl(...SEED)
  return {
    ...fixture,
    place,
    ddl,
    // fakesnow cannot drop a database; it ends with the suite.
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  }
}

const change = (name: string, statements: readonly string[], described: readonly string[]): ChangeCase => ({
  name,
  apply: (fixture) => own(fixture).ddl(...statements),
  described: (fixture) => described.map((path) => nameKey([own(fixture).place, ...path.split('/')])),
})

const harness: ContractHarness = {
  kind: 'http',
  published: true,
  expected: 'expected-fakesnow.ndjson',
  createFixture,
  changes: [
    change('a new column', ['alter table APP.CUSTOMER add column phone varchar(20)'], ['APP/CUSTOMER']),
    change('a renamed column', ['alter table APP.CUSTOMER rename column phone to mobile'], ['APP/CUSTOMER']),
    change('a new table', ['create table APP.EXTRA (id number(38,0))'], ['APP/EXTRA']),
    change('a renamed table', ['alter table APP.EXTRA rename to OTHER'], ['APP/OTHER']),
    change('a table made anew', ['create or replace table APP.OTHER (y varchar(5))'], ['APP/OTHER']),
    change('a replaced view', ['create or replace view APP.BUYERS as select id from APP.CUSTOMER'], ['APP/BUYERS']),
    change(
      'a new schema with a table',
      ['create schema MORE', 'create table MORE.T (x number(38,0))'],
      ['MORE', 'MORE/T'],
    ),
    change('a dropped table', ['drop table APP.OTHER'], []),
    change('rows', ['insert into APP.CUSTOMER (id, total) values (1, 2.5)'], []),
  ],
  failures: snowflakeFailures,
  faults: SNOWFLAKE_FAULTS,
  big: { skip: 'fakesnow takes a statement for each' },
  stable: (line, fixture) => line.replaceAll(own(fixture).place, 'SHOP'),
}

describe.skipIf('skip' in started)('Snowflake on fakesnow, with the stand-in in front', () => {
  test('the stand-in answers our statements as fakesnow does, where both can', async () => {
    await using fixture = await createFixture()
    await using opened = await openConnector(connector, fixture.config)
    expect((await crawl(opened.handle)).length).toBe(SEED.length + 1)
    const { statements, binds } = fixture.server
    let compared = 0
    for (const [at, text] of statements.entries()) {
      for (const arm of text.replace(/\nORDER BY[\s\S]*$/, '').split('\nUNION ALL\n')) {
        if (!/INFORMATION_SCHEMA\.(?:TABLES|COLUMNS|VIEWS|SCHEMATA) WHERE/.test(arm)) continue
        const [kind = ''] = /(?<=^SELECT ')\w+/.exec(arm) ?? []
        const values = (binds[at] ?? []).map((value) => value ?? '')
        expect(await keysOf(arm, kind, values), kind).toEqual(keysHere(fixture, arm, kind, values))
        compared += 1
      }
    }
    expect(compared).toBeGreaterThanOrEqual(5)
  })

  test('every SELECT of ours is Snowflake SQL to sqlglot', async () => {
    await using fixture = await snowflakeFixture(seed)
    await using opened = await openConnector(connector, fixture.config)
    const { handle } = opened
    for (const check of handle.checks()) await check.run()
    await crawl(handle)
    for (const scope of (await handle.scopes()).scopes) {
      for (const pages of [handle.statistics, handle.usage, handle.queryLog, handle.lineage]) {
        for await (const page of pages?.(scope) ?? []) expect(page).toBeDefined()
      }
    }
    await handle.preview?.({ group: 'relation', path: ['SHOP', 'APP', 'NESTED'] }, 1)
    const selects = new Set(fixture.server.statements.filter((text) => text.startsWith('SELECT')))
    expect([...selects].filter((text) => text.includes('FLATTEN')).length).toBeGreaterThan(1)
    expect(await fakesnow.refusals([...selects])).toEqual([])
  })

  test('what is read of the history: our statements, FLATTEN and all, run on the documented columns', async () => {
    await recordHistory(fakesnow)
    const { session, config } = fakesnow
    const usage = await collect(readUsage(session, config, 'SHOP'))
    expect(usage).toEqual([
      {
        group: 'relation',
        path: ['SHOP', 'APP', 'ORDERS'],
        reads: 3,
        users: 1,
        lastReadAt: expect.any(Date),
        since: expect.any(Date),
      },
    ])
    const log = await collect(readQueryLog(session, config, 'SHOP', undefined))
    const moved = ['two-columns', 'no-columns', 'table 3', 'table 4', 'table 5'].map((id) => `INSERT ${id}`)
    expect(log.map(({ text }) => text).sort()).toEqual(moved.sort())
    const edges = await collect(readLineage(session, config, 'SHOP', undefined))
    const [orders, partner] = [named('SHOP', 'APP', 'ORDERS'), named('PARTNER', 'PUBLIC', 'ORDERS')]
    expect(edges).toEqual([
      { downstream: named('SHOP', 'APP', 'daily "x"'), upstreams: [orders], columns: [] },
      {
        downstream: named('SHOP', 'APP', 'DAILY'),
        upstreams: [partner, orders],
        columns: [
          { upstream: partner, from: ['AMOUNT'], to: ['TOTAL'] },
          { upstream: orders, from: ['PLACED_AT'], to: ['DAY'] },
          { upstream: orders, from: ['AMOUNT'], to: ['TOTAL'] },
        ],
      },
      {
        downstream: orders,
        upstreams: [
          { group: 'storage', path: ['SHOP', 'APP', 'INBOX'] },
          { group: 'other', path: ['SHOP', 'APP', 'INTAKE'] },
        ],
        columns: [],
      },
      { downstream: named('SHOP', 'APP', 'a "b".c'), upstreams: [partner], columns: [] },
    ])
  })

  describeConnector(connector, harness)

  test('incremental syncs end where a full one does', async () => {
    const options = oracleOptions(15)
    console.log(`fakesnow: seed ${options.seed}`)
    const report = await proveEquivalence(
      fakesnowSubject(() => fakesnow),
      options,
    )
    console.log(`fakesnow: ${JSON.stringify(report)}`)
    expect(report.sequences).toBe(options.sequences)
  }, 3_600_000)
})

async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}

const named = (...path: readonly string[]) => ({ group: 'relation' as const, path })

/** What a row says that fakesnow knows too: it has no times, no owners, and views only in VIEWS. */
function shown(row: Readonly<Record<string, unknown>>, kind: string): string | undefined {
  const body = JSON.parse(String(row.BODY)) as Record<string, unknown>
  if (kind === 'table' && row.T === 'VIEW') return undefined
  const told = kind === 'column' ? [body.name, body.type, body.length, body.precision, body.scale, body.nullable] : []
  return JSON.stringify([row.K, row.S, row.N, Number(row.P), ...told])
}

async function keysOf(text: string, kind: string, binds: readonly string[]): Promise<string[]> {
  // It has no structured types.
  const rows = await fakesnow.run({ text: text.replace(", 'dtd', DTD_IDENTIFIER", ''), binds })
  return rows.flatMap((row) => shown(row, kind) ?? []).sort()
}

function keysHere({ scene }: FakesnowFixture, text: string, kind: string, binds: readonly string[]): string[] {
  const statement = text.replace(/"[^"]+"\.INFORMATION_SCHEMA\.(\w+)/, 'info_$1')
  const values = Object.fromEntries(
    binds.map((value, index) => [`:${index + 1}`, value]).filter(([name]) => new RegExp(`${name}\\b`).test(statement)),
  )
  const rows = scene.account.database.prepare(statement).all(values) as Record<string, unknown>[]
  return rows.flatMap((row) => shown(row, kind) ?? []).sort()
}

import { describe, expect, test } from 'vitest'
import type { Connector } from '../../../connectors/kit/index.ts'
import { openStore } from '../../../db/store.ts'
import { createEngine, type RunRecord, type TestEngine, type TestSource } from '../../helpers/engine.ts'
import { type ExportedAsset, exportStore, firstDifference } from '../../helpers/export.ts'
import { createDatabase, createStore, TEMPLATE } from '../../helpers/store.ts'
import { spyOn } from '../crawl.ts'
import type { ChangeCase, ContractHarness, Fixture } from '../harness.ts'
import { expireLease, syncAndDie } from '../mortal.ts'

const BATCH = 5
const LONG = 240_000

/** Points 6 and 7: what an interrupted and an incremental sync leave behind. */
export function testIncrements(connector: Connector, harness: ContractHarness): void {
  describe('6. killed after every transaction and resumed', () => {
    test(
      'a first sync: nothing is lost, nothing doubled, one page at most described again',
      async () => {
        await using fixture = await harness.createFixture()
        const expected = await fullExport(connector, fixture)
        await killEverywhere(connector, async (spied) => {
          const engine = await createEngine([spied], { batch: BATCH })
          return { engine, source: await engine.addSource(spied, fixture.config), expected }
        })
      },
      LONG,
    )

    test(
      'a sync of changes',
      async () => {
        await using fixture = await harness.createFixture()
        await using before = await createDatabase(TEMPLATE)
        await syncOnce(connector, fixture, before.url)
        for (const change of harness.changes) await change.apply(fixture)
        const expected = await fullExport(connector, fixture)
        await killEverywhere(connector, async (spied) => {
          const store = await createStore(before.name)
          const engine = await createEngine([spied], { batch: BATCH, store })
          const source = await engine.findSource(connector.manifest.type)
          return { engine: { ...engine, [Symbol.asyncDispose]: () => store.close() }, source, expected }
        })
      },
      LONG,
    )
  })

  describe('7. incremental syncs', () => {
    test(
      'with nothing new every fingerprint stands still and nothing is described; so in full mode nothing is written',
      async () => {
        await using fixture = await harness.createFixture()
        const spy = spyOn(connector)
        await using engine = await createEngine([spy.connector], { batch: BATCH })
        const source = await engine.addSource(spy.connector, fixture.config)
        await source.sync()
        spy.described.length = 0
        const before = await contentStamps(engine)
        expect(await source.sync()).toMatchObject({
          outcome: 'succeeded',
          described: 0,
          added: 0,
          changed: 0,
          removed: 0,
        })
        expect(spy.described).toEqual([])
        expect(await contentStamps(engine)).toEqual(before)
        const full = await source.sync({ mode: 'full' })
        expect(full).toMatchObject({ outcome: 'succeeded', added: 0, changed: 0, removed: 0, described: full.listed })
        expect(await contentStamps(engine)).toEqual(before)
      },
      LONG,
    )

    test(
      'each kind of change describes exactly what changed, and the store equals a full crawl',
      async () => {
        await using fixture = await harness.createFixture()
        const spy = spyOn(connector)
        await using engine = await createEngine([spy.connector], { batch: BATCH })
        const source = await engine.addSource(spy.connector, fixture.config)
        await source.sync()
        for (const change of harness.changes) await applyAndSync(change, { connector, fixture, engine, source, spy })
      },
      LONG,
    )
  })
}

interface Life {
  readonly engine: TestEngine
  readonly source: TestSource
  /** What the store must hold in the end. */
  readonly expected: readonly ExportedAsset[]
}

/** Lets a sync die after its first transaction, in another life after its second, until it lives to the end. */
async function killEverywhere(connector: Connector, begin: (spied: Connector) => Promise<Life>): Promise<void> {
  for (let commits = 1; ; commits += 1) {
    const spy = spyOn(connector)
    const { engine, source, expected } = await begin(spy.connector)
    await using _ = engine
    const died = await syncAndDie(engine, source, commits)
    expect(firstDifference(await syncToEnd(engine, source), expected)).toBeUndefined()
    const repeated = spy.described.length - new Set(spy.described).size
    expect(repeated, `described again after a death at transaction ${commits}`).toBeLessThanOrEqual(BATCH)
    if (!died) return
    expect(commits).toBeLessThan(200)
  }
}

/** Fills an empty store by a first sync, and leaves it to be copied. */
async function syncOnce(connector: Connector, fixture: Fixture, url: string): Promise<void> {
  await using store = openStore(url)
  const engine = await createEngine([connector], { batch: BATCH, store })
  await (await engine.addSource(connector, fixture.config)).sync()
}

/** What whoever comes next makes of a dead process's work. */
async function syncToEnd(engine: TestEngine, source: TestSource): Promise<ExportedAsset[]> {
  await expireLease(engine.store, source.id)
  const run = await syncApproving(source)
  expect(run.outcome).toBe('succeeded')
  const [left] = await engine.store.sql`
    select (select count(*)::int from tidemark.sync_work) as work,
           (select count(*)::int from tidemark.sync_run where completed_at is null) as open,
           (select count(*)::int from tidemark.sync_request where run_id is null) as pending`
  expect(left).toEqual({ work: 0, open: 0, pending: 0 })
  return await exportStore(engine.store)
}

async function syncApproving(source: TestSource): Promise<RunRecord> {
  const run = await source.sync()
  if (run.outcome !== 'held') return run
  await source.approveAll()
  return await source.sync({ trigger: 'approval' })
}

async function fullExport(connector: Connector, fixture: Fixture): Promise<ExportedAsset[]> {
  await using engine = await createEngine([connector])
  const source = await engine.addSource(connector, fixture.config)
  expect(await source.sync({ mode: 'full' })).toMatchObject({ outcome: 'succeeded' })
  return await exportStore(engine.store)
}

async function applyAndSync(
  change: ChangeCase,
  context: {
    connector: Connector
    fixture: Fixture
    engine: TestEngine
    source: TestSource
    spy: { readonly described: string[] }
  },
): Promise<void> {
  const { connector, fixture, engine, source, spy } = context
  const before = await itemStamps(engine)
  spy.described.length = 0
  await change.apply(fixture)
  const run = await syncApproving(source)
  expect([change.name, run.outcome]).toEqual([change.name, 'succeeded'])
  const after = await itemStamps(engine)
  const moved = [...after].filter(([key, stamp]) => before.get(key) !== stamp).map(([key]) => key)
  const described = new Set([...spy.described, ...moved])
  const keys = (list: ChangeCase['described']) => (typeof list === 'function' ? list(fixture) : list)
  const wanted = keys(change.described)
  const allowed = new Set([...wanted, ...keys(change.allowed ?? [])])
  expect([change.name, wanted.filter((key) => !described.has(key))]).toEqual([change.name, []])
  expect([change.name, [...described].filter((key) => !allowed.has(key))]).toEqual([change.name, []])
  const difference = firstDifference(await exportStore(engine.store), await fullExport(connector, fixture))
  expect([change.name, difference]).toEqual([change.name, undefined])
}

async function itemStamps(engine: TestEngine): Promise<Map<string, string>> {
  const rows = await engine.store.sql<{ key: string; stamp: string }[]>`
    select key, encode(fingerprint, 'hex') || coalesce(native_id, '') as stamp from tidemark.inventory
    where absent_run_id is null`
  return new Map(rows.map((row) => [row.key, row.stamp]))
}

/** Digests of every row that a sync of nothing must not touch, with the transaction that wrote it. */
async function contentStamps(engine: TestEngine): Promise<unknown> {
  const tables = `asset asset_version field asset_constraint asset_index facet definition lineage_edge claim inventory
                  change namespace source sync_work removal_proposal`.split(/\s+/)
  // A full sync takes statistics and reads query logs, and notes when on the source's row.
  const bodyOf = (table: string) =>
    table === 'source' ? "(to_jsonb(t) - 'statistics_at' - 'query_log_at')::text" : 't::text || t.xmin::text'
  const parts = tables.map(
    (table) => `
      select '${table}' as name, count(*)::int as rows, md5(string_agg(body, '' order by body)) as digest
      from (select ${bodyOf(table)} as body from tidemark.${table} t) rows`,
  )
  return [...(await engine.store.sql.unsafe(parts.join(' union all ')))]
}

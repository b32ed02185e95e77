import { expect, test } from 'vitest'
import { readPartitions } from '../../db/maintenance/partitions.ts'
import { listUntidyTables } from '../../db/maintenance/tables.ts'
import type { MaintenanceInput } from '../../sync/maintenance.ts'
import { runLocalMaintenance } from '../../worker/care.ts'
import { createEngine, QUICK_RETRY, type TestEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createStore } from '../helpers/store.ts'
import { createWorkbookWorld, type Workbook, workbookConnector } from '../helpers/synthetic/workbooks.ts'

const INPUT: MaintenanceInput = {
  organization: 'default',
  actor: 'tester',
  retention: { runs: 90, keepRuns: 2, changes: 400, versions: 400, audit: 400 },
  retry: QUICK_RETRY,
}

const maintain = async ({ deps }: TestEngine, input = INPUT) =>
  await runLocalMaintenance(input, { deps, signal: new AbortController().signal })

/** Over a store that nobody gets after it: maintenance makes and drops partitions. */
async function freshEngine(connectors: Parameters<typeof createEngine>[0]): Promise<TestEngine> {
  const store = await createStore()
  return { ...(await createEngine(connectors, { store })), [Symbol.asyncDispose]: () => store.close() }
}

async function createAged() {
  const world = createWorkbookWorld()
  const book = (title: string): Workbook => ({ id: title, title, sheets: { a: 'A', b: 'B' }, datasets: [] })
  const books = new Map<string, Workbook>()
  for (let n = 0; n < 12; n += 1) books.set(`book ${n}`, book(`book ${n}`))
  world.projects.set('sales', { theme: 'light', workbooks: books })
  const connector = workbookConnector(new Map([['main', world]]))
  const engine = await freshEngine([connector])
  const source = await engine.addSource(connector, { world: 'main' })
  await source.sync()
  // A change, a removal, and runs that found nothing.
  books.set('book 1', { ...book('book 1'), sheets: { a: 'changed' } })
  await source.sync()
  books.delete('book 2')
  await source.sync()
  for (let n = 0; n < 4; n += 1) await source.sync()
  return { world, books, connector, engine, source }
}

/** Moves everything that has been recorded so many days into the past. */
async function age({ store }: TestEngine, days: number): Promise<void> {
  const by = store.sql`make_interval(days => ${days})`
  await store.sql`update tidemark.sync_run set started_at = started_at - ${by}, completed_at = completed_at - ${by}`
  await store.sql`update tidemark.asset_version set valid_from = valid_from - ${by}, valid_to = valid_to - ${by}`
  await store.sql`update tidemark.lineage_edge set valid_from = valid_from - ${by}, valid_to = valid_to - ${by}`
  await store.sql`update tidemark.asset set removed_at = removed_at - ${by}`
  await store.sql`update tidemark.field set removed_at = removed_at - ${by}`
}

const counts = async ({ store }: TestEngine) => {
  const [row] = await store.sql`
    select (select count(*)::int from tidemark.sync_run) as runs, (select count(*)::int from tidemark.sync_scope) as scopes,
           (select count(*)::int from tidemark.sync_request) as requests,
           (select count(*)::int from tidemark.asset_version) as versions,
           (select count(*)::int from tidemark.asset_version where valid_to is null) as current,
           (select count(*)::int from tidemark.asset where removed_at is not null) as removed,
           (select count(*)::int from tidemark.field f where not exists (select from tidemark.asset a where a.id = f.asset_id)) as orphans`
  return row as Record<string, number>
}

test('nothing goes before its time, and nothing is written then', async () => {
  const { engine } = await createAged()
  await using _ = engine
  const before = await counts(engine)
  await age(engine, 80)
  expect(Object.keys(await maintain(engine))).toEqual(['partitions made'])
  expect(await counts(engine)).toEqual(before)
  expect(await maintain(engine)).toEqual({})
  expect(await engine.store.sql`select action, detail from tidemark.audit_log`).toEqual([
    { action: 'store.maintain', detail: { 'partitions made': 4 } },
  ])
})

test('what is past its time goes with its parts; what is current stays, and so do runs that something names', async () => {
  const { engine, source, books, connector } = await createAged()
  await using _ = engine
  const live = await exportStore(engine.store)
  const before = await counts(engine)
  expect(before).toMatchObject({ runs: 7, removed: 4 })
  await age(engine, 500)
  const done = await maintain(engine)
  // The workbook and its two sheets, and the changed workbook's sheet; the old version of what changed; runs 4 and 5.
  expect(done).toMatchObject({ assets: 4, runs: 3 })
  expect(done.versions).toBeGreaterThan(4)
  const after = await counts(engine)
  expect(after).toMatchObject({ removed: 0, orphans: 0, current: before.current, runs: 4 })
  expect(after.versions).toBe(after.current)
  expect(after.scopes).toBe(4)
  expect(after.requests).toBe(4)
  // Runs 1 and 2 made what is current, 6 and 7 are the latest.
  expect([...(await engine.store.sql`select id from tidemark.sync_run order by id`)].map(({ id }) => id)).toEqual([
    1, 2, 6, 7,
  ])
  expect(firstDifference(await exportStore(engine.store), live)).toBeUndefined()
  expect(await maintain(engine)).toEqual({})

  // The next syncs go on as if nothing had happened, also with what comes back under a name that was deleted.
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', described: 0 })
  books.set('book 2', { id: 'book 2', title: 'book 2', sheets: { a: 'A', b: 'B' }, datasets: [] })
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded', added: 3 })
  await using fresh = await freshEngine([connector])
  await (await fresh.addSource(connector, { world: 'main' })).sync()
  expect(firstDifference(await exportStore(engine.store), await exportStore(fresh.store))).toBeUndefined()
})

test('removed assets that somebody claims, or that a live edge leads to, stay', async () => {
  const { engine } = await createAged()
  await using _ = engine
  await age(engine, 500)
  const [kept] = await engine.store.sql`
    select a.id, n.id as namespace from tidemark.asset a join tidemark.namespace n on n.id = a.namespace_id
    where a.removed_at is not null order by a.id limit 1`
  await engine.store.sql`
    insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
                                       upstream_display, upstream_id, origin, source_id, valid_from, last_seen_at)
    select min(id), ${kept?.namespace}, 'report', 'x', '{x}', 'x', ${kept?.id}, 'log', 1, now(), now()
    from tidemark.asset where removed_at is null`
  expect(await maintain(engine)).toMatchObject({ assets: 3 })
  expect(await engine.store.sql`select id from tidemark.asset where removed_at is not null`).toEqual([{ id: kept?.id }])
})

test('`forever` keeps everything', async () => {
  const { engine } = await createAged()
  await using _ = engine
  const before = await counts(engine)
  await age(engine, 5000)
  expect(await maintain(engine, { ...INPUT, retention: { keepRuns: 1 } })).toEqual({ 'partitions made': 4 })
  expect(await counts(engine)).toEqual(before)
})

test('changes and audit log go by whole months, unless somebody is using them', async () => {
  await using engine = await freshEngine([])
  const { sql } = engine.store
  const month = async (table: string, ago: number) => {
    const [row] = await sql<{ name: string; from: Date; to: Date }[]>`
      select ${table} || to_char(m, '_YYYY_MM') as name, m at time zone 'UTC' as from, (m + interval '1 month') at time zone 'UTC' as to
      from (select date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${ago}) as m) past`
    const { name, from, to } = row as { name: string; from: Date; to: Date }
    await sql.unsafe(`create table tidemark.${name} partition of tidemark.${table}
                      for values from ('${from.toISOString()}') to ('${to.toISOString()}')`)
    return { name, from }
  }
  const old = await month('change', 20)
  const older = await month('change', 30)
  const recent = await month('change', 3)
  const audit = await month('audit_log', 20)
  for (const { from } of [old, older, recent]) {
    await sql`insert into tidemark.change (changed_at, run_id, source_id, display, operation) values (${from}, 1, 1, 'x', 'added')`
  }
  await sql`insert into tidemark.change (changed_at, run_id, source_id, display, operation)
            values (now() - interval '60 months', 1, 1, 'stray', 'added')`
  const names = async () =>
    (
      await sql<
        { name: string }[]
      >`select relname as name from pg_class where relname = any (${[old.name, older.name, recent.name, audit.name]}) order by 1`
    ).map(({ name }) => name)

  // A long transaction, such as that of a sync, has read from one of them.
  const held = Promise.withResolvers<void>()
  const reading = Promise.withResolvers<void>()
  const busy = sql.begin(async (tx) => {
    await tx`select * from ${tx(`tidemark.${older.name}`)}`
    reading.resolve()
    await held.promise
  })
  await reading.promise
  expect(await maintain(engine)).toMatchObject({ 'months of changes': 2, 'months of audit log': 1 })
  expect(await names()).toEqual([older.name, recent.name].sort())
  held.resolve()
  await busy
  expect(await maintain(engine)).toEqual({ 'months of changes': 1 })
  expect(await names()).toEqual([recent.name])
  expect(await sql`select display from tidemark.change`).toEqual([{ display: 'x' }])
})

test('words that nothing is found by any more leave the search; a word that a sync is writing stays', async () => {
  const { engine, source, books } = await createAged()
  await using _ = engine
  const { sql } = engine.store
  const words = async () =>
    (await sql<{ word: string }[]>`select word from tidemark.search_word`).map(({ word }) => word)
  books.set('book 3', { id: 'book 3', title: 'Zanzibar', sheets: {}, datasets: [] })
  await source.sync()
  expect(await words()).toContain('zanzibar')
  books.set('book 3', { id: 'book 3', title: 'Quagmire', sheets: {}, datasets: [] })
  await source.sync()
  expect(await words()).toContain('zanzibar')

  const written = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const writing = sql.begin(async (tx) => {
    await tx`update tidemark.search_document set words = words || 'zanzibar:1A'
             where asset_id = (select min(asset_id) from tidemark.search_document)`
    written.resolve()
    await held.promise
    await tx`select 1`
  })
  await written.promise
  expect(await maintain(engine)).not.toHaveProperty('words')
  held.resolve()
  await writing
  expect(await words()).toContain('zanzibar')

  await sql`update tidemark.search_document set words = ts_delete(words, 'zanzibar')`
  expect(await maintain(engine)).toEqual({ words: 1 })
  expect(await words()).not.toContain('zanzibar')
  expect(await words()).toContain('quagmire')
  expect(await sql`select asset from catalog.search('quagm')`).toHaveLength(1)
  expect(await maintain(engine)).toEqual({})
})

test('partitions are made for the coming months, and told of', async () => {
  await using engine = await freshEngine([])
  await maintain(engine)
  const partitions = await readPartitions(engine.store.sql)
  for (const { coveredUntil, strays } of partitions) {
    expect(strays).toBe(0)
    expect(coveredUntil?.getTime()).toBeGreaterThan(Date.now() + 89 * 86_400_000)
  }
})

test('rows that had no month to go to are given one, in the order they had', async () => {
  await using engine = await freshEngine([])
  const { sql } = engine.store
  await sql`insert into tidemark.change (changed_at, run_id, source_id, display, operation)
            select now() - make_interval(months => n), 1, 1, 'change ' || n, 'added' from generate_series(1, 3) as n`
  const before = await sql`select * from tidemark.change order by id`
  expect(await maintain(engine)).toMatchObject({ 'partitions made': 7 })
  expect(await sql`select * from tidemark.change order by id`).toEqual(before)
  expect(await sql`select * from tidemark.change_default`).toEqual([])
})

test('tables full of dead rows, or unknown to the planner, are found and tidied', async () => {
  await using engine = await freshEngine([])
  const { sql } = engine.store
  // Autovacuum would sometimes be first.
  await sql`alter table tidemark.tag set (autovacuum_enabled = false)`
  await sql`insert into tidemark.tag (organization_id, name) select 1, 'tag ' || n from generate_series(1, 30000) as n`
  await sql`update tidemark.tag set description = 'x'`
  await sql`select pg_stat_force_next_flush()`
  await expect
    .poll(() => listUntidyTables(sql), { timeout: 10_000 })
    .toMatchObject([{ name: 'tidemark.tag', neverAnalyzed: true }])
  expect(await maintain(engine)).toMatchObject({ 'tables tidied': 1 })
  await expect.poll(() => listUntidyTables(sql), { timeout: 10_000 }).toEqual([])
})

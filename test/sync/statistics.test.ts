import { describe, expect, test } from 'vitest'
import { IngestError, type Logger } from '../../connectors/kit/index.ts'
import { createEngine, type TestEngine } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import { createWorkbookWorld, type WorkbookWorld, workbookConnector } from '../helpers/synthetic/workbooks.ts'

function fillWorld(): WorkbookWorld {
  const world = createWorkbookWorld()
  for (const name of ['orders', 'customers']) world.datasets.set(name, { columns: ['id'], tables: [] })
  const workbook = { id: '1', title: 'Book', sheets: { a: 'A' }, datasets: ['orders', 'customers'] }
  world.projects.set('sales', { theme: 'light', workbooks: new Map([['book', workbook]]) })
  world.numbers = new Map([
    ['orders', { rowCount: 10, bytes: 8192, reads: 3 }],
    ['customers', { rowCount: 5, reads: 0 }],
    ['nowhere', { rowCount: 1, reads: 1 }],
  ])
  return world
}

async function createScene(options: { statisticsIntervalMs?: number; log?: Logger } = {}) {
  const world = fillWorld()
  const connector = workbookConnector(new Map([['main', world]]), { statistics: true })
  const engine = await createEngine([connector], options)
  const source = await engine.addSource(connector, { world: 'main' })
  return { world, connector, engine, source, [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose]() }
}

async function readNumbers({ store }: TestEngine) {
  return [
    ...(await store.sql`
      select a.display as asset, s.row_count as rows, s.bytes, u.reads from tidemark.asset_statistic s
      join tidemark.asset a on a.id = s.asset_id left join catalog.usage u using (asset_id) order by 1`),
  ]
}

/** Every row of statistics with the transaction that wrote it, and when the source's were taken. */
async function stamps({ store }: TestEngine) {
  return [
    ...(await store.sql`
      select asset_id, xmin::text, taken_at from tidemark.asset_statistic
      union all select asset_id, xmin::text, taken_at from tidemark.usage
      union all select 0, xmin::text, statistics_at from tidemark.source order by 1, 2`),
  ]
}

const FIRST = [
  { asset: 'customers', rows: 5, bytes: null, reads: 0 },
  { asset: 'orders', rows: 10, bytes: 8192, reads: 3 },
]

describe('statistics and usage', () => {
  test('are taken by the first sync, and then only when the interval has passed or a full sync asks', async () => {
    await using scene = await createScene()
    const { engine, source, world } = scene
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    expect(await readNumbers(engine)).toEqual(FIRST)
    const taken = await stamps(engine)

    world.numbers = new Map([['orders', { rowCount: 11, bytes: 8192, reads: 3 }]])
    await source.sync()
    expect(await stamps(engine)).toEqual(taken)

    await engine.store.sql`update tidemark.source set statistics_at = now() - interval '25 hours'`
    await source.sync()
    expect(await readNumbers(engine)).toEqual([FIRST[0], { ...FIRST[1], rows: 11 }])

    world.numbers = new Map([['orders', { rowCount: 12, bytes: 8192, reads: 4 }]])
    await source.sync({ mode: 'full' })
    expect(await readNumbers(engine)).toEqual([FIRST[0], { ...FIRST[1], rows: 12, reads: 4 }])
  })

  test('that have not moved are not rewritten; those of a plan, or of other scopes, are not asked for', async () => {
    await using scene = await createScene({ statisticsIntervalMs: 0 })
    const { engine, source, world } = scene
    await source.sync()
    const rows = async () => (await stamps(engine)).filter(({ asset_id }) => asset_id !== 0)
    const before = await rows()
    await source.sync()
    expect(await rows()).toEqual(before)
    world.numbers = new Map([['orders', { rowCount: 99 }]])
    await source.sync({ mode: 'plan' })
    await source.sync({ scopes: ['sales'] })
    expect(await rows()).toEqual(before)
    await source.sync({ scopes: ['sales'], mode: 'full' })
    expect((await readNumbers(engine))[1]).toMatchObject({ asset: 'orders', rows: 99, bytes: null })
  })

  test('are in no version, no hash and no change', async () => {
    await using scene = await createScene({ statisticsIntervalMs: 0 })
    await using other = await createScene()
    const { engine, source, world } = scene
    await source.sync()
    world.numbers = new Map([['orders', { rowCount: 1_000_000, bytes: 1, reads: 2 }]])
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', changed: 0, described: 0 })
    await other.source.sync()
    expect(firstDifference(await exportStore(engine.store), await exportStore(other.engine.store))).toBeUndefined()
    const [{ versions, changes } = {}] = await engine.store.sql`
      select (select count(*)::int from tidemark.asset_version where run_id > 1) as versions,
             (select count(*)::int from tidemark.change where run_id > 1) as changes`
    expect({ versions, changes }).toEqual({ versions: 0, changes: 0 })
  })

  test.each([
    ['comes back', new IngestError('source_unavailable', 'the counters are away'), true],
    ['stays', new IngestError('permission', 'no right to the counters', { hint: 'GRANT them' }), false],
  ])('a refusal that %s is a warning, and the sync succeeds', async (_, refusal, again) => {
    const warnings: unknown[] = []
    const log: Logger = { debug() {}, info() {}, warn: (fields, message) => warnings.push({ ...fields, message }) }
    await using scene = await createScene({ log })
    const { engine, source, world } = scene
    world.numbers = refusal
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded', gaps: 0 })
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatchObject({
      source: 'workbooks',
      run: 1,
      scope: 'sales',
      category: refusal.category,
      message: expect.stringContaining(refusal.message),
    })
    world.numbers = fillWorld().numbers
    await source.sync()
    // What trying again can mend is tried by the next sync, the rest after the interval.
    expect(await readNumbers(engine)).toEqual(again ? FIRST : [])
  })

  test('numbers that are none are not believed', async () => {
    await using scene = await createScene()
    const { engine, source, world } = scene
    world.numbers = new Map([
      ['orders', { rowCount: -1, bytes: Number.NaN, reads: 2.4 }],
      ['customers', { rowCount: 2 ** 60, reads: 7 }],
    ])
    expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
    expect(await readNumbers(engine)).toEqual([
      { asset: 'customers', rows: null, bytes: null, reads: 7 },
      { asset: 'orders', rows: null, bytes: null, reads: 2 },
    ])
  })

  test('go with their asset', async () => {
    await using scene = await createScene()
    const { engine, source, world } = scene
    await source.sync()
    world.projects.get('sales')?.workbooks.clear()
    await source.sync()
    await source.approveAll()
    await source.sync({ trigger: 'approval' })
    expect([...(await engine.store.sql`select asset from catalog.usage`)]).toEqual([])
  })
})

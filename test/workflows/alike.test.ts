import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { insertRequest } from '../../db/runs.ts'
import { resolvePrincipal } from '../../db/sources.ts'
import { runLocalSync } from '../../worker/local.ts'
import { createEngine, QUICK_RETRY, type TestEngine, type TestSource } from '../helpers/engine.ts'
import { exportStore, firstDifference } from '../helpers/export.ts'
import {
  createWorkbookWorld,
  type Workbook,
  type WorkbookWorld,
  workbookConnector,
} from '../helpers/synthetic/workbooks.ts'
import { createTemporal, startSync, type TestTemporal } from '../helpers/temporal.ts'

let temporal: TestTemporal

beforeAll(async () => {
  temporal = await createTemporal()
})
afterAll(() => temporal[Symbol.asyncDispose]())

function fillWorld(): WorkbookWorld {
  const world = createWorkbookWorld()
  world.datasets.set('orders', { columns: ['id'], tables: [['shop', 'public', 'orders']] })
  for (const project of ['sales', 'ops', 'hr']) {
    const workbooks = Array.from({ length: 12 }, (_, n) => {
      const name = `book ${n}`
      return [
        name,
        { id: `${project}/${n}`, title: name, sheets: { a: 'A', b: 'B' }, datasets: ['orders'] },
      ] satisfies [string, Workbook]
    })
    world.projects.set(project, { theme: 'light', workbooks: new Map(workbooks) })
  }
  return world
}

type Runner = (engine: TestEngine, source: TestSource, requestId: number) => Promise<unknown>

const runners: Readonly<Record<string, Runner>> = {
  'through Temporal': async (engine, source, requestId) => {
    const taskQueue = randomUUID()
    await temporal.serve(engine, taskQueue)
    const input = {
      organization: 'default',
      source: source.name,
      sourceId: source.id,
      requestId,
      window: 2,
      retry: QUICK_RETRY,
    }
    return await (await startSync(temporal.client, taskQueue, input)).result()
  },
  'in this process': async (engine, source, requestId) =>
    await runLocalSync({
      deps: engine.deps,
      request: { organization: 'default', source: source.name, sourceId: source.id, requestId },
      window: 2,
      retry: QUICK_RETRY,
      signal: new AbortController().signal,
    }),
}

describe.each(Object.entries(runners))('a sync %s', (_, run) => {
  test('crawls, then tells gaps, and leaves the same store', async () => {
    const world = fillWorld()
    const connector = workbookConnector(new Map([['main', world]]))
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, { world: 'main' })
    expect(await run(engine, source, await source.request())).toMatchObject({ outcome: 'succeeded', runId: 1 })
    const [history] = await engine.store.sql`select outcome, scopes, listed, described, added from tidemark.sync_run`
    expect(history).toEqual({ outcome: 'succeeded', scopes: 3, listed: 36, described: 36, added: 109 })

    world.trouble.failListing = new Set(['hr'])
    world.projects.get('sales')?.workbooks.delete('book 3')
    expect(await run(engine, source, await source.request())).toMatchObject({ outcome: 'gaps' })
    const [gaps] = await engine.store.sql`
      select outcome, gaps, removed, error ->> 'category' as category from tidemark.sync_run order by id desc limit 1`
    expect(gaps).toEqual({ outcome: 'gaps', gaps: 1, removed: 3, category: 'source_unavailable' })

    await using other = await createEngine([connector])
    world.trouble = {}
    await (await other.addSource(connector, { world: 'main' })).sync()
    expect(firstDifference(await exportStore(engine.store), await exportStore(other.store))).toBeUndefined()
  })

  test('takes statistics at its end', async () => {
    const world = fillWorld()
    world.numbers = new Map([['orders', { rowCount: 7, reads: 2 }]])
    const connector = workbookConnector(new Map([['main', world]]), { statistics: true })
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, { world: 'main' })
    expect(await run(engine, source, await source.request())).toMatchObject({ outcome: 'succeeded' })
    const numbers = await engine.store.sql`
      select row_count, reads from tidemark.asset_statistic join tidemark.usage using (asset_id)`
    expect([...numbers]).toEqual([{ row_count: 7, reads: 2 }])
  })

  test('a request that comes in meanwhile is honoured after it, by one run for all of them', async () => {
    const world = fillWorld()
    const connector = workbookConnector(new Map([['main', world]]))
    await using engine = await createEngine([connector])
    const source = await engine.addSource(connector, { world: 'main' })
    const actorId = await resolvePrincipal(engine.store.sql, 'default', 'somebody')
    const meanwhile: number[] = []
    const add = (mode: 'incremental' | 'full') =>
      insertRequest(engine.store.sql, { sourceId: source.id, mode, trigger: 'manual', actorId })
    world.beforeDescribe = async () => {
      world.beforeDescribe = () => {}
      meanwhile.push(await add('incremental'), await add('full'))
      const skipped = await runLocalSync({
        deps: engine.deps,
        request: { organization: 'default', source: source.name, sourceId: source.id, requestId: meanwhile[0] ?? 0 },
        window: 2,
        signal: new AbortController().signal,
      })
      expect(skipped).toMatchObject({ outcome: 'skipped', reason: expect.stringContaining('under way') })
    }
    await run(engine, source, await source.request())
    await expect
      .poll(
        () => engine.store
          .sql`select mode, outcome, (select count(*)::int from tidemark.sync_request q where q.run_id = r.id) as requests
                                   from tidemark.sync_run r order by id`,
        { timeout: 20_000 },
      )
      .toEqual([
        { mode: 'incremental', outcome: 'succeeded', requests: 1 },
        { mode: 'full', outcome: 'succeeded', requests: 2 },
      ])
  })
})

import { expect, test } from 'vitest'
import type { Connector, ConnectorHandle, LoggedQuery } from '../../../connectors/kit/index.ts'
import postgresConnector from '../../../connectors/postgres/index.ts'
import { endLogLineage } from '../../../db/maintenance/prune.ts'
import { scratchDatabase } from '../../postgres/support.ts'
import { createLineageEngine, derivedEdges, fieldEdges } from './support.ts'

const HOUR_MS = 3_600_000

/** PostgreSQL, with a query log that the test writes. */
function withLog(log: { queries: string[]; asked: (string | undefined)[] }): Connector {
  return {
    ...postgresConnector,
    async open(config, context) {
      const handle = await postgresConnector.open(config, context)
      const queryLog: ConnectorHandle['queryLog'] = async function* (_, watermark) {
        log.asked.push(watermark)
        yield log.queries.map((text): LoggedQuery => ({ text, calls: 1 }))
        return { watermark: `read ${log.asked.length}` }
      }
      return Object.assign(Object.create(handle) as ConnectorHandle, { queryLog })
    },
  }
}

async function createScene(queries: string[], intervalMs: number) {
  const database = await scratchDatabase()
  await database.sql.unsafe(`
    create schema app; create table public.raw (id int, v text, secret text); create table public.clean (id int, v text);
    create table app.clean (id int); create table public.loaded (id int); create view seen as select id from public.raw`)
  const log = { queries, asked: [] }
  const connector = withLog(log)
  const engine = await createLineageEngine([connector])
  Object.assign(engine.deps.limits, { queryLogIntervalMs: intervalMs })
  const source = await engine.addSource(connector, connector.manifest.fromUrl(database.url))
  return {
    engine,
    source,
    log: log as { queries: string[]; asked: (string | undefined)[] },
    edges: async () =>
      (await derivedEdges(engine.store, 'log')).map((edge) => edge.replaceAll(`${database.name}.`, '')),
    [Symbol.asyncDispose]: async () => {
      await engine[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('statements of a log that move data make edges; what they hold is not stored', async () => {
  await using scene = await createScene(
    [
      `insert into public.clean select id, lower(v) from public.raw where secret = 'hunter2'`,
      // Two schemas have a `clean`, and nobody knows the session's path; one has `loaded`.
      'insert into clean select id, secret from raw',
      'insert into loaded select id from raw',
      'select * from public.raw',
      'update public.clean set v = upper(v)',
      `insert into app.gone select 'hunter2' from public.raw as (`,
      'create table app.made as select id from public.raw',
    ],
    HOUR_MS,
  )
  const { engine, source, log } = scene
  expect(await source.sync()).toMatchObject({ outcome: 'succeeded' })
  expect(await scene.edges()).toEqual([
    'public.raw > app.gone?',
    'public.raw > app.made?',
    'public.raw > public.clean',
    'public.raw > public.loaded',
  ])
  expect(await fieldEdges(engine.store, 'clean')).toEqual([
    'clean.v > v',
    'raw.id > id',
    'raw.secret ~> *',
    'raw.v > v',
  ])
  const texts = await engine.store.sql`select outcome, statements from tidemark.lineage_text where origin = 'log'`
  expect(texts).toHaveLength(6)
  expect(texts.filter(({ outcome }) => outcome !== 'resolved')).toHaveLength(2)
  const everything = await engine.store.sql`
    select jsonb_agg(to_jsonb(t)) as texts, (select jsonb_agg(to_jsonb(f)) from tidemark.lineage_field_edge f) as edges
    from tidemark.lineage_text t`
  expect(JSON.stringify(everything)).not.toContain('hunter2')
  await source.sync()
  expect(log.asked).toEqual([undefined])
})

test('a log is read on from where it was, and what nobody runs any more ends with its time', async () => {
  await using scene = await createScene(['insert into public.clean select id, v from public.raw'], 0)
  const { engine, source, log } = scene
  await source.sync()
  log.queries = []
  await source.sync()
  expect(log.asked).toEqual([undefined, 'read 1'])
  expect(await scene.edges()).toEqual(['public.raw > public.clean'])
  const { sql } = engine.store
  await sql`update tidemark.lineage_edge set last_seen_at = now() - interval '91 days' where origin = 'log'`
  await sql`update tidemark.lineage_text set last_seen_at = now() - interval '91 days' where origin = 'log'`
  expect(await endLogLineage(sql, 100)).toEqual({ deleted: 0, more: false })
  expect(await endLogLineage(sql, 90)).toEqual({ deleted: 2, more: false })
  expect(await scene.edges()).toEqual([])
  expect(
    await sql`select 1 from tidemark.lineage_field_edge f where f.valid_to is null and f.downstream_id in
    (select id from tidemark.asset where name = 'clean')`,
  ).toHaveLength(0)
  expect(await derivedEdges(engine.store)).toHaveLength(1)
})

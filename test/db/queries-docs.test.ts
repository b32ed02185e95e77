import { readFileSync } from 'node:fs'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeSampleTills } from '../../cli/sample/index.ts'
import githubConnector from '../../connectors/github/index.ts'
import postgresConnector from '../../connectors/postgres/index.ts'
import sqliteConnector from '../../connectors/sqlite/index.ts'
import tableauConnector from '../../connectors/tableau/index.ts'
import { recordHealth } from '../../db/health.ts'
import { parseSchedule } from '../../services/schedule-text.ts'
import { makeHome } from '../cli/support.ts'
import { createEngine, type TestEngine } from '../helpers/engine.ts'
import { startFakeGithub } from '../helpers/github/server.ts'
import { buildShop } from '../helpers/github/shop.ts'
import { GithubWorld } from '../helpers/github/world.ts'
import { createDatabase } from '../helpers/store.ts'
import { startFakeTableau } from '../helpers/tableau/server.ts'
import { buildShop as buildSite } from '../helpers/tableau/shop.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
/** The queries of each section, with its title. */
const queries = read('docs/queries.md')
  .split(/^## /m)
  .flatMap((section) =>
    [...section.matchAll(/```sql\n(.*?)```/gs)].map(([, query]): [string, string] => [
      section.split('\n', 1)[0] as string,
      query as string,
    ]),
  )

let engine: TestEngine
let source: Awaited<ReturnType<typeof createDatabase>>

/** The sample company, a month old: since then something was dropped, something changed, something is out of reach. */
beforeAll(async () => {
  source = await createDatabase()
  const shop = postgres(source.url, { max: 1, onnotice: () => {} })
  await shop.unsafe(read('cli/sample/shop.sql'))
  engine = await createEngine([postgresConnector, sqliteConnector, githubConnector, tableauConnector])
  const { sql } = engine.store
  const sampleShop = await engine.addSource(
    postgresConnector,
    { url: source.url, tables: { deny: ['level'] } },
    'sample_shop',
  )
  const tills = await engine.addSource(sqliteConnector, { path: makeSampleTills(makeHome()) }, 'sample_tills')
  await syncCode()
  await syncDashboards()
  await sampleShop.sync()
  await sql`update tidemark.asset_version set valid_from = valid_from - interval '20 days'`
  await sql`update tidemark.sync_run set completed_at = completed_at - interval '20 days'`
  await shop.unsafe(`
    drop table sales.refund;
    create table sales.import (line text);
    create table sales.import_archive () inherits (sales.import);
    grant select on sales.orders to public;
    create function sales.stamp() returns trigger language plpgsql security definer as 'begin return new; end';
    create trigger stamp before insert on sales.import for each row execute function sales.stamp();
    alter table sales.review alter column words type varchar(2000);
    alter table sales.payment drop column method cascade`)
  await sampleShop.sync()
  await recordHealth(sql, {
    sourceId: tills.id,
    failure: { step: 'reach', error: { category: 'source_unavailable', message: 'the file is gone' } },
  })
  await sql`update tidemark.source set schedule = ${sql.json(parseSchedule('every 15m') as never)}, created_at = now() - interval '1 day'
            where id = ${tills.id}`
  await sql`update tidemark.asset_statistic set bytes = bytes + 2000000`
  // The server counts reads of its own accord, such as the scans that make a foreign key.
  await sql`update tidemark.usage set reads = 0 where asset_id in (select asset_id from catalog.tables where table_name = 'review')`
  await sql`
    insert into tidemark.ownership (asset_id, owner, set_by)
    select asset_id, 'sales team', 1 from catalog.tables where table_name = 'orders'`
  await sql`
    update tidemark.lineage_edge set matched_by = 'host_and_port', stale_since = now()
    where valid_to is null
      and downstream_id = (select asset_id from catalog.tables where table_name = 'order_total')
      and upstream_id = (select asset_id from catalog.tables where table_name = 'order_item')`
  await sql`insert into tidemark.tag (organization_id, name) values (1, 'personal data')`
  await sql`
    insert into tidemark.tag_assignment (asset_id, field_key, tag_id, set_by)
    select asset_id, 'email', 1, 1 from catalog.columns where table_name = 'customer' and path = 'email'`
  // A statement of the source's query log, of which not everything is known.
  await sql`
    with text as (
      insert into tidemark.lineage_text (source_id, origin, text_hash, outcome, statements, partial, gaps, derived_at, last_seen_at)
      values (${sampleShop.id}, 'log', '', 'partial', 1, 1,
              ${sql.json([{ reason: 'unknown_column', message: 'which table has the column', statement: '00', line: 1, column: 8, columns: [] }])},
              now(), now())
      returning id
    )
    insert into tidemark.lineage_field_edge (text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence,
      transformation, subtypes, confidence, statement_hash, valid_from)
    select text.id, d.asset_id, column_name, u.asset_id, column_name, 'direct', 'identity', '{IDENTITY}', 1, '', now()
    from text, catalog.tables d, catalog.tables u, unnest(array['order_id', 'email']) as column_name
    where (d.table_name, u.table_name, column_name) in (('order_total', 'order_item', 'order_id'), ('customer_value', 'customer', 'email'))`
  await shop.end()
}, 60_000)

/** A site of Tableau, with a dashboard that is viewed and a story that is not. */
async function syncDashboards(): Promise<void> {
  await using tableau = await startFakeTableau(buildSite())
  const config = { baseUrl: tableau.url, site: 'shop', pat: { name: 'tidemark', secret: 'of the examples' } }
  await (await engine.addSource(tableauConnector, config, 'sample_site')).sync()
}

/** The shop's code, at a host of our own. */
async function syncCode(): Promise<void> {
  const world = new GithubWorld()
  buildShop(world)
  for (const pull of world.repositories.flatMap(({ pulls }) => pulls)) world.check(pull, 'build', 'FAILURE')
  await using github = await startFakeGithub(world, {})
  const sql = [{ dialect: 'postgres', namespace: 'postgres://db:5432', database: 'shop', schemas: ['public'] }]
  const config = { baseUrl: github.url, owners: ['acme'], token: 'any', sql }
  const code = await engine.addSource(githubConnector, config, 'code')
  await code.sync()
}

afterAll(async () => {
  await engine[Symbol.asyncDispose]()
  await source[Symbol.asyncDispose]()
})

test.each(queries)('%s: %s', async (_title, query) => {
  const rows = await engine.store.sql.unsafe(query.replaceAll('sample_shop', source.name))
  expect(rows.length).toBeGreaterThan(0)
})

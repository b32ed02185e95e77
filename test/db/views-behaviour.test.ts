import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../db/store.ts'
import { nextTime, parseSchedule, type Schedule } from '../../services/schedule-text.ts'
import { createStore } from '../helpers/store.ts'

/**
 * A shop: `orders` was called `Old Orders` in March; `gone` was dropped in March; `ghost` was dropped in March too, but
 * something still reads it, so it is a placeholder that has lost its levels; `elsewhere` was never crawled.
 */
const STORE = `
  set time zone 'UTC';
  insert into tidemark.principal (organization_id, name) select id, 'ada' from tidemark.organization;
  insert into tidemark.namespace (organization_id, name) select id, unnest(array['postgres://db:5432', 's3://lake'])
    from tidemark.organization;
  insert into tidemark.source (organization_id, name, connector, namespace_id, config, secrets, data_key, master_key_id,
                               schedule, labels, created_by)
  select 1, name, 'postgres', 1, '{}', '', '', 'key', schedule, '{"team": "web"}', 1
  from (values ('shop', '{"text": "every 15 minutes"}'::jsonb), ('replica', null)) as s (name, schedule);
  insert into tidemark.sync_run (source_id, mode, trigger, actor_id, config_version, shape, filter, lease_owner,
    lease_until, started_at, completed_at, outcome, scopes, added, error)
  select 1, mode, 'schedule', 1, 1, '', '', 'worker', 'now', started, ended, outcome, 1, 5, error::jsonb
  from (values
    ('full', timestamptz '2026-02-01 00:00Z', timestamptz '2026-02-01 00:01:30.5Z', 'succeeded', null),
    ('incremental', '2026-03-01 00:00Z', '2026-03-01 00:02Z', 'succeeded', null),
    ('incremental', '2026-03-02 00:00Z', '2026-03-02 00:02Z', 'failed', '{"category": "auth", "message": "no entry"}'),
    ('plan', '2026-03-03 00:00Z', '2026-03-03 00:02Z', 'succeeded', null),
    ('incremental', '2026-03-04 00:00Z', null, null, null)) as r (mode, started, ended, outcome, error);

  insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, database_name, schema_name,
    parent_id, native_id, owner, placeholder, first_seen_at, changed_at, removed_at)
  values
    (1, 'container', 'shop', 'database', '{shop}', 'shop', 'shop', 'shop', null, null, '1', 'dba', false, '2026-02-01', '2026-02-01', null),
    (1, 'container', 'shop.app', 'schema', '{shop,app}', 'shop.app', 'app', 'shop', 'app', 1, '2', 'dba', false, '2026-02-01', '2026-02-01', null),
    (1, 'relation', 'shop.app.orders', 'table', '{shop,app,orders}', 'shop.app.orders', 'orders', 'shop', 'app', 2, '3', 'app', false, '2026-02-01', '2026-03-01', null),
    (1, 'relation', 'shop.app.customers', 'table', '{shop,app,customers}', 'shop.app.customers', 'customers', 'shop', 'app', 2, '4', 'app', false, '2026-02-01', '2026-02-01', null),
    (1, 'relation', 'shop.app.sales', 'view', '{shop,app,sales}', 'shop.app.sales', 'sales', 'shop', 'app', 2, '5', 'app', false, '2026-02-01', '2026-02-01', null),
    (1, 'relation', 'shop.app.gone', 'table', '{shop,app,gone}', 'shop.app.gone', 'gone', 'shop', 'app', null, '6', 'app', false, '2026-02-01', '2026-03-01', '2026-03-01'),
    (1, 'relation', 'shop.app.ghost', null, '{shop,app,ghost}', 'shop.app.ghost', 'ghost', null, null, null, null, null, true, '2026-02-01', '2026-03-01', null),
    (2, 'relation', 'elsewhere', null, '{elsewhere}', 'elsewhere', 'elsewhere', null, null, null, null, null, true, '2026-02-01', '2026-02-01', null),
    (1, 'routine', 'shop.app.refresh', 'function', '{shop,app,refresh}', 'shop.app.refresh', 'refresh', 'shop', 'app', 2, '7', 'app', false, '2026-02-01', '2026-02-01', null);
  insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable, removed_at)
  values
    (3, 'id', 'id', '{id}', 1, 'bigint', 'integer', false, null),
    (3, 'ship', 'ship', '{ship}', 2, 'record', 'struct', true, null),
    (3, 'ship.id', 'id', '{ship,id}', 3, 'text', 'string', true, null),
    (3, 'note', 'note', '{note}', 4, 'text', 'string', true, '2026-03-01'),
    (4, 'id', 'id', '{id}', 1, 'bigint', 'integer', false, null),
    (6, 'id', 'id', '{id}', 1, 'bigint', 'integer', false, null);
  insert into tidemark.asset_constraint (asset_id, kind, name, columns, referenced_namespace_id, referenced_group,
    referenced_key, referenced_display, referenced_columns, origin, confidence)
  values
    (3, 'primary key', 'orders_pk', '{id}', null, null, null, null, null, 'declared', 1),
    (3, 'foreign key', 'to_customers', '{customer}', 1, 'relation', 'shop.app.customers', 'shop.app.customers', '{id}', 'inferred', 0.7),
    (3, 'foreign key', 'to_gone', '{gone}', 1, 'relation', 'shop.app.gone', 'shop.app.gone', '{id}', 'declared', 1);
  insert into tidemark.asset_index (asset_id, name, columns, is_unique, is_primary)
  values (3, 'orders_pk', '{id}', true, true), (6, 'gone_pk', '{id}', true, true);
  insert into tidemark.definition values (5, 'sql', 'select 1');
  insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
    upstream_display, upstream_id, origin, source_id, valid_from, valid_to, last_seen_at)
  values
    (5, 1, 'relation', 'shop.app.orders', '{}', 'shop.app.orders', 3, 'catalogue', 1, '2026-02-01', null, '2026-02-01'),
    (5, 1, 'relation', 'shop.app.ghost', '{}', 'shop.app.ghost', 7, 'catalogue', 1, '2026-02-01', null, '2026-02-01'),
    (5, 1, 'relation', 'shop.app.new', '{}', 'shop.app.new', null, 'catalogue', 1, '2026-03-01', null, '2026-03-01'),
    (5, 1, 'relation', 'shop.app.gone', '{}', 'shop.app.gone', 6, 'catalogue', 1, '2026-02-01', '2026-03-01', '2026-02-01');

  insert into tidemark.scope (source_id, key, name, status) select id, 'shop', 'shop', 'included' from tidemark.source;
  insert into tidemark.inventory (scope_id, key)
  select s.id, a.display from tidemark.scope s, tidemark.asset a where a.removed_at is null and not a.placeholder;
  insert into tidemark.claim (item_id, asset_id, scope_id, source_id, writes, run_id)
  select i.id, a.id, s.id, s.source_id, s.source_id = 1, 1
  from tidemark.inventory i join tidemark.scope s on s.id = i.scope_id join tidemark.asset a on a.display = i.key
  where s.source_id = 1 or a.name = 'orders';
  insert into tidemark.change (changed_at, run_id, source_id, asset_id, display, operation, before, after)
  values ('2026-03-01', 2, 1, 3, 'shop.app.orders', 'renamed', '{"name": "old"}', '{"name": "new"}');

  insert into tidemark.asset_version (asset_id, valid_from, valid_to, run_id, record)
  values
    (3, '2026-02-01', '2026-03-01', 1, '{"kind": "table", "path": ["shop", "App.x", "Old \\"Orders"], "nativeId": "3",
       "comment": "as it was", "constraints": [{"kind": "primary key", "name": "pk", "columns": ["id"]},
                                               {"kind": "unique", "name": "u", "columns": ["note"]}],
       "fields": [{"name": "id", "position": 1, "nativeType": "integer", "type": "integer", "nullable": false, "default": "1"},
                  {"name": "note", "position": 2, "nativeType": "text", "type": "string", "nullable": true},
                  {"name": "id", "path": ["ship", "id"], "position": 3, "nativeType": "text", "type": "string", "nullable": true}]}'),
    (3, '2026-03-01', null, 2, '{"kind": "table", "path": ["shop", "app", "orders"], "properties": {"a": 1},
       "fields": [{"name": "id", "position": 1, "nativeType": "bigint", "type": "integer", "nullable": false}]}'),
    (5, '2026-02-01', null, 1, '{"kind": "view", "path": ["shop", "app", "sales"], "owner": "app",
       "definition": {"language": "sql", "text": "select 1"}}'),
    (6, '2026-02-01', '2026-03-01', 1, '{"kind": "table", "path": ["shop", "app", "gone"]}'),
    (7, '2026-02-01', '2026-03-01', 1, '{"kind": "table", "path": ["shop", "app", "ghost"]}'),
    (9, '2026-02-01', null, 1, '{"kind": "function", "path": ["shop", "app", "refresh"]}');`

let store: Store

beforeAll(async () => {
  store = await createStore()
  await store.sql.unsafe(STORE)
})

afterAll(async () => {
  await store.close()
})

const rows = async (query: string) => [...(await store.sql.unsafe(query))]

describe('the catalog tells', () => {
  test('sources with their last closed sync and what they hold', async () => {
    const [replica, shop] = await rows('select * from catalog.sources order by source')
    expect(shop).toMatchObject({
      source: 'shop',
      organization: 'default',
      namespace: 'postgres://db:5432',
      status: 'active',
      schedule: 'every 15 minutes',
      last_sync_status: 'failed',
      last_sync_at: new Date('2026-03-02T00:02Z'),
      last_success_at: new Date('2026-03-01T00:02Z'),
      assets: 6,
      labels: { team: 'web' },
    })
    expect(replica).toMatchObject({
      schedule: null,
      last_sync_at: null,
      last_sync_status: null,
      next_sync_at: null,
      last_success_at: null,
      assets: 1,
    })
  })

  test.each([
    ['every 15m'],
    ['every 6h offset 20m'],
    ['@hourly'],
    ['30 4 * * mon-fri'],
    ['15 3 29 2 *'],
    ['0 6 13 * fri'],
    ['*/5 8-18 1,15 */2 *'],
  ])('when the schedule %s is due next', async (text) => {
    const schedule = parseSchedule(text)
    await store.sql.begin(async (tx) => {
      await tx`update tidemark.source set schedule = ${tx.json(schedule as never)} where name = 'replica'`
      const [row] = await tx`select now(), next_sync_at from catalog.sources where source = 'replica'`
      expect(row?.next_sync_at).toEqual(nextTime(schedule as Schedule, row?.now))
      await tx`update tidemark.source set schedule = null where name = 'replica'`
    })
  })

  test('no next sync while paused or in a time zone of its own', async () => {
    const next = (status: string, text: string) =>
      store.sql.begin(async (tx) => {
        await tx`update tidemark.source set schedule = ${tx.json(parseSchedule(text) as never)}, status = ${status}
                 where name = 'replica'`
        const [row] = await tx`select next_sync_at from catalog.sources where source = 'replica'`
        await tx`update tidemark.source set schedule = null, status = 'active' where name = 'replica'`
        return row?.next_sync_at
      })
    expect(await next('paused', 'every 15m')).toBeNull()
    expect(await next('active', '@daily in Europe/Berlin')).toBeNull()
  })

  test('live schemas with the number of their tables', async () => {
    expect(await rows('select source, database_name, schema_name, owner, tables from catalog.schemas')).toEqual([
      { source: 'shop', database_name: 'shop', schema_name: 'app', owner: 'dba', tables: 3 },
    ])
  })

  test('live tables and views, one row each however many sources claim them', async () => {
    const tables = await rows('select * from catalog.tables order by asset')
    expect(tables.map((table) => [table.asset, table.kind, table.source, table.columns])).toEqual([
      ['shop.app.customers', 'table', 'shop', 1],
      ['shop.app.orders', 'table', 'shop', 3],
      ['shop.app.sales', 'view', 'shop', 0],
    ])
    expect(tables[1]).toMatchObject({
      asset_id: 3,
      namespace: 'postgres://db:5432',
      database_name: 'shop',
      schema_name: 'app',
      table_name: 'orders',
      row_count: null,
      bytes: null,
      definition: null,
      native_id: '3',
    })
    expect(tables[2]).toMatchObject({ definition: 'select 1' })
  })

  test('live columns, nested ones by their path', async () => {
    const columns = await rows('select * from catalog.columns order by asset_id, position')
    expect(
      columns.map((column) => [column.table_name, column.column_name, column.path, column.is_primary_key]),
    ).toEqual([
      ['orders', 'id', 'id', true],
      ['orders', 'ship', 'ship', false],
      ['orders', 'id', 'ship.id', false],
      ['customers', 'id', 'id', false],
    ])
  })

  test('constraints, and where foreign keys lead while it is live', async () => {
    const keys = await rows('select * from catalog.constraints order by constraint_name')
    expect(
      keys.map((key) => [key.constraint_name, key.referenced_asset_id, key.referenced_asset, key.confidence]),
    ).toEqual([
      ['orders_pk', null, null, '1'],
      ['to_customers', 4, 'shop.app.customers', '0.7'],
      ['to_gone', null, 'shop.app.gone', '1'],
    ])
  })

  test('indexes of live tables', async () => {
    expect(await rows('select table_name, index_name, columns, is_unique, is_primary from catalog.indexes')).toEqual([
      { table_name: 'orders', index_name: 'orders_pk', columns: ['id'], is_unique: true, is_primary: true },
    ])
  })

  test('assets of every kind, removed ones and placeholders too', async () => {
    const assets = await rows('select * from catalog.assets order by asset_id')
    expect(assets.map((asset) => [asset.kind, asset.asset, asset.source, asset.parent, asset.placeholder])).toEqual([
      ['database', 'shop', 'shop', null, false],
      ['schema', 'shop.app', 'shop', 'shop', false],
      ['table', 'shop.app.orders', 'shop', 'shop.app', false],
      ['table', 'shop.app.customers', 'shop', 'shop.app', false],
      ['view', 'shop.app.sales', 'shop', 'shop.app', false],
      ['table', 'shop.app.gone', 'shop', null, false],
      [null, 'shop.app.ghost', null, null, true],
      [null, 'elsewhere', null, null, true],
      ['function', 'shop.app.refresh', 'shop', 'shop.app', false],
    ])
    expect(assets.filter((asset) => asset.removed_at !== null).map((asset) => asset.asset)).toEqual(['shop.app.gone'])
  })

  test('live lineage, resolved or not yet', async () => {
    expect(
      await rows('select upstream_id, upstream, downstream, source from catalog.lineage order by upstream'),
    ).toEqual([
      { upstream_id: 7, upstream: 'shop.app.ghost', downstream: 'shop.app.sales', source: 'shop' },
      { upstream_id: null, upstream: 'shop.app.new', downstream: 'shop.app.sales', source: 'shop' },
      { upstream_id: 3, upstream: 'shop.app.orders', downstream: 'shop.app.sales', source: 'shop' },
    ])
  })

  test('the history of syncs, running ones and plans included', async () => {
    const runs = await rows('select * from catalog.sync_history order by run_id')
    expect(runs.map((run) => [run.mode, run.outcome, run.duration_seconds, run.error_category])).toEqual([
      ['full', 'succeeded', '90.500', null],
      ['incremental', 'succeeded', '120.000', null],
      ['incremental', 'failed', '120.000', 'auth'],
      ['plan', 'succeeded', '120.000', null],
      ['incremental', null, null, null],
    ])
    expect(runs[2]).toMatchObject({
      source: 'shop',
      trigger: 'schedule',
      actor: 'ada',
      added: 5,
      error_message: 'no entry',
    })
  })

  test('changes, before their severity is known too', async () => {
    expect(
      await rows('select source, asset, column_name, operation, severity, before, baseline from catalog.changes'),
    ).toEqual([
      {
        source: 'shop',
        asset: 'shop.app.orders',
        column_name: null,
        operation: 'renamed',
        severity: null,
        before: { name: 'old' },
        baseline: false,
      },
    ])
  })
})

describe('how the sources do', () => {
  const stale = (schedule: string | null, lastSuccess: string) =>
    store.sql.begin(async (tx) => {
      await tx`update tidemark.source set schedule = ${schedule === null ? null : tx.json(parseSchedule(schedule) as never)}
               where name = 'shop'`
      await tx`update tidemark.sync_run set completed_at = now() - ${lastSuccess}::interval where id = 2`
      const [row] = await tx`select * from catalog.freshness where source = 'shop'`
      await tx`update tidemark.source set schedule = '{"text": "every 15 minutes"}' where name = 'shop'`
      await tx`update tidemark.sync_run set completed_at = '2026-03-01 00:02Z' where id = 2`
      return row
    })

  test.each([
    ['every 15m', '20 minutes', 900, false],
    ['every 15m', '25 minutes', 900, true],
    ['@hourly', '80 minutes', 3600, false],
    ['@hourly in Europe/Berlin', '2 hours', 3600, true],
    ['0 3 * * *', '30 hours', 86_400, false],
    ['0 3 * * *', '38 hours', 86_400, true],
    ['0 3 1 1 *', '300 days', 365 * 86_400, false],
  ])('%s, last synced %s ago', async (schedule, ago, expected, isStale) => {
    const row = await stale(schedule, ago)
    expect(row?.stale).toBe(isStale)
    expect(Math.abs(row?.expected_seconds - expected)).toBeLessThanOrEqual(86_400)
    expect(row?.age_seconds).toBeGreaterThan(0)
  })

  test('what is synced on working days alone is not stale over the week-end', async () => {
    const row = await stale('0 3 * * mon-fri', '1 hour')
    expect([1, 3]).toContain(row?.expected_seconds / 86_400)
  })

  test('without a schedule nothing is expected', async () => {
    expect(await stale(null, '100 days')).toMatchObject({ expected_seconds: null, stale: null })
  })

  test('health is the last transition; none ever: healthy', async () => {
    await store.sql.begin(async (tx) => {
      await tx`insert into tidemark.health_check (source_id, at, healthy, step, message) values
               (1, '2026-03-01Z', false, 'reach', 'no route'), (1, '2026-03-02Z', true, null, null),
               (1, '2026-03-03Z', false, 'sign-in', 'no entry')`
      const health = await tx`select source, healthy, step, message, since from catalog.health order by source`
      expect([...health]).toMatchObject([
        { source: 'replica', healthy: true, step: null },
        { source: 'shop', healthy: false, step: 'sign-in', message: 'no entry', since: new Date('2026-03-03Z') },
      ])
      await tx`delete from tidemark.health_check`
    })
  })
})

describe('as of a time', () => {
  test('tables are those observed then, by the names of then', async () => {
    const then = await rows(`select * from catalog.tables_as_of('2026-02-15 00:00Z') order by asset_id`)
    expect(then.map((table) => [table.asset_id, table.asset, table.source, table.kind])).toEqual([
      [3, 'shop."App.x"."Old ""Orders"', 'shop', 'table'],
      [5, 'shop.app.sales', 'shop', 'view'],
      [6, 'shop.app.gone', 'shop', 'table'],
      [7, 'shop.app.ghost', 'shop', 'table'],
    ])
    expect(then[0]).toMatchObject({
      database_name: 'shop',
      schema_name: 'App.x',
      table_name: 'Old "Orders',
      comment: 'as it was',
      columns: 3,
      native_id: '3',
      properties: {},
      first_seen_at: new Date('2026-02-01'),
      changed_at: new Date('2026-02-01'),
    })
    expect(then[1]).toMatchObject({ columns: 0, definition: 'select 1', owner: 'app' })
  })

  test('a placeholder that was a table has the levels of its kind', async () => {
    expect(
      await rows(
        `select database_name, schema_name, table_name from catalog.tables_as_of('2026-02-15 00:00Z') where asset_id = 7`,
      ),
    ).toEqual([{ database_name: 'shop', schema_name: 'app', table_name: 'ghost' }])
  })

  test('a version holds from its first instant to just before its last', async () => {
    const names = async (at: string) =>
      (await rows(`select table_name from catalog.tables_as_of('${at}') order by asset_id`)).map(
        (row) => row.table_name,
      )
    const start = (await rows(`select valid_from::text as at from tidemark.asset_version where asset_id = 5`))[0]?.at
    expect(await names(start)).toEqual(['Old "Orders', 'sales', 'gone', 'ghost'])
    expect(await names('2025-01-01')).toEqual([])
    expect(await names('2026-03-01 00:00Z')).toEqual(['orders', 'sales'])
    expect(await names('infinity')).toEqual(['orders', 'sales'])
  })

  test('columns are those observed then', async () => {
    const then = await rows(`select * from catalog.columns_as_of('2026-02-15 00:00Z') order by position`)
    expect(
      then.map((column) => [
        column.table_name,
        column.column_name,
        column.path,
        column.native_type,
        column.is_primary_key,
      ]),
    ).toEqual([
      ['Old "Orders', 'id', 'id', 'integer', true],
      ['Old "Orders', 'note', 'note', 'text', false],
      ['Old "Orders', 'id', 'ship.id', 'text', false],
    ])
    expect(then[0]).toMatchObject({
      schema_name: 'App.x',
      default_value: '1',
      nullable: false,
      properties: {},
      source: 'shop',
    })
    expect(await rows(`select path, native_type, is_primary_key from catalog.columns_as_of('2026-03-02')`)).toEqual([
      { path: 'id', native_type: 'bigint', is_primary_key: false },
    ])
  })
})

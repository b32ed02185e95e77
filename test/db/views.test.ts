import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../db/store.ts'
import { createStore } from '../helpers/store.ts'

const TABLES = `asset_id bigint, source text, namespace text, database_name text, schema_name text, table_name text,
  asset text, kind text, owner text, comment text, columns integer, row_count bigint, bytes bigint, definition text,
  native_id text, properties jsonb, first_seen_at timestamptz, changed_at timestamptz`
const COLUMNS = `asset_id bigint, source text, database_name text, schema_name text, table_name text, column_name text,
  position integer, path text, native_type text, type text, nullable boolean, default_value text, generated text,
  is_primary_key boolean, comment text, properties jsonb`

/** What others build on. Columns may be added at the end; nothing else here may ever change. */
const CONTRACT: Readonly<Record<string, string>> = {
  sources: `source text, connector text, organization text, namespace text, status text, schedule text,
    last_sync_at timestamptz, last_sync_status text, next_sync_at timestamptz, last_success_at timestamptz,
    assets integer, labels jsonb, created_at timestamptz`,
  schemas: `asset_id bigint, source text, database_name text, schema_name text, owner text, comment text, tables integer,
    first_seen_at timestamptz, changed_at timestamptz`,
  tables: TABLES,
  columns: COLUMNS,
  constraints: `asset_id bigint, source text, database_name text, schema_name text, table_name text,
    constraint_name text, kind text, columns text[], referenced_asset_id bigint, referenced_asset text,
    referenced_columns text[], definition text, origin text, confidence numeric`,
  indexes: `asset_id bigint, source text, database_name text, schema_name text, table_name text, index_name text,
    columns text[], is_unique boolean, is_primary boolean, definition text`,
  functions: `asset_id bigint, source text, database_name text, schema_name text, function_name text, arguments text,
    returns text, language text, definition text, comment text, asset text, kind text, owner text, properties jsonb,
    first_seen_at timestamptz, changed_at timestamptz`,
  facets: `asset_id bigint, source text, database_name text, schema_name text, asset text, asset_kind text, kind text,
    name text, body jsonb`,
  assets: `asset_id bigint, source text, namespace text, kind text, asset text, parent_id bigint, parent text, owner text,
    comment text, url text, properties jsonb, placeholder boolean, first_seen_at timestamptz, changed_at timestamptz,
    removed_at timestamptz`,
  repositories: `asset_id bigint, source text, namespace text, owner_name text, repository_name text, asset text,
    visibility text, default_branch text, topics text[], languages text[], license text, archived boolean, fork boolean,
    owner text, comment text, url text, native_id text, properties jsonb, first_seen_at timestamptz, changed_at timestamptz`,
  files: `asset_id bigint, source text, namespace text, repository_id bigint, repository text, path text, asset text,
    kind text, sha text, bytes bigint, fields integer, owner text, definition text, url text, properties jsonb,
    first_seen_at timestamptz, changed_at timestamptz`,
  pull_requests: `asset_id bigint, source text, repository_id bigint, repository text, number integer, title text,
    state text, draft boolean, author text, base text, head text, labels text[], review_decision text, files text[],
    changed_files integer, merge_commit text, created_at timestamptz, updated_at timestamptz, merged_at timestamptz,
    comment text, url text, properties jsonb, checks text, checks_passed integer, checks_failed integer,
    checks_pending integer, checks_at timestamptz`,
  dashboards: `asset_id bigint, source text, namespace text, project_name text, workbook_id bigint, workbook text,
    dashboard_name text, asset text, kind text, sheets integer, views bigint, last_viewed_at timestamptz, tags text[],
    owner text, comment text, url text, native_id text, properties jsonb, first_seen_at timestamptz,
    changed_at timestamptz`,
  lineage: `upstream_id bigint, upstream text, downstream_id bigint, downstream text, origin text, source text,
    first_seen_at timestamptz, last_seen_at timestamptz`,
  column_lineage: `upstream_id bigint, upstream text, upstream_column text, downstream_id bigint, downstream text,
    downstream_column text, influence text, transformation text, expression text, origin text, confidence real`,
  lineage_coverage: `source text, statements bigint, resolved bigint, partial bigint, failed bigint,
    unresolved_references bigint`,
  usage: `asset_id bigint, asset text, source text, reads bigint, writes bigint, users bigint, last_read_at timestamptz,
    last_written_at timestamptz, since timestamptz, taken_at timestamptz`,
  sync_history: `run_id bigint, source text, trigger text, mode text, outcome text, started_at timestamptz,
    completed_at timestamptz, duration_seconds numeric, scopes integer, gaps integer, listed integer, described integer,
    added integer, changed integer, renamed integer, removed integer, proposed integer, requests integer, bytes bigint,
    cost numeric, error_category text, error_message text, actor text, throttles integer, budget jsonb`,
  changes: `change_id bigint, changed_at timestamptz, run_id bigint, source text, asset_id bigint, asset text,
    column_name text, operation text, severity text, before jsonb, after jsonb, baseline boolean`,
  freshness: `source text, last_success_at timestamptz, age_seconds bigint, expected_seconds bigint, stale boolean`,
  health: `source text, healthy boolean, since timestamptz, step text, message text`,
  owners: `asset_id bigint, asset text, kind text, owner text, origin text, set_by text, set_at timestamptz`,
  tags: `asset_id bigint, asset text, kind text, column_name text, tag text, description text, set_by text,
    set_at timestamptz`,
}
const FUNCTIONS: Readonly<Record<string, string>> = {
  'tables_as_of(at timestamp with time zone)': 'tables',
  'columns_as_of(at timestamp with time zone)': 'columns',
  'upstream(asset text, depth integer DEFAULT 10)':
    'TABLE(asset_id bigint, asset text, kind text, depth integer, path text[])',
  'downstream(asset text, depth integer DEFAULT 10)':
    'TABLE(asset_id bigint, asset text, kind text, depth integer, path text[])',
  'impact(asset text, column_name text DEFAULT NULL::text)':
    'TABLE(asset_id bigint, asset text, kind text, column_name text, depth integer, owner text, path text[])',
  'search(query text, kinds text[] DEFAULT NULL::text[], max integer DEFAULT 50)':
    'TABLE(asset_id bigint, asset text, kind text, matched text, rank real)',
}

let store: Store

beforeAll(async () => {
  store = await createStore()
})

afterAll(async () => {
  await store.close()
})

/** Columns of every view as `name type`, in order, those without a comment marked. */
async function readViews(): Promise<Record<string, string[]>> {
  const rows = await store.sql<{ view: string; columns: string[] }[]>`
    select c.relname as view, array_agg(
             a.attname || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz')
             || case when col_description(c.oid, a.attnum) is null then ' (no comment)' else '' end
             order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
    where c.relnamespace = 'catalog'::regnamespace group by c.relname`
  return Object.fromEntries(rows.map((row) => [row.view, row.columns]))
}

describe('the contract', () => {
  test.each(Object.entries(CONTRACT))('catalog.%s begins with the columns promised', async (view, columns) => {
    const promised = columns.split(',').map((column) => column.trim().replace(/\s+/g, ' '))
    expect((await readViews())[view]?.slice(0, promised.length)).toEqual(promised)
  })

  test('every column, view, function and the schema have a comment', async () => {
    expect(
      Object.values(await readViews())
        .flat()
        .filter((column) => column.endsWith('(no comment)')),
    ).toEqual([])
    const silent = await store.sql`
      select relname as name from pg_class
      where relnamespace = 'catalog'::regnamespace and obj_description(oid, 'pg_class') is null
      union all select proname from pg_proc
      where pronamespace = 'catalog'::regnamespace and obj_description(oid, 'pg_proc') is null
      union all select nspname from pg_namespace where nspname = 'catalog' and obj_description(oid, 'pg_namespace') is null`
    expect([...silent]).toEqual([])
  })

  test('the functions take and return what was promised', async () => {
    const functions = await store.sql<{ signature: string; returns: string; volatility: string }[]>`
      select proname || '(' || pg_get_function_arguments(oid) || ')' as signature,
             replace(pg_get_function_result(oid), 'SETOF catalog.', '') as returns, provolatile as volatility
      from pg_proc where pronamespace = 'catalog'::regnamespace`
    const found = Object.fromEntries(functions.map((row) => [row.signature, row.returns]))
    expect(found).toMatchObject(FUNCTIONS)
    expect(functions.every((row) => row.volatility === 's')).toBe(true)
  })

  test('the views can be applied again, and nothing in them drops anything', async () => {
    const folder = fileURLToPath(new URL('../../db/views/', import.meta.url))
    const text = readdirSync(folder)
      .sort()
      .map((name) => readFileSync(folder + name, 'utf8'))
    await store.sql.begin(async (tx) => {
      await tx.unsafe(`create view public.theirs as select t.asset from catalog.tables t;
                       create view public.older as select * from catalog.columns_as_of('2026-01-01')`)
      await tx.unsafe(text.join('\n'))
      await tx.unsafe('drop view public.theirs, public.older')
    })
    expect(text.join('\n')).not.toMatch(/^\s*drop\s/im)
  })
})

describe('docs/queries.md', () => {
  const text = readFileSync(new URL('../../docs/queries.md', import.meta.url), 'utf8')
  const queries = [...text.matchAll(/```sql\n(.*?)```/gs)].map((match) => match[1] as string)

  test('has an example of every view and function', async () => {
    const rows = await store.sql<{ name: string }[]>`
      select relname as name from pg_class where relnamespace = 'catalog'::regnamespace
      union select proname from pg_proc where pronamespace = 'catalog'::regnamespace`
    const shown = new Set([...queries.join('\n').matchAll(/catalog\.(\w+)/g)].map((match) => match[1]))
    expect(rows.map((row) => row.name).filter((name) => !shown.has(name))).toEqual([])
  })
})

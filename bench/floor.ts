import { pipeline } from 'node:stream/promises'
import postgres from 'postgres'
import { relationStamps } from '../connectors/postgres/queries/fingerprint.sql.ts'
import { migrateStore } from '../db/migrate.ts'
import { openStore } from '../db/store.ts'
import { withDatabase } from './servers.ts'

const RELATIONS = `pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence <> 't'`

const names = (relation: string, numbers: string) =>
  `array(select a.attname from unnest(${numbers}) with ordinality u (number, place)
    join pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number order by u.place)`

/** What the connector reads of a catalogue, one flat row each: into which table, which columns, by which query. */
const COPIES = (schemas: string): readonly (readonly [table: string, columns: string, query: string])[] => [
  [
    'inventory',
    'scope_id, native_id, key, fingerprint',
    `select 1, oid, schema || '.' || name, decode(fingerprint, 'hex') from (${relationStamps(`c.relnamespace = any('{${schemas}}'::oid[])`)}) f`,
  ],
  [
    'asset',
    `id, namespace_id, kind_group, name_key, kind, path, display, name, database_name, schema_name, parent_group,
     parent_key, native_id, owner, comment, placeholder`,
    `select c.oid::bigint, 1, 'relation', n.nspname || '.' || c.relname, c.relkind,
      array[current_database(), n.nspname, c.relname], current_database() || '.' || n.nspname || '.' || c.relname,
      c.relname, current_database(), n.nspname, 'container', n.nspname, c.oid, r.rolname, d.description, false
    from ${RELATIONS} join pg_roles r on r.oid = c.relowner
      left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0`,
  ],
  [
    'field',
    'asset_id, name_key, name, path, position, native_type, type, nullable, default_value, generated, comment, native_id',
    `select c.oid::bigint, a.attname, a.attname, array[a.attname], a.attnum, format_type(a.atttypid, a.atttypmod),
      t.typcategory, not a.attnotnull, pg_get_expr(e.adbin, e.adrelid), nullif(concat(a.attidentity, a.attgenerated), ''),
      d.description, a.attnum
    from ${RELATIONS} join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      left join pg_attrdef e on e.adrelid = c.oid and e.adnum = a.attnum
      left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = a.attnum`,
  ],
  [
    'asset_constraint',
    `asset_id, kind, name, columns, referenced_namespace_id, referenced_group, referenced_key, referenced_display,
     referenced_columns, definition, origin, confidence`,
    `select c.oid::bigint, k.contype, k.conname, ${names('c.oid', 'k.conkey')}, case when k.confrelid <> 0 then 1 end,
      case when k.confrelid <> 0 then 'relation' end, fn.nspname || '.' || f.relname, fn.nspname || '.' || f.relname,
      case when k.confrelid <> 0 then ${names('k.confrelid', 'k.confkey')} end, pg_get_constraintdef(k.oid), 'declared', 1
    from ${RELATIONS} join pg_constraint k on k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c', 'x')
      left join pg_class f on f.oid = k.confrelid left join pg_namespace fn on fn.oid = f.relnamespace`,
  ],
  [
    'asset_index',
    'asset_id, name, columns, is_unique, is_primary, definition',
    `select c.oid::bigint, x.relname, ${names('c.oid', 'i.indkey')}, i.indisunique, i.indisprimary,
      pg_get_indexdef(i.indexrelid)
    from ${RELATIONS} join pg_index i on i.indrelid = c.oid join pg_class x on x.oid = i.indexrelid`,
  ],
  [
    'definition',
    'asset_id, language, text',
    `select c.oid::bigint, 'sql', pg_get_viewdef(c.oid) from ${RELATIONS} where c.relkind in ('v', 'm')`,
  ],
  [
    'lineage_edge',
    `downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path, upstream_display, origin,
     source_id, valid_from, last_seen_at`,
    `select distinct c.oid::bigint, 1, 'relation', un.nspname || '.' || u.relname,
      array[current_database(), un.nspname, u.relname], un.nspname || '.' || u.relname, 'catalogue', 1, now(), now()
    from ${RELATIONS} join pg_rewrite w on w.ev_class = c.oid and w.ev_type = '1'
      join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid and d.refclassid = 'pg_class'::regclass
      join pg_class u on u.oid = d.refobjid and u.oid <> c.oid join pg_namespace un on un.oid = u.relnamespace`,
  ],
]

/**
 * The least that a crawl could cost: the same facts read from the same catalogue with the same functions, and copied into
 * tables with the same columns and indexes as the store's. Nothing is compared, hashed or turned into JSON.
 */
export async function measureFloor(sourceUrl: string, storeServer: string, database: string): Promise<number> {
  const admin = postgres(storeServer, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${database}`)
  await admin.end()
  const url = withDatabase(storeServer, database)
  await migrateStore(url)
  await using source = openStore(sourceUrl, { connections: 1 })
  await using store = openStore(url, { connections: 1 })
  const schemas = await source.sql<{ oids: string }[]>`
    select string_agg(oid::text, ',') as oids from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`
  const copies = COPIES(schemas[0]?.oids ?? '')
  await store.sql`create schema floor`
  for (const [table] of copies) {
    await store.sql.unsafe(`create table floor.${table} (like tidemark.${table} including all)`)
  }
  const started = performance.now()
  for (const [table, columns, query] of copies) {
    const from = await source.sql.unsafe(`copy (${query}) to stdout`).readable()
    await pipeline(from, await store.sql.unsafe(`copy floor.${table} (${columns}) from stdin`).writable())
  }
  return (performance.now() - started) / 1000
}

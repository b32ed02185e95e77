/** Count and sum of the row stamps of one catalogue. */
const stamps = (catalogue: string, id: string, condition = 'true') =>
  `select '${catalogue}' || row(count(*), sum(hashint8extended(xmin::text::bigint, ${id})))::text from ${catalogue} where ${condition}`
const RELATIONS = 'select oid from rel'

/**
 * The fingerprint of a whole database: count and sum of row hashes per catalogue. Whatever a record or an item's
 * fingerprint reads comes from one of these rows. Rows whose `xmin` moves without meaning (pg_class under TRUNCATE,
 * VACUUM FULL and GRANT; indexes under REINDEX) are hashed by content instead. Temporary and toast relations are left
 * out, so that sessions' scratch tables move nothing. `pg_depend` needs no hash: its rows change with their owner's.
 */
export const GATE = `
with space as materialized (
  select oid, nspname, nspowner from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), rel as materialized (
  select c.oid, c.relowner, c.relkind, hashtextextended(row(c.relname, c.relnamespace, c.relkind, c.relpersistence,
    c.relowner, c.reltablespace, c.relam, c.relispopulated, c.relreplident, c.relispartition, c.reloptions,
    c.relpartbound::text)::text, c.oid::bigint) h
  from pg_class c where c.relpersistence <> 't' and c.relnamespace in (select oid from space)
), part(h) as (
  select 'rel' || row(count(*), sum(h))::text from rel
  union all select 'space' || row(count(*), sum(hashtextextended(row(nspname, nspowner)::text, oid::bigint)))::text from space
  union all ${[
    stamps(
      'pg_attribute',
      'attrelid::bigint * 2048 + attnum',
      "attnum > 0 and attrelid in (select oid from rel where relkind not in ('i', 'I', 'S'))",
    ),
    stamps('pg_constraint', 'oid::bigint', `contypid <> 0 or conrelid in (${RELATIONS})`),
    stamps('pg_attrdef', 'oid::bigint', `adrelid in (${RELATIONS})`),
    stamps('pg_rewrite', 'oid::bigint', `ev_class in (${RELATIONS})`),
    stamps('pg_index', 'indexrelid::bigint', `indrelid in (${RELATIONS})`),
    stamps('pg_inherits', 'inhrelid::bigint', `inhrelid in (${RELATIONS})`),
    stamps('pg_type', 'oid::bigint', 'typnamespace in (select oid from space)'),
    stamps('pg_description', 'objoid::bigint * 4096 + objsubid'),
    stamps('pg_foreign_table', 'ftrelid::bigint'),
    ...[
      'pg_enum',
      'pg_proc',
      'pg_operator',
      'pg_opclass',
      'pg_opfamily',
      'pg_collation',
      'pg_ts_config',
      'pg_ts_dict',
      'pg_am',
      'pg_foreign_server',
      'pg_foreign_data_wrapper',
    ].map((catalogue) => stamps(catalogue, 'oid::bigint')),
  ].join('\n  union all ')}
  union all select 'tablespace' || row(count(*), sum(hashtextextended(spcname, oid::bigint)))::text from pg_tablespace
  union all select 'database' || row(d.datname, d.datdba, d.encoding, d.datcollate, d.datctype, d.dattablespace, s.description)::text
    from pg_database d left join pg_shdescription s on s.classoid = 'pg_database'::regclass and s.objoid = d.oid
    where d.datname = current_database()
  union all select 'role' || row(count(*), sum(hashtextextended(rolname, oid::bigint)))::text from pg_roles where oid in (
    select relowner from rel union select nspowner from space
    union select datdba from pg_database where datname = current_database())
)
select md5(string_agg(h, ',' order by h)) as fingerprint from part`

/** These may be denied, or refused by a managed service; each answers one text `value`, or null. */
export const SYSTEM_IDENTIFIER = 'select system_identifier::text as value from pg_control_system()'
/** On a primary the timeline of right now; the last checkpoint's may lag behind a promotion. */
export const TIMELINE_OF_WAL = `select case when not pg_is_in_recovery()
  then ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int::text end as value`
export const TIMELINE_OF_CHECKPOINT = 'select timeline_id::text as value from pg_control_checkpoint()'

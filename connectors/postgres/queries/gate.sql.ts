import { roles } from '../families/role.ts'
import { tablespaces } from '../families/tablespace.ts'
import type { Server } from '../server.ts'
import { FIRST_USER_OID, sharedCommentOn, THIS_DATABASE } from './shared.sql.ts'

/** Count and sum of the row stamps of one catalogue. */
const stamps = (catalogue: string, id: string, condition = 'true') =>
  `select '${catalogue}' || row(count(*), sum(hashint8extended(xmin::text::bigint, ${id})))::text from ${catalogue} where ${condition}`
/** Count and sum of the contents of some rows. */
const contents = (name: string, rows: string) =>
  `select '${name}' || row(count(*), sum(hashtextextended(x::text, 0)))::text from (${rows}) x`

const RELATIONS = 'select oid from rel'
const PARTS_OF_RELATIONS = [
  stamps(
    'pg_attribute',
    'attrelid::bigint * 2048 + attnum',
    "attnum > 0 and attrelid in (select oid from rel where relkind not in ('i', 'I', 'S'))",
  ),
  stamps('pg_constraint', 'oid::bigint', `contypid <> 0 or conrelid in (${RELATIONS})`),
  stamps('pg_attrdef', 'oid::bigint', `adrelid in (${RELATIONS})`),
  stamps('pg_rewrite', 'oid::bigint', `ev_class in (${RELATIONS})`),
  stamps('pg_trigger', 'oid::bigint', `not tgisinternal and tgrelid in (${RELATIONS})`),
  stamps('pg_policy', 'oid::bigint', `polrelid in (${RELATIONS})`),
  stamps('pg_statistic_ext', 'oid::bigint', `stxrelid in (${RELATIONS})`),
  stamps('pg_sequence', 'seqrelid::bigint', `seqrelid in (${RELATIONS})`),
  stamps('pg_index', 'indexrelid::bigint', `indrelid in (${RELATIONS})`),
  stamps('pg_inherits', 'inhrelid::bigint', `inhrelid in (${RELATIONS})`),
  stamps('pg_type', 'oid::bigint', 'typnamespace in (select oid from space)'),
  stamps('pg_description', 'objoid::bigint * 4096 + objsubid'),
  stamps('pg_foreign_table', 'ftrelid::bigint'),
]

/** Catalogues of which every row counts. */
const WHOLE = [
  'pg_enum',
  'pg_proc',
  'pg_operator',
  'pg_opclass',
  'pg_opfamily',
  'pg_collation',
  'pg_language',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_am',
  'pg_foreign_server',
  'pg_foreign_data_wrapper',
  'pg_extension',
  'pg_event_trigger',
  'pg_publication',
  'pg_publication_rel',
  'pg_default_acl',
]

/** What an extension is made of may change without any row of the members. */
const MEMBERS = `select classid, objid from pg_depend where refclassid = 'pg_extension'::regclass and deptype = 'e'`
const DATABASE = `select d.datname, d.datdba, d.encoding, d.datcollate, d.datctype, d.dattablespace, d.datacl,
  ${sharedCommentOn('pg_database', 'd.oid')} as comment from pg_database d where d.oid = ${THIS_DATABASE}`
/** The view is readable by everyone, and hides the options. */
const MAPPINGS = 'select umid, srvid, usename from pg_user_mappings'
const subscriptions = (server: Server) => `select subname, subowner, subenabled, subslotname, subpublications,
  ${server.subscriptionConnections ? 'md5(subconninfo)' : 'null'} as connection from pg_subscription where subdbid = ${THIS_DATABASE}`

/** Publications of whole schemas came with this version. */
const SCHEMAS_PUBLISHED = 150000

/**
 * The fingerprint of a whole database: count and sum of row hashes per catalogue. Whatever a record or an item's
 * fingerprint reads comes from one of these rows. Rows whose `xmin` moves without meaning (pg_class under TRUNCATE and
 * VACUUM FULL; indexes under REINDEX) and those of shared catalogues are hashed by content instead. Temporary and toast
 * relations are left out, so that sessions' scratch tables move nothing. `pg_depend` needs no hash: its rows change with
 * their owner's, but for the members of extensions.
 */
export const gate = (server: Server) => `
with space as materialized (
  select oid, nspname, nspowner, nspacl from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'
), rel as materialized (
  select c.oid, c.relkind, hashtextextended(row(c.relname, c.relnamespace, c.relkind, c.relpersistence,
    c.relowner, c.reltablespace, c.relam, c.relispopulated, c.relreplident, c.relispartition, c.reloptions,
    c.relpartbound::text, c.relrowsecurity, c.relforcerowsecurity, c.relacl)::text, c.oid::bigint) h
  from pg_class c where c.relpersistence <> 't' and c.relnamespace in (select oid from space)
), part(h) as (
  select 'rel' || row(count(*), sum(h))::text from rel
  union all ${[
    contents('space', 'select * from space'),
    ...PARTS_OF_RELATIONS,
    ...WHOLE.map((catalogue) => stamps(catalogue, 'oid::bigint')),
    ...(server.version < SCHEMAS_PUBLISHED ? [] : [stamps('pg_publication_namespace', 'oid::bigint')]),
    contents('member', MEMBERS),
    contents('mapping', MAPPINGS),
    contents('subscription', subscriptions(server)),
    contents('tablespace', `select oid, spcname from pg_tablespace where oid < ${FIRST_USER_OID}`),
    contents('tablespace in use', tablespaces('true')),
    contents('database', DATABASE),
    contents('role', roles('true')),
  ].join('\n  union all ')}
)
select md5(string_agg(h, ',' order by h)) as fingerprint from part`

/** These may be denied, or refused by a managed service; each answers one text `value`, or null. */
export const SYSTEM_IDENTIFIER = 'select system_identifier::text as value from pg_control_system()'
/** On a primary the timeline of right now; the last checkpoint's may lag behind a promotion. */
export const TIMELINE_OF_WAL = `select case when not pg_is_in_recovery()
  then ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int::text end as value`
export const TIMELINE_OF_CHECKPOINT = 'select timeline_id::text as value from pg_control_checkpoint()'

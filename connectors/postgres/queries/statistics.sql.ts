/** Relations that hold rows: tables, partitioned tables, materialized views, foreign tables. The schemas are oids. */
export const storedRelations = (schemas: string, condition: string) => `
select c.oid::text as oid, c.relname as name from pg_class c
where c.relkind in ('r', 'p', 'm', 'f') and c.relpersistence <> 't' and c.relnamespace = any('{${schemas}}'::oid[])
  and ${condition}`

/**
 * A partitioned table and all that is under it, else the relation alone. Not pg_partition_tree(), which locks what it
 * lists.
 */
const FAMILY = `with recursive family(oid) as (
    select c.oid
    union all
    select i.inhrelid from family join pg_inherits i on i.inhparent = family.oid where c.relkind = 'p')`

/** Never analysed is unknown: -1, before PostgreSQL 14 a zero without pages. */
const ROWS = `case when l.reltuples > 0 or (l.reltuples = 0
    and (l.relpages > 0 or current_setting('server_version_num')::int >= 140000)) then l.reltuples::bigint end`

/** With indexes and TOAST. It takes a lock for the moment, so a table under ALTER makes it wait. */
const EXACT_BYTES = 'pg_total_relation_size(l.oid)'

/** The same as of the last VACUUM or ANALYZE, from the catalogue alone. */
const ESTIMATED_BYTES = `(select sum(s.relpages::bigint) * current_setting('block_size')::bigint from pg_class s
    where s.oid = any(array(select unnest(array[l.oid, l.reltoastrelid]) union all
      select x.indexrelid from pg_index x where x.indrelid = any(array[l.oid, l.reltoastrelid]))))`

const numbersOf = (bytes: string) => (oids: string) =>
  `
select n.nspname as schema, c.relname as name, m.rows::text as rows, m.bytes::text as bytes
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join lateral (${FAMILY}
  select case when count(*) = count(${ROWS}) then coalesce(sum(${ROWS}), 0) end as rows,
         coalesce(sum(case when l.relkind in ('r', 'm') then ${bytes} end), case when c.relkind = 'p' then 0 end) as bytes
  from family join pg_class l on l.oid = family.oid and l.relkind <> 'p') m
where c.oid = any('{${oids}}'::oid[])`

export const exactNumbersOf = numbersOf(EXACT_BYTES)
export const estimatedNumbersOf = numbersOf(ESTIMATED_BYTES)

/** Whether the server counts at all, since when, and from PostgreSQL 16 on when a relation was last read. */
export const COUNTING = `
select current_setting('track_counts') = 'on' as counting, current_setting('server_version_num')::int >= 160000 as timed,
  (select stats_reset from pg_stat_database where datname = current_database()) as since`

/**
 * What pg_stat_user_tables shows, partitions summed up: scans of the relation and by its indexes, rows inserted, updated
 * and deleted. https://www.postgresql.org/docs/current/monitoring-stats.html
 */
export const usageOf = (oids: string, timed: boolean) => `
select n.nspname as schema, c.relname as name, u.reads::text as reads, u.writes::text as writes, u.read_at as "readAt"
from pg_class c join pg_namespace n on n.oid = c.relnamespace
cross join lateral (${FAMILY}
  select sum(pg_stat_get_numscans(f.oid) + coalesce(x.scans, 0)) as reads,
         sum(pg_stat_get_tuples_inserted(f.oid) + pg_stat_get_tuples_updated(f.oid) + pg_stat_get_tuples_deleted(f.oid)) as writes,
         ${timed ? 'max(greatest(pg_stat_get_lastscan(f.oid), x.read_at))' : 'null::timestamptz'} as read_at
  from family f left join lateral (
    select sum(pg_stat_get_numscans(i.indexrelid)) as scans,
           ${timed ? 'max(pg_stat_get_lastscan(i.indexrelid))' : 'null::timestamptz'} as read_at
    from pg_index i where i.indrelid = f.oid) x on true) u
where c.relkind <> 'f' and c.oid = any('{${oids}}'::oid[])`

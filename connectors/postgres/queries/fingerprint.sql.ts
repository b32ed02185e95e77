import { needsAliases, sumsOfStamps } from './stamps.sql.ts'

/** Kinds of relation that are crawled: table, partitioned table, view, materialized view, foreign table. */
export const RELATION_KINDS = "('r', 'p', 'v', 'm', 'f')"

/** A partition's bound is written in the types of its parent's key. */
const TYPES_OF_BOUNDS = `
  union
  select i.inhrelid, false, d.refclassid, d.refobjid, 0 from rel join pg_inherits i on i.inhrelid = rel.oid
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.inhparent
  where rel.relispartition and d.refclassid = 'pg_type'::regclass`

/**
 * A fingerprint per relation of `pg_class c` that meets the condition, for equality only. It is the hash of
 * - its own pg_class row by content (its `xmin` moves under TRUNCATE and VACUUM FULL, which change no record),
 * - the stamps of the rows it owns: columns, constraints, defaults, rules, triggers, policies, statistics, indexes, comments
 *   on each of these, and whatever these read elsewhere (`sumsOfStamps`),
 * - the rights on it and its columns, with the names of the roles.
 *
 * In the order they were made: what was made together is together in the catalogue, which makes pages cheaper to describe.
 */
export const relationStamps = (condition: string) => `
with recursive rel as materialized (
  select c.oid, n.nspname, c.relname, c.relkind, c.relispartition, hashtextextended(row(n.nspname, c.relname, c.relkind,
    c.relpersistence, r.rolname, s.spcname, m.amname, c.relispopulated, c.relreplident, c.relispartition, c.reloptions,
    c.relpartbound::text,
    c.relrowsecurity, c.relforcerowsecurity, c.relacl::text)::text, 0) h
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_roles r on r.oid = c.relowner
    left join pg_tablespace s on s.oid = c.reltablespace left join pg_am m on m.oid = c.relam
  where c.relkind in ${RELATION_KINDS} and c.relpersistence <> 't' and ${condition}
), own as materialized (
  select 'pg_class'::regclass::oid as class, oid, oid as rel, false as aliases, h from rel
  union all
  select 'pg_constraint'::regclass, c.oid, c.conrelid, false, hashint8extended(c.xmin::text::bigint, c.oid::bigint)
    from pg_constraint c join rel on rel.oid = c.conrelid left join pg_constraint p on p.oid = c.conparentid
    where c.contype <> 'n' and p.conrelid is distinct from c.conrelid
  union all
  select 'pg_rewrite'::regclass, w.oid, w.ev_class, ${needsAliases('w.ev_action::text')}, hashint8extended(w.xmin::text::bigint, w.oid::bigint)
    from pg_rewrite w join rel on rel.oid = w.ev_class
  union all
  select 'pg_trigger'::regclass, t.oid, t.tgrelid, false, hashint8extended(t.xmin::text::bigint, t.oid::bigint)
    from pg_trigger t join rel on rel.oid = t.tgrelid where not t.tgisinternal
  union all
  select 'pg_policy'::regclass, p.oid, p.polrelid, ${needsAliases('concat(p.polqual::text, p.polwithcheck::text)')},
      hashtextextended((select string_agg(pg_get_userbyid(u.role), ',') from unnest(p.polroles) u(role)), p.xmin::text::bigint)
    from pg_policy p join rel on rel.oid = p.polrelid
  union all
  select 'pg_statistic_ext'::regclass, s.oid, s.stxrelid, false,
      hashtextextended(row(n.nspname, pg_get_userbyid(s.stxowner))::text, s.xmin::text::bigint)
    from pg_statistic_ext s join rel on rel.oid = s.stxrelid join pg_namespace n on n.oid = s.stxnamespace
  union all
  select 'pg_attrdef'::regclass, d.oid, d.adrelid, false, hashint8extended(d.xmin::text::bigint, d.oid::bigint)
    from pg_attrdef d join rel on rel.oid = d.adrelid
  union all
  select 'pg_class'::regclass, i.indexrelid, i.indrelid, false,
      hashtextextended(row(c.relname, c.reloptions, i.indexrelid)::text, i.xmin::text::bigint)
    from pg_index i join rel on rel.oid = i.indrelid join pg_class c on c.oid = i.indexrelid
), more(rel, h) as (
  select a.attrelid, sum(hashint8extended(a.xmin::text::bigint, a.attnum)) + coalesce(sum(hashtextextended(a.attacl::text, a.attnum)), 0)
    from pg_attribute a join rel on rel.oid = a.attrelid where a.attnum > 0 group by 1
  union all
  select o.rel, hashint8extended(d.xmin::text::bigint, d.objoid::bigint * 4096 + d.objsubid)
    from own o join pg_description d on d.classoid = o.class and d.objoid = o.oid
  union all
  select f.ftrelid, hashtextextended(row(s.srvname, w.fdwname)::text, f.xmin::text::bigint)
    from pg_foreign_table f join rel on rel.oid = f.ftrelid
    join pg_foreign_server s on s.oid = f.ftserver join pg_foreign_data_wrapper w on w.oid = s.srvfdw
  union all
  select i.inhrelid, hashtextextended(row(n.nspname, c.relname, i.inhseqno)::text, i.xmin::text::bigint)
    from pg_inherits i join rel on rel.oid = i.inhrelid join pg_class c on c.oid = i.inhparent
    join pg_namespace n on n.oid = c.relnamespace
  union all
  -- pg_depend does not know the operators of an exclusion constraint.
  select k.conrelid, hashtextextended(n.nspname || '.' || o.oprname, u.place)
    from pg_constraint k join rel on rel.oid = k.conrelid cross join unnest(k.conexclop) with ordinality u(operator, place)
    join pg_operator o on o.oid = u.operator join pg_namespace n on n.oid = o.oprnamespace where k.contype = 'x'
  union all
  select p.partrelid, hashtextextended(row(p.partstrat, p.partattrs, p.partclass, p.partcollation)::text, 0)
    from pg_partitioned_table p join rel on rel.oid = p.partrelid
), ${sumsOfStamps({ moreReads: TYPES_OF_BOUNDS, moreHashes: 'union all select rel, h from more' })}
select c.oid::text as oid, n.nspname::text as schema, c.relname::text as name, md5(sums.h::text) as fingerprint
from sums join pg_class c on c.oid = sums.rel join pg_namespace n on n.oid = c.relnamespace order by c.oid`

/**
 * For functions (`p`) whose body is a parsed statement: `oid` and a hash `h` of whatever its text is made of. The text
 * itself cannot be asked for in a listing, since making it locks the tables that the body reads.
 */
export const bodyStamps = (condition: string) => `
with recursive own as materialized (
  select 'pg_proc'::regclass::oid as class, p.oid, p.oid as rel, ${needsAliases('p.prosqlbody::text')} as aliases,
    hashint8extended(p.xmin::text::bigint, p.oid::bigint) as h
  from pg_proc p where p.prosqlbody is not null and ${condition}
), ${sumsOfStamps()}
select rel::text as oid, h from sums`

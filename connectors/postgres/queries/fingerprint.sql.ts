/** Kinds of relation that are crawled: table, partitioned table, view, materialized view, foreign table. */
export const RELATION_KINDS = "('r', 'p', 'v', 'm', 'f')"

/** Names of columns, whatever their order: what the texts of views over a relation are written with. */
const columnNames = (relation: string) => `(select sum(hashtextextended(a.attname, a.attnum)) from pg_attribute a
    where a.attrelid = ${relation} and a.attnum > 0)`

/**
 * Whether the text of a view may hold aliases for columns it does not read itself: with JOIN USING, or where a table's
 * alias lists columns. Then a new column there can change it. Read off the rule's stored tree, see ruleutils.c.
 */
const NEEDS_ALIASES = `(position(':usingClause (' in w.ev_action::text) > 0 or position(')} :eref' in w.ev_action::text) > 0)`

/** The names that rows of `source` (owner, aliases, refclassid, refobjid, refobjsubid) read from elsewhere. */
const namesRead = (source: string) => {
  const simple = (catalogue: string, name: string, namespace: string) => `
    select d.owner, hashtextextended(n.nspname || '.' || x.${name}, d.refclassid::bigint) h from ${source} d
      join ${catalogue} x on x.oid = d.refobjid and d.refclassid = '${catalogue}'::regclass
      join pg_namespace n on n.oid = x.${namespace}`
  return `
    select d.owner, hashtextextended(row(n.nspname, x.relname, x.relkind, a.attname)::text, d.refobjsubid) h from ${source} d
      join pg_class x on x.oid = d.refobjid and d.refclassid = 'pg_class'::regclass and x.relkind not in ('i', 'I')
      join pg_namespace n on n.oid = x.relnamespace
      left join pg_attribute a on a.attrelid = x.oid and a.attnum = d.refobjsubid and d.refobjsubid > 0
    union all
    select d.owner, c.h from (select distinct owner, refobjid from ${source}
      where aliases and refclassid = 'pg_class'::regclass) d join lateral (select ${columnNames('d.refobjid')} h) c on true
    union all
    select d.owner, hashtextextended(row(n.nspname, x.proname, ${columnNames('t.typrelid')})::text, 1) h from ${source} d
      join pg_proc x on x.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
      join pg_namespace n on n.oid = x.pronamespace left join pg_type t on t.oid = x.prorettype and t.typrelid <> 0
    union all
    select d.owner, hashtextextended(row(x.srvname, w.fdwname)::text, 2) h from ${source} d
      join pg_foreign_server x on x.oid = d.refobjid and d.refclassid = 'pg_foreign_server'::regclass
      join pg_foreign_data_wrapper w on w.oid = x.srvfdw
    union all ${[
      simple('pg_operator', 'oprname', 'oprnamespace'),
      simple('pg_collation', 'collname', 'collnamespace'),
      simple('pg_opclass', 'opcname', 'opcnamespace'),
      simple('pg_opfamily', 'opfname', 'opfnamespace'),
      simple('pg_ts_config', 'cfgname', 'cfgnamespace'),
      simple('pg_ts_dict', 'dictname', 'dictnamespace'),
    ].join(' union all ')}`
}

/**
 * A fingerprint per relation of `pg_class c` that meets the condition, for equality only. It is the hash of
 * - its own pg_class row by content (its `xmin` moves under TRUNCATE, VACUUM FULL and GRANT, which change no record),
 * - the stamps of the rows it owns: columns, constraints, defaults, the view rule, indexes, comments on each of these,
 * - the names these rows read through pg_depend: columns of other tables, sequences, functions, operators, collations …;
 *   for some views all column names of what they read, since those decide the aliases in the text,
 * - the types it uses, followed through arrays, domains, ranges and composites: names, labels, constraints.
 * `closure` follows types by pg_depend, where each of these steps is an edge.
 */
const relationFingerprints = (condition: string) => `
with recursive rel as materialized (
  select c.oid, n.nspname, c.relname, c.relkind, c.relispartition, hashtextextended(row(n.nspname, c.relname, c.relkind,
    c.relpersistence, r.rolname, s.spcname, m.amname, c.relispopulated, c.relreplident, c.relispartition, c.reloptions,
    c.relpartbound::text)::text, 0) h
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
  select 'pg_rewrite'::regclass, w.oid, w.ev_class, ${NEEDS_ALIASES}, hashint8extended(w.xmin::text::bigint, w.oid::bigint)
    from pg_rewrite w join rel on rel.oid = w.ev_class and rel.relkind in ('v', 'm') where w.ev_type = '1'
  union all
  select 'pg_attrdef'::regclass, d.oid, d.adrelid, false, hashint8extended(d.xmin::text::bigint, d.oid::bigint)
    from pg_attrdef d join rel on rel.oid = d.adrelid
  union all
  select 'pg_class'::regclass, i.indexrelid, i.indrelid, false,
      hashtextextended(row(c.relname, c.reloptions, i.indexrelid)::text, i.xmin::text::bigint)
    from pg_index i join rel on rel.oid = i.indrelid join pg_class c on c.oid = i.indexrelid
), more(rel, h) as (
  select a.attrelid, sum(hashint8extended(a.xmin::text::bigint, a.attnum))
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
), reads as materialized (
  select distinct o.rel as owner, o.aliases, d.refclassid, d.refobjid, d.refobjsubid
  from own o join pg_depend d on d.classid = o.class and d.objid = o.oid
  where d.refclassid <> 'pg_namespace'::regclass and (d.refclassid <> 'pg_class'::regclass or d.refobjid <> o.rel)
  union
  -- A partition's bound is written in the types of its parent's key.
  select i.inhrelid, false, d.refclassid, d.refobjid, 0 from rel join pg_inherits i on i.inhrelid = rel.oid
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = i.inhparent
  where rel.relispartition and d.refclassid = 'pg_type'::regclass
), closure(root, type) as (
  select distinct refobjid, refobjid from reads where refclassid = 'pg_type'::regclass
  union
  select c.root, d.refobjid from closure c cross join lateral (
    select d.refobjid from pg_depend d
      where d.classid = 'pg_type'::regclass and d.objid = c.type and d.refclassid = 'pg_type'::regclass
    union all
    select d.refobjid from pg_constraint k join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
      where k.contypid = c.type and d.refclassid = 'pg_type'::regclass
    union all
    select d.refobjid from pg_type t join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = t.typrelid
      where t.oid = c.type and t.typrelid <> 0 and d.refclassid = 'pg_type'::regclass
  ) d
), type as materialized (
  select distinct type as oid from closure
), type_constraint as materialized (
  -- As an array: nearly every constraint has a contypid of 0, and a join would read them all.
  select oid, contypid, hashint8extended(xmin::text::bigint, oid::bigint) h
  from pg_constraint where contypid = any(array(select oid from type))
), type_reads as materialized (
  select distinct t.oid as owner, true as aliases, d.refclassid, d.refobjid, d.refobjsubid from type t join pg_depend d
    on d.classid = 'pg_type'::regclass and d.objid = t.oid
    where d.refclassid not in ('pg_namespace'::regclass, 'pg_type'::regclass)
  union
  select k.contypid, false, d.refclassid, d.refobjid, d.refobjsubid from type_constraint k
    join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
    where d.refclassid not in ('pg_namespace'::regclass, 'pg_type'::regclass)
), type_hash as materialized (
  select owner, sum(h) h from (
    select x.oid as owner, hashtextextended(row(n.nspname, t.typname, ${columnNames('t.typrelid')})::text,
        t.xmin::text::bigint) h
      from type x join pg_type t on t.oid = x.oid join pg_namespace n on n.oid = t.typnamespace
    union all
    select e.enumtypid, hashtextextended(row(e.enumlabel, e.enumsortorder)::text, e.oid::bigint)
      from type x join pg_enum e on e.enumtypid = x.oid
    union all
    select contypid, h from type_constraint
    union all ${namesRead('type_reads')}
  ) h group by 1
), sums as (
  select rel, sum(h) h from (
    select rel, h from own
    union all select rel, h from more
    union all select owner, h from (${namesRead('reads')}) n
    union all select r.owner, r.h from (
      select d.owner, c.root, sum(t.h) h from (select distinct owner, refobjid from reads where refclassid = 'pg_type'::regclass) d
        join closure c on c.root = d.refobjid join type_hash t on t.owner = c.type group by 1, 2) r
  ) h group by 1
)
select rel.oid::text as oid, rel.nspname as schema, rel.relname as name, md5(sums.h::text) as fingerprint
from rel join sums on sums.rel = rel.oid`

/** `names` is a condition on `c.relname`: what the source's filter keeps. */
export const fingerprintsInSchemas = (oids: string, names = 'true') =>
  relationFingerprints(`c.relnamespace = any('{${oids}}'::oid[]) and ${names}`)
export const fingerprintsOf = (oids: string) => relationFingerprints(`c.oid = any('{${oids}}'::oid[])`)

/** The database and its schemas, which are few. The schemas' filter is applied to what this lists. */
export const CONTAINERS = `
select d.oid::text as oid, d.datname as database, null as schema, hashtextextended(row(r.rolname, d.encoding, d.datcollate, d.datctype,
    s.spcname, c.description)::text, 0)::text as fingerprint
  from pg_database d left join pg_roles r on r.oid = d.datdba left join pg_tablespace s on s.oid = d.dattablespace
    left join pg_shdescription c on c.classoid = 'pg_database'::regclass and c.objoid = d.oid
  where d.datname = current_database()
union all
select n.oid::text, current_database(), n.nspname, hashtextextended(row(r.rolname, c.description)::text, 0)::text
  from pg_namespace n left join pg_roles r on r.oid = n.nspowner
    left join pg_description c on c.classoid = 'pg_namespace'::regclass and c.objoid = n.oid and c.objsubid = 0
  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`

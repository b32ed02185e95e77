import { signatureOf } from './shared.sql.ts'

/** Names of columns, whatever their order: what the texts of views over a relation are written with. */
const columnNames = (relation: string) => `(select sum(hashtextextended(a.attname, a.attnum)) from pg_attribute a
    where a.attrelid = ${relation} and a.attnum > 0)`

/**
 * Whether a text made from a stored tree may hold aliases for columns it does not read itself: with JOIN USING, or where
 * a table's alias lists columns. Then a new column there can change it. See ruleutils.c.
 */
export const needsAliases = (tree: string) =>
  `(position(':usingClause (' in ${tree}) > 0 or position(')} :eref' in ${tree}) > 0)`

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
    select d.owner, hashtextextended(row(n.nspname, ${signatureOf('x')}, ${columnNames('t.typrelid')})::text, 1) h from ${source} d
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
 * Hashes by stamps, as a CTE `sums (rel, h)`: given a CTE `own (class, oid, rel, aliases, h)`, the catalogue rows each
 * item (`rel`) owns, of
 * - those rows,
 * - the names they read through pg_depend: columns of other tables, sequences, functions, operators, collations …; where
 *   `aliases` is set all column names of what they read, since those decide the aliases in the text,
 * - the types they use, followed through arrays, domains, ranges and composites: names, labels, constraints.
 * `closure` follows types by pg_depend, where each of these steps is an edge. `moreReads` and `moreHashes` are unions.
 */
export const sumsOfStamps = ({ moreReads = '', moreHashes = '' } = {}) => `reads as materialized (
  select distinct o.rel as owner, o.aliases, d.refclassid, d.refobjid, d.refobjsubid
  from own o join pg_depend d on d.classid = o.class and d.objid = o.oid
  where d.refclassid <> 'pg_namespace'::regclass and (d.refclassid <> 'pg_class'::regclass or d.refobjid <> o.rel)
  ${moreReads}
), closure(root, type) as (
  select distinct refobjid, refobjid from reads where refclassid = 'pg_type'::regclass
  union
  select c.root, d.refobjid from closure c cross join lateral (
    select d.refobjid from pg_depend d
      where d.classid = 'pg_type'::regclass and d.objid = c.type and d.refclassid = 'pg_type'::regclass
    union all
    -- Nearly every constraint has a contypid of 0. Told that those are not meant, the planner expects few and looks them up.
    select d.refobjid from pg_constraint k join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
      where k.contypid = c.type and k.contypid > 0 and d.refclassid = 'pg_type'::regclass
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
    ${moreHashes}
    union all select owner, h from (${namesRead('reads')}) n
    union all select r.owner, r.h from (
      select d.owner, c.root, sum(t.h) h from (select distinct owner, refobjid from reads where refclassid = 'pg_type'::regclass) d
        join closure c on c.root = d.refobjid join type_hash t on t.owner = c.type group by 1, 2) r
  ) h group by 1
)`

import { POLICIES, RELATION_GRANTS, RULES, STATISTICS, TRIGGERS } from './facets.sql.ts'
import { RELATION_KINDS } from './fingerprint.sql.ts'
import { commentOn, explodedGrants, FIRST_USER_OID, isPart, OF_USERS, signatureOf } from './shared.sql.ts'

/**
 * Every look-up of these queries is by index. Catalogues are often without statistics, and a hash join over a whole one
 * would cost every page the size of the database. Several `set`s in one statement make one result.
 */
export const BY_INDEX = `select set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('enable_seqscan', 'off', true)`

/** The built-in types' collation. */
const DEFAULT_COLLATION = 100

/** Columns as parallel arrays: a quarter of the cost of one JSON object per column. */
const COLUMNS = `(select json_build_array(json_agg(attnum), json_agg(attname), json_agg(atttypid::text || ':' || atttypmod),
    json_agg(attnotnull), json_agg(attidentity), json_agg(attgenerated), json_agg(coll),
    json_agg(json_build_array(attname, grants)) filter (where grants is not null))
  from (select a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated,
      case when a.attacl is not null then ${explodedGrants('a.attacl')} end as grants,
      case when a.attcollation <> 0 and (a.attcollation <> ${DEFAULT_COLLATION} or a.atttypid >= ${FIRST_USER_OID})
        and a.attcollation <> (select typcollation from pg_type where oid = a.atttypid)
      then (select quote_ident(n.nspname) || '.' || quote_ident(l.collname) from pg_collation l
        join pg_namespace n on n.oid = l.collnamespace where l.oid = a.attcollation) end as coll
    from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum) a)`

const CONSTRAINTS = `(select json_agg(json_build_object('oid', k.oid::text, 'name', k.conname, 'kind', k.contype, 'columns', k.conkey,
    'definition', pg_get_constraintdef(k.oid), 'comment', ${commentOn('pg_constraint', 'k.oid')},
    'validated', k.convalidated, 'inherited', not k.conislocal,
    'target', case when k.confrelid <> 0 then (select json_build_array(fn.nspname, f.relname)
      from pg_class f join pg_namespace fn on fn.oid = f.relnamespace where f.oid = k.confrelid) end,
    'targetColumns', case when k.confrelid <> 0 then (select json_agg(a.attname order by u.place)
      from unnest(k.confkey) with ordinality u (attnum, place)
      join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum) end))
  from pg_constraint k left join pg_constraint p on p.oid = k.conparentid
  where k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c', 'x') and p.conrelid is distinct from k.conrelid)`

const INDEX_COLUMN = `case when i.indkey[n - 1] <> 0
  then (select quote_ident(attname) from pg_attribute where attrelid = i.indrelid and attnum = i.indkey[n - 1])
  else pg_get_indexdef(i.indexrelid, n, true) end`

const INDEXES = `(select json_agg(json_build_object('name', x.relname, 'unique', i.indisunique, 'primary', i.indisprimary,
    'valid', i.indisvalid, 'definition', pg_get_indexdef(i.indexrelid), 'comment', ${commentOn('pg_class', 'x.oid')},
    'columns', (select json_agg(${INDEX_COLUMN} order by n) from generate_series(1, i.indnkeyatts) n),
    'include', (select json_agg(${INDEX_COLUMN} order by n) from generate_series(i.indnkeyatts + 1, i.indnatts) n)))
  from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid)`

const PARENTS = `(select json_agg(json_build_array(n.nspname, p.relname) order by i.inhseqno)
  from pg_inherits i join pg_class p on p.oid = i.inhparent join pg_namespace n on n.oid = p.relnamespace
  where i.inhrelid = c.oid)`

/** What the rule of a view reads, system relations aside. */
const UPSTREAMS = `(select json_agg(distinct jsonb_build_array(n.nspname, u.relname))
  from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
  join pg_class u on u.oid = d.refobjid and d.refclassid = 'pg_class'::regclass and u.relkind in ${RELATION_KINDS}
  join pg_namespace n on n.oid = u.relnamespace
  where w.ev_class = c.oid and w.ev_type = '1' and u.oid <> c.oid
    and ${OF_USERS})`

/** The columns that generated ones are computed from, by number: up to version 14 these depended on them without their expression. */
const COMPUTED_FROM = `(select json_object_agg(g.attnum, g.names) from (
  select a.attnum, json_agg(distinct o.attname) as names
  from pg_attribute a cross join lateral (
    select d.refobjsubid from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = a.attnum
      and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid
    union all
    select d.refobjsubid from pg_attrdef x join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = x.oid
      where x.adrelid = c.oid and x.adnum = a.attnum and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid) d
  join pg_attribute o on o.attrelid = c.oid and o.attnum = d.refobjsubid and o.attnum > 0 and o.attnum <> a.attnum
  where a.attrelid = c.oid and a.attgenerated <> '' and not a.attisdropped
  group by a.attnum) g)`

/** The routines that the rule of a view calls, but for the system's and those of extensions. */
const CALLED = `(select json_agg(distinct jsonb_build_array(n.nspname, ${signatureOf('u')}))
  from pg_rewrite w join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
  join pg_proc u on u.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass
  join pg_namespace n on n.oid = u.pronamespace
  where w.ev_class = c.oid and w.ev_type = '1' and not ${isPart('pg_proc', 'u.oid')}
    and ${OF_USERS})`

const FOREIGN = `(select json_build_array(s.srvname, w.fdwname, f.ftoptions) from pg_foreign_table f
  join pg_foreign_server s on s.oid = f.ftserver join pg_foreign_data_wrapper w on w.oid = s.srvfdw where f.ftrelid = c.oid)`

const REPLICA_INDEX = `case when c.relreplident = 'i' then (select x.relname from pg_index i
  join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident) end`

/**
 * One row per relation, with what it holds as JSON built on the server. Each part is a correlated look-up by index, so
 * the plan does not depend on statistics of the catalogue and a page costs in proportion to its items.
 */
export const relationsOf = (oids: string) => `
select c.oid::text as oid, n.nspname as schema, c.relname as name, c.relkind as kind, c.relispartition as partition,
  r.rolname as owner, c.relrowsecurity as row_security, c.relforcerowsecurity as row_security_forced,
  c.relpersistence as persistence, c.relispopulated as populated, c.relreplident as replica,
  to_json(c.reloptions) as options, m.amname as method, s.spcname as tablespace,
  case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as bound,
  case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
  case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as definition,
  case when c.relkind = 'f' then ${FOREIGN} end as foreign,
  case when c.relkind in ('v', 'm') then ${UPSTREAMS} end as upstreams,
  case when c.relkind in ('v', 'm') then ${CALLED} end as called,
  ${REPLICA_INDEX} as replica_index,
  (select json_object_agg(objsubid, description) from pg_description
    where classoid = 'pg_class'::regclass and objoid = c.oid) as comments,
  (select json_object_agg(adnum, pg_get_expr(adbin, adrelid)) from pg_attrdef where adrelid = c.oid) as defaults,
  ${COMPUTED_FROM} as computed_from, ${PARENTS} as parents, ${COLUMNS} as columns, ${CONSTRAINTS} as constraints, ${INDEXES} as indexes,
  ${RELATION_GRANTS} as grants, ${TRIGGERS} as triggers, ${POLICIES} as policies, ${RULES} as rules, ${STATISTICS} as statistics
from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_roles r on r.oid = c.relowner
  left join pg_am m on m.oid = c.relam left join pg_tablespace s on s.oid = c.reltablespace
where c.oid = any('{${oids}}'::oid[]) and c.relkind in ${RELATION_KINDS} and c.relpersistence <> 't'`

/** Relations and the row types among the types whose columns a page describes. */
export const columnOwners = (relations: string, types: string) =>
  `array_cat('{${relations}}'::oid[], array(select typrelid from pg_type where oid = any('{${types}}'::oid[])))`

/** The spelling of every type with its modifiers, and all types reached from them through arrays and domains. */
export const typeNamesOf = (owners: string) => `
select atttypid::text || ':' || atttypmod as key, format_type(atttypid, atttypmod) as name
from (select distinct atttypid, atttypmod from pg_attribute
  where attrelid = any(${owners}) and attnum > 0 and not attisdropped) used`

export const typesOf = (owners: string) => `
with recursive used(oid) as (
  select distinct atttypid from pg_attribute where attrelid = any(${owners}) and attnum > 0 and not attisdropped
  union
  select case when t.typtype = 'd' then t.typbasetype else t.typelem end from used u join pg_type t on t.oid = u.oid
  where t.typtype = 'd' or (t.typcategory = 'A' and t.typelem <> 0)
)
select t.oid::text as oid, t.typname as name, t.typtype as kind, t.typcategory as category,
  case when t.typcategory = 'A' then nullif(t.typelem, 0)::text end as element,
  case when t.typtype = 'd' then t.typbasetype::text end as base,
  case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base_name,
  format_type(t.oid, null) as full_name, t.typnotnull as not_null,
  case when t.typtype = 'd' then coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) end as default_value,
  case when t.typtype = 'e' then (select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid) end as labels,
  case when t.typtype = 'd' then (select json_agg(json_build_array(conname, pg_get_constraintdef(oid))) from pg_constraint
    where contypid = t.oid and contype = 'c') end as constraints
from used join pg_type t on t.oid = used.oid`

/**
 * Of some objects, those whose text cannot be made now because another session holds an exclusive lock on a table: on
 * the relation itself, or on what one of its rules and policies, a function's parsed body or a row filter reads.
 */
export const blockedOf = ({
  relations,
  routines,
  publications,
}: Readonly<Record<'relations' | 'routines' | 'publications', string>>) => `
with locked as (
  select l.relation as oid from pg_locks l where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
    and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database())
), reading as (
  select d.classid, d.objid from pg_depend d where d.refclassid = 'pg_class'::regclass and d.refobjid in (select oid from locked)
)
select 'rel:' || c.oid as id from pg_class c where c.oid = any('{${relations}}'::oid[]) and (c.oid in (select oid from locked)
  or exists (select from pg_rewrite w join reading r on r.classid = 'pg_rewrite'::regclass and r.objid = w.oid where w.ev_class = c.oid)
  or exists (select from pg_policy p join reading r on r.classid = 'pg_policy'::regclass and r.objid = p.oid where p.polrelid = c.oid))
union all
select 'fn:' || r.objid from reading r where r.classid = 'pg_proc'::regclass and r.objid = any('{${routines}}'::oid[])
union all
select 'pub:' || p.prpubid from pg_publication_rel p
  where p.prpubid = any('{${publications}}'::oid[]) and p.prrelid in (select oid from locked)`

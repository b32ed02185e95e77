/* The dotted path of a field, by its key: live, removed, or known from a text alone. */
create or replace function tidemark.field_path(asset bigint, field_key text) returns text
language sql stable parallel safe
begin atomic
  select coalesce(
    (select array_to_string(f.path, '.') from tidemark.field f where f.asset_id = $1 and f.name_key = $2),
    regexp_replace($2, '\\(.)', '\1', 'g'));
end;

comment on function tidemark.field_path(bigint, text) is 'The dotted path of a field, by its key.';

/*
  The keys of the column that is meant, which comes first, of what is nested in it and of what it is nested in; in any letter case where
  none is written so. Columns that nobody has crawled count where a text tells of them.
*/
create or replace function tidemark.require_field(asset bigint, column_name text) returns text[]
language plpgsql stable parallel safe
as $$
declare
  found text[];
  candidates text;
begin
  with known as (
    select f.name_key as key, array_to_string(f.path, '.') as path
    from tidemark.field f
    where f.asset_id = asset and f.removed_at is null
    union
    select t.key, tidemark.field_path(asset, t.key)
    from (
      select e.upstream_field from tidemark.lineage_field_edge e where e.upstream_id = asset and e.valid_to is null
      union
      select e.downstream_field from tidemark.lineage_field_edge e where e.downstream_id = asset and e.valid_to is null
    ) t (key)
    where t.key <> ''
  ), meant as (
    select m.key
    from (
      select k.key, k.path = require_field.column_name as exact, bool_or(k.path = require_field.column_name) over () as written
      from known k
      where lower(k.path) = lower(require_field.column_name)
    ) m
    where m.exact or not m.written
  )
  select array_agg(r.key order by r.itself desc, r.key) into found
  from (
    select k.key, bool_or(k.key = m.key) as itself
    from known k
    join meant m on k.key = m.key or starts_with(k.key, m.key || '.') or starts_with(m.key, k.key || '.')
    group by k.key
  ) r;
  if found is not null then
    return found;
  end if;
  select string_agg(array_to_string(f.path, '.'), ', ' order by f.position) filter (where f.position <= 30) into candidates
  from tidemark.field f
  where f.asset_id = asset and f.removed_at is null;
  raise exception '% has no column %', (select a.display from tidemark.asset a where a.id = asset), quote_ident(column_name)
    using errcode = 'undefined_column', hint = coalesce('Its columns: ' || candidates, 'It has no columns.');
end;
$$;

comment on function tidemark.require_field(bigint, text) is
  'Keys of a column of an asset and of what is nested with it; an error that names candidates where it has none so called.';

/*
  The columns and assets that data reaches from columns of one asset, or comes from: each pair once, at its least depth,
  with one of the shortest paths. A field of '' is the asset as a whole: its rows, or all of it where nobody knows which
  columns. `\!`, which is no key of a field, is a routine whose text moves the data, and of which no more is used.

  Downward, what decides the rows of an asset reaches all that reads it. Between two assets of which no text tells every
  column, a column reaches the whole. Upward, only what a value is made from is followed, and the whole of an asset of
  which nobody knows what the column reads.
*/
create or replace function tidemark.reach_columns(start bigint, start_fields text[], downward boolean, steps integer) returns table (
  asset_id bigint, asset text, kind text, owner text, column_name text, depth integer, path text[]
)
language plpgsql stable rows 1000
-- As tidemark.reach has it, and for its reasons.
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 set enable_mergejoin = off set jit = off
as $$
#variable_conflict use_column
declare
  ids bigint[] := array_fill(start, array[cardinality(start_fields)]);
  fields text[] := start_fields;
  parents bigint[] := array_fill(0::bigint, array[cardinality(start_fields)]);
  depths integer[] := array_fill(0, array[cardinality(start_fields)]);
  first integer := 1;
  level integer := 0;
  next_ids bigint[];
  next_fields text[];
  next_parents bigint[];
begin
  while level < steps loop
    level := level + 1;
    if downward then
      with frontier as materialized (
        select f.id, f.field, first - 1 + f.place as place
        from unnest(ids[first:], fields[first:]) with ordinality as f (id, field, place)
      )
      select array_agg(found.id), array_agg(found.field), array_agg(found.parent) into next_ids, next_fields, next_parents
      from (
        select one.id, one.field, min(one.parent) as parent
        from (
          select via.id, via.field, f.place as parent, true as fresh
          from frontier f
          join tidemark.lineage_field_edge e on e.upstream_id = f.id and e.upstream_field = f.field and e.valid_to is null
          join tidemark.lineage_text t on t.id = e.text_id
          cross join lateral (values (e.downstream_id, e.downstream_field), (t.asset_id, '\!')) as via (id, field)
          where via.field <> '\!' or via.id <> e.downstream_id
          union all
          select e.downstream_id, '',
                 case when bool_or(e.columns_known) then min(f.place) filter (where f.field = '') else min(f.place) end, true
          from frontier f
          join tidemark.lineage_edge e on e.upstream_id = f.id and e.valid_to is null
          where f.field <> '\!'
          group by f.id, e.downstream_id
          having not bool_or(e.columns_known) or bool_or(f.field = '')
          union all
          select s.id, s.field, null, false from unnest(ids, fields) as s (id, field)
        ) one
        group by one.id, one.field
        having bool_and(one.fresh)
      ) found;
    else
      with frontier as materialized (
        select f.id, f.field, first - 1 + f.place as place
        from unnest(ids[first:], fields[first:]) with ordinality as f (id, field, place)
      )
      select array_agg(found.id), array_agg(found.field), array_agg(found.parent) into next_ids, next_fields, next_parents
      from (
        select one.id, one.field, min(one.parent) as parent
        from (
          select via.id, via.field, f.place as parent, true as fresh
          from frontier f
          join tidemark.lineage_field_edge e on e.downstream_id = f.id and e.downstream_field = f.field and e.valid_to is null
          join tidemark.lineage_text t on t.id = e.text_id
          cross join lateral (values (e.upstream_id, e.upstream_field), (t.asset_id, '\!')) as via (id, field)
          where f.field not in ('', '\!') and (via.field <> '\!' or via.id <> e.downstream_id)
          union all
          select e.upstream_id, '', f.place, true
          from frontier f
          join tidemark.lineage_edge e on e.downstream_id = f.id and e.valid_to is null and e.upstream_id is not null
          where f.field <> '\!'
          group by f.id, f.field, f.place, e.upstream_id
          having f.field = '' or (not bool_or(e.columns_known) and not exists (
            select 1
            from tidemark.lineage_field_edge x
            where x.downstream_id = f.id and x.downstream_field = f.field and x.upstream_id = e.upstream_id and x.valid_to is null
          ))
          union all
          select s.id, s.field, null, false from unnest(ids, fields) as s (id, field)
        ) one
        group by one.id, one.field
        having bool_and(one.fresh)
      ) found;
    end if;
    exit when next_ids is null;
    first := cardinality(ids) + 1;
    ids := ids || next_ids;
    fields := fields || next_fields;
    parents := parents || next_parents;
    depths := depths || array_fill(level, array[cardinality(next_ids)]);
  end loop;
  return query
  with recursive node as materialized (
    select n.place, n.parent, n.level, n.id, a.display, a.kind, a.owner,
           case when n.field in ('', '\!') then null
                when strpos(n.field, '\') = 0 then n.field
                else tidemark.field_path(n.id, n.field) end as field
    from unnest(ids, fields, parents, depths) with ordinality as n (id, field, parent, level, place)
    join tidemark.asset a on a.id = n.id and a.removed_at is null
  ), trail as (
    select n.*, array[concat_ws('.', n.display, n.field)] as path from node n where n.level = 0
    union all
    select n.*, t.path || concat_ws('.', n.display, n.field) from trail t join node n on n.parent = t.place and n.level = t.level + 1
  )
  select r.id, r.display, r.kind, r.owner, r.field, r.level, r.path
  from (
    select t.*, row_number() over (partition by t.id, t.field order by t.level, t.place) as nth from trail t
  ) r
  where r.level > 0 and r.nth = 1
  order by r.level, r.display collate "C", r.id, r.field collate "C" nulls first;
end;
$$;

comment on function tidemark.reach_columns(bigint, text[], boolean, integer) is
  'The columns and assets reached from columns of an asset by live lineage, each once, at its least depth.';

/*
  The assets that data reaches from one asset, or comes from, by live edges: each once, at its least depth, with one of
  the shortest paths. Level by level, since a recursive query would follow every path.
*/
create or replace function tidemark.reach(start bigint, downward boolean, steps integer) returns table (
  asset_id bigint, asset text, kind text, owner text, depth integer, path text[]
)
language plpgsql stable rows 1000
-- Planned once, for few rows: look-ups, whatever the statistics make of a list; and what is looked up is in memory mostly.
set plan_cache_mode = force_generic_plan set random_page_cost = 1.1 set enable_mergejoin = off set jit = off
as $$
#variable_conflict use_column
declare
  frontier bigint[] := array[start];
  seen bigint[] := array[start];
  next_ids bigint[];
  next_parents bigint[];
  parents bigint[] := array[null::bigint];
  depths integer[] := array[0];
  level integer := 0;
begin
  while level < steps loop
    level := level + 1;
    if downward then
      select array_agg(found.id), array_agg(found.parent) into next_ids, next_parents
      from (
        select one.id, min(one.parent) as parent
        from (
          select e.downstream_id as id, e.upstream_id as parent, true as fresh
          from unnest(frontier) as f (id)
          join tidemark.lineage_edge e on e.upstream_id = f.id and e.valid_to is null and e.downstream_id is not null
          union all
          select s.id, null, false from unnest(seen) as s (id)
        ) one
        group by one.id
        having bool_and(one.fresh)
      ) found;
    else
      select array_agg(found.id), array_agg(found.parent) into next_ids, next_parents
      from (
        select one.id, min(one.parent) as parent
        from (
          select e.upstream_id as id, e.downstream_id as parent, true as fresh
          from unnest(frontier) as f (id)
          join tidemark.lineage_edge e on e.downstream_id = f.id and e.valid_to is null and e.upstream_id is not null
          union all
          select s.id, null, false from unnest(seen) as s (id)
        ) one
        group by one.id
        having bool_and(one.fresh)
      ) found;
    end if;
    exit when next_ids is null;
    frontier := next_ids;
    seen := seen || next_ids;
    parents := parents || next_parents;
    depths := depths || array_fill(level, array[cardinality(next_ids)]);
  end loop;
  return query
  with recursive node as materialized (
    select n.id, n.parent, n.level, a.display, a.kind, a.owner
    from unnest(seen, parents, depths) as n (id, parent, level)
    join tidemark.asset a on a.id = n.id
  ), trail as (
    select n.*, array[n.display] as path from node n where n.level = 0
    union all
    select n.*, t.path || n.display from trail t join node n on n.parent = t.id and n.level = t.level + 1
  )
  select t.id, t.display, t.kind, t.owner, t.level, t.path
  from trail t
  where t.level > 0
  order by t.level, t.display collate "C", t.id;
end;
$$;

comment on function tidemark.reach(bigint, boolean, integer) is
  'The assets reached from one by live lineage edges, each once, at its least depth.';

create or replace function catalog.upstream(asset text, depth integer default 10) returns table (
  asset_id bigint, asset text, kind text, depth integer, path text[]
)
language sql stable security definer rows 100 set search_path = pg_catalog, pg_temp
begin atomic
  select r.asset_id, r.asset, r.kind, r.depth, r.path
  from tidemark.reach(tidemark.require_asset($1), false, coalesce($2, 10)) r;
end;

comment on function catalog.upstream(text, integer) is
  'What an asset is made from, up to depth steps away: each asset once, with its least depth and one path there, from the asset asked for to the one reached; what was never crawled has no kind. The asset is a dotted name, the end of one that fits only one asset, or an id.';

create or replace function catalog.downstream(asset text, depth integer default 10) returns table (
  asset_id bigint, asset text, kind text, depth integer, path text[]
)
language sql stable security definer rows 100 set search_path = pg_catalog, pg_temp
begin atomic
  select r.asset_id, r.asset, r.kind, r.depth, r.path
  from tidemark.reach(tidemark.require_asset($1), true, coalesce($2, 10)) r;
end;

comment on function catalog.downstream(text, integer) is
  'What is made from an asset, up to depth steps away: each asset once, with its least depth and one path there, from the asset asked for to the one reached. The asset is a dotted name, the end of one that fits only one asset, or an id.';

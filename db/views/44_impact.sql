create or replace function catalog.impact(asset text, column_name text default null) returns table (
  asset_id bigint, asset text, kind text, column_name text, depth integer, owner text, path text[]
)
language sql stable security definer rows 1000 set search_path = pg_catalog, pg_temp
begin atomic
  select r.asset_id, r.asset, r.kind, r.column_name, r.depth, coalesce(o.owners, r.owner), r.path
  from (
    select w.asset_id, w.asset, w.kind, null::text as column_name, w.owner, w.depth, w.path
    from tidemark.reach(tidemark.require_asset($1), true, 2147483647) w
    where $2 is null
    union all
    select w.asset_id, w.asset, w.kind, w.column_name, w.owner, w.depth, w.path
    from (select tidemark.require_asset($1) as id) a
    cross join lateral tidemark.reach_columns(a.id, tidemark.require_field(a.id, $2), true, 2147483647) w
    where $2 is not null
  ) r
  left join (
    select w.asset_id, string_agg(w.owner, ', ' order by w.owner collate "C") as owners
    from tidemark.ownership w
    group by w.asset_id
  ) o on o.asset_id = r.asset_id
  order by r.depth, r.asset collate "C", r.asset_id, r.column_name collate "C" nulls first;
end;

comment on function catalog.impact(text, text) is
  'What a change of an asset, or of one of its columns, may reach at any distance: each asset, or each column, once, with its least depth, whom to ask (owners set by hand, else the source''s), and one path there. Of a column: column_name is the column reached; null where it reaches the asset as a whole, by deciding its rows or because not every column between the two is known. The asset is named as in catalog.downstream.';

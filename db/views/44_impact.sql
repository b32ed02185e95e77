/* What catalog.impact tells and more: when and how often each asset was read, and whether only stale edges lead there. */
create or replace function tidemark.impact_details(asset bigint, column_name text) returns table (
  asset_id bigint, asset text, kind text, column_name text, depth integer, owner text, path text[],
  last_read_at timestamptz, reads bigint, stale boolean
)
language sql stable rows 1000
begin atomic
  with recursive reached as materialized (
    select w.asset_id, w.asset, w.kind, null::text as column_name, w.owner, w.depth, w.path
    from tidemark.reach($1, true, 2147483647) w
    where $2 is null
    union all
    select w.asset_id, w.asset, w.kind, w.column_name, w.owner, w.depth, w.path
    from tidemark.reach_columns($1, tidemark.require_field($1, $2), true, 2147483647) w
    where $2 is not null
  ), place as materialized (
    select r.asset_id as id from reached r union select $1
  ), doubtful as materialized (
    -- Of most assets nothing is stale, and there is nothing to walk.
    select exists (
      select 1 from tidemark.lineage_edge e join place p on p.id = e.upstream_id where e.valid_to is null and e.stale_since is not null
    ) as assets, exists (
      select 1
      from tidemark.lineage_field_edge e
      join place p on p.id = e.downstream_id
      where e.valid_to is null and e.stale_since is not null
    ) as fields
  ), fresh as (
    select $1 as id from doubtful d where d.assets
    union
    select e.downstream_id
    from fresh f
    join tidemark.lineage_edge e on e.upstream_id = f.id and e.valid_to is null and e.stale_since is null
    join place p on p.id = e.downstream_id
  )
  select r.asset_id, r.asset, r.kind, r.column_name, r.depth, coalesce(o.owners, r.owner), r.path, u.last_read_at, u.reads,
    d.assets and r.asset_id not in (select f.id from fresh f)
    or d.fields and r.column_name is not null and coalesce((
      select bool_and(e.stale_since is not null)
      from tidemark.lineage_field_edge e
      where e.downstream_id = r.asset_id and e.valid_to is null and e.upstream_id in (select p.id from place p)
        and tidemark.field_path(r.asset_id, e.downstream_field) = r.column_name
      having bool_or(e.stale_since is not null)), false)
  from reached r
  cross join doubtful d
  left join tidemark.usage u on u.asset_id = r.asset_id
  left join (
    select w.asset_id, string_agg(w.owner, ', ' order by w.owner collate "C") as owners
    from tidemark.ownership w
    group by w.asset_id
  ) o on o.asset_id = r.asset_id
  order by r.depth, r.asset collate "C", r.asset_id, r.column_name collate "C" nulls first;
end;

comment on function tidemark.impact_details(bigint, text) is
  'What a change of an asset, or of one of its columns, may reach: as catalog.impact, with its use, and whether only edges that their sources no longer tell lead there.';

create or replace function catalog.impact(asset text, column_name text default null) returns table (
  asset_id bigint, asset text, kind text, column_name text, depth integer, owner text, path text[]
)
language sql stable security definer rows 1000 set search_path = pg_catalog, pg_temp
begin atomic
  select r.asset_id, r.asset, r.kind, r.column_name, r.depth, r.owner, r.path
  from tidemark.impact_details(tidemark.require_asset($1), $2) r
  order by r.depth, r.asset collate "C", r.asset_id, r.column_name collate "C" nulls first;
end;

comment on function catalog.impact(text, text) is
  'What a change of an asset, or of one of its columns, may reach at any distance: each asset, or each column, once, with its least depth, whom to ask (owners set by hand, else the source''s), and one path there. catalog.usage tells when each was last read, catalog.lineage which edges are stale. Of a column: column_name is the column reached; null where it reaches the asset as a whole, by deciding its rows or because not every column between the two is known. The asset is named as in catalog.downstream.';

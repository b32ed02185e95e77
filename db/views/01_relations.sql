-- Pieces that several public views are made of. They are in schema tidemark: no promise is made about them.
create or replace view tidemark.live_relation as
select
  a.id as asset_id,
  s.name as source,
  n.name as namespace,
  a.database_name,
  a.schema_name,
  a.name as table_name,
  a.display as asset,
  a.kind,
  a.owner,
  a.comment,
  a.native_id,
  a.properties,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
-- Outer joins, though every row has one: the planner leaves out those whose columns nobody asks for.
left join tidemark.namespace n on n.id = a.namespace_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
where a.kind_group = 'relation' and a.removed_at is null and not a.placeholder;

comment on view tidemark.live_relation is 'Live tables, views and the like, with the source whose record each of them has.';

create or replace view tidemark.relation_version as
select
  a.id as asset_id,
  coalesce(s.name, rs.name) as source,
  n.name as namespace,
  case when level.has_database then r.path[1] end as database_name,
  case when level.has_schema then r.path[1 + level.has_database::integer] end as schema_name,
  r.path[cardinality(r.path)] as table_name,
  -- As displayName() in model/names.ts writes it.
  case
    when r.path = a.path then a.display
    else (
      select string_agg(
               case
                 when part <> '' and part !~ '[."\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]' then part
                 else '"' || replace(part, '"', '""') || '"'
               end, '.' order by place)
      from unnest(r.path) with ordinality as parts (part, place)
    )
  end as asset,
  r.kind,
  r.owner,
  r.comment,
  r.fields,
  r.constraints,
  r.definition ->> 'text' as definition,
  r."nativeId" as native_id,
  coalesce(r.properties, '{}') as properties,
  a.first_seen_at,
  v.valid_from,
  v.valid_to
from tidemark.asset a
join tidemark.namespace n on n.id = a.namespace_id
join tidemark.asset_version v on v.asset_id = a.id
cross join lateral jsonb_to_record(v.record) as r (
  kind text, path text[], owner text, comment text, fields jsonb, constraints jsonb, definition jsonb, "nativeId" text,
  properties jsonb
)
-- An asset that became a placeholder has lost its levels: one of the same kind in the same system tells them.
left join lateral (
  select o.database_name, o.schema_name
  from tidemark.asset o
  where a.placeholder and o.namespace_id = a.namespace_id and o.kind_group = a.kind_group and o.kind = r.kind
  limit 1
) like_it on true
cross join lateral (
  select coalesce(a.database_name, like_it.database_name) is not null as has_database,
         coalesce(a.schema_name, like_it.schema_name) is not null as has_schema
) level
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join tidemark.sync_run run on run.id = v.run_id
left join tidemark.source rs on rs.id = run.source_id
where a.kind_group = 'relation';

comment on view tidemark.relation_version is
  'Every version of every relation as its record tells it; the versions of one do not overlap.';

-- Both return the views' own row types, so that they have the same columns for ever, and are plain SQL that the planner
-- opens: a filter on asset_id or table_name outside reaches the tables inside.
create or replace function catalog.tables_as_of(at timestamptz) returns setof catalog.tables
language sql stable parallel safe
begin atomic
  select
    a.id,
    coalesce(s.name, rs.name),
    n.name,
    case when level.has_database then r.path[1] end,
    case when level.has_schema then r.path[1 + level.has_database::integer] end,
    r.path[cardinality(r.path)],
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
    end,
    r.kind,
    r.owner,
    r.comment,
    coalesce(jsonb_array_length(r.fields), 0),
    null::bigint,
    null::bigint,
    r.definition ->> 'text',
    r."nativeId",
    coalesce(r.properties, '{}'),
    least(a.first_seen_at, v.valid_from),
    v.valid_from
  from tidemark.asset a
  join tidemark.namespace n on n.id = a.namespace_id
  -- The last version begun by then; it counts unless it had ended.
  cross join lateral (
    select valid_from, valid_to, run_id, record
    from tidemark.asset_version
    where asset_id = a.id and valid_from <= tables_as_of.at
    order by valid_from desc
    limit 1
  ) v
  cross join lateral jsonb_to_record(v.record) as r (
    kind text, path text[], owner text, comment text, fields jsonb, definition jsonb, "nativeId" text, properties jsonb
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
  where a.kind_group = 'relation' and (v.valid_to is null or v.valid_to > tables_as_of.at);
end;

comment on function catalog.tables_as_of(timestamptz) is
  'catalog.tables as observed at a time: names and everything else as they were then, the source as it is now (for removed tables, the one that saw them). changed_at tells since when it had been so; row_count and bytes are null.';

create or replace function catalog.columns_as_of(at timestamptz) returns setof catalog.columns
language sql stable parallel safe rows 100000
begin atomic
  select
    a.id,
    coalesce(s.name, rs.name),
    case when level.has_database then r.path[1] end,
    case when level.has_schema then r.path[1 + level.has_database::integer] end,
    r.path[cardinality(r.path)],
    f.name,
    f.position,
    coalesce(array_to_string(f.path, '.'), f.name),
    f."nativeType",
    f.type,
    f.nullable,
    f.default,
    f.generated,
    key.members ? coalesce(array_to_string(f.path, '.'), f.name),
    f.comment,
    coalesce(f.properties, '{}')
  from tidemark.asset a
  cross join lateral (
    select valid_from, valid_to, run_id, record
    from tidemark.asset_version
    where asset_id = a.id and valid_from <= columns_as_of.at
    order by valid_from desc
    limit 1
  ) v
  cross join lateral jsonb_to_record(v.record) as r (kind text, path text[], fields jsonb, constraints jsonb)
  cross join lateral jsonb_path_query_array(
    coalesce(r.constraints, '[]'), '$[*] ? (@.kind == "primary key").columns[*]'
  ) as key (members)
  cross join lateral jsonb_to_recordset(r.fields) as f (
    name text, path text[], position integer, "nativeType" text, type text, nullable boolean, "default" text,
    generated text, comment text, properties jsonb
  )
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
  where a.kind_group = 'relation' and (v.valid_to is null or v.valid_to > columns_as_of.at);
end;

comment on function catalog.columns_as_of(timestamptz) is
  'catalog.columns as observed at a time: names and everything else as they were then, the source as it is now (for removed tables, the one that saw them).';

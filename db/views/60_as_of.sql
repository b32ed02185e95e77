-- Both return the views' own row types, so that they have the same columns for ever, and are plain SQL that the planner
-- opens: a filter on asset_id or table_name outside reaches the tables inside.
create or replace function catalog.tables_as_of(at timestamptz) returns setof catalog.tables
language sql stable parallel safe
begin atomic
  select
    v.asset_id,
    v.source,
    v.namespace,
    v.database_name,
    v.schema_name,
    v.table_name,
    v.asset,
    v.kind,
    v.owner,
    v.comment,
    coalesce(jsonb_array_length(v.fields), 0),
    null::bigint,
    null::bigint,
    v.definition,
    v.native_id,
    v.properties,
    least(v.first_seen_at, v.valid_from),
    v.valid_from
  from tidemark.relation_version v
  where v.valid_from <= tables_as_of.at and (v.valid_to is null or v.valid_to > tables_as_of.at);
end;

comment on function catalog.tables_as_of(timestamptz) is
  'catalog.tables as observed at a time: names and everything else as they were then, the source as it is now (for removed tables, the one that saw them). changed_at tells since when it had been so; row_count and bytes are null.';

create or replace function catalog.columns_as_of(at timestamptz) returns setof catalog.columns
language sql stable parallel safe rows 100000
begin atomic
  select
    v.asset_id,
    v.source,
    v.database_name,
    v.schema_name,
    v.table_name,
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
  from tidemark.relation_version v
  cross join lateral jsonb_path_query_array(
    coalesce(v.constraints, '[]'), '$[*] ? (@.kind == "primary key").columns[*]'
  ) as key (members)
  cross join lateral jsonb_to_recordset(v.fields) as f (
    name text, path text[], position integer, "nativeType" text, type text, nullable boolean, "default" text,
    generated text, comment text, properties jsonb
  )
  where v.valid_from <= columns_as_of.at and (v.valid_to is null or v.valid_to > columns_as_of.at);
end;

comment on function catalog.columns_as_of(timestamptz) is
  'catalog.columns as observed at a time: names and everything else as they were then, the source as it is now (for removed tables, the one that saw them).';

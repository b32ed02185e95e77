create or replace view catalog.schemas as
select
  a.id as asset_id,
  s.name as source,
  a.database_name,
  a.schema_name,
  a.owner,
  a.comment,
  coalesce(held.tables, 0) as tables,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join (
  select namespace_id, database_name, schema_name, count(*)::integer as tables
  from tidemark.asset
  where kind_group = 'relation' and removed_at is null and not placeholder
  group by namespace_id, database_name, schema_name
) held on held.namespace_id = a.namespace_id
      and held.schema_name = a.schema_name
      and held.database_name is not distinct from a.database_name
where a.kind_group = 'container' and a.schema_name is not null and a.removed_at is null and not a.placeholder;

comment on view catalog.schemas is 'Live schemas, one row each. Systems without schemas (MySQL) have none.';
comment on column catalog.schemas.asset_id is 'Id of the schema, as in catalog.assets.';
comment on column catalog.schemas.source is 'Name of the source whose record this is.';
comment on column catalog.schemas.database_name is 'Database it is in; null where the system has no such level.';
comment on column catalog.schemas.schema_name is 'Name of the schema.';
comment on column catalog.schemas.owner is 'Owner as the source tells it.';
comment on column catalog.schemas.comment is 'Comment or description kept in the source.';
comment on column catalog.schemas.tables is 'Number of live tables, views and the like in it.';
comment on column catalog.schemas.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.schemas.changed_at is 'When Tidemark last saw it changed.';

create or replace view catalog.tables as
select
  r.asset_id,
  r.source,
  r.namespace,
  r.database_name,
  r.schema_name,
  r.table_name,
  r.asset,
  r.kind,
  r.owner,
  r.comment,
  (select count(*)::integer from tidemark.field f where f.asset_id = r.asset_id and f.removed_at is null) as columns,
  st.row_count,
  st.bytes,
  d.text as definition,
  r.native_id,
  r.properties,
  r.first_seen_at,
  r.changed_at
from tidemark.live_relation r
left join tidemark.definition d on d.asset_id = r.asset_id
left join tidemark.asset_statistic st on st.asset_id = r.asset_id;

comment on view catalog.tables is 'Live tables, views and whatever else is queried like them, one row each.';
comment on column catalog.tables.asset_id is 'Id of the table, as in catalog.assets. It survives renames.';
comment on column catalog.tables.source is 'Name of the source whose record this is.';
comment on column catalog.tables.namespace is 'System the name lives in, as OpenLineage writes it: postgres://host:5432.';
comment on column catalog.tables.database_name is 'Database it is in; null where the system has no such level.';
comment on column catalog.tables.schema_name is 'Schema it is in; null where the system has no such level.';
comment on column catalog.tables.table_name is 'Its own name, without database and schema.';
comment on column catalog.tables.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.tables.kind is
  'table, partitioned table, partition, view, materialized view, foreign table, external table and so on.';
comment on column catalog.tables.owner is 'Owner as the source tells it.';
comment on column catalog.tables.comment is 'Comment or description kept in the source.';
comment on column catalog.tables.columns is 'Number of its rows in catalog.columns, nested fields included.';
comment on column catalog.tables.row_count is 'Number of rows as the source last told it, often an estimate; null where it is not known.';
comment on column catalog.tables.bytes is 'Size in bytes with indexes and partitions, as the source last told it; null where it is not known.';
comment on column catalog.tables.definition is 'The text that defines a view or the like; null for a plain table.';
comment on column catalog.tables.native_id is 'The source''s own immutable id of it, such as an oid.';
comment on column catalog.tables.properties is 'What else this kind of source tells of it.';
comment on column catalog.tables.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.tables.changed_at is 'When Tidemark last saw it changed.';

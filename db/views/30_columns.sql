create or replace view catalog.columns as
select
  r.asset_id,
  r.source,
  r.database_name,
  r.schema_name,
  r.table_name,
  f.name as column_name,
  f.position,
  array_to_string(f.path, '.') as path,
  f.native_type,
  f.type,
  f.nullable,
  f.default_value,
  f.generated,
  exists (
    select 1
    from tidemark.asset_constraint k
    cross join unnest(k.columns) as member (name)
    where k.kind = 'primary key' and k.asset_id = f.asset_id and member.name = array_to_string(f.path, '.')
  ) as is_primary_key,
  f.comment,
  f.properties
from tidemark.field f
join tidemark.live_relation r on r.asset_id = f.asset_id
where f.removed_at is null;

comment on view catalog.columns is 'Columns of the live tables and views, one row each; nested fields have rows of their own.';
comment on column catalog.columns.asset_id is 'Id of the table, as in catalog.tables.';
comment on column catalog.columns.source is 'Name of the source whose record this is.';
comment on column catalog.columns.database_name is 'Database of the table; null where the system has no such level.';
comment on column catalog.columns.schema_name is 'Schema of the table; null where the system has no such level.';
comment on column catalog.columns.table_name is 'The table''s own name.';
comment on column catalog.columns.column_name is 'Name of the column; of a nested field, its last step.';
comment on column catalog.columns.position is 'Place among the table''s columns, from 1 and without gaps.';
comment on column catalog.columns.path is 'Dotted path of a nested field, outermost first; the name itself for a plain column.';
comment on column catalog.columns.native_type is 'Type as the source writes it, with its modifiers: numeric(10,2).';
comment on column catalog.columns.type is
  'Type in words common to all sources: integer, decimal, string, timestamp and so on; unknown when none fits.';
comment on column catalog.columns.nullable is 'Whether it may be null.';
comment on column catalog.columns.default_value is 'Default as the source writes it.';
comment on column catalog.columns.generated is
  'How its value comes about: stored, virtual, identity always, identity by default; null for a plain column.';
comment on column catalog.columns.is_primary_key is 'Whether it is part of the table''s primary key.';
comment on column catalog.columns.comment is 'Comment or description kept in the source.';
comment on column catalog.columns.properties is 'What else this kind of source tells of it.';

create or replace view catalog.constraints as
select
  r.asset_id,
  r.source,
  r.database_name,
  r.schema_name,
  r.table_name,
  k.name as constraint_name,
  k.kind,
  k.columns,
  t.id as referenced_asset_id,
  k.referenced_display as referenced_asset,
  k.referenced_columns,
  k.definition,
  k.origin,
  k.confidence::numeric as confidence
from tidemark.asset_constraint k
join tidemark.live_relation r on r.asset_id = k.asset_id
left join tidemark.asset t
  on t.namespace_id = k.referenced_namespace_id
 and t.kind_group = k.referenced_group
 and t.name_key = k.referenced_key
 and t.removed_at is null
 and not t.placeholder;

comment on view catalog.constraints is 'Keys and checks of the live tables, one row each.';
comment on column catalog.constraints.asset_id is 'Id of the table, as in catalog.tables.';
comment on column catalog.constraints.source is 'Name of the source whose record this is.';
comment on column catalog.constraints.database_name is 'Database of the table; null where the system has no such level.';
comment on column catalog.constraints.schema_name is 'Schema of the table; null where the system has no such level.';
comment on column catalog.constraints.table_name is 'The table''s own name.';
comment on column catalog.constraints.constraint_name is 'Name of the constraint.';
comment on column catalog.constraints.kind is 'primary key, unique, foreign key, check, exclusion or not null.';
comment on column catalog.constraints.columns is 'Its columns in key order; empty for a check without plain columns.';
comment on column catalog.constraints.referenced_asset_id is
  'Id of the table that a foreign key refers to; null when that table is not in the catalog.';
comment on column catalog.constraints.referenced_asset is 'Dotted name of the table that a foreign key refers to.';
comment on column catalog.constraints.referenced_columns is
  'The referenced columns, in the order of columns.';
comment on column catalog.constraints.definition is 'The constraint as the source writes it.';
comment on column catalog.constraints.origin is 'declared in the source, or inferred by Tidemark.';
comment on column catalog.constraints.confidence is 'From 0 to 1; 1 for what is declared.';

create or replace view catalog.indexes as
select
  r.asset_id,
  r.source,
  r.database_name,
  r.schema_name,
  r.table_name,
  i.name as index_name,
  i.columns,
  i.is_unique,
  i.is_primary,
  i.definition
from tidemark.asset_index i
join tidemark.live_relation r on r.asset_id = i.asset_id;

comment on view catalog.indexes is 'Indexes of the live tables, one row each.';
comment on column catalog.indexes.asset_id is 'Id of the table, as in catalog.tables.';
comment on column catalog.indexes.source is 'Name of the source whose record this is.';
comment on column catalog.indexes.database_name is 'Database of the table; null where the system has no such level.';
comment on column catalog.indexes.schema_name is 'Schema of the table; null where the system has no such level.';
comment on column catalog.indexes.table_name is 'The table''s own name.';
comment on column catalog.indexes.index_name is 'Name of the index.';
comment on column catalog.indexes.columns is 'Key columns or expressions in order, as the source writes them.';
comment on column catalog.indexes.is_unique is 'Whether it keeps its key unique.';
comment on column catalog.indexes.is_primary is 'Whether it carries the primary key.';
comment on column catalog.indexes.definition is 'The index as the source writes it.';

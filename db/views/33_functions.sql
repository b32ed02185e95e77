create or replace view catalog.functions as
select
  a.id as asset_id,
  s.name as source,
  a.database_name,
  a.schema_name,
  coalesce(a.properties ->> 'name', a.name) as function_name,
  (
    select coalesce(string_agg(concat_ws(' ',
             case when arg ->> 'mode' <> 'in' then upper(arg ->> 'mode') end, arg ->> 'name', arg ->> 'type',
             'DEFAULT ' || (arg ->> 'default')), ', ' order by place), '')
    from jsonb_array_elements(a.properties -> 'arguments') with ordinality as list (arg, place)
  ) as arguments,
  a.properties ->> 'returns' as returns,
  a.properties ->> 'language' as language,
  d.text as definition,
  a.comment,
  a.display as asset,
  a.kind,
  a.owner,
  a.properties,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join tidemark.definition d on d.asset_id = a.id
where a.kind_group in ('routine', 'procedure') and a.removed_at is null and not a.placeholder;

comment on view catalog.functions is
  'Live functions, procedures, aggregates and the like, one row each; overloads have a row of their own.';
comment on column catalog.functions.asset_id is 'Id of the function, as in catalog.assets. It survives renames.';
comment on column catalog.functions.source is 'Name of the source whose record this is.';
comment on column catalog.functions.database_name is 'Database it is in; null where the system has no such level.';
comment on column catalog.functions.schema_name is 'Schema it is in; null where the system has no such level.';
comment on column catalog.functions.function_name is 'Its own name, without arguments.';
comment on column catalog.functions.arguments is
  'Its arguments as one writes them: mode unless IN, name, type, default. Empty when it takes none.';
comment on column catalog.functions.returns is 'What it returns, as the source writes it; null for a procedure.';
comment on column catalog.functions.language is 'Language it is written in.';
comment on column catalog.functions.definition is 'The statement that makes it; null where the source does not tell, as for aggregates.';
comment on column catalog.functions.comment is 'Comment or description kept in the source.';
comment on column catalog.functions.asset is 'The whole dotted name with the types of the arguments, as in catalog.assets.';
comment on column catalog.functions.kind is 'function, procedure, aggregate, window function and so on.';
comment on column catalog.functions.owner is 'Owner as the source tells it.';
comment on column catalog.functions.properties is
  'What else this kind of source tells of it: volatility, securityDefiner, cost and so on.';
comment on column catalog.functions.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.functions.changed_at is 'When Tidemark last saw it changed.';

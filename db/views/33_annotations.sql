create or replace view catalog.owners as
select
  a.id as asset_id,
  a.display as asset,
  a.kind,
  o.owner,
  o.origin,
  p.name as set_by,
  o.set_at
from (
  select id as asset_id, owner, 'catalogue' as origin, null::bigint as set_by, null::timestamptz as set_at
  from tidemark.asset
  where owner is not null
  union all
  select asset_id, owner, 'manual', set_by, set_at
  from tidemark.ownership
) o
join tidemark.asset a on a.id = o.asset_id
left join tidemark.principal p on p.id = o.set_by
where a.removed_at is null;

comment on view catalog.owners is
  'Who owns live assets, one row for each owner of each: as the source tells it, and as people have set it in the catalog.';
comment on column catalog.owners.asset_id is 'Id of the asset, as in catalog.assets.';
comment on column catalog.owners.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.owners.kind is 'What it is: table, view, schema and so on.';
comment on column catalog.owners.owner is 'A person, a team or a role.';
comment on column catalog.owners.origin is 'catalogue: the source says so; manual: set in the catalog, which syncs leave alone.';
comment on column catalog.owners.set_by is 'Who set it, where it was set in the catalog.';
comment on column catalog.owners.set_at is 'When it was set, where it was set in the catalog.';

create or replace view catalog.tags as
select
  a.id as asset_id,
  a.display as asset,
  a.kind,
  array_to_string(f.path, '.') as column_name,
  t.name as tag,
  t.description,
  p.name as set_by,
  g.set_at
from tidemark.tag_assignment g
join tidemark.tag t on t.id = g.tag_id
join tidemark.asset a on a.id = g.asset_id
left join tidemark.field f on f.asset_id = g.asset_id and f.name_key = g.field_key and f.removed_at is null
join tidemark.principal p on p.id = g.set_by
where a.removed_at is null and (g.field_key = '' or f.id is not null);

comment on view catalog.tags is 'Tags that people have put on live assets and their columns, one row each. Syncs leave them alone.';
comment on column catalog.tags.asset_id is 'Id of the asset, as in catalog.assets.';
comment on column catalog.tags.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.tags.kind is 'What it is: table, view, schema and so on.';
comment on column catalog.tags.column_name is 'Dotted path of the column that is tagged; null when the asset itself is.';
comment on column catalog.tags.tag is 'The tag.';
comment on column catalog.tags.description is 'What the tag means, where somebody has said so.';
comment on column catalog.tags.set_by is 'Who put it there.';
comment on column catalog.tags.set_at is 'When it was put there.';

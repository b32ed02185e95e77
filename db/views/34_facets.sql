create or replace view catalog.facets as
select
  a.id as asset_id,
  s.name as source,
  a.database_name,
  a.schema_name,
  a.display as asset,
  a.kind as asset_kind,
  f.kind,
  f.name,
  f.body
from tidemark.facet f
join tidemark.asset a on a.id = f.asset_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
where a.removed_at is null and not a.placeholder;

comment on view catalog.facets is
  'What else is inside live assets, one row each: triggers, row-level policies, rules, statistics objects, grants, members of roles.';
comment on column catalog.facets.asset_id is 'Id of the asset it belongs to, as in catalog.assets.';
comment on column catalog.facets.source is 'Name of the source whose record this is.';
comment on column catalog.facets.database_name is 'Database of the asset; null where there is no such level.';
comment on column catalog.facets.schema_name is 'Schema of the asset; null where there is no such level.';
comment on column catalog.facets.asset is 'Dotted name of the asset.';
comment on column catalog.facets.asset_kind is 'Kind of the asset.';
comment on column catalog.facets.kind is
  'trigger, policy, rule, statistics, grant, column grant, default grant, member and so on.';
comment on column catalog.facets.name is 'Its name, unique for its asset and kind; of a grant the grantee, where public is everyone.';
comment on column catalog.facets.body is 'What the source tells of it: the definition of a trigger, the privileges of a grant.';

create or replace view catalog.assets as
select
  a.id as asset_id,
  coalesce(s.name, last.source) as source,
  n.name as namespace,
  a.kind,
  a.display as asset,
  a.parent_id,
  p.display as parent,
  a.owner,
  a.comment,
  a.url,
  a.properties,
  a.placeholder,
  a.first_seen_at,
  a.changed_at,
  a.removed_at
from tidemark.asset a
join tidemark.namespace n on n.id = a.namespace_id
left join tidemark.asset p on p.id = a.parent_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
-- Removal ends the claims: what is removed is told by the source that saw it last.
left join lateral (
  select rs.name as source
  from tidemark.asset_version v
  join tidemark.sync_run r on r.id = v.run_id
  join tidemark.source rs on rs.id = r.source_id
  where v.asset_id = a.id and a.removed_at is not null
  order by v.valid_from desc
  limit 1
) last on true;

comment on view catalog.assets is
  'Everything catalogued, of every kind, one row each: live, removed (removed_at) and referred to but not crawled (placeholder).';
comment on column catalog.assets.asset_id is 'Id of the asset. It survives renames.';
comment on column catalog.assets.source is
  'Name of the source whose record this is; of a removed asset, the one that saw it last. Null for a placeholder.';
comment on column catalog.assets.namespace is 'System the name lives in, as OpenLineage writes it: postgres://host:5432.';
comment on column catalog.assets.kind is 'What it is: table, view, schema, function, file and so on. Null for a placeholder.';
comment on column catalog.assets.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.assets.parent_id is 'Id of the asset it is in.';
comment on column catalog.assets.parent is 'Dotted name of the asset it is in.';
comment on column catalog.assets.owner is 'Owner as the source tells it.';
comment on column catalog.assets.comment is 'Comment or description kept in the source.';
comment on column catalog.assets.url is 'Where to open it in the source, if it can be.';
comment on column catalog.assets.properties is 'What else this kind of source tells of it.';
comment on column catalog.assets.placeholder is 'True when something refers to it and no source has crawled it.';
comment on column catalog.assets.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.assets.changed_at is 'When Tidemark last saw it changed.';
comment on column catalog.assets.removed_at is 'When Tidemark found it gone; null while it is live.';

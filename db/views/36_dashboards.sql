create or replace view catalog.dashboards as
select
  a.id as asset_id,
  s.name as source,
  n.name as namespace,
  a.path[1] as project_name,
  a.parent_id as workbook_id,
  p.display as workbook,
  a.name as dashboard_name,
  a.display as asset,
  a.kind,
  (
    select count(*)::integer
    from tidemark.lineage_edge e
    join tidemark.asset r on r.id = e.upstream_id and r.kind_group = 'report'
    where e.downstream_id = a.id and e.valid_to is null and e.stale_since is null
  ) as sheets,
  u.reads as views,
  u.last_read_at as last_viewed_at,
  array(
    select f.name from tidemark.facet f where f.asset_id = a.id and f.kind = 'tag' order by f.name
  ) as tags,
  a.owner,
  a.comment,
  a.url,
  a.native_id,
  a.properties,
  a.first_seen_at,
  a.changed_at
from tidemark.asset a
left join tidemark.asset p on p.id = a.parent_id
left join tidemark.namespace n on n.id = a.namespace_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
left join tidemark.usage u on u.asset_id = a.id
where a.kind_group = 'report' and a.kind in ('dashboard', 'story') and a.removed_at is null and not a.placeholder;

comment on view catalog.dashboards is 'Live dashboards and stories of BI tools, one row each. Their sheets are in catalog.assets.';
comment on column catalog.dashboards.asset_id is 'Id of the dashboard, as in catalog.assets. It survives renames and moves.';
comment on column catalog.dashboards.source is 'Name of the source whose record this is.';
comment on column catalog.dashboards.namespace is 'Where it is: tableau://host/site.';
comment on column catalog.dashboards.project_name is 'The project or folder it is in, as one path: Finance/EMEA.';
comment on column catalog.dashboards.workbook_id is 'Id of the workbook it is in.';
comment on column catalog.dashboards.workbook is 'Dotted name of the workbook it is in.';
comment on column catalog.dashboards.dashboard_name is 'Its own name.';
comment on column catalog.dashboards.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.dashboards.kind is 'dashboard or story.';
comment on column catalog.dashboards.sheets is 'Number of sheets and dashboards that it shows.';
comment on column catalog.dashboards.views is 'How often it was viewed, as the tool counts; null where it does not.';
comment on column catalog.dashboards.last_viewed_at is
  'When it was last viewed, where the tool tells, or when Tidemark first saw the count as it is.';
comment on column catalog.dashboards.tags is 'Tags given to it in the tool.';
comment on column catalog.dashboards.owner is 'Who owns it, or its workbook, in the tool.';
comment on column catalog.dashboards.comment is 'Its description.';
comment on column catalog.dashboards.url is 'Where to open it.';
comment on column catalog.dashboards.native_id is 'The tool''s own immutable id of it.';
comment on column catalog.dashboards.properties is 'What else the tool tells of it.';
comment on column catalog.dashboards.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.dashboards.changed_at is 'When Tidemark last saw it changed.';

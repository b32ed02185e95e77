create or replace view catalog.lineage as
select
  e.upstream_id,
  coalesce(u.display, e.upstream_display) as upstream,
  e.downstream_id,
  d.display as downstream,
  e.origin,
  s.name as source,
  e.valid_from as first_seen_at,
  e.last_seen_at
from tidemark.lineage_edge e
join tidemark.asset d on d.id = e.downstream_id
left join tidemark.asset u on u.id = e.upstream_id
left join tidemark.source s on s.id = e.source_id
where e.valid_to is null and d.removed_at is null;

comment on view catalog.lineage is
  'What each asset is made from, one row for each live edge: data flows from upstream to downstream.';
comment on column catalog.lineage.upstream_id is
  'Id of the asset that is read, as in catalog.assets, where it may be a placeholder; null until a sync has resolved the name.';
comment on column catalog.lineage.upstream is 'Dotted name of the asset that is read.';
comment on column catalog.lineage.downstream_id is 'Id of the asset made from it, as in catalog.assets.';
comment on column catalog.lineage.downstream is 'Dotted name of the asset made from it.';
comment on column catalog.lineage.origin is
  'Where the edge is known from: catalogue (the source''s own dependencies), definition, log, bi, code.';
comment on column catalog.lineage.source is 'Name of the source that told of the edge.';
comment on column catalog.lineage.first_seen_at is 'When Tidemark first saw the edge.';
comment on column catalog.lineage.last_seen_at is
  'When Tidemark last saw it used, for edges from logs; for others, when their record was written. A live edge holds until told otherwise.';

create or replace view catalog.lineage as
select
  e.upstream_id,
  coalesce(u.display, e.upstream_display) as upstream,
  e.downstream_id,
  d.display as downstream,
  e.origin,
  s.name as source,
  e.valid_from as first_seen_at,
  e.last_seen_at,
  c.file,
  e.line,
  e.end_line,
  c.commit,
  tidemark.line_url(c.url, e.line, e.end_line) as url,
  e.matched_by,
  e.stale_since
from tidemark.lineage_edge e
join tidemark.asset d on d.id = e.downstream_id
left join tidemark.asset u on u.id = e.upstream_id
left join tidemark.source s on s.id = e.source_id
left join tidemark.lineage_text t on t.id = e.text_id and e.origin = 'code'
left join tidemark.code_place c on c.asset_id = coalesce(t.asset_id, e.downstream_id) and e.origin = 'code'
where e.valid_to is null and d.removed_at is null;

comment on view catalog.lineage is
  'What each asset is made from, one row for each live edge: data flows from upstream to downstream.';
comment on column catalog.lineage.upstream_id is
  'Id of the asset that is read, as in catalog.assets, where it may be a placeholder; null until a sync has resolved the name.';
comment on column catalog.lineage.upstream is 'Dotted name of the asset that is read.';
comment on column catalog.lineage.downstream_id is 'Id of the asset made from it, as in catalog.assets.';
comment on column catalog.lineage.downstream is 'Dotted name of the asset made from it.';
comment on column catalog.lineage.file is
  'Of code: the path of the file that says so, in its repository.';
comment on column catalog.lineage.line is
  'Where a text says so: the first line of its statement, from 1; null where no text does.';
comment on column catalog.lineage.end_line is 'The last line of that statement.';
comment on column catalog.lineage.commit is
  'Of code: the commit of the default branch that was read last, where the file has these lines.';
comment on column catalog.lineage.url is 'Of code: those lines at that commit, for a browser.';
comment on column catalog.lineage.origin is
  'Where the edge is known from: catalogue (the source''s own dependencies), definition, log, bi, code.';
comment on column catalog.lineage.source is 'Name of the source that told of the edge.';
comment on column catalog.lineage.first_seen_at is 'When Tidemark first saw the edge.';
comment on column catalog.lineage.last_seen_at is
  'When Tidemark last saw it used, for edges from logs; for others, when their record was written. A live edge holds until told otherwise.';
comment on column catalog.lineage.matched_by is
  'By which rule a name that a BI tool tells was found to mean the upstream: host_and_port and so on; null where the source says it as it is.';
comment on column catalog.lineage.stale_since is
  'Since when the source no longer tells of the edge, though nothing else of the downstream asset changed; null for the others.';

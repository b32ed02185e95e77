create or replace view catalog.column_lineage as
select
  e.upstream_id,
  u.display as upstream,
  -- A field's key is its dotted path, unless a part of it had to be escaped.
  case
    when strpos(e.upstream_field, '\') = 0 then e.upstream_field
    else coalesce(
      (select array_to_string(f.path, '.') from tidemark.field f where f.asset_id = e.upstream_id and f.name_key = e.upstream_field),
      regexp_replace(e.upstream_field, '\\(.)', '\1', 'g'))
  end as upstream_column,
  e.downstream_id,
  d.display as downstream,
  case
    when e.downstream_field = '' then null
    when strpos(e.downstream_field, '\') = 0 then e.downstream_field
    else coalesce(
      (select array_to_string(f.path, '.') from tidemark.field f where f.asset_id = e.downstream_id and f.name_key = e.downstream_field),
      regexp_replace(e.downstream_field, '\\(.)', '\1', 'g'))
  end as downstream_column,
  e.influence,
  e.transformation,
  e.expression,
  t.origin,
  e.confidence,
  e.subtypes,
  s.name as source,
  e.valid_from as first_seen_at,
  e.text_id,
  t.asset_id as text_asset_id,
  c.repository,
  c.file,
  e.line,
  e.end_line,
  c.commit,
  tidemark.line_url(c.url, e.line, e.end_line) as url,
  e.stale_since
from tidemark.lineage_field_edge e
join tidemark.lineage_text t on t.id = e.text_id
join tidemark.asset u on u.id = e.upstream_id
join tidemark.asset d on d.id = e.downstream_id
left join tidemark.source s on s.id = t.source_id
left join tidemark.code_place c on c.asset_id = t.asset_id and t.origin = 'code'
where e.valid_to is null and u.removed_at is null and d.removed_at is null;

comment on view catalog.column_lineage is
  'Which column each column is made from, one row for each pair of columns, text that says so, and influence. What texts do not tell is in catalog.lineage_gaps.';
comment on column catalog.column_lineage.upstream_id is
  'Id of the asset that is read, as in catalog.assets, where it may be a placeholder.';
comment on column catalog.column_lineage.upstream is 'Dotted name of the asset that is read.';
comment on column catalog.column_lineage.upstream_column is
  'Column that is read; of a nested field, its dotted path, as catalog.columns.path has it.';
comment on column catalog.column_lineage.downstream_id is 'Id of the asset made from it, as in catalog.assets.';
comment on column catalog.column_lineage.downstream is 'Dotted name of the asset made from it.';
comment on column catalog.column_lineage.downstream_column is
  'Column made from it; null where it decides which rows there are: filters, joins, groups, order.';
comment on column catalog.column_lineage.influence is
  'direct: its value flows there; indirect: it only decides, as a condition, a join, a window or an order does.';
comment on column catalog.column_lineage.transformation is
  'How the value comes about: identity, expression, aggregate, window; of an indirect influence subtypes tells more.';
comment on column catalog.column_lineage.expression is 'The expression as written, where it is more than a column.';
comment on column catalog.column_lineage.origin is
  'Where it is known from: definition (the text of a view or a routine), code (a file of a repository), log (a statement of a query log), bi, catalogue (what a source tells of its fields).';
comment on column catalog.column_lineage.confidence is
  'From 0 to 1. 1: the text and the catalogue say so; less where a name was placed by elimination.';
comment on column catalog.column_lineage.subtypes is
  'As OpenLineage has them: IDENTITY, TRANSFORMATION, AGGREGATION; JOIN, GROUP_BY, FILTER, SORT, WINDOW, CONDITIONAL.';
comment on column catalog.column_lineage.source is 'Name of the source that the text belongs to.';
comment on column catalog.column_lineage.first_seen_at is 'When Tidemark first saw it.';
comment on column catalog.column_lineage.text_id is
  'The text that says so: rows with the same one come from one definition, or one statement of a log.';
comment on column catalog.column_lineage.text_asset_id is
  'Id of the asset whose text that is: a view, a routine, a file, a dbt model; null for a statement of a log.';
comment on column catalog.column_lineage.repository is 'Of code: the dotted name of its repository.';
comment on column catalog.column_lineage.file is 'Of code: the path of the file in its repository.';
comment on column catalog.column_lineage.line is
  'The line of the text, from 1, where the expression begins; null where no text says so.';
comment on column catalog.column_lineage.end_line is 'The line where it ends.';
comment on column catalog.column_lineage.commit is
  'Of code: the commit of the default branch that was read last, where the file has these lines.';
comment on column catalog.column_lineage.url is 'Of code: those lines at that commit, for a browser.';

comment on column catalog.column_lineage.stale_since is
  'Since when the source no longer tells of it, though nothing else of the downstream asset changed; null for the others.';

create or replace view catalog.lineage_coverage as
select
  s.name as source,
  coalesce(sum(t.statements), 0)::bigint as statements,
  coalesce(sum(t.resolved), 0)::bigint as resolved,
  coalesce(sum(t.partial), 0)::bigint as partial,
  coalesce(sum(t.failed), 0)::bigint as failed,
  coalesce(sum(t.unresolved_references), 0)::bigint as unresolved_references,
  count(t.id) as texts,
  coalesce(sum(jsonb_array_length(t.gaps)), 0)::bigint as gaps,
  s.id as source_id
from tidemark.source s
left join tidemark.lineage_text t on t.source_id = s.id
group by s.id, s.name;

comment on view catalog.lineage_coverage is
  'How much of the lineage in the SQL of each source is known, one row each: definitions of views and routines, and distinct statements of query logs.';
comment on column catalog.lineage_coverage.source is 'Name of the source.';
comment on column catalog.lineage_coverage.statements is 'Number of statements in its texts.';
comment on column catalog.lineage_coverage.resolved is 'Statements of which nothing is missing.';
comment on column catalog.lineage_coverage.partial is 'Statements of which some columns are not known.';
comment on column catalog.lineage_coverage.failed is 'Statements of which nothing is known but why.';
comment on column catalog.lineage_coverage.unresolved_references is
  'Relations that its texts name and nobody has crawled, counted for each text.';
comment on column catalog.lineage_coverage.texts is
  'Number of texts: definitions, records that tell of their fields, distinct statements of logs.';
comment on column catalog.lineage_coverage.gaps is 'Number of its rows in catalog.lineage_gaps.';
comment on column catalog.lineage_coverage.source_id is 'Id of the source: organizations may call theirs alike.';

create or replace view catalog.lineage_gaps as
select
  s.name as source,
  t.asset_id,
  a.display as asset,
  t.origin,
  t.outcome,
  gap.body ->> 'reason' as reason,
  gap.body ->> 'message' as message,
  (gap.body ->> 'line')::integer as line,
  (gap.body ->> 'column')::integer as position,
  array(
    select name #>> '{}'
    from jsonb_array_elements(case jsonb_typeof(gap.body -> 'columns') when 'array' then gap.body -> 'columns' end)
      with ordinality as list (name, place)
    order by place
  ) as columns,
  gap.body ->> 'statement' as statement,
  t.derived_at,
  t.source_id
from tidemark.lineage_text t
cross join lateral jsonb_array_elements(t.gaps) with ordinality as gap (body, place)
left join tidemark.asset a on a.id = t.asset_id
left join tidemark.source s on s.id = t.source_id
where a.removed_at is null;

comment on view catalog.lineage_gaps is 'What lineage does not know, one row for each gap in each text, and why.';
comment on column catalog.lineage_gaps.source is 'Name of the source that the text belongs to.';
comment on column catalog.lineage_gaps.asset_id is
  'Id of the asset that the text defines, as in catalog.assets; null for a statement of a query log.';
comment on column catalog.lineage_gaps.asset is 'Dotted name of that asset.';
comment on column catalog.lineage_gaps.origin is
  'definition (the text of a view or a routine), code (a file of a repository), log (a statement of a query log), bi, catalogue (what a source tells of its fields).';
comment on column catalog.lineage_gaps.outcome is 'How much of the whole text is known: resolved, partial, failed.';
comment on column catalog.lineage_gaps.reason is
  'unknown_table, unknown_column, ambiguous_column, column_count, dynamic_sql, unsupported_clause, unsupported_language, template, parse_error, too_deep, timeout and so on.';
comment on column catalog.lineage_gaps.message is 'What is not known, in words.';
comment on column catalog.lineage_gaps.line is 'Line of the text, from 1; null where it has no place.';
comment on column catalog.lineage_gaps.position is 'Character of that line, from 1.';
comment on column catalog.lineage_gaps.columns is 'Columns made by the text that lack lineage for it; empty where it is not about single columns.';
comment on column catalog.lineage_gaps.statement is 'SHA-256 of the statement, in hex.';
comment on column catalog.lineage_gaps.derived_at is 'When the text was read.';
comment on column catalog.lineage_gaps.source_id is 'Id of the source: organizations may call theirs alike.';

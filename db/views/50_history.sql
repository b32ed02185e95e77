create or replace view catalog.sync_history as
select
  r.id as run_id,
  s.name as source,
  r.trigger,
  r.mode,
  r.outcome,
  r.started_at,
  r.completed_at,
  round(extract(epoch from r.completed_at - r.started_at), 3) as duration_seconds,
  r.scopes,
  r.gaps,
  r.listed,
  r.described,
  r.added,
  r.changed,
  r.renamed,
  r.removed,
  r.proposed,
  r.requests,
  r.bytes,
  r.cost,
  r.error ->> 'category' as error_category,
  r.error ->> 'message' as error_message,
  p.name as actor,
  r.throttles,
  r.budget
from tidemark.sync_run r
join tidemark.source s on s.id = r.source_id
join tidemark.principal p on p.id = r.actor_id;

comment on view catalog.sync_history is 'Every run of every source, one row each, plans included. The counts are summed up when the run closes.';
comment on column catalog.sync_history.run_id is 'Id of the run; later runs have higher ones.';
comment on column catalog.sync_history.source is 'Name of the source.';
comment on column catalog.sync_history.trigger is 'What started it: schedule, manual, approval or webhook.';
comment on column catalog.sync_history.mode is
  'incremental (what moved), full (everything described again) or plan (lists and compares, writes nothing to the catalog).';
comment on column catalog.sync_history.outcome is
  'succeeded; gaps (some parts could not be read); held (removals wait for approval); cancelled; failed. Null while it runs.';
comment on column catalog.sync_history.started_at is 'When it began.';
comment on column catalog.sync_history.completed_at is 'When it ended; null while it runs.';
comment on column catalog.sync_history.duration_seconds is 'Seconds from beginning to end; null while it runs.';
comment on column catalog.sync_history.scopes is 'Parts of the source it dealt with, such as databases.';
comment on column catalog.sync_history.gaps is 'Of those, the ones not read in full.';
comment on column catalog.sync_history.listed is 'Items listed.';
comment on column catalog.sync_history.described is 'Items read in detail, because they were new or had moved.';
comment on column catalog.sync_history.added is 'Assets added.';
comment on column catalog.sync_history.changed is 'Assets changed.';
comment on column catalog.sync_history.renamed is 'Assets recognised under a new name.';
comment on column catalog.sync_history.removed is 'Assets removed.';
comment on column catalog.sync_history.proposed is 'Removals that wait for a decision.';
comment on column catalog.sync_history.requests is 'Queries or API calls made to the source.';
comment on column catalog.sync_history.bytes is 'Bytes read from the source, where the connector can tell.';
comment on column catalog.sync_history.cost is 'What the source charged for it, where the connector can tell.';
comment on column catalog.sync_history.error_category is
  'Kind of the failure, or of the first gap: auth, permission, source_unavailable and so on. Null when there was none.';
comment on column catalog.sync_history.error_message is 'What failed, and on what.';
comment on column catalog.sync_history.actor is 'Who asked for it: a person or a program.';
comment on column catalog.sync_history.throttles is 'Answers of the source that told us to slow down.';
comment on column catalog.sync_history.budget is
  'By resource, what the API of the source still let us ask when the run heard of it last: {"core": {"allowed": 5000, "remaining": 4211, "resetsAt": …}}. Null where the source sets no limit.';

create or replace view catalog.changes as
select
  c.id as change_id,
  c.changed_at,
  c.run_id,
  s.name as source,
  c.asset_id,
  c.display as asset,
  c.field_name as column_name,
  c.operation,
  c.severity,
  c.before,
  c.after,
  c.baseline
from tidemark.change c
left join tidemark.source s on s.id = c.source_id;

comment on view catalog.changes is
  'What was seen to change, one row for each asset or column. Name a range of changed_at: rows are kept by month.';
comment on column catalog.changes.change_id is 'Id of the change; later ones have higher ids.';
comment on column catalog.changes.changed_at is 'When Tidemark saw it, which is later than when it happened.';
comment on column catalog.changes.run_id is 'The run that saw it, as in catalog.sync_history.';
comment on column catalog.changes.source is 'Name of the source.';
comment on column catalog.changes.asset_id is 'Id of the asset, as in catalog.assets; null for a baseline row about a whole scope.';
comment on column catalog.changes.asset is 'Dotted name of the asset at that time.';
comment on column catalog.changes.column_name is 'Dotted path of the column that changed; null when the asset itself did.';
comment on column catalog.changes.operation is
  'added, changed, renamed, recreated (dropped and made again under the same name) or removed.';
comment on column catalog.changes.severity is
  'For readers of the asset: breaking, risky or safe. Null until the run that saw it closes.';
comment on column catalog.changes.before is 'The parts that differ, as they were.';
comment on column catalog.changes.after is 'The parts that differ, as they are.';
comment on column catalog.changes.baseline is
  'True for the one row that stands for a first crawl, a widened filter or a re-description.';

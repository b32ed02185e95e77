create or replace view catalog.freshness as
select
  s.source,
  s.last_success_at,
  floor(extract(epoch from now() - s.last_success_at))::bigint as age_seconds,
  due.seconds::bigint as expected_seconds,
  extract(epoch from now() - coalesce(s.last_success_at, s.created_at)) > due.seconds * 1.5 + 60 as stale
from catalog.sources s
join tidemark.organization o on o.name = s.organization
join tidemark.source t on t.organization_id = o.id and t.name = s.source
left join tidemark.source_schedule due on due.source_id = t.id;

comment on view catalog.freshness is 'How old what the catalog knows of each source is, one row each.';
comment on column catalog.freshness.source is 'Name of the source.';
comment on column catalog.freshness.last_success_at is 'When its last sync with outcome succeeded ended; null when there was none.';
comment on column catalog.freshness.age_seconds is 'Seconds since then.';
comment on column catalog.freshness.expected_seconds is
  'Seconds from one sync to the next by its schedule; the longer of the last interval and the coming one where they differ, as over a week-end. Null without a schedule.';
comment on column catalog.freshness.stale is
  'Whether it is older than half as much again, and a minute: a sync that was due has not succeeded. Counted from its creation where none ever has; null without a schedule.';

create or replace view catalog.health as
select
  s.name as source,
  coalesce(last.healthy, true) as healthy,
  coalesce(last.at, s.created_at) as since,
  last.step,
  last.message
from tidemark.source s
left join lateral (
  select h.healthy, h.at, h.step, h.message
  from tidemark.health_check h
  where h.source_id = s.id
  order by h.id desc
  limit 1
) last on true;

comment on view catalog.health is
  'Whether each source can be reached and read, by the probe that every active source has at intervals; one row each.';
comment on column catalog.health.source is 'Name of the source.';
comment on column catalog.health.healthy is 'Whether the last probe passed; true until one fails.';
comment on column catalog.health.since is
  'Since when it has been so: the first probe that failed, or the first that passed again; where none ever failed, when the source was added.';
comment on column catalog.health.step is 'The check that failed; null when healthy.';
comment on column catalog.health.message is 'How it failed; null when healthy.';

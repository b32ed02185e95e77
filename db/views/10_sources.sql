create or replace view catalog.sources as
select
  s.name as source,
  s.connector,
  o.name as organization,
  n.name as namespace,
  s.status,
  case jsonb_typeof(s.schedule)
    when 'object' then coalesce(s.schedule ->> 'text', s.schedule::text)
    when 'string' then s.schedule #>> '{}'
  end as schedule,
  last.completed_at as last_sync_at,
  last.outcome as last_sync_status,
  case when s.status = 'active' then due.next_at end as next_sync_at,
  success.completed_at as last_success_at,
  (
    select count(distinct c.asset_id)::integer
    from tidemark.claim c
    join tidemark.asset a on a.id = c.asset_id
    where c.source_id = s.id and a.removed_at is null and not a.placeholder
  ) as assets,
  s.labels,
  s.created_at
from tidemark.source s
join tidemark.organization o on o.id = s.organization_id
join tidemark.namespace n on n.id = s.namespace_id
left join lateral (
  select r.completed_at, r.outcome
  from tidemark.sync_run r
  where r.source_id = s.id and r.completed_at is not null and r.mode <> 'plan'
  order by r.id desc
  limit 1
) last on true
left join lateral (
  select r.completed_at
  from tidemark.sync_run r
  where r.source_id = s.id and r.outcome = 'succeeded' and r.mode <> 'plan'
  order by r.id desc
  limit 1
) success on true
left join tidemark.source_schedule due on due.source_id = s.id;

comment on view catalog.sources is 'The configured sources, one row each, with how their syncs go.';
comment on column catalog.sources.source is 'Name of the source, unique in its organization.';
comment on column catalog.sources.connector is 'Type of system: postgres, sqlite and so on.';
comment on column catalog.sources.organization is 'Organization it belongs to.';
comment on column catalog.sources.namespace is 'System its names live in, as OpenLineage writes it: postgres://host:5432.';
comment on column catalog.sources.status is 'active or paused.';
comment on column catalog.sources.schedule is 'When it is synced by itself; null when only on request.';
comment on column catalog.sources.last_sync_at is 'When its last sync ended, whatever the outcome. Plans do not count.';
comment on column catalog.sources.last_sync_status is
  'Outcome of that sync: succeeded, gaps, held, cancelled or failed.';
comment on column catalog.sources.next_sync_at is 
  'When its schedule is due next, jitter aside. Null without a schedule, while paused, and for calendars in another time zone than UTC, which only Temporal can tell.';
comment on column catalog.sources.last_success_at is 'When its last sync with outcome succeeded ended.';
comment on column catalog.sources.assets is 'Number of live assets that it yields, those it shares with other sources included.';
comment on column catalog.sources.labels is 'Labels given to it.';
comment on column catalog.sources.created_at is 'When it was added.';

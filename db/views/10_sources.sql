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
  case when s.status = 'active' then coalesce(turn.at, occasion.at) end as next_sync_at,
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
-- Temporal counts intervals from the epoch: services/schedule-text.ts does the same.
left join lateral (
  select to_timestamp((floor((extract(epoch from now()) - skew) / every) + 1) * every + skew) as at
  from (
    select nullif((s.schedule ->> 'everySeconds')::numeric, 0) as every,
           coalesce((s.schedule ->> 'offsetSeconds')::numeric, 0) as skew
  ) as span
) turn on true
-- The earliest time still to come on the first days that fit. Only in UTC: the server may not know another zone's name.
left join lateral (
  select min(moment) as at
  from jsonb_to_recordset(s.schedule -> 'calendars') as c (
    second integer[], minute integer[], hour integer[], "dayOfMonth" integer[], month integer[], "dayOfWeek" integer[],
    year integer[]
  )
  cross join lateral (
    select day::date as day
    from generate_series(0, 1461) as ahead
    cross join lateral (select (now() at time zone 'UTC')::date + ahead as day) fits
    where (c."dayOfMonth" is null or extract(day from day) = any (c."dayOfMonth"))
      and (c.month is null or extract(month from day) = any (c.month))
      and (c."dayOfWeek" is null or extract(dow from day) = any (c."dayOfWeek"))
      and (c.year is null or extract(year from day) = any (c.year))
    order by ahead
    limit 2
  ) days
  cross join unnest(c.hour) as h
  cross join unnest(c.minute) as m
  cross join unnest(c.second) as sec
  cross join lateral (select (days.day + make_time(h, m, sec)) at time zone 'UTC' as moment) times
  where s.schedule ->> 'timezone' = 'UTC' and moment > now()
) occasion on true;

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

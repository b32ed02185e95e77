/*
  When each schedule is due next, and how long there may be from one time to the next around now, in seconds: of the last
  and the coming interval the longer, so that a schedule of working days allows for the week-end.
*/
create or replace view tidemark.source_schedule as
select
  s.id as source_id,
  coalesce(turn.at, case when s.schedule ->> 'timezone' = 'UTC' then occasion.next end) as next_at,
  coalesce(turn.every, extract(epoch from greatest(occasion.last - occasion.before, occasion.next - occasion.last))) as seconds
from tidemark.source s
-- Temporal counts intervals from the epoch: services/schedule-text.ts does the same.
left join lateral (
  select every, to_timestamp((floor((extract(epoch from now()) - skew) / every) + 1) * every + skew) as at
  from (
    select nullif((s.schedule ->> 'everySeconds')::numeric, 0) as every,
           coalesce((s.schedule ->> 'offsetSeconds')::numeric, 0) as skew
  ) as span
) turn on true
-- The nearest times on the first days that fit, before and after now. Counted in UTC: the server may not know another
-- zone's name, and the time between two of them is mostly the same there.
left join lateral (
  select
    min(moment) filter (where moment > now()) as next,
    max(moment) filter (where moment <= now()) as last,
    (array_agg(distinct moment order by moment desc) filter (where moment <= now()))[2] as before
  from jsonb_to_recordset(s.schedule -> 'calendars') as c (
    second integer[], minute integer[], hour integer[], "dayOfMonth" integer[], month integer[], "dayOfWeek" integer[],
    year integer[]
  )
  cross join lateral (
    select day::date as day, row_number() over (partition by away >= 0 order by abs(away)) as place, away >= 0 as ahead
    from generate_series(-1461, 1461) as away
    cross join lateral (select (now() at time zone 'UTC')::date + away as day) fits
    where (c."dayOfMonth" is null or extract(day from day) = any (c."dayOfMonth"))
      and (c.month is null or extract(month from day) = any (c.month))
      and (c."dayOfWeek" is null or extract(dow from day) = any (c."dayOfWeek"))
      and (c.year is null or extract(year from day) = any (c.year))
  ) days
  cross join unnest(c.hour) as h
  cross join unnest(c.minute) as m
  cross join unnest(c.second) as sec
  cross join lateral (select (days.day + make_time(h, m, sec)) at time zone 'UTC' as moment) times
  where days.place <= 2
) occasion on true;

comment on view tidemark.source_schedule is 'When each schedule is due next, and how far apart its times are.';

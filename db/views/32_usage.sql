create or replace view catalog.usage as
select
  a.id as asset_id,
  a.display as asset,
  s.name as source,
  u.reads,
  u.writes,
  u.users,
  u.last_read_at,
  u.last_written_at,
  u.since,
  u.taken_at
from tidemark.usage u
join tidemark.asset a on a.id = u.asset_id
left join tidemark.claim c on c.asset_id = a.id and c.writes
left join tidemark.source s on s.id = c.source_id
where a.removed_at is null and not a.placeholder;

comment on view catalog.usage is
  'How much live assets are used, as their sources count it, one row each. Taken on an interval of its own, not by every sync.';
comment on column catalog.usage.asset_id is 'Id of the asset, as in catalog.assets.';
comment on column catalog.usage.asset is 'The whole dotted name; ambiguous parts are double-quoted.';
comment on column catalog.usage.source is 'Name of the source whose record this is.';
comment on column catalog.usage.reads is
  'Times it was read, in the source''s own unit: scans in PostgreSQL; null where the source does not count them.';
comment on column catalog.usage.writes is 'Rows or objects written; null where the source does not count them.';
comment on column catalog.usage.users is 'Distinct users; null where the source does not tell them apart.';
comment on column catalog.usage.last_read_at is 'When it was last read, where the source tells.';
comment on column catalog.usage.last_written_at is 'When it was last written to, where the source tells.';
comment on column catalog.usage.since is 'When the source began to count; null when it does not say.';
comment on column catalog.usage.taken_at is 'When these numbers were taken; a later taking that finds the same leaves it.';

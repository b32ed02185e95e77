-- The public read side. People and BI tools build on it: only ever CREATE OR REPLACE, new columns at the end, no drops.
create schema if not exists catalog;
comment on schema catalog is
  'What Tidemark has catalogued, for people and BI tools to query. Names and columns are stable: columns are only ever added, at the end.';

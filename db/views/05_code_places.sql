-- Where the text of an asset of a repository stands. In schema tidemark: no promise is made about it.
create or replace view tidemark.code_place as
select
  a.id as asset_id,
  r.id as repository_id,
  r.display as repository,
  -- What is made from a file, as a dbt model is, says which.
  coalesce(a.properties ->> 'file', a.name) as file,
  head.commit,
  regexp_replace(a.url, '/blob/HEAD/', '/blob/' || head.commit || '/') as url
from tidemark.asset a
join tidemark.asset p on p.id = a.parent_id
join tidemark.asset r on r.id = case when p.kind_group = 'repository' then p.id else p.parent_id end
                     and r.kind_group = 'repository'
left join lateral (
  -- One that was the default until lately may still be there, its removal proposed.
  select b.properties ->> 'sha' as commit from tidemark.asset b
  where b.parent_id = r.id and b.kind = 'branch' and b.properties ? 'default' and b.removed_at is null
  order by b.changed_at desc, b.id limit 1
) head on true;

comment on view tidemark.code_place is
  'The file that each asset of a repository is in, with the commit of the default branch that was read last.';

create or replace function tidemark.line_url(url text, line integer, end_line integer) returns text
language sql immutable parallel safe as $$
  select url || case when line is null then '' else '#L' || line || case when end_line > line then '-L' || end_line else '' end end
$$;
comment on function tidemark.line_url is 'The address of lines of a file, as hosts of repositories have it.';

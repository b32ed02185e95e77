-- How an asset is named by whoever asks: pieces of the public functions.

/* The parts of a dotted name, outermost first; a double-quoted part may hold anything. */
create or replace function tidemark.name_parts(name text) returns text[]
language sql immutable strict parallel safe
return array(
  select coalesce(replace(part[1], '""', '"'), btrim(part[2]))
  from regexp_matches(name, '"((?:[^"]|"")*)"|([^."]+)', 'g') with ordinality as parts (part, place)
  order by place
);

comment on function tidemark.name_parts(text) is 'The parts of a dotted name, outermost first.';

/*
  The live assets a name fits best: the whole name or, failing that, its end; the letter case as it is or, failing that,
  any; quotes where they belong or, failing that, left out.
*/
create or replace function tidemark.find_assets(name text) returns table (
  asset_id bigint, asset text, kind text, namespace text
)
language sql stable strict parallel safe
begin atomic
  with wanted as (
    select parts, cardinality(parts) as length, lower(parts::text) as folded, lower(find_assets.name) as raw,
           -- A part that holds dots may have been written without its quotes: any end of the text may be the last part.
           array(select lower(substr(find_assets.name, place::integer))
                 from generate_series(1, least(length(find_assets.name), 1000)) as place
                 where place = 1 or substr(find_assets.name, place::integer - 1, 1) = '.') || lower(parts[cardinality(parts)])
             as ends
    from tidemark.name_parts(find_assets.name) as parts
  ), fitting as (
    select a.id, a.display, a.kind, a.namespace_id,
           case
             when a.path = w.parts then 1
             when tail.parts = w.parts then 2
             when lower(a.path::text) = w.folded then 3
             when lower(tail.parts::text) = w.folded then 4
             when lower(array_to_string(a.path, '.')) = w.raw then 5
             when right(lower(array_to_string(a.path, '.')), length(w.raw) + 1) = '.' || w.raw then 6
           end as rank
    from wanted w
    join tidemark.asset a on lower(a.name) = any (w.ends) and a.removed_at is null
    cross join lateral (select a.path[greatest(cardinality(a.path) - w.length, 0) + 1 :] as parts) tail
  )
  select f.id, f.display, f.kind, n.name
  from (select *, min(rank) over () as best from fitting where rank is not null) f
  join tidemark.namespace n on n.id = f.namespace_id
  where f.rank = f.best
  order by f.display collate "C", f.id;
end;

comment on function tidemark.find_assets(text) is 'The live assets that a name fits best, in order of their names.';

/* The asset that is meant: by its name, the end of it, or its id. */
create or replace function tidemark.require_asset(name text) returns bigint
language plpgsql stable parallel safe
as $$
declare
  found bigint[];
  candidates text;
begin
  select array_agg(f.asset_id), string_agg(format('%s (%s in %s, id %s)', f.asset, coalesce(f.kind, 'not crawled'), f.namespace, f.asset_id),
                                           ', ') filter (where f.place <= 10)
  into found, candidates
  from tidemark.find_assets(name) with ordinality as f (asset_id, asset, kind, namespace, place);
  if cardinality(found) = 1 then
    return found[1];
  end if;
  if found is null and name ~ '^\d{1,18}$' then
    select array[a.id] into found from tidemark.asset a where a.id = require_asset.name::bigint and a.removed_at is null;
    if found is not null then
      return found[1];
    end if;
  end if;
  if found is not null then
    raise exception '% fits % assets', coalesce(quote_ident(name), 'null'), cardinality(found)
      using errcode = 'ambiguous_alias', hint = 'Name one, or give its id: ' || candidates;
  end if;
  select string_agg(s.asset, ', ') into candidates
  from catalog.search((tidemark.name_parts(name))[cardinality(tidemark.name_parts(name))], null, 5) s;
  raise exception 'there is no asset named %', coalesce(quote_ident(name), 'null')
    using errcode = 'undefined_object',
          hint = coalesce('Did you mean one of: ' || candidates, 'Look for it: select * from catalog.search(''…'')');
end;
$$;

comment on function tidemark.require_asset(text) is 'Id of the one asset that a name fits; an error that names candidates otherwise.';

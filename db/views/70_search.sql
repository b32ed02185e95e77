/*
  In steps, the best first, until there is enough: the name itself; every word in the name; in the name or what it is in;
  in the name, a column or a comment; in any of these; as another word. A step ranks 20,000 assets at most: a word that more
  have tells little, and without kinds to choose from whatever comes first will do.
*/
create or replace function catalog.search(query text, kinds text[] default null, max integer default 50) returns table (
  asset_id bigint, asset text, kind text, matched text, rank real
)
language plpgsql stable security definer rows 50
set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan set jit = off
as $$
#variable_conflict use_column
declare
  terms text[] := tidemark.search_terms(query, false);
  chosen text[] := nullif(kinds, '{}');
  exact bigint[];
  wanted tsquery;
  before tsquery;
  named tsquery;
  held tsquery;
  anywhere tsquery;
  lacking integer := max;
  found integer;
begin
  exact := array(
    select a.id
    from tidemark.asset a
    where lower(a.name) = lower(btrim(query)) and a.removed_at is null and not a.placeholder
      and (chosen is null or a.kind = any (chosen))
    order by length(a.display), a.display collate "C", a.id
    limit max
  );
  return query
    select a.id, a.display, a.kind, 'name', 6::real
    from unnest(exact) with ordinality as e (id, place)
    join tidemark.asset a on a.id = e.id
    order by e.place;
  lacking := lacking - cardinality(exact);
  for step in 1..5 loop
    exit when lacking <= 0;
    if step = 5 then
      terms := nullif(tidemark.search_terms(query, true), terms);
    end if;
    -- No word to look for, or none that another could stand for.
    exit when terms is null;
    named := tidemark.search_query(terms, '&', '=', '/');
    held := tidemark.search_query(terms, '&', 'AB', '/');
    anywhere := tidemark.search_query(terms, '|', '');
    wanted := case step
      when 1 then tidemark.search_query(terms, '&', '=')
      when 2 then named && tidemark.search_query(terms, '|', '=')
      when 3 then tidemark.search_query(terms, '&', '')
      else tidemark.search_query(terms, '&', '', '/')
    end;
    return query
      select
        a.id,
        a.display,
        a.kind,
        case when best.words @@ named then 'name' when best.words @@ held then 'column' else 'comment' end,
        (best.rank + 5 - step)::real
      from (
        select d.*, ts_rank('{0.1, 0.1, 0.4, 1}', d.words, anywhere) as rank
        from (
          select *
          from tidemark.search_document
          where words @@ wanted and (chosen is null or kind = any (chosen))
          limit case when chosen is null then 20000 end
        ) d
        where (before is null or not d.words @@ before) and d.asset_id <> all (exact)
        order by rank desc, length(d.words), d.asset_id
        limit lacking
      ) best
      join tidemark.asset a on a.id = best.asset_id
      order by best.rank desc, length(a.display), a.display collate "C";
    get diagnostics found = row_count;
    lacking := lacking - found;
    before := coalesce(before || wanted, wanted);
  end loop;
end;
$$;

comment on function catalog.search(text, text[], integer) is
  'Live assets in whose name, columns or comments every word of the query occurs, the best first: matched tells where (name, which may be that of what it is in; column; comment), rank how well. A word may be the beginning of one found; where that finds too little, any part of one, or misspelt. kinds confines it to kinds of assets; max is how many rows at most.';

-- What search is made of. tidemark.similar_words() is in db/migrate.ts: it depends on what the server has.

/* Text as PostgreSQL's parser is to see it: dots, slashes and the like would make hosts, paths, tags and versions of names. */
create or replace function tidemark.plain_words(text text) returns text
language sql immutable strict parallel safe
return case when text ~ '[./\\@:<>&+-]' then translate(text, './\@-:<>&+', '          ') else text end;

comment on function tidemark.plain_words(text) is 'Text without the characters that hold words together.';

create or replace function tidemark.split_words(text text) returns text
language sql immutable strict parallel safe
return case when text ~ '[a-z0-9][A-Z]' then regexp_replace(text, '([a-z0-9])([A-Z])', '\1 \2', 'g') else text end;

comment on function tidemark.split_words(text) is 'Text with a space where a name in camel case changes case.';

create or replace function tidemark.word_vector(text text) returns tsvector
language sql immutable strict parallel safe
return to_tsvector(
  'pg_catalog.simple',
  tidemark.plain_words(case when text ~ '[a-z0-9][A-Z]' then text || ' ' || tidemark.split_words(text) else text end)
);

comment on function tidemark.word_vector(text) is 'The words of a text, those in camel case whole and in parts.';

/*
  Writes what assets are found by, where it differs: the words of their names (weight A), columns (B) and comments (C).
  Those of the name stand there once more with an =, those of what it is in with a / before them, so that the index alone
  tells where a word is. A vector holds less than a megabyte: the longest texts are cut, far beyond what a person looks for.
*/
create or replace function tidemark.index_assets(ids bigint[]) returns void
language sql
begin atomic
  with written as (
    insert into tidemark.search_document as held (asset_id, kind, words)
    select
      a.id,
      a.kind,
      setweight(v.name, 'A')
        || setweight(tidemark.word_vector(coalesce(left(f.names, 100000), '')), 'B')
        || setweight(tidemark.word_vector(left(concat_ws(' ', left(a.comment, 20000), f.comments), 50000)), 'C')
        || array_to_tsvector(
             array(select '=' || word from unnest(tsvector_to_array(v.name)) as word)
               || array(select '/' || word from unnest(tsvector_to_array(v.path)) as word)
           )
    from tidemark.asset a
    cross join lateral (
      select tidemark.word_vector(left(a.name, 2000)) as name,
             tidemark.word_vector(left(array_to_string(a.path[:cardinality(a.path) - 1], ' '), 2000)) as path
      -- Once for each, not wherever it is mentioned.
      offset 0
    ) v
    left join lateral (
      select string_agg(array_to_string(path, ' '), ' ' order by position) as names,
             string_agg(left(comment, 5000), ' ' order by position) as comments
      from tidemark.field
      where asset_id = a.id and removed_at is null
    ) f on true
    where a.id = any (index_assets.ids) and a.removed_at is null and not a.placeholder
    order by a.id
    on conflict (asset_id) do update set kind = excluded.kind, words = excluded.words
      where (held.kind, held.words) is distinct from (excluded.kind, excluded.words)
    returning words
  )
  insert into tidemark.search_word (word)
  select distinct word collate "C"
  from written
  cross join unnest(tsvector_to_array(written.words)) as word
  where length(word) between 3 and 100 and left(word, 1) not in ('=', '/') and ltrim(word, '0123456789') <> ''
  order by 1
  on conflict (word) do nothing;
end;

comment on function tidemark.index_assets(bigint[]) is 'Writes what assets are found by.';

create or replace function tidemark.quote_word(word text) returns text
language sql immutable strict parallel safe
return '''' || replace(replace(word, '\', '\\'), '''', '''''') || '''';

comment on function tidemark.quote_word(text) is 'A word as a tsquery has it.';

/*
  The alternatives that each word of a query may be found as: the beginning of a word; with `broad`, any part of one or, where
  nothing has it as a part, one spelt like it. Each is a piece of a tsquery with \1 where a prefix and \2 where weights go.
*/
create or replace function tidemark.search_terms(query text, broad boolean) returns text[]
language sql stable strict parallel safe
begin atomic
  select array_agg(tidemark.quote_word(chr(1) || term.word) || ':*' || chr(2) || coalesce(more.words, '') order by term.word)
  from (
    select lexeme as word,
           '%' || replace(replace(replace(lexeme, '\', '\\'), '%', '\%'), '_', '\_') || '%' as pattern
    from unnest(to_tsvector('pg_catalog.simple', tidemark.plain_words(tidemark.split_words(left(search_terms.query, 1000)))))
    order by 1
    limit 16
  ) term
  left join lateral (
    select string_agg(' | ' || tidemark.quote_word(chr(1) || near.word) || ':' || chr(2), '') as words
    from (
      (
        select w.word from tidemark.search_word w
        where length(term.word) >= 3 and w.word like term.pattern and not starts_with(w.word, term.word)
        order by length(w.word), w.word
        limit 40
      )
      union all
      (
        select s.word from tidemark.similar_words(term.word) s
        where not exists (select 1 from tidemark.search_word w where w.word like term.pattern)
      )
    ) near
    where search_terms.broad
  ) more on true;
end;

comment on function tidemark.search_terms(text, boolean) is 'The alternatives that each word of a query may be found as.';

/* A query for all terms (or any, with the operator |), each in one of the ways given as prefix and weights. */
create or replace function tidemark.search_query(terms text[], operator text, variadic ways text[]) returns tsquery
language sql immutable strict parallel safe
return (
  select string_agg('(' || one.text || ')', ' ' || operator || ' ')::tsquery
  from unnest(terms) as term
  cross join lateral (
    select string_agg(replace(replace(term, chr(1), rtrim(way, 'ABC')), chr(2), ltrim(way, '=/')), ' | ') as text
    from unnest(ways) as way
  ) one
);

comment on function tidemark.search_query(text[], text, text[]) is 'A query for terms in some of the places they may be in.';

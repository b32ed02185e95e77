/** A view's query over the tables `A` and `B`, which both have COLUMNS. */
export interface ViewShape {
  readonly name: string
  readonly query: (a: string, b: string) => string
  /** Columns that the rule of the view reads, `a.x` or `b.x`, which no lineage of ours has; and why that is right. */
  readonly beyond?: { readonly columns: readonly string[]; readonly why: string }
}

export const COLUMNS = `id int, ref int, amount numeric, name text, tags text[], doc jsonb, at timestamptz, flag boolean`

const UNUSED = 'a subquery lists the column, and nothing outside it uses that'

export const SHAPES: readonly ViewShape[] = [
  { name: 'columns', query: (a) => `select id, name as label from ${a}` },
  { name: 'star', query: (a) => `select * from ${a}` },
  { name: 'qualified star', query: (a, b) => `select x.*, y.name as other from ${a} x join ${b} y on y.id = x.ref` },
  {
    name: 'expressions',
    query: (a) => `select id + ref as s, upper(name) || '!' as n, amount::int as i, -amount as m from ${a}`,
  },
  {
    name: 'case',
    query: (a) => `select case when flag then name when amount > 1 then 'b' else tags[1] end as c from ${a}`,
  },
  {
    name: 'coalesce',
    query: (a) => `select coalesce(name, doc ->> 'name', 'none') as n, nullif(id, ref) as i from ${a}`,
  },
  {
    name: 'where',
    query: (a) => `select id from ${a} where amount between 1 and 2 and name like 'a%' and at is not null`,
  },
  { name: 'inner join', query: (a, b) => `select x.id, y.name from ${a} x join ${b} y on x.ref = y.id and y.flag` },
  {
    name: 'outer joins',
    query: (a, b) =>
      `select x.id, y.name from ${a} x left join ${b} y on x.ref = y.id full join ${a} z on z.id = y.ref`,
  },
  { name: 'using', query: (a, b) => `select id, x.name from ${a} x join ${b} y using (id)` },
  { name: 'full using', query: (a, b) => `select id, x.name from ${a} x full join ${b} y using (id)` },
  {
    name: 'natural join',
    query: (a, b) => `select * from (select id, name from ${a}) x natural join (select id, amount from ${b}) y`,
  },
  { name: 'cross join', query: (a, b) => `select x.id, y.id as other from ${a} x, ${b} y where x.amount > y.amount` },
  { name: 'self join', query: (a) => `select c.name, p.name as parent from ${a} c join ${a} p on p.id = c.ref` },
  {
    name: 'aggregates',
    query: (a) =>
      `select ref, count(*) as n, sum(amount) as total, max(at) as latest from ${a} group by ref having min(amount) > 0`,
  },
  {
    name: 'aggregate filter',
    query: (a) =>
      `select ref, sum(amount) filter (where flag) as kept, string_agg(name, ',' order by at) as names from ${a} group by 1`,
  },
  {
    name: 'grouping sets',
    query: (a) => `select ref, flag, sum(amount) as total from ${a} group by grouping sets ((ref), (flag), ())`,
  },
  { name: 'rollup', query: (a) => `select ref, name, count(id) as n from ${a} group by rollup (ref, name)` },
  {
    name: 'ordered set',
    query: (a) => `select ref, percentile_cont(0.5) within group (order by amount) as median from ${a} group by ref`,
  },
  { name: 'distinct', query: (a) => `select distinct name, flag from ${a}` },
  { name: 'distinct on', query: (a) => `select distinct on (ref) ref, amount from ${a} order by ref, at desc` },
  { name: 'order and limit', query: (a) => `select id from ${a} order by amount desc nulls last, name limit 10` },
  {
    name: 'window',
    query: (a) =>
      `select id, row_number() over (partition by ref order by at) as n, sum(amount) over w as run from ${a} window w as (partition by flag order by id)`,
  },
  { name: 'lag', query: (a) => `select id, amount - lag(amount, 1, 0) over (order by at) as delta from ${a}` },
  {
    name: 'scalar subquery',
    query: (a, b) => `select id, (select max(y.at) from ${b} y where y.ref = x.id) as latest from ${a} x`,
  },
  {
    name: 'exists',
    query: (a, b) => `select id from ${a} x where exists (select 1 from ${b} y where y.ref = x.id and y.flag)`,
  },
  { name: 'in', query: (a, b) => `select id from ${a} where ref in (select id from ${b} where amount > 0)` },
  {
    name: 'any',
    query: (a, b) => `select id from ${a} where amount > all (select amount from ${b}) or name = any (tags)`,
  },
  {
    name: 'derived table',
    query: (a) => `select s.label from (select name as label, id from ${a}) s`,
    beyond: { columns: ['a.id'], why: UNUSED },
  },
  {
    name: 'nested derived',
    query: (a) => `select total from (select sum(n) as total from (select id + 1 as n, ref from ${a}) i) o`,
    beyond: { columns: ['a.ref'], why: UNUSED },
  },
  {
    name: 'lateral',
    query: (a, b) =>
      `select x.id, l.name from ${a} x cross join lateral (select y.name from ${b} y where y.ref = x.id order by y.at limit 1) l`,
  },
  { name: 'lateral function', query: (a) => `select id, tag from ${a}, unnest(tags) as tag` },
  {
    name: 'ordinality',
    query: (a) => `select id, t.tag, t.n from ${a} cross join unnest(tags) with ordinality as t (tag, n)`,
  },
  { name: 'json', query: (a) => `select id, e.key, e.value ->> 'v' as v from ${a}, jsonb_each(doc -> 'parts') e` },
  {
    name: 'json paths',
    query: (a) =>
      `select doc #>> '{a,b}' as p, (doc ->> 'n')::int as n, jsonb_build_object('id', id, 'name', name) as o from ${a}`,
  },
  {
    name: 'series',
    query: (a) => `select g.day, id from ${a}, generate_series(at, now(), interval '1 day') as g (day)`,
  },
  {
    name: 'cte',
    query: (a, b) =>
      `with c as (select id, name from ${a} where flag) select c.name, y.amount from c join ${b} y on y.ref = c.id`,
  },
  {
    name: 'ctes in a chain',
    query: (a) =>
      `with c as (select id, amount as v, ref from ${a}), d as (select ref, sum(v) as v from c group by ref) select v from d where ref > 1`,
    beyond: { columns: ['a.id'], why: UNUSED },
  },
  {
    name: 'shadowing cte',
    query: (a, b) =>
      `with c as (select id from ${a}) select * from (with c as (select name from ${b}) select name from c) s, c`,
  },
  {
    name: 'recursive',
    query: (a) =>
      `with recursive tree as (select id, ref, name, 1 as depth from ${a} where ref is null union all select x.id, x.ref, x.name, t.depth + 1 from ${a} x join tree t on x.ref = t.id) select id, name, depth from tree`,
  },
  {
    name: 'materialized cte',
    query: (a) => `with c as materialized (select id, upper(name) as n from ${a}) select n from c where id > 5`,
  },
  { name: 'union', query: (a, b) => `select id, name from ${a} union select ref, tags[1] from ${b}` },
  {
    name: 'set operations',
    query: (a, b) => `(select id from ${a} except select ref from ${b}) intersect select id from ${b} where flag`,
  },
  {
    name: 'union of stars',
    query: (a, b) => `select u.name from (select * from ${a} union all select * from ${b}) u`,
    beyond: {
      columns: ['a', 'b'].flatMap((side) =>
        ['id', 'ref', 'amount', 'tags', 'doc', 'at', 'flag'].map((name) => `${side}.${name}`),
      ),
      why: UNUSED,
    },
  },
  {
    name: 'values',
    query: (a) =>
      `select v.label, x.id from ${a} x join (values (1, 'one'), (2, 'two')) as v (id, label) on v.id = x.ref`,
  },
  {
    name: 'row and array',
    query: (a) => `select row(id, name)::text as r, array[ref, id] as l, tags || name as t from ${a}`,
  },
  { name: 'whole row', query: (a) => `select to_jsonb(x) as doc from ${a} x` },
  { name: 'alias of columns', query: (a) => `select k, v from ${a} as x (k, f, v)` },
  {
    name: 'boolean and time',
    query: (a) =>
      `select flag is true as yes, extract(year from at) as y, at at time zone 'UTC' as u, at > now() - interval '1 day' as recent from ${a}`,
  },
  {
    name: 'count distinct',
    query: (a) => `select count(distinct (ref, name)) as n, bool_and(flag) as every_one from ${a}`,
  },
  { name: 'tablesample', query: (a) => `select id from only ${a} tablesample system (10) where id > 0` },
  {
    name: 'system catalogue',
    query: (a) => `select x.id, c.relname from ${a} x join pg_catalog.pg_class c on c.relname = x.name`,
  },
]

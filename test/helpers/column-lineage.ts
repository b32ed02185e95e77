/**
 * `totals` adds up `orders`, whose `note` decides its rows; `top` reads `totals`; `loop` reads `top`, and `totals` reads
 * `loop`; `pair` reads `totals` and `top`; a report shows `top`, nobody knows which columns, and a board shows the report.
 * `load` is a procedure that moves `orders.amount` into `ledger`; `partly` reads `orders`, but not all of it is known. A
 * view that was removed read `orders` too. Another organization has an `orders` and a `totals` of its own.
 */
export const COLUMN_LINEAGE = `
  insert into tidemark.organization (name) values ('other');
  insert into tidemark.principal (organization_id, name) values (1, 'ada'), (2, 'eve');
  insert into tidemark.namespace (organization_id, name) values (1, 'postgres://db:5432'), (2, 'postgres://db:5432');
  insert into tidemark.source (organization_id, name, connector, namespace_id, config, secrets, data_key, master_key_id, created_by)
  values (1, 'shop', 'postgres', 1, '{}', '', '', 'key', 1), (2, 'shop', 'postgres', 2, '{}', '', '', 'key', 2),
         (1, 'quiet', 'postgres', 1, '{}', '', '', 'key', 1);
  insert into tidemark.asset (namespace_id, kind_group, name_key, kind, path, display, name, owner, placeholder, removed_at)
  select ns, case when kind = 'procedure' then 'routine' else 'relation' end, 's.' || name, kind, array['s', name], 's.' || name,
         name, 'dba', kind is null, removed::timestamptz
  from (values
    (1, 'table', 'orders', null), (1, 'view', 'totals', null), (1, 'view', 'top', null), (1, 'view', 'loop', null),
    (1, 'view', 'pair', null), (1, 'report', 'report', null), (1, 'board', 'board', null), (1, 'procedure', 'load', null),
    (1, 'table', 'ledger', null), (1, 'view', 'partly', null), (1, 'view', 'gone', '2026-01-01'), (1, null, 'events', null),
    (2, 'table', 'orders', null), (2, 'view', 'totals', null)
  ) as a (ns, kind, name, removed);
  insert into tidemark.field (asset_id, name_key, name, path, position, native_type, type, nullable)
  select a.id, f.key, f.path[cardinality(f.path)], f.path, f.position, 'text', 'string', true
  from (values
    ('orders', 'id', '{id}'::text[], 1), ('orders', 'customer', '{customer}', 2), ('orders', 'amount', '{amount}', 3),
    ('orders', 'note', '{note}', 4), ('orders', 'ship', '{ship}', 5), ('orders', 'ship.city', '{ship,city}', 6),
    ('orders', 'odd\\.one', '{odd.one}', 7), ('orders', 'unread', '{unread}', 8),
    ('totals', 'customer', '{customer}', 1), ('totals', 'sum', '{sum}', 2), ('totals', 'city', '{city}', 3),
    ('totals', 'odd', '{odd}', 4), ('top', 'customer', '{customer}', 1), ('top', 'sum', '{sum}', 2)
  ) as f (asset, key, path, position)
  join tidemark.asset a on a.name = f.asset and a.namespace_id = 1;
  create function id_of(asset text, org bigint default 1) returns bigint language sql stable
  return (select id from tidemark.asset where name = $1 and namespace_id = $2);
  insert into tidemark.lineage_text (source_id, origin, asset_id, text_hash, outcome, statements, resolved, partial, failed,
    unresolved_references, gaps, derived_at, last_seen_at)
  select source, origin, id_of(asset, source), convert_to(hash, 'utf8'), outcome, s, r, p, f, u, gaps::jsonb, '2026-01-01', '2026-01-01'
  from (values
    (1, 'definition', 'totals', 'a', 'resolved', 1, 1, 0, 0, 0, '[]'),
    (1, 'definition', 'top', 'b', 'resolved', 1, 1, 0, 0, 0, '[]'),
    (1, 'definition', 'loop', 'c', 'resolved', 1, 1, 0, 0, 0, '[]'),
    (1, 'definition', 'pair', 'd', 'resolved', 1, 1, 0, 0, 0, '[]'),
    (1, 'definition', 'load', 'e', 'resolved', 3, 3, 0, 0, 0, '[]'),
    (1, 'definition', 'partly', 'f', 'partial', 1, 0, 1, 0, 1,
     '[{"reason": "unknown_table", "message": "events is not known", "statement": "ab", "line": 2, "column": 5, "columns": ["b", "c"]}]'),
    (1, 'log', null, 'g', 'failed', 1, 0, 0, 1, 0, '[{"reason": "parse_error", "message": "what?", "line": null, "column": null, "columns": []}]'),
    (2, 'definition', 'totals', 'h', 'resolved', 1, 1, 0, 0, 0, '[]')
  ) as t (source, origin, asset, hash, outcome, s, r, p, f, u, gaps);
  insert into tidemark.lineage_edge (downstream_id, upstream_namespace_id, upstream_group, upstream_key, upstream_path,
    upstream_display, upstream_id, origin, source_id, text_id, columns_known, valid_from, last_seen_at)
  select id_of(down, org), org, 'relation', 's.' || up, '{}', up, id_of(up, org), origin, org, case origin when 'definition' then 1 end, known, now(), now()
  from (values
    (1, 'totals', 'orders', 'definition', true), (1, 'totals', 'orders', 'catalogue', false), (1, 'totals', 'loop', 'definition', true),
    (1, 'top', 'totals', 'definition', true), (1, 'loop', 'top', 'definition', true), (1, 'pair', 'totals', 'definition', true),
    (1, 'pair', 'top', 'definition', true), (1, 'report', 'top', 'catalogue', false), (1, 'board', 'report', 'catalogue', false),
    (1, 'load', 'orders', 'definition', true), (1, 'ledger', 'load', 'definition', true),
    (1, 'partly', 'orders', 'definition', false), (1, 'partly', 'events', 'definition', false),
    (2, 'totals', 'orders', 'definition', true)
  ) as e (org, down, up, origin, known);
  insert into tidemark.lineage_field_edge (text_id, downstream_id, downstream_field, upstream_id, upstream_field, influence,
    transformation, subtypes, expression, confidence, statement_hash, valid_from, valid_to)
  select text, id_of(down, org), down_field, id_of(up, org), up_field, influence, transformation, subtypes, expression, 1, '', '2026-01-01', ended::timestamptz
  from (values
    (1, 1, 'totals', 'customer', 'orders', 'customer', 'direct', 'identity', '{IDENTITY}'::text[], null, null),
    (1, 1, 'totals', 'customer', 'loop', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 1, 'totals', 'sum', 'orders', 'amount', 'direct', 'aggregate', '{AGGREGATION}', 'sum(amount)', null),
    (1, 1, 'totals', 'city', 'orders', 'ship', 'direct', 'expression', '{TRANSFORMATION}', '(ship).city', null),
    (1, 1, 'totals', 'odd', 'orders', 'odd\\.one', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 1, 'totals', 'sum', 'orders', 'unread', 'direct', 'aggregate', '{AGGREGATION}', 'sum(unread)', '2026-02-01'),
    (1, 1, 'totals', '', 'orders', 'note', 'indirect', 'expression', '{FILTER}', null, null),
    (1, 2, 'top', 'customer', 'totals', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 2, 'top', 'sum', 'totals', 'sum', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 3, 'loop', 'customer', 'top', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 4, 'pair', 'customer', 'totals', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 4, 'pair', 'customer', 'top', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 5, 'ledger', 'amount', 'orders', 'amount', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 6, 'partly', 'a', 'orders', 'id', 'direct', 'identity', '{IDENTITY}', null, null),
    (1, 7, 'gone', 'customer', 'orders', 'customer', 'direct', 'identity', '{IDENTITY}', null, null),
    (2, 8, 'totals', 'other', 'orders', 'customer', 'direct', 'identity', '{IDENTITY}', null, null)
  ) as e (org, text, down, down_field, up, up_field, influence, transformation, subtypes, expression, ended);
  insert into tidemark.ownership (asset_id, owner, set_by) values (3, 'web', 1)`

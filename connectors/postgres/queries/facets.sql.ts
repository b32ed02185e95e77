import { commentOn, grants, nameOf } from './shared.sql.ts'

/** What hangs on a relation `c`: each a JSON list, or null. */
export const RELATION_GRANTS = `case when c.relacl is not null then ${grants('c.relacl', 'r', 'c.relowner')} end`

/** Those that a foreign key or the like brought with it are its own affair. */
export const TRIGGERS = `case when c.relhastriggers then (select json_agg(json_build_object('name', t.tgname,
    'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled, 'type', t.tgtype, 'function', ${nameOf('pg_proc', 'pro', 't.tgfoid')},
    'constraint', t.tgconstraint <> 0, 'inherited', coalesce(to_jsonb(t) ->> 'tgparentid', '0') <> '0',
    'comment', ${commentOn('pg_trigger', 't.oid')}))
  from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) end`

export const POLICIES = `(select json_agg(json_build_object('name', p.polname, 'permissive', p.polpermissive, 'command', p.polcmd,
    'roles', (select json_agg(pg_get_userbyid(u.role)) from unnest(p.polroles) u(role) where u.role <> 0),
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', ${commentOn('pg_policy', 'p.oid')}))
  from pg_policy p where p.polrelid = c.oid)`

/** The rule that makes a view a view is its definition. */
export const RULES = `case when c.relhasrules then (select json_agg(json_build_object('name', w.rulename,
    'definition', pg_get_ruledef(w.oid), 'event', w.ev_type, 'instead', w.is_instead, 'enabled', w.ev_enabled,
    'comment', ${commentOn('pg_rewrite', 'w.oid')}))
  from pg_rewrite w where w.ev_class = c.oid and w.ev_type <> '1') end`

export const STATISTICS = `(select json_agg(json_build_object('schema', m.nspname, 'name', s.stxname,
    'definition', pg_get_statisticsobjdef(s.oid), 'target', nullif(to_jsonb(s) ->> 'stxstattarget', '-1'),
    'owner', pg_get_userbyid(s.stxowner), 'comment', ${commentOn('pg_statistic_ext', 's.oid')}))
  from pg_statistic_ext s join pg_namespace m on m.oid = s.stxnamespace where s.stxrelid = c.oid)`

import type postgres from 'postgres'
import type { AssetRecord } from '../../../connectors/kit/index.ts'
import { readAcl } from './acl.ts'
import { facetsOf, signature } from './checks.ts'

/** A kind of facet: what the records say, and a query of another make that says the same. */
export interface FacetCheck {
  readonly kind: string
  readonly facts: (record: AssetRecord) => unknown[]
  readonly query: string
}

const USERS = "!~ '^(pg_|information_schema$)'"
const ENABLED = "case %s when 'O' then 'origin' when 'D' then 'disabled' when 'A' then 'always' else 'replica' end"
const enabled = (column: string) => ENABLED.replace('%s', column)
const facts =
  (kind: string, tell: (body: Readonly<Record<string, unknown>>, name: string) => unknown[]) => (record: AssetRecord) =>
    facetsOf(record, kind).map(({ name, body }) => [...record.path.slice(1), name, ...tell(body, name)])

export const FACET_CHECKS: readonly FacetCheck[] = [
  {
    kind: 'trigger',
    facts: facts('trigger', (body) => [
      body.definition ?? null,
      String(body.timing).toUpperCase(),
      String(body.level).toUpperCase(),
      (body.events as readonly string[]).filter((event) => event !== 'truncate').length,
      body.enabled ?? null,
      body.comment ?? null,
    ]),
    query: `
      select json_build_array(n.nspname, c.relname, t.tgname, pg_get_triggerdef(t.oid),
        coalesce(min(i.action_timing), 'AFTER'), coalesce(min(i.action_orientation), 'STATEMENT'), count(i.trigger_name), ${enabled('t.tgenabled')},
        obj_description(t.oid, 'pg_trigger')) as facts
      from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
      left join information_schema.triggers i on i.event_object_schema = n.nspname and i.event_object_table = c.relname and i.trigger_name = t.tgname
      where not t.tgisinternal and n.nspname ${USERS} group by t.oid, n.nspname, c.relname, t.tgname, t.tgenabled`,
  },
  {
    kind: 'policy',
    facts: facts('policy', (body) => [
      body.permissive === true ? 'PERMISSIVE' : 'RESTRICTIVE',
      body.roles ?? ['public'],
      String(body.command).toUpperCase(),
      body.using ?? null,
      body.check ?? null,
      body.comment ?? null,
    ]),
    query: `
      select json_build_array(p.schemaname, p.tablename, p.policyname, p.permissive, array_to_json(array(select unnest(p.roles)::text collate "C" order by 1)),
        p.cmd, p.qual, p.with_check, (select obj_description(x.oid, 'pg_policy') from pg_policy x where x.polname = p.policyname
          and x.polrelid = format('%I.%I', p.schemaname, p.tablename)::regclass)) as facts from pg_policies p`,
  },
  {
    kind: 'rule',
    facts: facts('rule', (body) => [body.definition ?? null, body.comment ?? null]),
    query: `
      select json_build_array(r.schemaname, r.tablename, r.rulename, r.definition, (select obj_description(w.oid, 'pg_rewrite') from pg_rewrite w
        where w.rulename = r.rulename and w.ev_class = format('%I.%I', r.schemaname, r.tablename)::regclass)) as facts
      from pg_rules r where r.schemaname ${USERS}`,
  },
  {
    kind: 'statistics',
    facts: (record) =>
      facetsOf(record, 'statistics').map(({ body }) => [
        ...record.path.slice(1),
        body.schema ?? null,
        body.name ?? null,
        body.definition ?? null,
        body.owner ?? null,
        body.comment ?? null,
      ]),
    query: `
      select json_build_array(n.nspname, c.relname, (select nspname from pg_namespace where oid = s.stxnamespace), s.stxname, pg_get_statisticsobjdef(s.oid),
        pg_get_userbyid(s.stxowner), obj_description(s.oid, 'pg_statistic_ext')) as facts
      from pg_statistic_ext s join pg_class c on c.oid = s.stxrelid join pg_namespace n on n.oid = c.relnamespace`,
  },
]

interface AclRow {
  readonly kind: string
  readonly path: readonly string[]
  readonly owner: string
  readonly acl: readonly string[] | null
}

/** What everyone may do where nothing was granted, by kind. */
const BY_DEFAULT: Readonly<Record<string, readonly string[]>> = {
  routine: ['EXECUTE'],
  type: ['USAGE'],
  database: ['CONNECT', 'TEMPORARY'],
}

const ACLS = `
  select 'relation' as kind, json_build_array(n.nspname, c.relname) as path, pg_get_userbyid(relowner) as owner, to_json(relacl::text[]) as acl
    from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname ${USERS} and relacl is not null
  union all select 'routine', json_build_array(n.nspname, p.proname, substr(p.oid::regprocedure::text, length(quote_ident(n.nspname) || '.' || quote_ident(p.proname)) + 1)), pg_get_userbyid(proowner), to_json(proacl::text[])
    from pg_proc p join pg_namespace n on n.oid = pronamespace where n.nspname ${USERS} and n.nspname <> 'ext "x"'
      and not exists (select from pg_type t where t.oid = p.prorettype and t.typname = p.proname and t.typnamespace = p.pronamespace)
  union all select 'type', json_build_array(n.nspname, t.typname), pg_get_userbyid(typowner), to_json(typacl::text[])
    from pg_type t join pg_namespace n on n.oid = typnamespace where n.nspname ${USERS} and n.nspname <> 'ext "x"' and typtype in ('e', 'd', 'r', 'c')
      and (typrelid = 0 or (select relkind from pg_class where oid = typrelid) = 'c')
  union all select 'schema', json_build_array(n.nspname), pg_get_userbyid(nspowner), to_json(nspacl::text[]) from pg_namespace n where n.nspname ${USERS}
  union all select 'database', '[]', pg_get_userbyid(datdba), to_json(datacl::text[]) from pg_database where datname = current_database()
  union all select 'server', json_build_array(srvname), pg_get_userbyid(srvowner), to_json(srvacl::text[]) from pg_foreign_server
  union all select 'wrapper', json_build_array(fdwname), pg_get_userbyid(fdwowner), to_json(fdwacl::text[]) from pg_foreign_data_wrapper
    where fdwname <> 'postgres_fdw'
  union all select 'column', json_build_array(n.nspname, c.relname, a.attname), pg_get_userbyid(relowner), to_json(attacl::text[])
    from pg_attribute a join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
    where n.nspname ${USERS} and attacl is not null`

/** Every right that PostgreSQL keeps, `[kind, path, rights]`, parsed from its own notation. */
export async function readRights(sql: postgres.Sql): Promise<unknown[]> {
  const rows = (await sql.unsafe(ACLS)) as unknown as AclRow[]
  return rows.flatMap(({ kind, path, owner, acl }) => {
    const byDefault = BY_DEFAULT[kind]
    const rights =
      acl !== null ? readAcl(acl, owner) : byDefault === undefined ? [] : [{ grantee: 'public', privileges: byDefault }]
    return rights.length === 0 ? [] : [[kind, [...path], rights]]
  })
}

const KIND_OF: Readonly<Record<string, string>> = {
  sequence: 'relation',
  function: 'routine',
  procedure: 'routine',
  aggregate: 'routine',
  'window function': 'routine',
  enum: 'type',
  domain: 'type',
  'composite type': 'type',
  'range type': 'type',
  'foreign server': 'server',
  'foreign data wrapper': 'wrapper',
}

/** The same of the records. */
export function toldRights(records: Iterable<AssetRecord>, relations: readonly string[]): unknown[] {
  return [...records].flatMap((record) => {
    const kind = relations.includes(record.kind) ? 'relation' : (KIND_OF[record.kind] ?? record.kind)
    const rights = facetsOf(record, 'grant').map(({ body }) => body)
    const columns = Map.groupBy(facetsOf(record, 'column grant'), ({ body }) => String(body.column))
    return [
      ...(rights.length === 0 || kind === 'tablespace' ? [] : [[kind, pathOf(record, kind), rights]]),
      ...[...columns].map(([column, facets]): unknown => [
        'column',
        [...record.path.slice(1), column],
        facets.map(({ body: { column: _column, ...right } }) => right),
      ]),
    ]
  })
}

function pathOf(record: AssetRecord, kind: string): string[] {
  const [, schema = ''] = record.path
  if (kind !== 'routine') return record.path.slice(1)
  return [schema, String(record.properties?.name), signature(record)]
}

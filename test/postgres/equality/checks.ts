import type { AssetRecord } from '../../../connectors/kit/index.ts'
import { PARTS_PUBLISHED } from './hostile-objects.ts'

/** One kind of object: what its records say, and a query of another make that says the same. */
export interface ObjectCheck {
  readonly kinds: readonly string[]
  readonly facts: (record: AssetRecord) => unknown
  /** Answers one JSON column `facts`. `pg_catalog` is the only schema on the path. */
  readonly query: (version: number) => string
}

const property = (record: AssetRecord, name: string): unknown => record.properties?.[name] ?? null
const told = ({ owner, comment }: AssetRecord) => [owner ?? null, comment ?? null]
const schemaAndName = ({ path }: AssetRecord) => [path[1] ?? null, path[2] ?? null]
const USERS = "!~ '^(pg_|information_schema$)'"

/** `regprocedure` writes a signature without blanks after commas. */
export const signature = (record: AssetRecord) =>
  (record.path[2] ?? '').slice(String(property(record, 'name')).length).replaceAll(', ', ',')

const KEYWORDS = new Set(['null', 'select', 'user'])
const quoteIdent = (name: string) =>
  /^[a-z_][a-z0-9_]*$/.test(name) && !KEYWORDS.has(name) ? name : `"${name.replaceAll('"', '""')}"`

interface Argument {
  readonly name?: string
  readonly mode: string
  readonly type: string
  readonly default?: string
}

/** As `pg_get_function_arguments` writes them: what a table is returned of is left to the result. */
function argumentText(record: AssetRecord): string {
  const list = (property(record, 'arguments') ?? []) as unknown as readonly Argument[]
  return list
    .filter(({ mode }) => mode !== 'table')
    .map(({ name, mode, type, default: value }) =>
      [
        ...(mode === 'in' ? [] : [mode.toUpperCase()]),
        ...(name === undefined ? [] : [quoteIdent(name)]),
        type,
        ...(value === undefined ? [] : [`DEFAULT ${value}`]),
      ].join(' '),
    )
    .join(', ')
}

const routines: ObjectCheck = {
  kinds: ['function', 'procedure', 'aggregate', 'window function'],
  facts: (record) => [
    record.kind,
    record.path[1] ?? null,
    property(record, 'name'),
    signature(record),
    argumentText(record),
    property(record, 'returns'),
    property(record, 'language'),
    property(record, 'volatility'),
    property(record, 'parallel'),
    property(record, 'strict') ?? false,
    property(record, 'securityDefiner') ?? false,
    property(record, 'leakproof') ?? false,
    property(record, 'cost'),
    property(record, 'rows') ?? 0,
    property(record, 'settings'),
    record.definition?.text ?? null,
    ...told(record),
  ],
  query: () => `
    select json_build_array(
      case p.prokind when 'a' then 'aggregate' when 'w' then 'window function' else lower(r.routine_type) end,
      r.routine_schema, r.routine_name,
      substr(p.oid::regprocedure::text, length(quote_ident(r.routine_schema) || '.' || quote_ident(r.routine_name)) + 1),
      pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), lower(r.external_language),
      case when r.is_deterministic = 'YES' then 'immutable' when p.provolatile = 's' then 'stable' else 'volatile' end,
      case p.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
      coalesce(r.is_null_call = 'YES', p.proisstrict), r.security_type = 'DEFINER', p.proleakproof, p.procost, p.prorows, array_to_json(p.proconfig),
      case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end,
      pg_get_userbyid(p.proowner), obj_description(p.oid, 'pg_proc')) as facts
    from information_schema.routines r join pg_proc p on p.oid = substring(r.specific_name from '[0-9]+$')::oid
    where r.routine_schema ${USERS} and r.routine_schema <> 'ext "x"'
      and (r.routine_schema, r.routine_name) is distinct from (r.type_udt_schema, r.type_udt_name)`,
}

const sequences: ObjectCheck = {
  kinds: ['sequence'],
  facts: (record) => [
    ...schemaAndName(record),
    ...['type', 'start', 'min', 'max', 'increment', 'cycle', 'cache'].map((name) => property(record, name)),
    ownedBy(record),
    ...told(record),
  ],
  query: () => `
    with owned as (
      select to_regclass(pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name))::oid as oid,
        json_build_array(table_schema, table_name, column_name) as by
      from information_schema.columns where table_schema ${USERS} and table_name in (select relname from pg_class where relkind in ('r', 'p'))
    )
    select json_build_array(s.schemaname, s.sequencename, s.data_type::text, s.start_value::text, s.min_value::text, s.max_value::text,
      s.increment_by::text, s.cycle, s.cache_size::text, (select by from owned where oid = c.oid limit 1), s.sequenceowner,
      obj_description(c.oid, 'pg_class')) as facts
    from pg_sequences s join pg_class c on c.oid = to_regclass(format('%I.%I', s.schemaname, s.sequencename))
    where s.schemaname ${USERS}`,
}

function ownedBy(record: AssetRecord): unknown {
  const owner = property(record, 'ownedBy') as { table: readonly string[]; column: string } | null
  return owner === null ? null : [...owner.table.slice(1), owner.column]
}

const enums: ObjectCheck = {
  kinds: ['enum'],
  facts: (record) => [...schemaAndName(record), property(record, 'labels'), ...told(record)],
  query: () => `
    select json_build_array(n.nspname, t.typname, (select json_agg(e.enumlabel::text order by e.enumsortorder) from pg_enum e
        where e.enumtypid = format('%I.%I', n.nspname, t.typname)::regtype), pg_get_userbyid(t.typowner), obj_description(t.oid, 'pg_type')) as facts
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and n.nspname ${USERS}`,
}

/** Versions differ in how many they write. */
const withoutParentheses = (definition = '') => definition.replace(/^CHECK /, '').replaceAll(/[()]/g, '')

const domains: ObjectCheck = {
  kinds: ['domain'],
  facts: (record) => [
    ...schemaAndName(record),
    property(record, 'base'),
    property(record, 'default'),
    property(record, 'notNull') ?? false,
    (record.constraints ?? []).map(({ name, definition, properties }) => [
      name,
      withoutParentheses(definition),
      properties?.comment ?? null,
    ]),
    ...told(record),
  ],
  query: () => `
    select json_build_array(d.domain_schema, d.domain_name, format_type(t.typbasetype, t.typtypmod), d.domain_default, t.typnotnull,
      (select json_agg(json_build_array(c.constraint_name, translate(k.check_clause, '()', ''), (select obj_description(x.oid, 'pg_constraint')
          from pg_constraint x where x.contypid = t.oid and x.conname = c.constraint_name)) order by c.constraint_name collate "C")
        from information_schema.domain_constraints c join information_schema.check_constraints k using (constraint_schema, constraint_name)
        where c.domain_schema = d.domain_schema and c.domain_name = d.domain_name and k.check_clause not like '%IS NOT NULL'),
      pg_get_userbyid(t.typowner), obj_description(t.oid, 'pg_type')) as facts
    from information_schema.domains d join pg_type t on t.oid = format('%I.%I', d.domain_schema, d.domain_name)::regtype
    where d.domain_schema ${USERS}`,
}

const composites: ObjectCheck = {
  kinds: ['composite type'],
  facts: (record) => [
    ...schemaAndName(record),
    (record.fields ?? []).map(({ name, position, nativeType, comment, properties }) => [
      name,
      position,
      nativeType,
      comment ?? null,
      properties?.collation ?? null,
    ]),
    ...told(record),
  ],
  query: () => `
    select json_build_array(u.user_defined_type_schema, u.user_defined_type_name, (
        select json_agg(json_build_array(a.attribute_name, a.ordinal_position,
          (select format_type(x.atttypid, x.atttypmod) from pg_attribute x where x.attrelid = t.typrelid and x.attname = a.attribute_name),
          col_description(t.typrelid, a.ordinal_position), quote_ident(a.collation_schema) || '.' || quote_ident(a.collation_name)) order by a.ordinal_position)
        from information_schema.attributes a where a.udt_schema = u.user_defined_type_schema and a.udt_name = u.user_defined_type_name),
      pg_get_userbyid(t.typowner), obj_description(t.oid, 'pg_type')) as facts
    from information_schema.user_defined_types u
    join pg_type t on t.oid = format('%I.%I', u.user_defined_type_schema, u.user_defined_type_name)::regtype
    where u.user_defined_type_schema ${USERS}`,
}

const ranges: ObjectCheck = {
  kinds: ['range type'],
  facts: (record) => [
    ...schemaAndName(record),
    property(record, 'subtype'),
    property(record, 'multirange'),
    ...told(record),
  ],
  query: (version) => `
    select json_build_array(n.nspname, t.typname, g.rngsubtype::regtype::text, ${version < 140000 ? 'null' : 'g.rngmultitypid::regtype::text'},
      pg_get_userbyid(t.typowner), obj_description(t.oid, 'pg_type')) as facts
    from pg_range g join pg_type t on t.oid = g.rngtypid join pg_namespace n on n.oid = t.typnamespace where n.nspname ${USERS}`,
}

const collations: ObjectCheck = {
  kinds: ['collation'],
  facts: (record) => [
    ...schemaAndName(record),
    property(record, 'provider'),
    property(record, 'collate'),
    ...told(record),
  ],
  query: () => `
    select json_build_array(c.collation_schema, c.collation_name, 'libc', l.collcollate, pg_get_userbyid(l.collowner),
      obj_description(l.oid, 'pg_collation')) as facts
    from information_schema.collations c join pg_collation l on l.oid = format('%I.%I', c.collation_schema, c.collation_name)::regcollation
    where c.collation_schema ${USERS}`,
}

const extensions: ObjectCheck = {
  kinds: ['extension'],
  facts: (record) => [
    record.path[1] ?? null,
    property(record, 'version'),
    property(record, 'schema'),
    (property(record, 'members') as Record<string, unknown> | null)?.functions ?? null,
    ...told(record),
  ],
  query: () => `
    select json_build_array(a.name, a.installed_version, (select nspname from pg_namespace where oid = e.extnamespace),
      (select count(*) from pg_depend d where d.refobjid = e.oid and d.deptype = 'e'
        and (pg_identify_object(d.classid, d.objid, d.objsubid)).type = 'function'),
      pg_get_userbyid(e.extowner), obj_description(e.oid, 'pg_extension')) as facts
    from pg_available_extensions a join pg_extension e on e.extname = a.name where a.installed_version is not null`,
}

const publications: ObjectCheck = {
  kinds: ['publication'],
  facts: (record) => [
    record.path[1] ?? null,
    property(record, 'operations'),
    ((property(record, 'tables') ?? []) as unknown as PublishedTable[]).map(({ table, columns, filter }) => [
      ...table.slice(1),
      filter === undefined ? null : (columns ?? null),
      filter ?? null,
    ]),
    ...told(record),
  ],
  query: (version) => `
    select json_build_array(p.pubname, array_remove(array[case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end,
        case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end], null),
      (select json_agg(json_build_array(t.schemaname, t.tablename,
        ${version < PARTS_PUBLISHED ? 'null, null' : 'case when t.rowfilter is not null then array_to_json(t.attnames) end, t.rowfilter'})
        order by t.schemaname, t.tablename) from pg_publication_tables t where t.pubname = p.pubname),
      pg_get_userbyid(p.pubowner), obj_description(p.oid, 'pg_publication')) as facts
    from pg_publication p`,
}

interface PublishedTable {
  readonly table: readonly string[]
  readonly columns?: readonly string[]
  readonly filter?: string
}

const subscriptions: ObjectCheck = {
  kinds: ['subscription'],
  facts: (record) => [
    record.path[1] ?? null,
    ...['enabled', 'slot', 'publications'].map((name) => property(record, name)),
    ...told(record),
  ],
  query: () => `
    select json_build_array(s.subname, s.subenabled, s.subslotname, array_to_json(s.subpublications), pg_get_userbyid(s.subowner),
      obj_description(s.oid, 'pg_subscription')) as facts
    from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database()`,
}

const eventTriggers: ObjectCheck = {
  kinds: ['event trigger'],
  facts: (record) => [
    record.path[1] ?? null,
    ...['event', 'tags', 'enabled'].map((name) => property(record, name)),
    ((property(record, 'function') ?? []) as readonly string[]).slice(1).join('.'),
    ...told(record),
  ],
  query: () => `
    select json_build_array(evtname, evtevent, array_to_json(evttags), case evtenabled when 'D' then 'disabled' else 'origin' end,
      evtfoid::regproc::text, pg_get_userbyid(evtowner), obj_description(oid, 'pg_event_trigger')) as facts from pg_event_trigger`,
}

const servers: ObjectCheck = {
  kinds: ['foreign server'],
  facts: (record) => [
    record.path[1] ?? null,
    ...['wrapper', 'type', 'version', 'options', 'userMappings'].map((name) => property(record, name)),
    ...told(record),
  ],
  query: () => `
    select json_build_array(s.foreign_server_name, s.foreign_data_wrapper_name, s.foreign_server_type, s.foreign_server_version,
      (select json_object_agg(o.option_name, case when o.option_name ~ 'password|user' then '****' else o.option_value end)
        from information_schema.foreign_server_options o where o.foreign_server_name = s.foreign_server_name),
      (select json_agg(m.authorization_identifier) from information_schema.user_mappings m where m.foreign_server_name = s.foreign_server_name),
      s.authorization_identifier, (select obj_description(oid, 'pg_foreign_server') from pg_foreign_server where srvname = s.foreign_server_name)) as facts
    from information_schema.foreign_servers s`,
}

const wrappers: ObjectCheck = {
  kinds: ['foreign data wrapper'],
  facts: (record) => [record.path[1] ?? null, property(record, 'options'), ...told(record)],
  query: () => `
    select json_build_array(w.foreign_data_wrapper_name,
      (select json_object_agg(o.option_name, case when o.option_name ~ 'password|user' then '****' else o.option_value end)
        from information_schema.foreign_data_wrapper_options o where o.foreign_data_wrapper_name = w.foreign_data_wrapper_name),
      w.authorization_identifier, (select obj_description(oid, 'pg_foreign_data_wrapper') from pg_foreign_data_wrapper
        where fdwname = w.foreign_data_wrapper_name)) as facts
    from information_schema.foreign_data_wrappers w where w.foreign_data_wrapper_name <> 'postgres_fdw'`,
}

const ROLE_PROPERTIES = [
  'login',
  'superuser',
  'inherit',
  'createRole',
  'createDatabase',
  'replication',
  'bypassRowSecurity',
]
const roles: ObjectCheck = {
  kinds: ['role'],
  facts: (record) => [
    record.path[0] ?? null,
    ...ROLE_PROPERTIES.map((name) => property(record, name)),
    facetsOf(record, 'member').map(({ name, body }) => [name, body.admin ?? null]),
    property(record, 'memberOf'),
    record.comment ?? null,
  ],
  query: () => `
    select json_build_array(a.rolname, a.rolcanlogin, a.rolsuper, a.rolinherit, a.rolcreaterole, a.rolcreatedb, a.rolreplication, a.rolbypassrls,
      coalesce((select json_agg(json_build_array(pg_get_userbyid(m.member), m.admin_option)) from pg_auth_members m where m.roleid = a.oid), '[]'),
      (select json_agg(pg_get_userbyid(m.roleid)) from pg_auth_members m where m.member = a.oid),
      shobj_description(a.oid, 'pg_authid')) as facts
    from pg_authid a where a.oid = 10 or a.rolname like current_setting('test.roles')`,
}

const tablespaces: ObjectCheck = {
  kinds: ['tablespace'],
  facts: (record) => [
    record.path[0] ?? null,
    property(record, 'location'),
    property(record, 'options'),
    ...told(record),
  ],
  query: () => `
    select json_build_array(s.spcname, pg_tablespace_location(s.oid), array_to_json(s.spcoptions), pg_get_userbyid(s.spcowner),
      shobj_description(s.oid, 'pg_tablespace')) as facts
    from pg_tablespace s where s.spcname in (select tablespace from pg_tables where tablespace <> 'pg_global')`,
}

interface Facet {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

export function facetsOf(record: AssetRecord, kind: string): readonly Facet[] {
  return (record.facets ?? []).filter((facet) => facet.kind === kind)
}

export const OBJECT_CHECKS: readonly ObjectCheck[] = [
  routines,
  sequences,
  enums,
  domains,
  composites,
  ranges,
  collations,
  extensions,
  publications,
  subscriptions,
  eventTriggers,
  servers,
  wrappers,
  roles,
  tablespaces,
]

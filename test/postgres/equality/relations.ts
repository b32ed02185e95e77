import type postgres from 'postgres'
import type { AssetRecord, Json } from '../../../connectors/kit/index.ts'
import { quote } from '../support.ts'

/** What information_schema and the system views say of relations, one by one. */
export const RELATIONS = ['table', 'partitioned table', 'partition', 'view', 'materialized view', 'foreign table']

export interface Relation {
  readonly schema: string
  readonly name: string
  readonly kind: string
}

export async function listRelations(sql: postgres.Sql): Promise<readonly Relation[]> {
  const rows = await sql.unsafe(`
    select table_schema as schema, table_name as name, table_type as kind from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema')
    union all select schemaname, matviewname, 'MATERIALIZED VIEW' from pg_matviews`)
  return rows as unknown as Relation[]
}

type Facts = Record<string, unknown>

/** A record reduced to what the system views can tell as well. */
export function factsOf(record: AssetRecord): Facts {
  const properties = record.properties ?? {}
  return {
    kind: record.kind,
    owner: record.owner,
    comment: record.comment ?? null,
    fields: (record.fields ?? []).map((field) => ({
      name: field.name,
      position: field.position,
      type: field.nativeType,
      nullable: field.nullable,
      default: field.default ?? null,
      generated: field.generated ?? null,
      expression: field.properties?.expression ?? null,
      collation: field.properties?.collation ?? null,
      comment: field.comment ?? null,
      labels: field.properties?.labels ?? null,
      domain: (field.properties?.domain as { name?: string } | undefined)?.name ?? null,
      computedFrom: (field.upstreams ?? []).map((upstream) => upstream.field[0]),
    })),
    constraints: sortBy(
      (record.constraints ?? []).map(({ name, kind, columns, references, definition, properties: more }) => ({
        name,
        kind,
        columns,
        target: references?.asset.path ?? null,
        targetColumns: references?.columns ?? null,
        definition,
        comment: more?.comment ?? null,
      })),
    ),
    indexes: sortBy(
      (record.indexes ?? []).map(({ name, definition, unique, primary, properties: more }) => {
        return { name, definition, unique, primary, comment: more?.comment ?? null }
      }),
    ),
    definition: record.definition?.text ?? null,
    upstreams: (record.upstreams ?? []).map(({ path }) => path),
    unlogged: properties.persistence === 'unlogged',
    partition: properties.partition ?? null,
    partitionedBy: properties.partitionedBy ?? null,
    inherits: properties.inherits ?? null,
    options: properties.options ?? null,
    foreign: properties.foreign ?? null,
    rowSecurity: [properties.rowSecurity ?? false, properties.rowSecurityForced ?? false],
  }
}

const KINDS: Readonly<Record<string, string>> = {
  'BASE TABLE': 'table',
  VIEW: 'view',
  FOREIGN: 'foreign table',
  'MATERIALIZED VIEW': 'materialized view',
}
const CONSTRAINT_KINDS: Readonly<Record<string, string>> = {
  p: 'primary key',
  u: 'unique',
  f: 'foreign key',
  c: 'check',
  x: 'exclusion',
}

export async function readFacts(sql: postgres.Sql, database: string, { schema, name, kind }: Relation): Promise<Facts> {
  const relation = `${quote(schema)}.${quote(name)}`
  const [own] = await sql`select c.*, pg_get_userbyid(relowner) as owner, obj_description(oid, 'pg_class') as comment,
    pg_get_expr(relpartbound, oid) as bound, pg_get_partkeydef(oid) as partition_key, array_to_json(reloptions) as options
    from pg_class c where oid = ${relation}::regclass`
  if (own === undefined) throw new Error(`${relation} is gone`)
  const parents = await sql`select (parse_ident(inhparent::regclass::text))[1] as schema,
    (select relname from pg_class where oid = inhparent) as name, (select nspname from pg_namespace n join pg_class p on
    p.relnamespace = n.oid where p.oid = inhparent) as space from pg_inherits where inhrelid = ${relation}::regclass order by inhseqno`
  const parentPaths = parents.map((parent) => [database, parent.space, parent.name])
  const partitionKey = /^(\w+) \((.*)\)$/su.exec(own.partition_key ?? '')
  return {
    kind:
      own.relispartition && own.relkind === 'r' ? 'partition' : own.relkind === 'p' ? 'partitioned table' : KINDS[kind],
    owner: own.owner,
    comment: own.comment,
    fields: await readFields(sql, relation, { schema, name, kind }),
    constraints: await readConstraints(sql, database, relation),
    indexes: await readIndexes(sql, schema, name),
    definition: await readDefinition(sql, schema, name),
    upstreams: await readUpstreams(sql, database, relation),
    unlogged: own.relpersistence === 'u',
    partition: own.relispartition ? { of: parentPaths[0], bound: own.bound } : null,
    partitionedBy: partitionKey === null ? null : { strategy: partitionKey[1]?.toLowerCase(), key: partitionKey[2] },
    inherits: own.relispartition || parents.length === 0 ? null : parentPaths,
    options: own.options,
    foreign: own.relkind === 'f' ? await readForeign(sql, schema, name) : null,
    rowSecurity: [own.relrowsecurity, own.relforcerowsecurity],
  }
}

async function readFields(sql: postgres.Sql, relation: string, { schema, name, kind }: Relation): Promise<Facts[]> {
  // Not in information_schema, or not to be asked for there without a working wrapper.
  if (kind === 'MATERIALIZED VIEW' || kind === 'FOREIGN') {
    const rows = await sql`select row_number() over (order by attnum)::int as position, attname as name,
      format_type(atttypid, atttypmod) as type, col_description(attrelid, attnum) as comment from pg_attribute
      where attrelid = ${relation}::regclass and attnum > 0`
    return rows.map(({ name, position, type, comment }) => ({ ...EMPTY_FIELD, name, position, type, comment }))
  }
  const rows = await sql`select c.*, col_description(${relation}::regclass, c.ordinal_position) as comment,
    quote_ident(c.collation_schema) || '.' || quote_ident(c.collation_name) as collation,
    (select format_type(atttypid, atttypmod) from pg_attribute where attrelid = ${relation}::regclass and attname = c.column_name) as type,
    (select json_agg(u.column_name order by u.column_name::text collate "C") from information_schema.column_column_usage u
      where u.table_schema = c.table_schema and u.table_name = c.table_name and u.dependent_column = c.column_name) as computed_from
    from information_schema.columns c where table_schema = ${schema} and table_name = ${name} order by ordinal_position`
  return Promise.all(
    rows.map(async (row, at) => ({
      name: row.column_name,
      position: at + 1,
      type: row.type,
      nullable: row.is_nullable === 'YES',
      default: row.column_default,
      generated:
        row.is_identity === 'YES'
          ? `identity ${row.identity_generation.toLowerCase()}`
          : row.is_generated === 'ALWAYS'
            ? 'stored'
            : null,
      expression: row.generation_expression,
      collation: row.domain_name === null ? row.collation : null,
      comment: row.comment,
      labels: await readLabels(sql, row.type),
      domain: row.domain_name === null ? null : row.type,
      computedFrom: row.computed_from ?? [],
    })),
  )
}

const EMPTY_FIELD = {
  nullable: true,
  default: null,
  generated: null,
  expression: null,
  collation: null,
  labels: null,
  domain: null,
  computedFrom: [],
}

async function readLabels(sql: postgres.Sql, type: string): Promise<Json> {
  const element = type.replace(/\[\]$/, '')
  if (!element.includes('.')) return null
  const rows = await sql`select enumlabel from pg_enum where enumtypid = ${element}::regtype order by enumsortorder`
  return rows.length === 0 ? null : rows.map(({ enumlabel }) => enumlabel)
}

async function readConstraints(sql: postgres.Sql, database: string, relation: string): Promise<unknown[]> {
  const rows =
    await sql`select conname as name, contype as kind, oid, conrelid, confrelid, array_to_json(conkey) as key,
    array_to_json(confkey) as target_key, pg_get_constraintdef(oid) as definition, obj_description(oid, 'pg_constraint') as comment
    from pg_constraint where conrelid = ${relation}::regclass and contype <> 'n'`
  const names = async (owner: string, key: readonly number[] | null) =>
    Promise.all(
      (key ?? []).map(async (number) => {
        const [row] = await sql`select attname from pg_attribute where attrelid = ${owner} and attnum = ${number}`
        return row?.attname
      }),
    )
  return sortBy(
    await Promise.all(
      rows.map(async (row) => {
        const [target] =
          await sql`select nspname, relname from pg_class c join pg_namespace n on n.oid = relnamespace where c.oid = ${row.confrelid}`
        return {
          name: row.name,
          kind: CONSTRAINT_KINDS[row.kind],
          columns: await names(row.conrelid, row.key),
          target: target === undefined ? null : [database, target.nspname, target.relname],
          targetColumns: target === undefined ? null : await names(row.confrelid, row.target_key),
          definition: row.definition,
          comment: row.comment,
        }
      }),
    ),
  )
}

async function readIndexes(sql: postgres.Sql, schema: string, name: string): Promise<unknown[]> {
  const rows = await sql`select indexname as name, indexdef as definition, indexdef like 'CREATE UNIQUE%' as unique,
    exists (select from information_schema.table_constraints t where t.constraint_type = 'PRIMARY KEY'
      and t.table_schema = schemaname and t.table_name = tablename and t.constraint_name = indexname) as primary,
    obj_description((quote_ident(schemaname) || '.' || quote_ident(indexname))::regclass, 'pg_class') as comment
    from pg_indexes where schemaname = ${schema} and tablename = ${name}`
  return sortBy(rows.map((row) => ({ ...row })))
}

async function readDefinition(sql: postgres.Sql, schema: string, name: string): Promise<string | null> {
  const [row] = await sql`select definition from pg_views where schemaname = ${schema} and viewname = ${name}
    union all select definition from pg_matviews where schemaname = ${schema} and matviewname = ${name}`
  return row?.definition ?? null
}

async function readUpstreams(sql: postgres.Sql, database: string, relation: string): Promise<unknown[]> {
  const rows =
    await sql`select distinct n.nspname, c.relname as name from pg_depend d join pg_rewrite w on w.oid = d.objid
    join pg_class c on c.oid = d.refobjid join pg_namespace n on n.oid = c.relnamespace
    where w.ev_class = ${relation}::regclass and d.deptype = 'n' and c.oid <> w.ev_class and d.refclassid = 'pg_class'::regclass`
  const routines = await sql`select distinct n.nspname,
      p.proname || '(' || array_to_string(array(select format_type(t, null) from unnest(p.proargtypes) t), ', ') || ')' as name
    from pg_depend d join pg_rewrite w on w.oid = d.objid join pg_proc p on p.oid = d.refobjid
    join pg_namespace n on n.oid = p.pronamespace
    where w.ev_class = ${relation}::regclass and d.refclassid = 'pg_proc'::regclass`
  return [...rows, ...routines].map(({ nspname, name }) => [database, nspname, name])
}

async function readForeign(sql: postgres.Sql, schema: string, name: string): Promise<Facts> {
  const [server] =
    await sql`select foreign_server_name, (select foreign_data_wrapper_name from information_schema.foreign_servers s
    where s.foreign_server_name = t.foreign_server_name) as wrapper from information_schema.foreign_tables t
    where foreign_table_schema = ${schema} and foreign_table_name = ${name}`
  const options = await sql`select option_name, option_value from information_schema.foreign_table_options
    where foreign_table_schema = ${schema} and foreign_table_name = ${name}`
  const entries = options.map(({ option_name, option_value }) => [
    option_name,
    /password|user/.test(option_name) ? '****' : option_value,
  ])
  return { server: server?.foreign_server_name, wrapper: server?.wrapper, options: Object.fromEntries(entries) }
}

export function sortBy<T>(list: readonly T[]): T[] {
  return [...list].sort((left, right) => {
    const [a, b] = [left, right].map((entry) => Buffer.from((entry as { name: string }).name)) as [Buffer, Buffer]
    return Buffer.compare(a, b)
  })
}

import {
  type AssetRecord,
  byName,
  type ConstraintRecord,
  type FieldRecord,
  type GrantRow,
  grantFacets,
  type Json,
  optional,
  toldOf,
  withFacets,
  withProperties,
} from '../../kit/index.ts'
import { commentOn, contentStamps, grants, isPart, nameOf } from '../queries/shared.sql.ts'
import type { Server } from '../server.ts'
import { normalizeType } from '../types.ts'
import { defineFamily, type ObjectRow, type Place, selected, type TypeBook } from './family.ts'

interface AttributeRow {
  readonly number: number
  readonly name: string
  readonly type: string
  readonly typeOid: string
  readonly collation: string | null
  readonly comment: string | null
}

interface DomainRow {
  readonly base: string
  readonly notNull: boolean
  readonly default: string | null
  readonly collation: string | null
  readonly checks:
    | readonly {
        readonly name: string
        readonly definition: string
        readonly validated: boolean
        readonly comment: string | null
      }[]
    | null
}

interface TypeObjectRow extends ObjectRow {
  readonly schema: string
  readonly kind: string
  readonly owner: string | null
  readonly comment: string | null
  readonly labels: readonly string[] | null
  readonly domain: DomainRow | null
  readonly attributes: readonly AttributeRow[] | null
  readonly range: Readonly<Record<string, Json>> | null
  readonly base: Readonly<Record<string, Json>> | null
  readonly grants: readonly GrantRow[] | null
}

const KINDS: Readonly<Record<string, string>> = {
  e: 'enum',
  d: 'domain',
  c: 'composite type',
  r: 'range type',
  b: 'base type',
}

/** Types of ranges over ranges came with this version. */
const MULTIRANGES = 140000

/** A collation that is not what the type itself has. */
const collationUnlike = (collation: string, type: string) => `case when ${collation} <> 0
  and ${collation} <> (select typcollation from pg_type where oid = ${type}) then (select quote_ident(s.nspname) || '.' || quote_ident(l.collname)
    from pg_collation l join pg_namespace s on s.oid = l.collnamespace where l.oid = ${collation}) end`

const ATTRIBUTES = `(select json_agg(json_build_object('number', a.attnum, 'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod), 'typeOid', a.atttypid::text,
    'collation', ${collationUnlike('a.attcollation', 'a.atttypid')},
    'comment', (select description from pg_description where classoid = 'pg_class'::regclass and objoid = a.attrelid
      and objsubid = a.attnum)) order by a.attnum)
  from pg_attribute a where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped)`

/** Nearly every constraint has a contypid of 0. Told that those are not meant, the planner looks the few up by index. */
const DOMAIN = `json_build_object('base', format_type(t.typbasetype, t.typtypmod), 'notNull', t.typnotnull,
  'default', coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault),
  'collation', ${collationUnlike('t.typcollation', 't.typbasetype')},
  'checks', (select json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid),
      'validated', k.convalidated, 'comment', ${commentOn('pg_constraint', 'k.oid')}) order by k.conname)
    from pg_constraint k where k.contypid = t.oid and k.contypid > 0 and k.contype = 'c'))`

const range = ({ version }: Server) => `(select json_build_object('subtype', format_type(g.rngsubtype, null),
    'operatorClass', ${nameOf('pg_opclass', 'opc', 'g.rngsubopc')}, 'collation', ${collationUnlike('g.rngcollation', 'g.rngsubtype')},
    'canonical', case when g.rngcanonical <> 0 then g.rngcanonical::regproc::text end,
    'difference', case when g.rngsubdiff <> 0 then g.rngsubdiff::regproc::text end
    ${version >= MULTIRANGES ? ", 'multirange', format_type(g.rngmultitypid, null)" : ''})
  from pg_range g where g.rngtypid = t.oid)`

const BASE = `json_build_object('input', t.typinput::regproc::text, 'output', t.typoutput::regproc::text, 'length', t.typlen,
  'category', t.typcategory, 'alignment', t.typalign, 'storage', t.typstorage, 'default', t.typdefault,
  'element', case when t.typelem <> 0 then format_type(t.typelem, null) end)`

/** Arrays, the row types of relations, multiranges and shells of types to come are left out. */
const types = (condition: string, server: Server) => `
select t.oid::text as oid, n.nspname::text as schema, t.typname::text as name, t.typtype as kind, r.rolname as owner,
  ${commentOn('pg_type', 't.oid')} as comment,
  case when t.typtype = 'e' then (select json_agg(enumlabel order by enumsortorder) from pg_enum where enumtypid = t.oid) end as labels,
  case when t.typtype = 'd' then ${DOMAIN} end as domain, case when t.typtype = 'c' then ${ATTRIBUTES} end as attributes,
  case when t.typtype = 'r' then ${range(server)} end as range, case when t.typtype = 'b' then ${BASE} end as base,
  ${grants('t.typacl', 'T', 't.typowner')} as grants
from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_roles r on r.oid = t.typowner
  left join pg_class c on c.oid = t.typrelid
where ${condition} and t.typtype in ('e', 'd', 'c', 'r', 'b') and (c.oid is null or c.relkind = 'c')
  and not exists (select from pg_type e where e.oid = t.typelem and e.typarray = t.oid) and not ${isPart('pg_type', 't.oid')}`

/** Enums, domains, composite, range and base types. */
export const type = defineFamily<TypeObjectRow>({
  prefix: 'type',
  group: 'type',
  inSchemas: true,
  stamps: (selection, server) => contentStamps(types(selected(selection, 't.oid', 't.typnamespace'), server)),
  rows: (oids, server) => types(selected({ oids }, 't.oid'), server),
  record: toRecord,
})

function toRecord(row: TypeObjectRow, place: Place, book: TypeBook): AssetRecord {
  const { domain } = row
  return {
    kind: KINDS[row.kind] ?? 'base type',
    path: [place.database, row.schema, row.name],
    parent: { group: 'container', path: [place.database, row.schema] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comment),
    ...withProperties({
      labels: row.kind === 'e' ? [...(row.labels ?? [])] : null,
      base: domain?.base,
      notNull: domain?.notNull ? true : null,
      default: domain?.default,
      collation: domain?.collation,
      ...toldOf(row.range),
      ...toldOf(row.base),
    }),
    ...(row.kind === 'c'
      ? { fields: (row.attributes ?? []).map((attribute, at) => toField(attribute, at + 1, book)) }
      : {}),
    ...(domain === null ? {} : { constraints: byName((domain.checks ?? []).map(toCheck)) }),
    ...withFacets(grantFacets(row.grants)),
  }
}

function toField(row: AttributeRow, position: number, book: TypeBook): FieldRecord {
  return {
    name: row.name,
    position,
    nativeType: row.type,
    type: normalizeType(book.types, row.typeOid),
    nullable: true,
    ...optional('comment', row.comment),
    nativeId: String(row.number),
    ...(row.collation === null ? {} : { properties: { collation: row.collation } }),
  }
}

function toCheck({ name, definition, validated, comment }: NonNullable<DomainRow['checks']>[number]): ConstraintRecord {
  const more = withProperties({ comment, notValid: validated ? null : true })
  return { name, kind: 'check', columns: [], definition, ...more }
}

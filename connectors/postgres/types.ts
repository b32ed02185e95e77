import { compareNames, type FieldType, type Json } from '../kit/index.ts'

/** A row of the types query. */
export interface TypeRow {
  readonly oid: string
  readonly name: string
  readonly kind: string
  readonly category: string
  readonly element: string | null
  readonly base: string | null
  readonly base_name: string | null
  readonly full_name: string
  readonly not_null: boolean
  readonly default_value: string | null
  readonly labels: readonly string[] | null
  readonly constraints: readonly (readonly [string, string])[] | null
}

export type Types = ReadonlyMap<string, TypeRow>

const BY_NAME: Readonly<Record<string, FieldType>> = {
  bool: 'boolean',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  xid: 'integer',
  xid8: 'integer',
  cid: 'integer',
  numeric: 'decimal',
  money: 'decimal',
  float4: 'float',
  float8: 'float',
  bytea: 'binary',
  bit: 'binary',
  varbit: 'binary',
  date: 'date',
  time: 'time',
  timetz: 'time',
  timestamp: 'timestamp',
  timestamptz: 'timestamp',
  interval: 'interval',
  uuid: 'uuid',
  json: 'json',
  jsonb: 'json',
  xml: 'xml',
  inet: 'network',
  cidr: 'network',
  macaddr: 'network',
  macaddr8: 'network',
  ltree: 'string',
  tsvector: 'unknown',
  tsquery: 'unknown',
  hstore: 'map',
  geometry: 'geometry',
  geography: 'geometry',
  vector: 'vector',
  halfvec: 'vector',
  sparsevec: 'vector',
}

const BY_KIND: Readonly<Record<string, FieldType>> = { e: 'enum', c: 'struct', r: 'range', m: 'range' }

/** Where the name says nothing, as for an extension's types. See https://www.postgresql.org/docs/current/catalog-pg-type.html */
const BY_CATEGORY: Readonly<Record<string, FieldType>> = {
  A: 'array',
  B: 'boolean',
  G: 'geometry',
  I: 'network',
  N: 'decimal',
  R: 'range',
  S: 'string',
  T: 'interval',
  V: 'binary',
}

/** The normalised type; a domain counts as what it is built on. */
export function normalizeType(types: Types, oid: string): FieldType {
  const type = undomain(types, oid)
  if (type === undefined) return 'unknown'
  if (type.element !== null) return 'array'
  return BY_KIND[type.kind] ?? BY_NAME[type.name] ?? BY_CATEGORY[type.category] ?? 'unknown'
}

/** Whether the type itself refuses nulls: a domain that does, or one built on such a domain. */
export function refusesNull(types: Types, oid: string): boolean {
  const type = types.get(oid)
  if (type === undefined || type.base === null) return false
  return type.not_null || refusesNull(types, type.base)
}

/** What a column's type adds to its properties: enum labels (of elements too), the domain, the element type. */
export function typeProperties(types: Types, oid: string, nativeType: string): Record<string, Json> {
  const properties: Record<string, Json> = {}
  const own = types.get(oid)
  if (own !== undefined && own.base !== null) properties.domain = domainChain(types, own)
  const plain = undomain(types, oid)
  if (plain !== undefined && plain.element !== null) {
    properties.element = elementName(types, own, plain, nativeType)
    const element = undomain(types, plain.element)
    const declared = types.get(plain.element)
    if (declared !== undefined && declared.base !== null) properties.elementDomain = domainChain(types, declared)
    if (element?.labels) properties.labels = [...element.labels]
  } else if (plain?.labels) properties.labels = [...plain.labels]
  return properties
}

function elementName(types: Types, own: TypeRow | undefined, array: TypeRow, nativeType: string): string {
  // The spelling keeps modifiers, as in numeric(10,2)[]; int2vector and the like have none.
  if (own === array && nativeType.endsWith('[]')) return nativeType.slice(0, -2)
  return types.get(array.element ?? '')?.full_name ?? 'unknown'
}

function domainChain(types: Types, domain: TypeRow): Json {
  const base = domain.base === null ? undefined : types.get(domain.base)
  const constraints = [...(domain.constraints ?? [])].sort(([left], [right]) => compareNames(left, right))
  return {
    name: domain.full_name,
    base: domain.base_name,
    ...(domain.not_null ? { notNull: true } : {}),
    ...(domain.default_value === null ? {} : { default: domain.default_value }),
    ...(constraints.length === 0
      ? {}
      : { constraints: constraints.map(([name, definition]) => ({ name, definition })) }),
    ...(base !== undefined && base.base !== null ? { domain: domainChain(types, base) } : {}),
  }
}

function undomain(types: Types, oid: string): TypeRow | undefined {
  const type = types.get(oid)
  return type === undefined || type.base === null ? type : undomain(types, type.base)
}

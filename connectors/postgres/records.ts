import {
  type AssetRecord,
  type AssetRef,
  byName,
  type ConstraintRecord,
  compareNames,
  type FieldRecord,
  type FieldUpstreamRecord,
  type IndexRecord,
  type Json,
  optional,
  type UpstreamRecord,
} from '../kit/index.ts'
import { type ColumnGrantRow, toOptions } from './facets.ts'
import type { Place, TypeBook } from './families/family.ts'
import { type RelationFacetRows, relationFacets } from './relation-facets.ts'
import { normalizeType, refusesNull, typeProperties } from './types.ts'

type Texts = Readonly<Record<string, string>>
type Name = readonly [schema: string, name: string]

interface ConstraintRow {
  readonly name: string
  readonly kind: string
  readonly columns: readonly number[] | null
  readonly definition: string
  readonly comment: string | null
  readonly validated: boolean
  readonly inherited: boolean
  readonly target: Name | null
  readonly targetColumns: readonly string[] | null
}

interface IndexRow {
  readonly name: string
  readonly unique: boolean
  readonly primary: boolean
  readonly valid: boolean
  readonly definition: string
  readonly comment: string | null
  readonly columns: readonly string[] | null
  readonly include: readonly string[] | null
}

/** A row of the relations query. */
export interface RelationRow extends RelationFacetRows {
  readonly oid: string
  readonly schema: string
  readonly name: string
  readonly row_security: boolean
  readonly row_security_forced: boolean
  readonly kind: string
  readonly partition: boolean
  readonly owner: string | null
  readonly persistence: string
  readonly populated: boolean
  readonly replica: string
  readonly replica_index: string | null
  readonly options: readonly string[] | null
  readonly method: string | null
  readonly tablespace: string | null
  readonly bound: string | null
  readonly partition_key: string | null
  readonly definition: string | null
  readonly foreign: readonly [server: string, wrapper: string, options: readonly string[] | null] | null
  readonly upstreams: readonly Name[] | null
  readonly called: readonly Name[] | null
  readonly comments: Texts | null
  readonly defaults: Texts | null
  /** By the number of a generated column, the names of those it is computed from. */
  readonly computed_from: Readonly<Record<string, readonly string[]>> | null
  readonly parents: readonly Name[] | null
  /** Parallel arrays: attnum, name, type key, not null, identity, generated, collation; then the rights on columns. */
  readonly columns:
    | readonly [
        number[],
        string[],
        string[],
        boolean[],
        string[],
        string[],
        (string | null)[],
        readonly ColumnGrantRow[] | null,
      ]
    | null
  readonly constraints: readonly ConstraintRow[] | null
  readonly indexes: readonly IndexRow[] | null
}

const KINDS: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'partitioned table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
}
const CONSTRAINT_KINDS: Readonly<Record<string, ConstraintRecord['kind']>> = {
  p: 'primary key',
  u: 'unique',
  f: 'foreign key',
  c: 'check',
  x: 'exclusion',
}
const IDENTITY: Readonly<Record<string, string>> = { a: 'identity always', d: 'identity by default' }
const GENERATED: Readonly<Record<string, string>> = { s: 'stored', v: 'virtual' }
const REPLICA: Readonly<Record<string, string>> = { f: 'full', n: 'nothing', i: 'index' }

export function relationRecord(row: RelationRow, book: TypeBook, place: Place): AssetRecord {
  const { database } = place
  const fields = fieldRecords(row, book, [database, row.schema, row.name])
  const columnName = new Map(fields.map((field) => [field.nativeId, field.name]))
  const properties = relationProperties(row, database)
  return {
    kind: row.kind === 'r' && row.partition ? 'partition' : (KINDS[row.kind] ?? 'table'),
    path: [database, row.schema, row.name],
    parent: { group: 'container', path: [database, row.schema] },
    ...optional('owner', row.owner),
    ...optional('comment', row.comments?.['0']),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    fields,
    constraints: byName((row.constraints ?? []).map((constraint) => toConstraint(constraint, columnName, database))),
    indexes: byName((row.indexes ?? []).map(toIndex)),
    ...(row.definition === null ? {} : { definition: { language: 'sql', text: row.definition } }),
    ...(row.upstreams === null && row.called === null ? {} : { upstreams: upstreamRecords(row, database) }),
    ...relationFacets(row, row.columns?.[7] ?? null, place),
  }
}

function fieldRecords(row: RelationRow, book: TypeBook, path: string[]): FieldRecord[] {
  const [numbers, names = [], typeKeys = [], notNull = [], identity = [], generated = [], collations = []] =
    row.columns ?? []
  return (numbers ?? []).map((number, at) => {
    const typeKey = typeKeys[at] ?? ''
    const typeOid = typeKey.slice(0, typeKey.indexOf(':'))
    const nativeType = book.names.get(typeKey) ?? 'unknown'
    const value = row.defaults?.[number]
    const how = IDENTITY[identity[at] ?? ''] ?? GENERATED[generated[at] ?? '']
    const properties = typeProperties(book.types, typeOid, nativeType)
    if (collations[at]) properties.collation = collations[at]
    if (generated[at] && value !== undefined) properties.expression = value
    return {
      name: names[at] ?? '',
      position: at + 1,
      nativeType,
      type: normalizeType(book.types, typeOid),
      nullable: !notNull[at] && !refusesNull(book.types, typeOid),
      ...(generated[at] ? {} : optional('default', value)),
      ...optional('generated', how),
      ...optional('comment', row.comments?.[number]),
      nativeId: String(number),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
      ...withUpstreams(row.computed_from?.[number], path, value),
    }
  })
}

function withUpstreams(names: readonly string[] | undefined, path: string[], expression: string | undefined) {
  if (names === undefined) return {}
  const upstreams = [...names].sort(compareNames).map((name): FieldUpstreamRecord => {
    return {
      group: 'relation',
      path,
      field: [name],
      transformation: 'expression',
      ...optional('expression', expression),
    }
  })
  return { upstreams }
}

function toConstraint(
  row: ConstraintRow,
  columnName: ReadonlyMap<string | undefined, string>,
  database: string,
): ConstraintRecord {
  const properties: Record<string, Json> = {
    ...(row.comment === null ? {} : { comment: row.comment }),
    ...(row.validated ? {} : { notValid: true }),
    ...(row.inherited ? { inherited: true } : {}),
  }
  return {
    name: row.name,
    kind: CONSTRAINT_KINDS[row.kind] ?? 'check',
    columns: (row.columns ?? []).flatMap((number) => columnName.get(String(number)) ?? []),
    ...(row.target === null
      ? {}
      : { references: { asset: relationRef(row.target, database), columns: [...(row.targetColumns ?? [])] } }),
    definition: row.definition,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

function toIndex(row: IndexRow): IndexRecord {
  const properties: Record<string, Json> = {
    ...(row.include === null ? {} : { include: [...row.include] }),
    ...(row.comment === null ? {} : { comment: row.comment }),
    ...(row.valid ? {} : { invalid: true }),
  }
  return {
    name: row.name,
    columns: [...(row.columns ?? [])],
    unique: row.unique,
    primary: row.primary,
    definition: row.definition,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  }
}

function relationProperties(row: RelationRow, database: string): Record<string, Json> {
  const parents = (row.parents ?? []).map((parent) => [database, ...parent])
  const properties: Record<string, Json> = {}
  if (row.persistence === 'u') properties.persistence = 'unlogged'
  if (row.partition && parents[0] !== undefined) properties.partition = { of: parents[0], bound: row.bound }
  else if (parents.length > 0) properties.inherits = parents
  if (row.partition_key !== null) properties.partitionedBy = partitionKey(row.partition_key)
  if (row.method !== null && row.method !== 'heap') properties.accessMethod = row.method
  if (row.tablespace !== null) properties.tablespace = row.tablespace
  if (row.options !== null) properties.options = [...row.options]
  if (row.foreign !== null) properties.foreign = foreignProperties(row.foreign)
  if (row.row_security) properties.rowSecurity = true
  if (row.row_security_forced) properties.rowSecurityForced = true
  if (row.kind === 'm' && !row.populated) properties.populated = false
  if (REPLICA[row.replica] !== undefined && row.kind !== 'v' && row.kind !== 'f') {
    properties.replicaIdentity =
      row.replica_index === null ? (REPLICA[row.replica] ?? '') : { index: row.replica_index }
  }
  return properties
}

/** `RANGE (created_at)` taken apart into strategy and key. */
function partitionKey(text: string): Json {
  const at = text.indexOf(' (')
  return { strategy: text.slice(0, at).toLowerCase(), key: text.slice(at + 2, -1) }
}

function foreignProperties([server, wrapper, list]: NonNullable<RelationRow['foreign']>): Json {
  const options = toOptions(list)
  return { server, wrapper, ...(options === undefined ? {} : { options }) }
}

function upstreamRecords({ upstreams, called }: RelationRow, database: string): UpstreamRecord[] {
  const toUpstreams = (group: AssetRef['group'], names: readonly Name[] | null) =>
    (names ?? [])
      .map(([schema, name]): UpstreamRecord => ({ group, path: [database, schema, name], origin: 'catalogue' }))
      .sort((left, right) => comparePaths(left.path, right.path))
  return [...toUpstreams('relation', upstreams), ...toUpstreams('routine', called)]
}

function relationRef([schema, name]: Name, database: string): AssetRef {
  return { group: 'relation', path: [database, schema, name] }
}

function comparePaths(left: readonly string[], right: readonly string[]): number {
  return compareNames(left[1] ?? '', right[1] ?? '') || compareNames(left[2] ?? '', right[2] ?? '')
}

import { type FieldRecord, type FieldType, type Json, optional, withProperties } from '../kit/index.ts'
import type { PolicyTags } from './policy-tags.ts'
import type { SqlType, TableField } from './resources.ts'

/** The API keeps the names of legacy SQL; everybody else writes those of GoogleSQL. */
const GOOGLE_SQL: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
}

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types */
const BY_NAME: Readonly<Record<string, FieldType>> = {
  INT64: 'integer',
  FLOAT64: 'float',
  NUMERIC: 'decimal',
  BIGNUMERIC: 'decimal',
  BOOL: 'boolean',
  STRING: 'string',
  BYTES: 'binary',
  DATE: 'date',
  TIME: 'time',
  DATETIME: 'timestamp',
  TIMESTAMP: 'timestamp',
  INTERVAL: 'interval',
  GEOGRAPHY: 'geometry',
  JSON: 'json',
  STRUCT: 'struct',
  ARRAY: 'array',
  RANGE: 'range',
  UUID: 'uuid',
}

const typeName = ({ type = '' }: TableField): string => GOOGLE_SQL[type] ?? type

/** The type as GoogleSQL writes it. A STRUCT goes without its fields, which are columns of their own: one more is no other type. */
export function nativeType(field: TableField): string {
  const name = typeName(field)
  const plain = name === 'RANGE' ? `RANGE<${field.rangeElementType?.type ?? 'unknown'}>` : `${name}${parameters(field)}`
  return field.mode === 'REPEATED' ? `ARRAY<${plain}>` : plain
}

function parameters({ maxLength, precision, scale, timestampPrecision }: TableField): string {
  const numbers = [maxLength, precision, precision === undefined ? undefined : scale, timestampPrecision]
  const given = numbers.filter((value) => value !== undefined)
  return given.length === 0 ? '' : `(${given.join(', ')})`
}

/** The columns of a schema, nested ones after the column they are in. */
export async function toFields(fields: readonly TableField[] | undefined, tags: PolicyTags): Promise<FieldRecord[]> {
  const records: FieldRecord[] = []
  const visit = async (list: readonly TableField[], above: readonly string[]) => {
    for (const field of list) {
      const path = [...above, field.name ?? '']
      records.push(await toField(field, path, records.length + 1, tags))
      await visit(field.fields ?? [], path)
    }
  }
  await visit(fields ?? [], [])
  return records
}

async function toField(
  field: TableField,
  path: readonly string[],
  position: number,
  tags: PolicyTags,
): Promise<FieldRecord> {
  const { generatedColumn: generated } = field
  const expression = generated?.generatedExpressionInfo
  return {
    name: path.at(-1) ?? '',
    ...(path.length === 1 ? {} : { path: [...path] }),
    position,
    nativeType: nativeType(field),
    type: field.mode === 'REPEATED' ? 'array' : (BY_NAME[typeName(field)] ?? 'unknown'),
    // An array is never NULL: BigQuery keeps an empty one instead.
    nullable: field.mode === undefined || field.mode === 'NULLABLE',
    ...optional('default', field.defaultValueExpression ?? expression?.generationExpression),
    ...(generated === undefined ? {} : { generated: generatedBy(generated) }),
    ...optional('comment', field.description),
    ...withProperties({
      collation: field.collation,
      roundingMode: field.roundingMode,
      policyTags: await tags.named(field.policyTags?.names),
      dataPolicies: policiesOf(field),
      foreignType: field.foreignTypeDefinition,
    }),
  }
}

function generatedBy({ generatedMode }: NonNullable<TableField['generatedColumn']>): string {
  return generatedMode === 'GENERATED_BY_DEFAULT' ? 'by default' : 'stored'
}

function policiesOf({ dataPolicies }: TableField): Json | undefined {
  const names = (dataPolicies ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]))
  return names.length === 0 ? undefined : names.sort()
}

/** A type of a routine or a model, as GoogleSQL writes it. */
export function sqlTypeText(type: SqlType | undefined): string {
  const { typeKind = 'ANY TYPE', arrayElementType, rangeElementType, structType } = type ?? {}
  if (typeKind === 'ARRAY') return `ARRAY<${sqlTypeText(arrayElementType)}>`
  if (typeKind === 'RANGE') return `RANGE<${sqlTypeText(rangeElementType)}>`
  if (typeKind !== 'STRUCT') return typeKind
  const fields = (structType?.fields ?? []).map(({ name, type: inner }) =>
    name === undefined || name === '' ? sqlTypeText(inner) : `${name} ${sqlTypeText(inner)}`,
  )
  return `STRUCT<${fields.join(', ')}>`
}

export function normalizeSqlType(type: SqlType | undefined): FieldType {
  return BY_NAME[type?.typeKind ?? ''] ?? 'unknown'
}

import { type FieldRecord, type FieldType, type Json, optional, withProperties } from '../kit/index.ts'
import { type Entry, isYes, text } from './entries.ts'

/** https://docs.snowflake.com/en/sql-reference/intro-summary-data-types */
const TYPES: Readonly<Record<string, FieldType>> = {
  NUMBER: 'decimal',
  DECFLOAT: 'decimal',
  FLOAT: 'float',
  TEXT: 'string',
  BOOLEAN: 'boolean',
  BINARY: 'binary',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP_NTZ: 'timestamp',
  TIMESTAMP_LTZ: 'timestamp',
  TIMESTAMP_TZ: 'timestamp',
  VARIANT: 'json',
  OBJECT: 'struct',
  ARRAY: 'array',
  MAP: 'map',
  GEOGRAPHY: 'geometry',
  GEOMETRY: 'geometry',
  VECTOR: 'vector',
  UUID: 'uuid',
  FILE: 'unknown',
}

/** Types of the fields and elements of structured columns, by the identifier that whatever they belong to carries. */
export interface Structures {
  readonly fields: ReadonlyMap<string, readonly Entry[]>
  readonly elements: ReadonlyMap<string, Entry>
}

export function readStructures(entries: readonly Entry[]): Structures {
  const of = (entry: Entry) => text(entry.body, 'of') ?? ''
  const fields = Map.groupBy(
    entries.filter(({ kind }) => kind === 'field'),
    of,
  )
  const elements = entries.filter(({ kind }) => kind === 'element')
  return { fields, elements: new Map(elements.map((entry) => [of(entry), entry])) }
}

type Typed = Pick<Entry, 'body'>

/** The type as it would be declared: `NUMBER(38,0)`, `VARCHAR(16)`, `OBJECT(city VARCHAR, zip NUMBER(5,0))`. */
export function nativeTypeOf({ body }: Typed, structures: Structures): string {
  const type = text(body, 'type') ?? 'UNKNOWN'
  const dtd = text(body, 'dtd') ?? ''
  const fields = structures.fields.get(dtd)
  const element = structures.elements.get(dtd)
  if (type === 'OBJECT' && fields !== undefined) {
    return `OBJECT(${fields.map((field) => `${text(field.body, 'name')} ${nativeTypeOf(field, structures)}`).join(', ')})`
  }
  if (type === 'MAP' && fields !== undefined) {
    return `MAP(${fields.map((field) => nativeTypeOf(field, structures)).join(', ')})`
  }
  if (type === 'ARRAY' && element !== undefined) return `ARRAY(${nativeTypeOf(element, structures)})`
  if (type === 'TEXT') return sized('VARCHAR', body.length)
  if (type === 'BINARY') return sized('BINARY', body.length)
  if (type === 'NUMBER') return `NUMBER(${body.precision ?? 38},${body.scale ?? 0})`
  return type
}

function sized(name: string, length: Json | undefined): string {
  return length === undefined || length === null ? name : `${name}(${length})`
}

function fieldTypeOf({ body }: Typed, structures: Structures): FieldType {
  const type = text(body, 'type') ?? ''
  if (type === 'NUMBER') return Number(body.scale ?? 0) === 0 ? 'integer' : 'decimal'
  // An OBJECT without declared keys holds whatever it likes.
  if (type === 'OBJECT' && !structures.fields.has(text(body, 'dtd') ?? '')) return 'json'
  return TYPES[type] ?? 'unknown'
}

/** What lies below a structured column, outermost first; what an array holds lies directly below the array. */
interface Nested {
  readonly path: readonly string[]
  readonly entry: Entry
}

function nestedOf(path: readonly string[], { body }: Typed, structures: Structures): readonly Nested[] {
  const dtd = text(body, 'dtd') ?? ''
  const element = structures.elements.get(dtd)
  if (element !== undefined) return nestedOf(path, element, structures)
  return (structures.fields.get(dtd) ?? []).flatMap((entry) => {
    const below = [...path, text(entry.body, 'name') ?? '']
    return [{ path: below, entry }, ...nestedOf(below, entry, structures)]
  })
}

/** The columns of a relation with what is nested in them; `more` is what tags and policies say of a column. */
export function fieldRecords(
  columns: readonly Entry[],
  structures: Structures,
  more: (column: string) => Readonly<Record<string, Json>>,
): FieldRecord[] {
  const records: FieldRecord[] = []
  for (const column of [...columns].sort((left, right) => left.position - right.position)) {
    const { body } = column
    const name = text(body, 'name') ?? ''
    const identity = isYes(body.identity)
    records.push({
      name,
      position: records.length + 1,
      nativeType: nativeTypeOf(column, structures),
      type: fieldTypeOf(column, structures),
      nullable: isYes(body.nullable),
      ...(identity ? {} : optional('default', text(body, 'default'))),
      ...(identity ? { generated: `identity ${(text(body, 'generation') ?? 'by default').toLowerCase()}` } : {}),
      ...optional('comment', text(body, 'comment')),
      ...withProperties({
        collation: text(body, 'collation'),
        ...(identity ? { start: text(body, 'start'), increment: text(body, 'increment') } : {}),
        ...more(name),
      }),
    })
    for (const { path, entry } of nestedOf([name], column, structures)) {
      records.push({
        name: path.at(-1) ?? '',
        path: [...path],
        position: records.length + 1,
        nativeType: nativeTypeOf(entry, structures),
        type: fieldTypeOf(entry, structures),
        nullable: true,
      })
    }
  }
  return records
}

import {
  type AssetRecord,
  type ConstraintRecord,
  compareNames,
  type FacetRecord,
  type FieldRecord,
  type IndexRecord,
} from '../kit/index.ts'
import { readCreateIndex, readCreateTrigger } from './create-other.ts'
import type { TableText } from './create-table.ts'
import type { Row } from './queries.ts'
import { foldName, isKeyword, isSymbol, tokenize } from './tokens.ts'
import { fieldType } from './types.ts'

/** Everything read of one ordinary table. */
export interface TableInput {
  readonly path: readonly [file: string, table: string]
  readonly text: TableText
  readonly columns: readonly Row[]
  readonly indexes: readonly Row[]
  readonly foreignKeys: readonly Row[]
  /** The texts of explicit indexes by name. */
  readonly indexTexts: ReadonlyMap<string, string>
  /** The table that a name refers to, with its columns; undefined when there is none. */
  readonly parent: (name: string) => { readonly name: string; readonly columns: readonly Row[] } | undefined
}

/** https://www.sqlite.org/pragma.html#pragma_table_xinfo */
const HIDDEN = 1
const GENERATED: Readonly<Record<number, string>> = { 2: 'virtual', 3: 'stored' }

export function toFields(columns: readonly Row[], text?: TableText, rowidAlias?: string): FieldRecord[] {
  return columns.map((row, index) => {
    const name = String(row.name)
    const { expression, collation } = text?.columns.get(foldName(name)) ?? {}
    const generated = GENERATED[Number(row.hidden)]
    const properties = {
      ...(generated === undefined || expression === undefined ? {} : { expression }),
      ...(collation === undefined ? {} : { collation }),
      ...(row.hidden === HIDDEN ? { hidden: true } : {}),
    }
    return {
      name,
      position: index + 1,
      nativeType: String(row.type),
      type: fieldType(String(row.type)),
      nullable: row.notnull === 0 && name !== rowidAlias,
      ...(row.dflt_value === null ? {} : { default: String(row.dflt_value) }),
      ...(generated === undefined ? {} : { generated }),
      ...(Object.keys(properties).length === 0 ? {} : { properties }),
    }
  })
}

/** The parts of a table's record that its catalogue rows and its text give. */
export function toTableParts(input: TableInput): Pick<AssetRecord, 'fields' | 'constraints' | 'indexes'> {
  const primaryKey = columnNames(primaryKeyRows(input.columns))
  const indexes = groupIndexes(input.indexes)
  // https://www.sqlite.org/lang_createtable.html#rowid: such a key has no index of its own, and cannot hold a null.
  const isAlias = !input.text.withoutRowid && !indexes.some(({ origin }) => origin === 'pk')
  const fields = toFields(input.columns, input.text, isAlias ? primaryKey[0] : undefined)
  const constraints = nameConstraints([
    ...(primaryKey.length === 0 ? [] : [toPrimaryKey(input.text, primaryKey)]),
    ...toUniques(input.text, indexes),
    ...toForeignKeys(input),
    ...toChecks(input),
  ])
  return { fields, constraints, indexes: indexes.map((index) => toIndex(index, input.indexTexts.get(index.name))) }
}

/** A constraint whose name, if none was given, is to be made of `base`. */
interface Unnamed {
  readonly name: string | undefined
  readonly base: string
  readonly rest: Omit<ConstraintRecord, 'name'>
}

/** SQLite neither requires nor compares names of constraints; here they are unique, and stable under other DDL. */
function nameConstraints(constraints: readonly Unnamed[]): ConstraintRecord[] {
  const taken = new Set<string>()
  const take = (wanted: string): string => {
    let name = wanted
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`
    taken.add(name)
    return name
  }
  const given = constraints.filter(({ name }) => name !== undefined)
  const others = constraints.filter(({ name }) => name === undefined)
  return [...given, ...others]
    .map(({ name, base, rest }) => ({ name: take(name ?? base), ...rest }))
    .sort((left, right) => compareNames(left.name, right.name))
}

function toPrimaryKey(text: TableText, columns: string[]): Unnamed {
  return { name: text.primaryKeyName, base: 'pk', rest: { kind: 'primary key', columns } }
}

interface IndexGroup {
  readonly name: string
  readonly unique: boolean
  readonly origin: string
  /** Null for an expression. */
  readonly columns: readonly (string | null)[]
}

function groupIndexes(rows: readonly Row[]): IndexGroup[] {
  return [...Map.groupBy(rows, (row) => String(row.name))]
    .map(([name, columns]) => ({
      name,
      unique: columns[0]?.unique === 1,
      origin: String(columns[0]?.origin),
      columns: columns.map(({ column }) => (column === null || column === undefined ? null : String(column))),
    }))
    .sort((left, right) => compareNames(left.name, right.name))
}

function toIndex({ name, unique, origin, columns }: IndexGroup, sql: string | undefined): IndexRecord {
  const { terms, where } = sql === undefined ? { terms: [] } : readCreateIndex(sql)
  return {
    name,
    columns: columns.map((column, index) => column ?? terms[index] ?? ''),
    unique,
    primary: origin === 'pk',
    ...(sql === undefined ? {} : { definition: sql }),
    ...(where === undefined ? {} : { properties: { where } }),
  }
}

function toUniques(text: TableText, indexes: readonly IndexGroup[]): Unnamed[] {
  return indexes
    .filter(({ origin }) => origin === 'u')
    .map(({ columns }) => {
      const names = columns.map((column) => column ?? '')
      const declared = text.uniques.filter((unique) => sameNames(unique.columns, names))
      const name = declared.find((unique) => unique.name !== undefined)?.name
      return { name, base: `uq_${names.join('_')}`, rest: { kind: 'unique', columns: names } }
    })
}

function toForeignKeys({ path: [file], text, foreignKeys, parent }: TableInput): Unnamed[] {
  const keys = [...Map.groupBy(foreignKeys, (row) => Number(row.number)).values()]
  return keys.map((rows, index) => {
    const { name, deferred } = text.foreignKeys[index] ?? {}
    const [row] = rows
    const target = String(row?.table)
    const table = parent(target)
    const columns = rows.map(({ from }) => String(from))
    const properties = { onUpdate: String(row?.on_update), onDelete: String(row?.on_delete) }
    return {
      name,
      base: `fk_${columns.join('_')}`,
      rest: {
        kind: 'foreign key',
        columns,
        references: {
          asset: { group: 'relation', path: [file, table?.name ?? target] },
          columns: referencedColumns(rows, table?.columns ?? []),
        },
        properties: deferred === true ? { ...properties, deferred } : properties,
      },
    }
  })
}

/** Without a list of its own a foreign key refers to the primary key; names come out as the parent spells them. */
function referencedColumns(rows: readonly Row[], parentColumns: readonly Row[]): string[] {
  if (rows[0]?.to === null) return columnNames(primaryKeyRows(parentColumns))
  const spelled = new Map(columnNames(parentColumns).map((name) => [foldName(name), name]))
  return rows.map(({ to }) => spelled.get(foldName(String(to))) ?? String(to))
}

function toChecks({ text, columns }: TableInput): Unnamed[] {
  const spelled = new Map(columnNames(columns).map((name) => [foldName(name), name]))
  return text.checks.map(({ name, expression, column }) => {
    const named = namedColumns(expression, spelled)
    return {
      name,
      base: ['ck', ...(column === undefined ? named : [column])].join('_'),
      rest: { kind: 'check', columns: named, definition: `CHECK (${expression})` },
    }
  })
}

/** The columns that an expression names, in the order of their first mention. */
function namedColumns(expression: string, spelled: ReadonlyMap<string, string>): string[] {
  const tokens = tokenize(expression)
  const names = tokens.flatMap((token, index) => {
    const isName = token.kind === 'quoted' || (token.kind === 'word' && !isSymbol(tokens[index + 1], '('))
    const name = isName && !isKeyword(tokens[index - 1], 'COLLATE') ? spelled.get(foldName(token.value)) : undefined
    return name === undefined ? [] : [name]
  })
  return [...new Set(names)]
}

export function toTriggers(rows: readonly Row[]): FacetRecord[] {
  return rows
    .map((row) => {
      const sql = String(row.sql)
      const { columns, ...text } = readCreateTrigger(sql)
      return { kind: 'trigger', name: String(row.name), body: { sql, ...text, ...(columns ? { columns } : {}) } }
    })
    .sort((left, right) => compareNames(left.name, right.name))
}

function primaryKeyRows(columns: readonly Row[]): readonly Row[] {
  return columns.filter(({ pk }) => Number(pk) > 0).sort((left, right) => Number(left.pk) - Number(right.pk))
}

function columnNames(rows: readonly Row[]): string[] {
  return rows.map(({ name }) => String(name))
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => foldName(name) === foldName(right[index] ?? ''))
}

import { deriveLineage } from './derive.ts'
import { findDialect } from './dialects.ts'
import { createLookup } from './lookup.ts'
import { renamesAfter } from './renames.ts'
import type { Defaults, DerivedColumn, DeriveResult, Gap, TableName, TableUse } from './types.ts'

/** A statement or script with the schemas it sees, names as `db.schema.table`. */
export interface LineageCase {
  readonly name: string
  readonly dialect: string
  readonly sql: string
  readonly defaultDatabase?: string | null
  readonly defaultSchema?: string | null
  readonly schemas?: Readonly<Record<string, Readonly<Record<string, string>>>> | null
}

export interface CaseLineage {
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly columns: readonly CaseColumn[]
  readonly gaps: readonly Gap[]
  readonly ms: number
}

interface CaseColumn {
  /** No table: the answer of a query. */
  readonly downstream: { readonly table: string | null; readonly column: string }
  readonly upstreams: readonly { readonly table: string; readonly column: string }[]
}

/** Derives a case as one session: temporary tables and renames inside it are settled. */
export function deriveCase(given: LineageCase): CaseLineage {
  const started = performance.now()
  const result = deriveLineage({
    text: given.sql,
    dialect: findDialect(given.dialect),
    defaults: toDefaults(given),
    lookup: createLookup(
      Object.entries(given.schemas ?? {}).map(([name, columns]) => ({
        name: splitName(name),
        columns: Object.keys(columns),
      })),
    ),
  })
  return { name: given.name, ...summarise(result), ms: performance.now() - started }
}

export function failedCase(name: string, gap: Gap, ms: number): CaseLineage {
  return { name, inputs: [], outputs: [], columns: [], gaps: [gap], ms }
}

function toDefaults(given: LineageCase): Defaults {
  return {
    ...(given.defaultDatabase == null || given.defaultDatabase === '' ? {} : { database: given.defaultDatabase }),
    ...(given.defaultSchema == null || given.defaultSchema === '' ? {} : { schemas: [given.defaultSchema] }),
  }
}

function splitName(name: string): TableName {
  return name.split('.')
}

function spell(name: TableName): string {
  return name.join('.')
}

/** All statements together, under the names the tables have in the end. */
function summarise(result: DeriveResult): Omit<CaseLineage, 'name' | 'ms'> {
  const { statements } = result
  const writes = statements.filter((statement) => statement.outputs.length > 0)
  const onlyTemporary = writes.every((statement) => statement.outputs.every((output) => output.temporary))
  const keepTemporary =
    onlyTemporary &&
    writes.length === statements.filter((statement) => statement.kind !== 'other').length &&
    writes.length === 1
  const visible = (use: TableUse): boolean => keepTemporary || !use.temporary
  const inputs = new Set<string>()
  const outputs = new Set<string>()
  const columns = new Map<
    string,
    { downstream: CaseColumn['downstream']; upstreams: Map<string, CaseColumn['upstreams'][number]> }
  >()
  const hasOutputs = writes.some((statement) => statement.outputs.some(visible))
  statements.forEach((statement, index) => {
    const rename = renamesAfter(statements, index)
    for (const input of statement.inputs) if (visible(input)) inputs.add(spell(input.name))
    for (const output of statement.outputs) if (visible(output)) outputs.add(spell(rename(output.name)))
    for (const file of statement.filesRead) inputs.add(file)
    for (const file of statement.filesWritten) outputs.add(file)
    const hidden = new Set(statement.outputs.filter((output) => !visible(output)).map((output) => spell(output.name)))
    // Beside what is written, what a query answers is no lineage of the script.
    if (statement.outputs.length === 0 && hasOutputs) return
    for (const column of statement.columns)
      if (column.table === undefined || !hidden.has(spell(column.table))) addColumn(columns, column, rename, index)
  })
  return {
    inputs: [...inputs].sort(),
    outputs: [...outputs].sort(),
    columns: [...columns.values()].map(({ downstream, upstreams }) => ({
      downstream,
      upstreams: [...upstreams.values()],
    })),
    gaps: statements.flatMap((statement) => statement.gaps),
  }
}

const ROWS = new Set(['FILTER', 'JOIN', 'GROUP_BY'])

function addColumn(
  columns: Map<
    string,
    { downstream: CaseColumn['downstream']; upstreams: Map<string, CaseColumn['upstreams'][number]> }
  >,
  column: DerivedColumn,
  rename: (name: TableName) => TableName,
  index: number,
): void {
  const table = column.table === undefined ? null : spell(rename(column.table))
  const key = `${table ?? index}\u0000${column.column.toLowerCase()}`
  const entry = columns.get(key) ?? { downstream: { table, column: column.column }, upstreams: new Map() }
  columns.set(key, entry)
  for (const read of column.reads) {
    if (read.subtypes.every((subtype) => ROWS.has(subtype))) continue
    const upstream = { table: spell(read.table), column: read.column }
    entry.upstreams.set(`${upstream.table}\u0000${upstream.column}`.toLowerCase(), upstream)
  }
}

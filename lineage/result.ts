import type { Context, FoundGap, Write } from './resolve/context.ts'
import { addDeps, type Dep, type Deps, subtypesOf, type TableRef } from './resolve/deps.ts'
import type { OutColumn } from './resolve/relation.ts'
import type { ParsedStatement, Span, Statement } from './syntax/ast.ts'
import type {
  ColumnRead,
  DerivedColumn,
  DerivedInfluence,
  Gap,
  Lines,
  Position,
  StatementKind,
  StatementLineage,
  TableName,
  TableUse,
} from './types.ts'

export interface Whereabouts {
  readonly start: number
  readonly end: number
  readonly hash: string
  readonly routine: TableName | undefined
  readonly toPosition: (gap: FoundGap) => Position | undefined
  readonly toLines: (span: Span) => Lines
}

/** What one statement's resolution found, as it is told. */
export function toLineage(ctx: Context, parsed: ParsedStatement, where: Whereabouts): StatementLineage {
  const gaps = ctx.gaps.map(
    (gap): Gap => ({
      reason: gap.reason,
      message: gap.message,
      position: where.toPosition(gap),
      columns: [...gap.columns],
    }),
  )
  const columns = toColumns(ctx, ctx.writes, (place) => where.toLines(isWithin(place, parsed) ? place : parsed))
  const influences = toInfluences(ctx.writes)
  const inputs = new Map<string, TableRef>(ctx.inputs)
  for (const write of ctx.writes) for (const column of write.columns) noteTables(inputs, column.deps)
  const outputs = new Map<string, TableRef>()
  for (const { table } of ctx.writes) if (table !== undefined) outputs.set(table.key, table)
  const { read, written } = ctx.files
  const nothing = inputs.size + outputs.size + read.size + written.size === 0
  const outcome = gaps.length === 0 ? 'resolved' : nothing ? 'failed' : 'partial'
  return {
    kind: kindOf(parsed.statement),
    hash: where.hash,
    start: where.start,
    end: where.end,
    lines: where.toLines(parsed),
    routine: where.routine,
    outcome,
    inputs: [...inputs.values()].map(toUse),
    outputs: [...outputs.values()].map(toUse),
    filesRead: [...read],
    filesWritten: [...written],
    columns,
    influences,
    renames: ctx.renames,
    drops: ctx.drops,
    gaps,
  }
}

/** A temporary table's columns were computed by another statement, maybe of another text. */
function isWithin(place: Span | undefined, statement: Span): place is Span {
  return place !== undefined && place.start >= statement.start && place.end <= statement.end
}

function noteTables(inputs: Map<string, TableRef>, deps: Deps): void {
  for (const { table } of deps.values()) if (!inputs.has(table.key)) inputs.set(table.key, table)
}

function toUse(table: TableRef): TableUse {
  return { name: table.name, temporary: table.temporary, known: table.known }
}

function kindOf(statement: Statement | undefined): StatementKind {
  switch (statement?.kind) {
    case 'query':
      return 'select'
    case 'create':
      return statement.object === 'view' ? 'create_view' : 'create_table'
    case 'insert':
    case 'update':
    case 'delete':
    case 'merge':
    case 'copy':
    case 'clone':
    case 'rename':
    case 'drop':
      return statement.kind
    default:
      return 'other'
  }
}

/** One entry for each column of each table, however often the statement fills it. */
function toColumns(
  ctx: Context,
  writes: readonly Write[],
  toLines: (place: Span | undefined) => Lines,
): DerivedColumn[] {
  const byKey = new Map<string, { table: TableRef | undefined; column: OutColumn; deps: Map<string, Dep> }>()
  writes.forEach(({ table, columns }, index) => {
    columns.forEach((column, position) => {
      // Two columns of a result may share a name; those of a table cannot.
      const key = table === undefined ? `${index}\u0000${position}` : `${table.key}\u0001${column.name}`
      const entry = byKey.get(key)
      if (entry === undefined) byKey.set(key, { table, column, deps: new Map(column.deps) })
      else {
        addDeps(entry.deps, column.deps)
        if (entry.column.transformation === 'constant') entry.column = column
      }
    })
  })
  return [...byKey.values()].map(({ table, column, deps }) => ({
    table: table?.name,
    column: column.name,
    transformation: column.transformation,
    expression:
      column.span === undefined || column.transformation === 'identity'
        ? undefined
        : ctx.text.slice(column.span.start, column.span.end),
    lines: toLines(column.place ?? column.span),
    reads: toReads(deps),
  }))
}

function toReads(deps: Deps): ColumnRead[] {
  return [...deps.values()].map((dep) => ({
    table: dep.table.name,
    column: dep.column,
    subtypes: subtypesOf(dep.ways),
    confidence: dep.confidence,
  }))
}

function toInfluences(writes: readonly Write[]): DerivedInfluence[] {
  const byTable = new Map<string, { table: TableRef | undefined; deps: Map<string, Dep> }>()
  for (const { table, influences } of writes) {
    const key = table?.key ?? ''
    const entry = byTable.get(key) ?? { table, deps: new Map<string, Dep>() }
    byTable.set(key, entry)
    addDeps(entry.deps, influences)
  }
  return [...byTable.values()]
    .filter(({ deps }) => deps.size > 0)
    .map(({ table, deps }) => ({ table: table?.name, reads: toReads(deps) }))
}

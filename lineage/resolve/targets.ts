import { foldName, tableKey } from '../names.ts'
import type { Name, Path, Target } from '../syntax/ast.ts'
import { addGap, type Context, type CteEnv, findCte } from './context.ts'
import { lowered, NO_DEPS, type TableRef } from './deps.ts'
import { closed, findOpen, type OutColumn, type Relation } from './relation.ts'
import { fillTemporary, findTemporary, isTemporaryName, makeTemporary, noteRead, resolveTable } from './session.ts'

/** A column that took its name from the query, because nobody knows the target's. */
const BY_NAME = 0.7

export interface ResolvedTarget {
  readonly ref: TableRef
  /** In order, where they are known. */
  readonly columns: readonly string[] | undefined
  readonly relation: Relation
  /** The table's own columns by the names, in lower case, that a CTE over it gives them. */
  readonly renamed?: ReadonlyMap<string, string>
}

export function resolveTarget(ctx: Context, target: Target): ResolvedTarget {
  const resolved = resolveTable(ctx, target.path)
  return { ref: resolved.ref, columns: resolved.columns, relation: resolved.relation }
}

/** SQL Server lets a CTE be updated and deleted from: what changes is the one table its columns are of. */
export function throughCte(
  ctx: Context,
  path: Path,
  ctes: CteEnv | undefined,
): { readonly target: Target; readonly resolved: ResolvedTarget } | undefined {
  const [name] = path
  if (ctx.traits.dialect !== 'tsql' || name === undefined || path.length > 1) return undefined
  const relation = findCte(ctx, ctes, name)
  if (relation === undefined) return undefined
  const renamed = new Map<string, string>()
  const tables = new Map<string, TableRef>()
  for (const part of relation.open) if (part.table !== undefined) tables.set(part.table.key, part.table)
  for (const column of relation.columns) {
    if (column.transformation !== 'identity') continue
    for (const dep of column.deps.values()) {
      tables.set(dep.table.key, dep.table)
      renamed.set(column.name.toLowerCase(), dep.column)
    }
  }
  const [ref] = tables.values()
  if (ref === undefined || tables.size > 1) return undefined
  const target = {
    path: ref.name.map((text) => ({ text, quoted: true, start: name.start, end: name.end })),
    temporary: false,
    start: name.start,
    end: name.end,
  }
  return { target, resolved: { ref, columns: undefined, relation, renamed } }
}

/** The target's own spelling of a column, or the folded name where it is not known. */
export function targetColumn(ctx: Context, target: ResolvedTarget, name: string | Name): string {
  const folded = typeof name === 'string' ? name : foldName(name, ctx.traits)
  const renamed = target.renamed?.get(folded.toLowerCase())
  if (renamed !== undefined) return renamed
  const exact = target.columns?.includes(folded) === true ? folded : undefined
  return exact ?? target.columns?.find((column) => column.toLowerCase() === folded.toLowerCase()) ?? folded
}

/** Columns of a relation under the names they get in a table that is made of it. */
export function namedColumns(ctx: Context, target: ResolvedTarget, relation: Relation): OutColumn[] {
  const columns = relation.columns.map((column) => ({ ...column, name: targetColumn(ctx, target, column.name) }))
  return relation.open.length === 0 ? columns : [...columns, ...passedThrough(ctx, target, relation, columns)]
}

/** What a star over an unknown table brings, where the target's columns are known: names pass unchanged. */
function passedThrough(
  ctx: Context,
  target: ResolvedTarget,
  relation: Relation,
  known: readonly OutColumn[],
): OutColumn[] {
  const names = new Set(known.map((column) => column.name.toLowerCase()))
  const missing = (target.columns ?? []).filter((name) => !names.has(name.toLowerCase()))
  const found = missing.map((name) =>
    findOpen(relation, { text: name, quoted: true, start: 0, end: 0 }, ctx.traits, BY_NAME),
  )
  if (target.columns === undefined || found.some((column) => column === undefined || column === 'many')) {
    tellOpen(ctx, relation, missing)
    return []
  }
  return found.filter((column): column is OutColumn => column !== undefined && column !== 'many')
}

export function tellOpen(ctx: Context, relation: Relation, columns: readonly string[]): void {
  const parts = relation.open.filter((part) => part.starred)
  if (parts.length === 0) return
  const tables = parts.flatMap(({ table, also = [] }) =>
    table === undefined ? [] : [table, ...also].map(({ name }) => name.join('.')),
  )
  const what = tables.length > 0 ? tables.join(', ') : 'a table function'
  addGap(ctx, 'unknown_table', `the columns of ${what} are not known, which a star takes`, undefined, columns)
}

/** Pairs values with the target's columns: by the list given, by the table's order, or by the values' own names. */
export function placeColumns(
  ctx: Context,
  target: ResolvedTarget,
  list: readonly Name[],
  relation: Relation,
  byName: boolean,
): OutColumn[] {
  if (byName) return namedColumns(ctx, target, relation)
  const known = relation.open.length === 0 ? relation.columns.length : relation.placed
  const names = list.length > 0 ? list.map((name) => targetColumn(ctx, target, name)) : target.columns
  if (names === undefined) return placeByOwnNames(ctx, target, relation)
  if (relation.open.length > 0 && names.length > known)
    return [...pair(names.slice(0, known), relation), ...restByName(ctx, target, relation, names.slice(known))]
  if (relation.columns.length > names.length)
    addGap(ctx, 'column_count', `${relation.columns.length} values for ${names.length} columns`, undefined)
  return pair(names, relation)
}

function pair(names: readonly string[], relation: Relation): OutColumn[] {
  return names.flatMap((name, index) => {
    const column = relation.columns[index]
    return column === undefined ? [] : [{ ...column, name }]
  })
}

/** Behind an unknown star positions say nothing. */
function restByName(ctx: Context, _target: ResolvedTarget, relation: Relation, names: readonly string[]): OutColumn[] {
  tellOpen(ctx, relation, names)
  return []
}

function placeByOwnNames(ctx: Context, target: ResolvedTarget, relation: Relation): OutColumn[] {
  tellOpen(ctx, relation, [])
  const unnamed = relation.columns.filter((column) => !/^[\p{L}_][\p{L}\p{N}_$]*$/u.test(column.name))
  if (unnamed.length > 0 && !target.ref.temporary) {
    addGap(
      ctx,
      'unknown_table',
      `the columns of ${target.ref.name.join('.')} are not known`,
      undefined,
      unnamed.map((column) => column.name),
    )
  }
  return relation.columns.map((column) => ({ ...column, deps: lowered(column.deps, BY_NAME) }))
}

/** Notes the rows a statement puts into a table, and what later statements of the session see of it. */
export function write(
  ctx: Context,
  target: Target,
  resolved: ResolvedTarget,
  columns: readonly OutColumn[],
  relation: Relation,
): void {
  ctx.writes.push({ table: resolved.ref, columns, influences: relation.influences })
  if (findTemporary(ctx.session, target.path, ctx.traits, ctx.defaults) !== undefined)
    fillTemporary(ctx.session, target.path, columns, relation.influences, ctx.inputs)
  else if (resolved.ref.temporary)
    makeTemporary(ctx.session, target.path, resolved.ref, closed(columns, relation.influences), ctx.inputs)
}

/** Notes a table or view that a statement makes. */
export function make(
  ctx: Context,
  target: Target,
  resolved: ResolvedTarget,
  columns: readonly OutColumn[],
  relation: Relation,
): void {
  const temporary = target.temporary || isTemporaryName(target.path, ctx.traits)
  const ref = temporary ? { ...resolved.ref, temporary: true } : resolved.ref
  ctx.writes.push({ table: ref, columns, influences: relation.influences })
  if (temporary)
    makeTemporary(
      ctx.session,
      target.path,
      ref,
      { ...relation, columns, placed: relation.open.length === 0 ? columns.length : relation.placed },
      ctx.inputs,
    )
  else {
    const open = relation.open.some((part) => part.starred) && columns.length === relation.columns.length
    ctx.session.made.set(
      tableKey(ref.name, false),
      open ? null : { name: ref.name, columns: columns.map((column) => column.name) },
    )
  }
}

/** Columns declared without a query: they hold nothing yet. */
export function declared(ctx: Context, names: readonly Name[]): OutColumn[] {
  return names.map((name) => ({ name: foldName(name, ctx.traits), deps: NO_DEPS, transformation: 'constant' }))
}

/** Where a statement's values read its own target, that is an input as well; being written to alone is not. */
export function settleInput(ctx: Context, target: ResolvedTarget, columns: readonly OutColumn[]): void {
  const own = columns.some((column) => [...column.deps.values()].some((dep) => dep.table.key === target.ref.key))
  if (!own) ctx.inputs.delete(target.ref.key)
  else noteRead(ctx.inputs, { ...target, feeds: findFeeds(ctx, target) })
}

function findFeeds(ctx: Context, target: ResolvedTarget): ReadonlyMap<string, TableRef> | undefined {
  for (const table of ctx.session.temporary.values()) if (table.ref.key === target.ref.key) return table.feeds
  return undefined
}

import { foldName } from '../names.ts'
import type {
  ArrayJoin,
  Expression,
  FromItem,
  Name,
  Path,
  QuerySource,
  ResultSource,
  Source,
  TableSource,
} from '../syntax/ast.ts'
import { findBinding, resolveColumn } from './columns.ts'
import { addGap, type Binding, type Context, newScope, type Scope, spell } from './context.ts'
import { addDeps, asInfluence, type Deps, JOIN, mergeDeps, NO_DEPS, transformed } from './deps.ts'
import { resolveMatch, resolvePivot, resolveUnpivot } from './pivots.ts'
import { closed, findColumn, findOpen, functionRelation, type OutColumn, type Relation } from './relation.ts'
import { findNamedRows, renameColumns } from './rows.ts'
import { noteRead, resolveTable } from './session.ts'
import { functionSource, withoutOrdinal } from './table-functions.ts'
import { resolveAll, resolveValue } from './values.ts'

/** Brings the sources of a FROM clause into scope, one after the other: each may see those before it where it is lateral. */
export function bindItems(ctx: Context, scope: Scope, items: readonly FromItem[]): void {
  for (const item of items) {
    const before = scope.bindings.length
    bindSource(ctx, scope, item.source, item.join === 'semi')
    const added = scope.bindings.slice(before)
    if (item.natural) mergeNatural(ctx, scope, before, added)
    for (const name of item.using) mergeUsing(ctx, scope, before, added, name, item.join === 'semi')
    addDeps(scope.influences, asInfluence(resolveAll(ctx, scope, item.on), JOIN))
  }
}

function bindSource(ctx: Context, scope: Scope, source: Source, hidden: boolean): void {
  if (source.kind === 'joined' && source.alias === undefined) {
    bindItems(ctx, scope, source.items)
    return
  }
  if (source.kind === 'array-join') {
    bindArrayJoin(ctx, scope, source)
    return
  }
  const bound = relationOf(ctx, scope, source)
  const names = source.kind === 'function' ? withoutOrdinal(source).columns : source.columns
  const relation = renameColumns(ctx, bound.relation, names, source)
  addDeps(scope.influences, relation.influences)
  scope.bindings.push({
    ...bound,
    relation,
    alias: source.alias === undefined ? bound.alias : foldName(source.alias, ctx.traits),
    hidden,
  })
}

type Bound = Pick<Binding, 'alias' | 'path' | 'relation'>

/** The relation a source gives, before its alias renames anything. */
export function relationOf(ctx: Context, scope: Scope, source: Source): Bound {
  const unnamed = (relation: Relation): Bound => ({ alias: undefined, path: [], relation })
  switch (source.kind) {
    case 'table':
      return tableSource(ctx, scope, source)
    case 'query':
      return unnamed(querySource(ctx, scope, source))
    case 'function':
      return unnamed(functionSource(ctx, scope, source))
    case 'values':
      return unnamed(valuesRelation(ctx, scope, source.rows))
    case 'result':
      return unnamed(resultRelation(ctx, source))
    case 'joined':
      return unnamed(joinedRelation(ctx, scope, source.items))
    case 'pivot':
      return inner(ctx, scope, source.source, (relation, within) => resolvePivot(ctx, within, relation, source))
    case 'unpivot':
      return inner(ctx, scope, source.source, (relation, within) => resolveUnpivot(ctx, within, relation, source))
    case 'match':
      return inner(ctx, scope, source.source, (relation, within) => resolveMatch(ctx, within, relation, source))
    case 'array-join':
      return unnamed(closed([]))
  }
}

/** A source made out of another: its expressions see that one alone. */
function inner(
  ctx: Context,
  scope: Scope,
  source: Source,
  make: (relation: Relation, within: Scope) => Relation,
): Bound {
  const within = newScope(scope.parent, scope.ctes)
  bindSource(ctx, within, source, false)
  const [first] = within.bindings
  const relation = within.bindings.length === 1 && first !== undefined ? first.relation : combine(within)
  const made = make(relation, within)
  const influences = new Map(made.influences)
  addDeps(influences, within.influences)
  return { alias: first?.alias, path: first?.path ?? [], relation: { ...made, influences } }
}

function combine(scope: Scope): Relation {
  const relations = scope.bindings.map((binding) => binding.relation)
  const columns = relations.flatMap((relation) => relation.columns)
  const open = relations.flatMap((relation) => relation.open)
  return { columns, open, placed: open.length === 0 ? columns.length : 0, influences: scope.influences }
}

/** What a statement before this one in the pipe gave. */
function resultRelation(ctx: Context, source: ResultSource): Relation {
  const result = ctx.session.results.at(-source.back)
  if (result === undefined) {
    addGap(ctx, 'unknown_table', `no statement of the pipe stands ${source.back} before this one`, source)
    return functionRelation([], NO_DEPS, true)
  }
  for (const [key, table] of result.inputs) ctx.inputs.set(key, table)
  return result.relation
}

function joinedRelation(ctx: Context, scope: Scope, items: readonly FromItem[]): Relation {
  const within = newScope(scope.parent, scope.ctes)
  bindItems(ctx, within, items)
  return combine(within)
}

function querySource(ctx: Context, scope: Scope, source: QuerySource): Relation {
  return ctx.resolve.query(ctx, source.query, source.lateral ? scope : scope.parent, scope.ctes)
}

function tableSource(ctx: Context, scope: Scope, source: TableSource): Bound {
  const { path } = source
  const name = path.at(-1)
  const bound = (relation: Relation): Bound => ({
    alias: name === undefined ? undefined : foldName(name, ctx.traits),
    path: path.map((part) => foldName(part, ctx.traits)),
    relation,
  })
  const row = path.length === 1 ? findNamedRows(ctx, scope.ctes, path) : undefined
  if (row !== undefined) return bound(row)
  const unnested = path.length > 1 ? arrayPath(ctx, scope, source) : undefined
  if (unnested !== undefined) return { alias: undefined, path: [], relation: unnested }
  // What a file holds is told by nobody, and no table stands behind it.
  const file = source.stage ?? fileOf(ctx, path)
  if (file !== undefined) {
    ctx.files.read.add(file)
    return bound(functionRelation([], NO_DEPS, true))
  }
  const resolved = resolveTable(ctx, path)
  noteRead(ctx.inputs, resolved)
  return bound(resolved.relation)
}

const FILE_FORMATS = new Set(['parquet', 'json', 'csv', 'orc', 'avro', 'text', 'binaryfile', 'delta'])

/** A stage, or a path in place of a table: parquet.`/data/x`, 'x.parquet', @stage/x. */
function fileOf(ctx: Context, path: Path): string | undefined {
  const last = path.at(-1)?.text ?? ''
  if (path[0]?.text.startsWith('@') === true) return ctx.traits.dialect === 'tsql' ? undefined : last
  if (!last.includes('/') && !/\.(?:parquet|csv|tsv|json|jsonl|ndjson|orc|avro|xlsx|db|gz|zst)$/i.test(last))
    return undefined
  const named = path.length === 1 ? path[0]?.quoted === true : FILE_FORMATS.has(path[0]?.text.toLowerCase() ?? '')
  return named ? last : undefined
}

const PATHS_IN_FROM = new Set<string>(['bigquery', 'redshift', 'spark', 'databricks'])

/** `FROM t, t.items AS i`: an array of a source before it. */
function arrayPath(ctx: Context, scope: Scope, source: TableSource): Relation | undefined {
  const { path } = source
  if (!PATHS_IN_FROM.has(ctx.traits.dialect) || findBinding(ctx, scope, path, 1) === undefined) return undefined
  const column = resolveColumn(ctx, scope, { kind: 'column', path, start: source.start, end: source.end })
  const names = [source.alias ?? path.at(-1)]
    .filter((name) => name !== undefined)
    .map((name) => foldName(name, ctx.traits))
  const relation = functionRelation(names, column?.deps ?? NO_DEPS, true)
  if (source.ordinal === undefined) return relation
  return {
    ...relation,
    columns: [
      ...relation.columns,
      { name: foldName(source.ordinal, ctx.traits), deps: NO_DEPS, transformation: 'constant' },
    ],
  }
}

/** How dialects name the columns of VALUES. */
const VALUES_COLUMNS: Readonly<Record<string, { readonly prefix: string; readonly first: number }>> = {
  mysql: { prefix: 'column_', first: 0 },
  mariadb: { prefix: 'column_', first: 0 },
  duckdb: { prefix: 'col', first: 0 },
  spark: { prefix: 'col', first: 1 },
  databricks: { prefix: 'col', first: 1 },
  trino: { prefix: '_col', first: 0 },
}

export function valuesRelation(ctx: Context, scope: Scope, rows: readonly (readonly Expression[])[]): Relation {
  const columns: OutColumn[] = []
  const { prefix, first } = VALUES_COLUMNS[ctx.traits.dialect] ?? { prefix: 'column', first: 1 }
  for (const row of rows) {
    row.forEach((expression, index) => {
      const value = resolveValue(ctx, scope, expression)
      const old = columns[index]
      if (old === undefined) columns[index] = { name: `${prefix}${index + first}`, ...value, span: expression }
      else if (value.deps.size > 0)
        columns[index] = { ...old, deps: mergeDeps([old.deps, value.deps]), transformation: value.transformation }
    })
  }
  return closed(columns)
}

/** ARRAY JOIN arr AS a, b: an alias is a column of its own; without one, the array's name now means its elements. */
function bindArrayJoin(ctx: Context, scope: Scope, source: ArrayJoin): void {
  const columns: OutColumn[] = []
  for (const { value, alias } of source.items) {
    const { deps } = resolveValue(ctx, scope, value)
    const name = alias ?? (value.kind === 'column' ? value.path.at(-1) : undefined)
    if (name !== undefined)
      columns.push({
        name: foldName(name, ctx.traits),
        deps: transformed(deps),
        transformation: deps.size > 0 ? 'expression' : 'constant',
      })
  }
  // Its names win over those of the table it unfolds, as merged columns do.
  for (const column of columns) scope.merged.set(column.name.toLowerCase(), column)
}

/** Joins by a column of both sides; all but semi joins make it one. */
export function mergeUsing(
  ctx: Context,
  scope: Scope,
  before: number,
  added: readonly Binding[],
  name: Name,
  semi = false,
): void {
  const key = foldName(name, ctx.traits).toLowerCase()
  const left = scope.merged.get(key) ?? findSide(ctx, scope.bindings.slice(0, before), name)
  const right = findSide(ctx, added, name)
  const deps: Deps[] = []
  for (const side of [left, right]) {
    if (side === undefined || side === 'many')
      addGap(ctx, 'ambiguous_column', `which sources USING (${name.text}) joins is not known`, name)
    else deps.push(side.deps)
  }
  const merged = mergeDeps(deps)
  addDeps(scope.influences, asInfluence(merged, JOIN))
  // A semi join gives the rows of its left side alone.
  if (semi) return
  scope.merged.set(key, {
    name: foldName(name, ctx.traits),
    deps: merged,
    transformation: merged.size > 0 ? 'identity' : 'constant',
  })
}

function findSide(ctx: Context, bindings: readonly Binding[], name: Name): OutColumn | 'many' | undefined {
  for (const { relation } of bindings) {
    const column = findColumn(relation, name, ctx.traits, true)
    if (column === null) return 'many'
    if (column !== undefined) return column
  }
  const open = bindings
    .map(({ relation }) => findOpen(relation, name, ctx.traits, 1))
    .filter((column) => column !== undefined)
  return open.length > 1 ? 'many' : open[0]
}

function mergeNatural(ctx: Context, scope: Scope, before: number, added: readonly Binding[]): void {
  const left = scope.bindings.slice(0, before)
  const isOpen = (bindings: readonly Binding[]): boolean => bindings.some(({ relation }) => relation.open.length > 0)
  if (isOpen(left) || isOpen(added)) {
    const last = added.at(-1)
    addGap(
      ctx,
      'unknown_table',
      `the columns that NATURAL joins ${spell((last?.path ?? []).map((text) => ({ text, quoted: true, start: 0, end: 0 })))} by are not known`,
      undefined,
    )
    return
  }
  const names = new Set(left.flatMap(({ relation }) => relation.columns.map((column) => column.name.toLowerCase())))
  for (const { relation } of added) {
    for (const column of relation.columns) {
      if (names.has(column.name.toLowerCase()) || scope.merged.has(column.name.toLowerCase()))
        mergeUsing(ctx, scope, before, added, { text: column.name, quoted: true, start: 0, end: 0 })
    }
  }
}

import { comparable, foldName } from '../names.ts'
import type {
  ArrayJoin,
  Call,
  Expression,
  FromItem,
  FunctionSource,
  Name,
  Path,
  QuerySource,
  Source,
  TableSource,
} from '../syntax/ast.ts'
import { findBinding, resolveColumn } from './columns.ts'
import { addGap, type Binding, type Context, type CteEnv, newScope, type Scope, spell } from './context.ts'
import { addDeps, asInfluence, type Deps, JOIN, mergeDeps, NO_DEPS, transformed } from './deps.ts'
import { functionColumns, SCALAR_ROWS } from './functions.ts'
import { resolveMatch, resolvePivot, resolveUnpivot } from './pivots.ts'
import { closed, findColumn, findOpen, functionRelation, type OutColumn, type Relation } from './relation.ts'
import { noteRead, resolveTable } from './session.ts'
import { resolveAll, resolveValue } from './values.ts'

/** Brings the sources of a FROM clause into scope, one after the other: each may see those before it where it is lateral. */
export function bindItems(ctx: Context, scope: Scope, items: readonly FromItem[]): void {
  for (const item of items) {
    const before = scope.bindings.length
    bindSource(ctx, scope, item.source, item.join === 'semi')
    const added = scope.bindings.slice(before)
    if (item.natural) mergeNatural(ctx, scope, before, added)
    for (const name of item.using) mergeUsing(ctx, scope, before, added, name)
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
  if (isFile(ctx, path)) return bound(functionRelation([], NO_DEPS, true))
  const resolved = resolveTable(ctx, path)
  noteRead(ctx.inputs, resolved)
  return bound(resolved.relation)
}

const FILE_FORMATS = new Set(['parquet', 'json', 'csv', 'orc', 'avro', 'text', 'binaryfile', 'delta'])

/** A stage, or a path in place of a table: parquet.`/data/x`, 'x.parquet', @stage/x. */
function isFile(ctx: Context, path: Path): boolean {
  const last = path.at(-1)?.text ?? ''
  if (path[0]?.text.startsWith('@') === true) return ctx.traits.dialect !== 'tsql'
  if (!last.includes('/') && !/\.(?:parquet|csv|tsv|json|jsonl|ndjson|orc|avro|xlsx|db|gz|zst)$/i.test(last))
    return false
  return path.length === 1 ? path[0]?.quoted === true : FILE_FORMATS.has(path[0]?.text.toLowerCase() ?? '')
}

/** A CTE, a cursor's row, or the rows of a trigger. */
function findNamedRows(ctx: Context, ctes: CteEnv | undefined, path: Path): Relation | undefined {
  const [name] = path
  if (name === undefined) return undefined
  const wanted = comparable(foldName(name, ctx.traits), ctx.traits)
  for (let env = ctes; env !== undefined; env = env.outer) {
    if (env.name === wanted) {
      env.usage.read = true
      return env.relation
    }
  }
  return ctx.rows.get(name.text.toLowerCase()) ?? ctx.session.rows.get(name.text.toLowerCase())
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

/** Names given to columns by an alias; those of an unknown table stay unknown under any name. */
export function renameColumns(
  ctx: Context,
  relation: Relation,
  names: readonly Name[],
  source: { readonly start: number; readonly end: number },
): Relation {
  if (names.length === 0) return relation
  const { placed, columns } = relation
  if (relation.open.some((part) => part.starred) && names.length > placed) {
    addGap(
      ctx,
      'unknown_table',
      'columns are renamed by position, but their order is not known',
      source,
      names.slice(placed).map((name) => name.text),
    )
  }
  const known = relation.open.length === 0 ? columns.length : placed
  const renamed = names.map((name, index): OutColumn => {
    const column = index < known ? columns[index] : undefined
    return { ...(column ?? { deps: NO_DEPS, transformation: 'constant' as const }), name: foldName(name, ctx.traits) }
  })
  if (relation.open.length > 0)
    return { ...closed(renamed, relation.influences), open: relation.open.filter((part) => !part.starred) }
  return closed([...renamed, ...columns.slice(names.length)], relation.influences)
}

export function valuesRelation(ctx: Context, scope: Scope, rows: readonly (readonly Expression[])[]): Relation {
  const columns: OutColumn[] = []
  const prefix =
    ctx.traits.dialect === 'mysql' || ctx.traits.dialect === 'mariadb'
      ? 'column_'
      : ctx.traits.dialect === 'duckdb'
        ? 'col'
        : 'column'
  const first = prefix === 'column' ? 1 : 0
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

/** Table functions that read a table named in their arguments. */
const TABLE_READERS = new Set([
  'CLUSTER',
  'CLUSTERALLREPLICAS',
  'REMOTE',
  'REMOTESECURE',
  'STREAM',
  'STREAM_READ',
  'CHANGES',
  'TABLE_CHANGES',
  'LIVE',
  'MERGE',
  'VIEW',
  'SEMANTIC_VIEW',
])
/** Those that run a query elsewhere, given as text. */
const EXTERNAL = new Set([
  'EXTERNAL_QUERY',
  'OPENQUERY',
  'OPENROWSET',
  'DBLINK',
  'QUERY',
  'POSTGRES_QUERY',
  'MYSQL_QUERY',
])

function functionSource(ctx: Context, scope: Scope, given: FunctionSource): Relation {
  const source = withoutOrdinal(given)
  const { call } = source
  const relation =
    call.kind === 'call'
      ? callRelation(ctx, scope, source, call)
      : functionRelation(aliasNames(ctx, source), resolveValue(ctx, scope, call).deps, source.columns.length === 0)
  if (source.ordinal === undefined) return relation
  const ordinal: OutColumn = { name: foldName(source.ordinal, ctx.traits), deps: NO_DEPS, transformation: 'constant' }
  const columns = [...relation.columns, ordinal]
  return { ...relation, columns, placed: relation.placed + 1 }
}

/** `UNNEST(a) WITH ORDINALITY AS u (x, n)`: the last name is the ordinal's. */
function withoutOrdinal(source: FunctionSource): FunctionSource {
  const { call, columns, ordinal } = source
  const values = call.kind === 'call' && call.key === 'UNNEST' ? call.args.length : 1
  const last = columns.at(-1)
  if (ordinal === undefined || ordinal.text !== 'ordinality' || last === undefined || columns.length <= values)
    return source
  return { ...source, columns: columns.slice(0, -1), ordinal: last }
}

function aliasNames(ctx: Context, source: FunctionSource): string[] {
  return source.alias === undefined || source.lateralView ? [] : [foldName(source.alias, ctx.traits)]
}

function callRelation(ctx: Context, scope: Scope, source: FunctionSource, call: Call): Relation {
  const read = readTables(ctx, scope, call)
  if (read !== undefined) return read
  const deps = call.args.map(({ value }) => (value.kind === 'star' ? NO_DEPS : resolveValue(ctx, scope, value).deps))
  const all = mergeDeps(deps)
  if (EXTERNAL.has(call.key)) addGap(ctx, 'dynamic_sql', `${call.key} reads another system by a query of its own`, call)
  const declared = call.columns?.map((name) => foldName(name, ctx.traits))
  if (declared !== undefined) return functionRelation(declared, all, false)
  // UNNEST(a, b) AS u (x, y): each column out of its own argument.
  if (call.key === 'UNNEST' && deps.length > 1 && source.columns.length === deps.length) {
    return closed(
      deps.map((own, index) => ({
        name: `${index}`,
        deps: transformed(own),
        transformation: own.size > 0 ? 'expression' : 'constant',
      })),
    )
  }
  if (source.columns.length > 0)
    return functionRelation(
      source.columns.map((name) => foldName(name, ctx.traits)),
      all,
      false,
    )
  const fixed = functionColumns(call.key)
  // BigQuery's UNNEST gives fields of structs, also without the alias before them.
  const fields = ctx.traits.dialect === 'bigquery' || ctx.traits.dialect === 'duckdb'
  if (fixed !== undefined) return functionRelation([...fixed], all, false)
  if (SCALAR_ROWS.has(call.key)) return functionRelation(scalarName(ctx, source, call), all, fields)
  const relation = functionRelation(aliasNames(ctx, source), all, true)
  return { ...relation, columns: [], placed: 0, open: relation.open.map((part) => ({ ...part, starred: true })) }
}

function scalarName(ctx: Context, source: FunctionSource, call: Call): string[] {
  const named = aliasNames(ctx, source)
  return named.length > 0 ? named : [call.key.toLowerCase()]
}

/** remote('host', db.t), cluster('c', db, t), view(SELECT …), table functions over TABLE(t). */
function readTables(ctx: Context, scope: Scope, call: Call): Relation | undefined {
  const [query] = call.args.map((argument) => argument.value).filter((value) => value.kind === 'subquery')
  const nested = call.args
    .map((argument) => argument.value)
    .find((value) => value.kind === 'call' && value.key === 'TABLE')
  const tables = [...(call.tables ?? []), ...(nested?.kind === 'call' ? (nested.tables ?? []) : [])]
  if (TABLE_READERS.has(call.key)) {
    const path = call.args.map((argument) => argument.value).find((value) => value.kind === 'column')
    if (path?.kind === 'column') tables.push(path.path)
    const literal = call.key === 'TABLE_CHANGES' ? call.args[0]?.value : undefined
    if (literal?.kind === 'literal' && literal.value !== undefined)
      tables.push(
        literal.value.split('.').map((text) => ({ text, quoted: false, start: literal.start, end: literal.end })),
      )
    if (tables.length === 0 && query?.kind === 'subquery') return ctx.resolve.query(ctx, query.query, scope, scope.ctes)
  }
  const [first] = tables
  if (first === undefined) return undefined
  const resolved = resolveTable(ctx, first)
  const rows = first.length === 1 ? findNamedRows(ctx, scope.ctes, first) : undefined
  if (rows === undefined) noteRead(ctx.inputs, resolved)
  const relation = rows ?? resolved.relation
  if (TABLE_READERS.has(call.key)) return relation
  return functionRelation([], mergeDeps(relation.columns.map((column) => column.deps)), true)
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

function mergeUsing(ctx: Context, scope: Scope, before: number, added: readonly Binding[], name: Name): void {
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
  scope.merged.set(key, {
    name: foldName(name, ctx.traits),
    deps: merged,
    transformation: merged.size > 0 ? 'identity' : 'constant',
  })
  addDeps(scope.influences, asInfluence(merged, JOIN))
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

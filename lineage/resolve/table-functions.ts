import { foldName } from '../names.ts'
import type { Call, FunctionSource, Path } from '../syntax/ast.ts'
import { addGap, type Context, type Scope } from './context.ts'
import { mergeDeps, NO_DEPS, transformed } from './deps.ts'
import { functionColumns, SCALAR_ROWS } from './functions.ts'
import { closed, functionRelation, type OutColumn, type Relation } from './relation.ts'
import { findNamedRows, renameColumns } from './rows.ts'
import { noteRead, resolveTable } from './session.ts'
import { isScalarArray, stackColumns, structRows } from './structs.ts'
import { resolveValue } from './values.ts'

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
/** Table functions whose first argument is a file, a folder or an address. */
const FILE_READERS = new Set(
  'READ_CSV READ_CSV_AUTO READ_PARQUET PARQUET_SCAN READ_JSON READ_JSON_AUTO READ_NDJSON READ_TEXT READ_BLOB READ_XLSX ICEBERG_SCAN DELTA_SCAN READ_FILES S3 S3CLUSTER GCS URL URLCLUSTER HDFS HDFSCLUSTER FILE AZUREBLOBSTORAGE ICEBERG DELTALAKE HUDI OPENROWSET'.split(
    ' ',
  ),
)

function noteFile(ctx: Context, call: Call): void {
  if (!FILE_READERS.has(call.key) || call.name.length > 1) return
  for (const { value } of call.args.slice(0, 1)) {
    const paths = value.kind === 'operation' && value.list ? value.operands : [value]
    for (const path of paths) if (path.kind === 'literal' && path.value !== undefined) ctx.files.read.add(path.value)
  }
}

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

/** The rows of a function in FROM. */
export function functionSource(ctx: Context, scope: Scope, given: FunctionSource): Relation {
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
export function withoutOrdinal(source: FunctionSource): FunctionSource {
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
  if (isParameterised(ctx, call)) return argumentRows(ctx, scope, call.name)
  noteFile(ctx, call)
  const spelled = spelledRows(ctx, scope, source, call)
  if (spelled !== undefined) return spelled
  const given = EXTERNAL.has(call.key) ? [] : call.args
  const deps = given.map(({ value }) => (value.kind === 'star' ? NO_DEPS : resolveValue(ctx, scope, value).deps))
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
  const fields =
    (ctx.traits.dialect === 'bigquery' || ctx.traits.dialect === 'duckdb') && !isScalarArray(call.args[0]?.value)
  if (fixed !== undefined) return functionRelation([...fixed], all, false)
  if (SCALAR_ROWS.has(call.key)) return functionRelation(scalarName(ctx, source, call), all, fields)
  const relation = functionRelation(aliasNames(ctx, source), all, true)
  return { ...relation, columns: [], placed: 0, open: relation.open.map((part) => ({ ...part, starred: true })) }
}

/** Functions that make rows of an array's elements. */
const UNFOLDERS = new Set(['UNNEST', 'EXPLODE', 'EXPLODE_OUTER', 'INLINE', 'INLINE_OUTER'])

/** Rows that the text spells out: an array of structs, the arguments of stack(). */
function spelledRows(ctx: Context, scope: Scope, source: FunctionSource, call: Call): Relation | undefined {
  const stacked = stackColumns(ctx, scope, call, source.columns)
  if (stacked !== undefined) return closed(stacked)
  const [argument] = call.args
  if (!UNFOLDERS.has(call.key) || call.args.length !== 1) return undefined
  const rows = structRows(ctx, scope, argument?.value)
  // EXPLODE gives the struct as one column; its fields are reached through it.
  if (rows === undefined || call.key.startsWith('EXPLODE')) return undefined
  return renameColumns(ctx, rows, source.columns, source)
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
  for (const model of call.models ?? []) noteRead(ctx.inputs, resolveTable(ctx, model))
  const given = tables.map((path) => argumentRows(ctx, scope, path))
  if (call.models !== undefined && query?.kind === 'subquery')
    given.push(ctx.resolve.query(ctx, query.query, scope, scope.ctes))
  const [relation] = given
  if (relation === undefined) return call.models === undefined ? undefined : functionRelation([], NO_DEPS, true)
  if (TABLE_READERS.has(call.key)) return relation
  const deps = mergeDeps(given.flatMap(({ columns }) => columns.map((column) => column.deps)))
  if (call.key === 'EXCLUDE_COLUMNS') return withoutColumns(relation, call)
  const table = functionRelation([], deps, true)
  const made = { ...table, open: table.open.map((part) => ({ ...part, starred: true })) }
  // BigQuery's models give the columns of their input as they are, and their own beside them.
  return call.models === undefined
    ? made
    : { ...made, columns: relation.columns, open: [...made.open, ...relation.open] }
}

/** Trino's exclude_columns(input => TABLE(t), columns => DESCRIPTOR(a, b)). */
function withoutColumns(relation: Relation, call: Call): Relation {
  const listed = call.args.find(({ value }) => value.kind === 'call' && value.key === 'DESCRIPTOR')?.value
  const gone = new Set(
    listed?.kind === 'call'
      ? listed.args.map(({ value }) => (value.kind === 'column' ? value.path.at(-1)?.text.toLowerCase() : ''))
      : [],
  )
  const open = relation.open.map((part) => ({
    ...part,
    except: new Set([...part.except, ...[...gone].filter((name) => name !== undefined)]),
  }))
  const columns = relation.columns.filter((column) => !gone.has(column.name.toLowerCase()))
  return { ...relation, columns, open, placed: open.length === 0 ? columns.length : 0 }
}

/** ClickHouse's views with parameters are called like functions: `FROM v(day = today())`. */
function isParameterised(ctx: Context, call: Call): boolean {
  if (ctx.traits.dialect !== 'clickhouse' || call.args.length === 0) return false
  return call.args.every(
    ({ value }) => value.kind === 'operation' && /^\s*[\w"`]+\s*=[^=]/.test(ctx.text.slice(value.start, value.end)),
  )
}

function argumentRows(ctx: Context, scope: Scope, path: Path): Relation {
  const rows = path.length === 1 ? findNamedRows(ctx, scope.ctes, path) : undefined
  if (rows !== undefined) return rows
  const resolved = resolveTable(ctx, path)
  noteRead(ctx.inputs, resolved)
  return resolved.relation
}

import { foldName } from '../names.ts'
import type { Expression, Select, SelectItem, Span } from '../syntax/ast.ts'
import type { Context, CteEnv, Scope } from './context.ts'
import { addDeps, asInfluence, type Deps, FILTER, GROUP, NO_DEPS, SORT } from './deps.ts'
import { findColumn, type OpenPart, type OutColumn, type Relation } from './relation.ts'
import { bindItems } from './sources.ts'
import { starColumns } from './stars.ts'
import { stackColumns } from './structs.ts'
import { resolveAll, resolveValue } from './values.ts'

/** One SELECT with its ORDER BY. */
export function resolveSelect(
  ctx: Context,
  select: Select,
  order: readonly Expression[],
  parent: Scope | undefined,
  ctes: CteEnv | undefined,
  named: readonly SelectItem[],
): Relation {
  const windows = new Map(select.windows.map(({ name, spec }) => [name.text.toLowerCase(), spec]))
  const scope: Scope = {
    parent,
    bindings: [],
    ctes,
    merged: new Map(),
    aliases: undefined,
    locals: new Set(),
    windows,
    influences: new Map(),
  }
  bindItems(ctx, scope, select.from)
  const given = resolveItems(ctx, scope, select, named)
  const outputs = new Map<string, OutColumn>()
  for (const column of given.columns)
    if (!outputs.has(column.name.toLowerCase())) outputs.set(column.name.toLowerCase(), column)
  resolveChoice(ctx, scope, select, order, given.columns, outputs)
  return { ...given, influences: scope.influences }
}

/** Where, group, having, order: what decides on rows. */
function resolveChoice(
  ctx: Context,
  scope: Scope,
  select: Select,
  order: readonly Expression[],
  columns: readonly OutColumn[],
  outputs: ReadonlyMap<string, OutColumn>,
): void {
  const add = (deps: Deps, way: number): void => addDeps(scope.influences, asInfluence(deps, way))
  if (ctx.traits.lateralAlias === 'column-first') scope.aliases = outputs
  add(resolveAll(ctx, scope, select.where), FILTER)
  if (ctx.traits.lateralAlias !== 'alias-first') scope.aliases = outputs
  for (const expression of [...select.group, ...select.distinctOn])
    add(byPosition(expression, columns) ?? resolveValue(ctx, scope, expression).deps, GROUP)
  add(resolveAll(ctx, scope, select.having), FILTER)
  for (const expression of [...order, ...select.sort])
    add(
      byPosition(expression, columns) ?? byAlias(ctx, expression, outputs) ?? resolveValue(ctx, scope, expression).deps,
      SORT,
    )
}

/** `ORDER BY 2`. */
export function byPosition(expression: Expression, columns: readonly OutColumn[]): Deps | undefined {
  if (expression.kind !== 'literal' || expression.value === undefined || !/^\d+$/.test(expression.value))
    return undefined
  return columns[Number(expression.value) - 1]?.deps ?? NO_DEPS
}

/** ORDER BY means a column of the result where there is one. */
function byAlias(ctx: Context, expression: Expression, outputs: ReadonlyMap<string, OutColumn>): Deps | undefined {
  if (expression.kind !== 'column' || expression.path.length > 1) return undefined
  const [name] = expression.path
  return name === undefined ? undefined : outputs.get(foldName(name, ctx.traits).toLowerCase())?.deps
}

function resolveItems(
  ctx: Context,
  scope: Scope,
  select: Select,
  named: readonly SelectItem[],
): Omit<Relation, 'influences'> {
  const columns: OutColumn[] = []
  const open: OpenPart[] = []
  let placed: number | undefined
  const aliases = new Map<string, OutColumn>()
  if (ctx.traits.lateralAlias === 'column-first') scope.aliases = aliases
  if (ctx.traits.lateralAlias === 'alias-first')
    scope.aliases = aliasesOnDemand(ctx, scope, [...named, ...select.items])
  for (const item of select.items) {
    const { value } = item
    if (value.kind === 'star' || value.kind === 'pattern' || (value.kind === 'field' && value.star)) {
      const star =
        value.kind === 'field'
          ? structColumns(ctx, scope, value)
          : starColumns(ctx, scope, value, (expression) => resolveValue(ctx, scope, expression))
      if (star.open.length > 0) placed ??= columns.length + star.placed
      columns.push(...star.columns)
      open.push(...star.open)
      continue
    }
    for (const column of itemColumns(ctx, scope, item, columns.length)) {
      columns.push(column)
      if (item.alias !== undefined && !aliases.has(column.name.toLowerCase()))
        aliases.set(column.name.toLowerCase(), column)
    }
  }
  return { columns, open, placed: placed ?? columns.length }
}

/** `(expr).*`: the row of a source, or fields that nobody knows. */
function structColumns(
  ctx: Context,
  scope: Scope,
  value: Extract<Expression, { kind: 'field' }>,
): { columns: readonly OutColumn[]; open: readonly OpenPart[]; placed: number } {
  const base = value.base
  if (base.kind === 'column') {
    const source = {
      kind: 'star' as const,
      qualifier: base.path,
      except: [],
      replace: [],
      rename: [],
      start: value.start,
      end: value.end,
    }
    const named = scope.bindings.some(
      (binding) => binding.alias?.toLowerCase() === base.path.at(-1)?.text.toLowerCase(),
    )
    if (named) return starColumns(ctx, scope, source, (expression) => resolveValue(ctx, scope, expression))
  }
  const { deps } = resolveValue(ctx, scope, value)
  return { columns: [], open: [{ deps, except: new Set(), starred: true }], placed: 0 }
}

function itemColumns(ctx: Context, scope: Scope, item: SelectItem, position: number): OutColumn[] {
  const before = ctx.gaps.length
  const stacked = item.aliases === undefined ? undefined : stackColumns(ctx, scope, item.value, item.aliases)
  if (stacked !== undefined) return stacked
  const value = resolveValue(ctx, scope, item.value)
  const names = item.aliases?.map((name) => foldName(name, ctx.traits)) ?? [
    item.alias === undefined ? defaultName(ctx, item.value, position, item) : foldName(item.alias, ctx.traits),
  ]
  for (const gap of ctx.gaps.slice(before)) for (const name of names) gap.columns.add(name)
  const span = item.value.kind === 'column' ? {} : { span: item.value }
  const place = value.place ?? { start: item.start, end: item.end }
  return names.map((name) => ({ name, ...value, ...span, place }))
}

/** ClickHouse lets any expression name any alias of its query; one inside its own expression is the column. */
function aliasesOnDemand(
  ctx: Context,
  scope: Scope,
  items: readonly SelectItem[],
): (name: string) => OutColumn | undefined {
  const byName = new Map<string, SelectItem>()
  for (const item of items)
    if (item.alias !== undefined) byName.set(foldName(item.alias, ctx.traits).toLowerCase(), item)
  const running = new Set<string>()
  const done = new Map<string, OutColumn>()
  return (name) => {
    const item = byName.get(name)
    if (item === undefined || running.has(name)) return undefined
    const old = done.get(name)
    if (old !== undefined) return old
    running.add(name)
    const column: OutColumn = { name, ...resolveValue(ctx, scope, item.value) }
    running.delete(name)
    // Inside another alias's resolution the result may lack what that one hides: only whole results are kept.
    if (running.size === 0) done.set(name, column)
    return column
  }
}

const CAST_BY_COLUMN = new Set<string>(['spark', 'databricks'])
const NAMED_BY_FUNCTION = new Set<string>(['postgres', 'redshift'])

/** What a column without an alias is called, where the dialect's documentation says so; else its text. */
function defaultName(ctx: Context, value: Expression, position: number, item: Span = value): string {
  if (value.kind === 'position') return `$${value.position}`
  if (value.kind === 'column')
    return foldName(value.path.at(-1) ?? { text: '', quoted: true, start: 0, end: 0 }, ctx.traits)
  if (NAMED_BY_FUNCTION.has(ctx.traits.dialect)) return postgresName(ctx, value)
  if (ctx.traits.dialect === 'bigquery') return `f${position}_`
  if (ctx.traits.dialect === 'trino') return `_col${position}`
  // Spark names a cast by its column, and so does PostgreSQL its `::` in a text of unknown dialect.
  const cast = value.kind === 'operation' && value.cast ? value.operands[0] : undefined
  const text = ctx.text.slice(item.start, item.end)
  const plain = CAST_BY_COLUMN.has(ctx.traits.dialect) || (ctx.traits.dialect === 'generic' && !text.endsWith(')'))
  if (cast?.kind === 'column' && plain) return defaultName(ctx, cast, position)
  return ctx.traits.fold === 'upper' ? text.toUpperCase() : text
}

/** https://www.postgresql.org/docs/current/queries-select-lists.html: the function's name, the cast column's, or ?column?. */
function postgresName(ctx: Context, value: Expression): string {
  if (value.kind === 'call') return value.key.toLowerCase()
  if (value.kind === 'case') return 'case'
  if (value.kind === 'field') return value.base.kind === 'column' ? defaultName(ctx, value.base, 0) : '?column?'
  if (value.kind === 'operation' && value.cast && value.operands[0] !== undefined) {
    const [operand] = value.operands
    return operand.kind === 'column' ? defaultName(ctx, operand, 0) : postgresName(ctx, operand)
  }
  if (value.kind === 'subquery' && 'kind' in value.query.body && value.query.body.kind === 'select') {
    const item = value.query.body.items[0]
    if (value.exists) return 'exists'
    if (item !== undefined)
      return item.alias === undefined ? defaultName(ctx, item.value, 0) : foldName(item.alias, ctx.traits)
  }
  return '?column?'
}

export function findByName(relation: Relation, name: string, ctx: Context): OutColumn | undefined {
  return findColumn(relation, { text: name, quoted: true, start: 0, end: 0 }, ctx.traits, true) ?? undefined
}

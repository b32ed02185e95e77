import { foldName } from '../names.ts'
import type { Call, Expression, Name, Query, WindowSpec } from '../syntax/ast.ts'
import type { Transformation } from '../types.ts'
import { resolveColumn } from './columns.ts'
import { addGap, type Context, type Scope } from './context.ts'
import {
  addDeps,
  aggregated,
  asInfluence,
  CONDITIONAL,
  type Deps,
  FILTER,
  mergeDeps,
  NO_DEPS,
  oneDep,
  steered,
  transformed,
  VALUE_SORT,
  WINDOW,
} from './deps.ts'
import { AGGREGATES, isCondition, isLookup } from './functions.ts'
import { resolvePosition } from './position-refs.ts'
import type { Value } from './relation.ts'
import { noteRead, resolveTable } from './session.ts'
import { starColumns } from './stars.ts'

const CONSTANT: Value = { deps: NO_DEPS, transformation: 'constant' }

export function resolveValue(ctx: Context, scope: Scope, expression: Expression): Value {
  switch (expression.kind) {
    case 'literal':
      return CONSTANT
    case 'column':
      return plain(resolveColumn(ctx, scope, expression))
    case 'position':
      return plain(resolvePosition(ctx, scope, expression))
    case 'star':
    case 'pattern':
      return computed([{ deps: allColumns(ctx, scope, expression), transformation: 'expression' }])
    case 'operation':
      return computed(expression.operands.map((operand) => resolveValue(ctx, scope, operand)))
    case 'field':
      return computed([expression.base, ...expression.indexes].map((part) => resolveValue(ctx, scope, part)))
    case 'case':
      return resolveCase(ctx, scope, expression.conditions, expression.results)
    case 'lambda':
      return resolveValue(ctx, withLocals(scope, expression.parameters), expression.body)
    case 'subquery':
      return resolveSubquery(ctx, scope, expression.query, expression.exists)
    case 'call':
      return resolveCall(ctx, scope, expression)
  }
}

/** A column's value without its name. */
function plain(column: Value | undefined): Value {
  if (column === undefined) return CONSTANT
  const { deps, transformation, place } = column
  return place === undefined ? { deps, transformation } : { deps, transformation, place }
}

export function resolveAll(ctx: Context, scope: Scope, expressions: readonly Expression[]): Deps {
  return mergeDeps(expressions.map((expression) => resolveValue(ctx, scope, expression).deps))
}

/** One value out of several. */
function computed(values: readonly Value[]): Value {
  const deps = transformed(mergeDeps(values.map((value) => value.deps)))
  const kinds = new Set(values.map((value) => value.transformation))
  const transformation = kinds.has('window')
    ? 'window'
    : kinds.has('aggregate')
      ? 'aggregate'
      : deps.size > 0
        ? 'expression'
        : 'constant'
  return { deps, transformation }
}

function resolveCase(
  ctx: Context,
  scope: Scope,
  conditions: readonly Expression[],
  results: readonly Expression[],
): Value {
  const value = computed(results.map((result) => resolveValue(ctx, scope, result)))
  const steering = steered(resolveAll(ctx, scope, conditions), CONDITIONAL)
  const deps = mergeDeps([value.deps, steering])
  return {
    deps,
    transformation: value.transformation === 'constant' && deps.size > 0 ? 'expression' : value.transformation,
  }
}

function withLocals(scope: Scope, parameters: readonly Name[]): Scope {
  return { ...scope, locals: new Set([...scope.locals, ...parameters.map((name) => name.text.toLowerCase())]) }
}

/** A query that gives a value; what chooses its rows also chooses those around it. */
function resolveSubquery(ctx: Context, scope: Scope, query: Query, exists: boolean): Value {
  const relation = ctx.resolve.query(ctx, query, scope, scope.ctes)
  addDeps(scope.influences, relation.influences)
  if (exists) {
    addDeps(scope.influences, asInfluence(mergeDeps(relation.columns.map((column) => column.deps)), FILTER))
    return CONSTANT
  }
  const [first] = relation.columns
  if (relation.open.some((part) => part.starred))
    addGap(ctx, 'unknown_table', 'the columns under a star in a subquery are not known', query)
  if (first !== undefined && relation.columns.length === 1)
    return { deps: first.deps, transformation: first.transformation }
  return computed(relation.columns)
}

/** `f(*)`, `f(t.*)`: every column there is. */
function allColumns(ctx: Context, scope: Scope, star: Extract<Expression, { kind: 'star' | 'pattern' }>): Deps {
  const { columns, open } = starColumns(ctx, scope, star, (expression) => resolveValue(ctx, scope, expression))
  if (open.length > 0) addGap(ctx, 'unknown_table', 'the columns under a star are not known', star)
  return mergeDeps(columns.map((column) => column.deps))
}

function resolveCall(ctx: Context, scope: Scope, call: Call): Value {
  const aggregate =
    AGGREGATES.has(call.key) || call.filter !== undefined || (call.order.length > 0 && call.over === undefined)
  const values: Deps[] = []
  const steering: Deps[] = []
  if (isLookup(call.key) && ctx.traits.dialect === 'clickhouse') return resolveLookup(ctx, scope, call)
  call.args.forEach(({ value }, index) => {
    if (call.key === 'COUNT' && value.kind === 'star') return
    const { deps } = resolveValue(ctx, scope, value)
    if (isCondition(call.key, index, call.args.length)) steering.push(steered(deps, CONDITIONAL))
    else values.push(deps)
  })
  for (const path of call.tables ?? [])
    values.push(mergeDeps(resolveArgumentTable(ctx, path).map((column) => column.deps)))
  steering.push(steered(resolveAll(ctx, scope, call.order), VALUE_SORT))
  if (call.filter !== undefined) steering.push(steered(resolveValue(ctx, scope, call.filter).deps, CONDITIONAL))
  if (call.over !== undefined) steering.push(resolveWindow(ctx, scope, call.over, new Set()))
  const merged = mergeDeps(values)
  const deps = mergeDeps([aggregate ? aggregated(merged) : transformed(merged), ...steering])
  return { deps, transformation: kindOf(call, aggregate, deps) }
}

function kindOf(call: Call, aggregate: boolean, deps: Deps): Transformation {
  if (call.over !== undefined) return 'window'
  if (aggregate) return 'aggregate'
  return deps.size > 0 ? 'expression' : 'constant'
}

function resolveArgumentTable(
  ctx: Context,
  path: Parameters<typeof resolveTable>[1],
): readonly { readonly deps: Deps }[] {
  const resolved = resolveTable(ctx, path)
  noteRead(ctx.inputs, resolved)
  return resolved.relation.columns
}

/** PARTITION BY and ORDER BY of a window, of the named one it builds on too. */
function resolveWindow(ctx: Context, scope: Scope, over: WindowSpec | Name, seen: Set<string>): Deps {
  const base = 'partition' in over ? over.base : over
  const own =
    'partition' in over ? steered(resolveAll(ctx, scope, [...over.partition, ...over.order]), WINDOW) : NO_DEPS
  const name = base?.text.toLowerCase()
  const named = name === undefined || seen.has(name) ? undefined : scope.windows.get(name)
  if (named === undefined || name === undefined) return own
  return mergeDeps([own, resolveWindow(ctx, scope, named, seen.add(name))])
}

/** ClickHouse's dictGet('db.dictionary', 'attribute', key): the attribute is the value, the key finds it. */
function resolveLookup(ctx: Context, scope: Scope, call: Call): Value {
  const [source, attribute, ...keys] = call.args.map((argument) => argument.value)
  const path = source === undefined ? undefined : toPath(source)
  const names = attribute === undefined ? [] : literalNames(attribute)
  const rest = resolveAll(
    ctx,
    scope,
    call.key.startsWith('DICTGET') || call.key === 'JOINGET'
      ? keys
      : [...(attribute === undefined ? [] : [attribute]), ...keys],
  )
  if (path === undefined) {
    addGap(
      ctx,
      'dynamic_sql',
      `${call.name.at(-1)?.text ?? 'the look-up'} reads a dictionary that only running tells`,
      call,
    )
    return { deps: transformed(rest), transformation: 'expression' }
  }
  const { ref } = resolveTable(ctx, path)
  ctx.inputs.set(ref.key, ref)
  const read = mergeDeps(
    names.map((name) => oneDep(ref, foldName({ text: name, quoted: true, start: 0, end: 0 }, ctx.traits))),
  )
  return { deps: mergeDeps([transformed(read), transformed(rest)]), transformation: 'expression' }
}

function toPath(expression: Expression): readonly Name[] | undefined {
  if (expression.kind === 'column') return expression.path
  if (expression.kind !== 'literal' || expression.value === undefined) return undefined
  const { start, end } = expression
  return expression.value.split('.').map((text) => ({ text, quoted: true, start, end }))
}

function literalNames(expression: Expression): string[] {
  if (expression.kind === 'literal') return expression.value === undefined ? [] : [expression.value]
  return expression.kind === 'operation' || expression.kind === 'call'
    ? (expression.kind === 'call' ? expression.args.map((argument) => argument.value) : expression.operands).flatMap(
        literalNames,
      )
    : []
}

import { foldName } from '../names.ts'
import type { Call, Expression, Name } from '../syntax/ast.ts'
import type { Context, Scope } from './context.ts'
import { type Deps, mergeDeps, transformed } from './deps.ts'
import { closed, type OutColumn, type Relation } from './relation.ts'
import { resolveValue } from './values.ts'

/** Arrays whose elements are no structs, whatever their arguments are. */
const SCALAR_ARRAYS = new Set([
  'GENERATE_ARRAY',
  'GENERATE_DATE_ARRAY',
  'GENERATE_TIMESTAMP_ARRAY',
  'SPLIT',
  'REGEXP_EXTRACT_ALL',
  'JSON_VALUE_ARRAY',
  'JSON_EXTRACT_STRING_ARRAY',
  'TO_CODE_POINTS',
  'SEQUENCE',
  'GENERATE_SERIES',
  'RANGE',
])

/** Whether the elements of an array are single values: then its alias names all there is. */
export function isScalarArray(value: Expression | undefined): boolean {
  if (value?.kind === 'call') return SCALAR_ARRAYS.has(value.key)
  const elements = elementsOf(value)
  return elements !== undefined && elements.length > 0 && elements.every((element) => element.kind === 'literal')
}

function elementsOf(value: Expression | undefined): readonly Expression[] | undefined {
  if (value?.kind === 'operation' && value.list === true) return value.operands
  return value?.kind === 'call' && value.key === 'ARRAY' ? value.args.map((argument) => argument.value) : undefined
}

function fieldName(argument: Call['args'][number]): string | undefined {
  const { name, value } = argument
  return name ?? (value.kind === 'column' ? value.path.at(-1)?.text : undefined)
}

/**
 * The rows of an array that the text spells out, `[STRUCT(a AS x, b AS y), STRUCT(c, d)]`: each field reads its own values.
 * `undefined` where the elements are anything else.
 */
export function structRows(ctx: Context, scope: Scope, value: Expression | undefined): Relation | undefined {
  const elements = elementsOf(value)
  const [first] = elements ?? []
  if (elements === undefined || first?.kind !== 'call' || first.key !== 'STRUCT') return undefined
  const names = first.args.map(fieldName)
  const rows = elements.map((element) =>
    element.kind === 'call' && element.key === 'STRUCT'
      ? element.args.map((argument) => argument.value)
      : element.kind === 'operation' && !element.cast
        ? element.operands
        : [],
  )
  if (names.some((name) => name === undefined) || rows.some((row) => row.length !== names.length)) return undefined
  return closed(
    names.map((name, index) =>
      column(
        ctx,
        scope,
        name ?? '',
        rows.map((row) => row[index]),
      ),
    ),
  )
}

function column(ctx: Context, scope: Scope, name: string, values: readonly (Expression | undefined)[]): OutColumn {
  const deps: Deps = transformed(
    mergeDeps(values.flatMap((value) => (value === undefined ? [] : [resolveValue(ctx, scope, value).deps]))),
  )
  return { name, deps, transformation: deps.size > 0 ? 'expression' : 'constant' }
}

/** Spark's `stack(2, 'a', x, 'b', y) AS (k, v)`: arguments in rows of that many; k reads nothing, v reads x and y. */
export function stackColumns(
  ctx: Context,
  scope: Scope,
  call: Expression,
  names: readonly Name[],
): OutColumn[] | undefined {
  if (call.kind !== 'call' || call.key !== 'STACK' || names.length === 0) return undefined
  const [count, ...values] = call.args.map((argument) => argument.value)
  const rows = count?.kind === 'literal' ? Number(count.value) : Number.NaN
  const width = Math.ceil(values.length / rows)
  if (!Number.isInteger(rows) || rows < 1 || width !== names.length) return undefined
  return names.map((name, index) =>
    column(
      ctx,
      scope,
      foldName(name, ctx.traits),
      values.filter((_, at) => at % width === index),
    ),
  )
}

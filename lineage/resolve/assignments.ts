import { foldName } from '../names.ts'
import type { Assignment, Path, Target } from '../syntax/ast.ts'
import { addGap, type Binding, type Context, type Scope } from './context.ts'
import { addDeps } from './deps.ts'
import type { OutColumn } from './relation.ts'
import type { ResolvedTarget } from './targets.ts'
import { resolveValue } from './values.ts'

/** The columns an assignment sets, each with its value. */
export function assigned(
  ctx: Context,
  scope: Scope,
  assignment: Assignment,
  nameOf: (path: Path) => string,
): OutColumn[] {
  const { columns, value } = assignment
  const names = columns.filter((path) => !path[0]?.text.startsWith('@'))
  if (names.length === 0) return []
  if (columns.length === 1) {
    const name = nameOf(names[0] as Path)
    const before = ctx.gaps.length
    const resolved = resolveValue(ctx, scope, value)
    for (const gap of ctx.gaps.slice(before)) gap.columns.add(name)
    return [{ name, ...resolved, ...(value.kind === 'column' ? {} : { span: value }) }]
  }
  if (value.kind === 'subquery') {
    const relation = ctx.resolve.query(ctx, value.query, scope, scope.ctes)
    addDeps(scope.influences, relation.influences)
    if (relation.columns.length !== columns.length)
      addGap(ctx, 'column_count', `${relation.columns.length} values for ${columns.length} columns`, value)
    return columns.flatMap((path, index) =>
      relation.columns[index] === undefined ? [] : [{ ...relation.columns[index], name: nameOf(path) }],
    )
  }
  const parts =
    value.kind === 'operation' && value.operands.length === columns.length
      ? value.operands
      : value.kind === 'call' && value.args.length === columns.length
        ? value.args.map((argument) => argument.value)
        : []
  return columns.flatMap((path, index) =>
    parts[index] === undefined
      ? []
      : [{ name: nameOf(path), ...resolveValue(ctx, scope, parts[index]), span: parts[index] }],
  )
}

export function toBinding(ctx: Context, target: Target, resolved: ResolvedTarget): Binding {
  const path = target.path.map((name) => foldName(name, ctx.traits))
  return {
    alias: target.alias === undefined ? path.at(-1) : foldName(target.alias, ctx.traits),
    path,
    relation: resolved.relation,
    hidden: false,
  }
}

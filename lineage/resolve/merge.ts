import type { MergeAction, MergeStatement, Name } from '../syntax/ast.ts'
import { assigned, toBinding } from './assignments.ts'
import { addGap, type Binding, type Context, type CteEnv, newScope, type Scope } from './context.ts'
import { addDeps, asInfluence, FILTER, JOIN } from './deps.ts'
import { EMPTY_RELATION, type OutColumn, type Relation } from './relation.ts'
import { bindItems, mergeUsing } from './sources.ts'
import {
  namedColumns,
  placeColumns,
  type ResolvedTarget,
  resolveTarget,
  settleInput,
  targetColumn,
  write,
} from './targets.ts'
import { resolveAll, resolveValue } from './values.ts'

/** MERGE: each branch sets or inserts columns out of the source's row and the target's. Gives the rows its OUTPUT sees, the target's first. */
export function resolveMerge(ctx: Context, statement: MergeStatement, ctes: CteEnv | undefined): readonly Binding[] {
  const target = resolveTarget(ctx, statement.target)
  const scope = newScope(undefined, ctes)
  bindItems(ctx, scope, [{ source: statement.source, join: 'first', natural: false, using: [], on: [] }])
  const source = scope.bindings[0]?.relation ?? EMPTY_RELATION
  const own = toBinding(ctx, statement.target, target)
  // The new row is made of the source alone; conditions and SET see both.
  const both: Scope = { ...scope, bindings: [own, ...scope.bindings] }
  addDeps(scope.influences, asInfluence(resolveAll(ctx, both, statement.on), JOIN))
  for (const name of statement.using) mergeUsing(ctx, both, 1, scope.bindings, name, true)
  const columns: OutColumn[] = []
  for (const action of statement.actions) {
    addDeps(scope.influences, asInfluence(resolveAll(ctx, both, action.condition), FILTER))
    columns.push(...resolveAction(ctx, action, target, source, scope, both))
  }
  settleInput(ctx, target, columns)
  write(ctx, statement.target, target, columns, { ...EMPTY_RELATION, influences: scope.influences })
  return both.bindings
}

function resolveAction(
  ctx: Context,
  action: MergeAction,
  target: ResolvedTarget,
  source: Relation,
  scope: Scope,
  both: Scope,
): OutColumn[] {
  switch (action.kind) {
    case 'update':
      return action.assignments.flatMap((assignment) =>
        assigned(ctx, both, assignment, (path) => targetColumn(ctx, target, path.at(-1) as Name)),
      )
    case 'insert':
      return insertColumns(ctx, action, target, scope)
    case 'star':
      return action.byName
        ? starByName(ctx, target, source)
        : placeColumns(ctx, target, [], source, target.columns === undefined)
    case 'delete':
      return []
  }
}

/** UPDATE SET * and INSERT * take each column of the target from the one of its name; what the source has beyond stays away. */
function starByName(ctx: Context, target: ResolvedTarget, source: Relation): OutColumn[] {
  const named = namedColumns(ctx, target, source)
  const known = target.columns === undefined ? undefined : new Set(target.columns.map((name) => name.toLowerCase()))
  return known === undefined ? named : named.filter((column) => known.has(column.name.toLowerCase()))
}

function insertColumns(
  ctx: Context,
  action: Extract<MergeAction, { kind: 'insert' }>,
  target: ResolvedTarget,
  scope: Scope,
): OutColumn[] {
  const names =
    action.columns.length > 0 ? action.columns.map((name) => targetColumn(ctx, target, name)) : target.columns
  if (names === undefined) {
    const message = `the columns of ${target.ref.name.join('.')} are not known, which INSERT fills by position`
    if (action.values.length > 0) addGap(ctx, 'unknown_table', message, action.values[0])
    return []
  }
  return action.values.flatMap((expression, index) => {
    const name = names[index]
    if (name === undefined) return []
    const before = ctx.gaps.length
    const value = resolveValue(ctx, scope, expression)
    for (const gap of ctx.gaps.slice(before)) gap.columns.add(name)
    return [{ name, ...value, ...(expression.kind === 'column' ? {} : { span: expression }) }]
  })
}

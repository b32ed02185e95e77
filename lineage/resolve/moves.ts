import { candidates, tableKey } from '../names.ts'
import type { CloneStatement, CopyStatement, DropStatement, RenameStatement } from '../syntax/ast.ts'
import type { Context, CteEnv } from './context.ts'
import { NO_DEPS } from './deps.ts'
import { resolveQuery } from './query.ts'
import { EMPTY_RELATION, type Relation } from './relation.ts'
import { dropTable, noteRead, resolveTable } from './session.ts'
import { make, namedColumns, placeColumns, resolveTarget, tellOpen, write } from './targets.ts'

export function resolveCopy(ctx: Context, statement: CopyStatement, ctes: CteEnv | undefined): Relation {
  const relation = statement.query === undefined ? EMPTY_RELATION : resolveQuery(ctx, statement.query, undefined, ctes)
  const { target, from, to } = statement
  if (from !== undefined) ctx.files.read.add(from)
  if (to !== undefined) ctx.files.written.add(to)
  if (target === undefined) {
    tellOpen(ctx, relation, [])
    ctx.writes.push({ table: undefined, columns: relation.columns, influences: relation.influences })
    return EMPTY_RELATION
  }
  const resolved = resolveTarget(ctx, target.target)
  const columns = statement.query === undefined ? [] : placeColumns(ctx, resolved, target.columns, relation, false)
  write(ctx, target.target, resolved, columns, relation)
  return EMPTY_RELATION
}

export function resolveClone(ctx: Context, statement: CloneStatement): Relation {
  const source = resolveTable(ctx, statement.source)
  noteRead(ctx.inputs, source)
  const target = resolveTarget(ctx, statement.target)
  if (statement.shapeOnly) {
    make(
      ctx,
      statement.target,
      target,
      source.relation.columns.map((column) => ({ ...column, deps: NO_DEPS, transformation: 'constant' })),
      { ...source.relation, influences: NO_DEPS },
    )
    return EMPTY_RELATION
  }
  const columns = namedColumns(ctx, target, source.relation)
  if (statement.append) write(ctx, statement.target, target, columns, source.relation)
  else make(ctx, statement.target, target, columns, source.relation)
  return EMPTY_RELATION
}

/** Names move; what the text put under the old one is now under the new. */
export function resolveRename(ctx: Context, statement: RenameStatement): Relation {
  const { session } = ctx
  for (const { from, to } of statement.moves) {
    const [old = []] = candidates(from, ctx.traits, ctx.defaults)
    const [next = []] = candidates(to, ctx.traits, ctx.defaults)
    const source = resolveTable(ctx, from).ref.name
    ctx.renames.push({ from: source, to: next, swap: statement.swap })
    const made = session.made.get(tableKey(old, false))
    const other = session.made.get(tableKey(next, false))
    session.made.delete(tableKey(old, false))
    if (made !== undefined) session.made.set(tableKey(next, false), made === null ? null : { ...made, name: next })
    if (statement.swap && other !== undefined)
      session.made.set(tableKey(old, false), other === null ? null : { ...other, name: old })
  }
  return EMPTY_RELATION
}

export function resolveDrop(ctx: Context, statement: DropStatement): Relation {
  for (const path of statement.targets) {
    const { ref } = resolveTable(ctx, path)
    ctx.drops.push(ref.name)
    dropTable(ctx.session, path, ref.name)
  }
  return EMPTY_RELATION
}

import { foldName } from '../names.ts'
import type { Name, Path } from '../syntax/ast.ts'
import { addGap, type Context, type CteEnv, findCte } from './context.ts'
import { NO_DEPS } from './deps.ts'
import { closed, type OutColumn, type Relation } from './relation.ts'

/** A CTE, a cursor's row, or the rows of a trigger. */
export function findNamedRows(ctx: Context, ctes: CteEnv | undefined, path: Path): Relation | undefined {
  const [name] = path
  if (name === undefined) return undefined
  const key = name.text.toLowerCase()
  return findCte(ctx, ctes, name) ?? ctx.rows.get(key) ?? ctx.session.rows.get(key)
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

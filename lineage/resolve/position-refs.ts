import type { PositionRef } from '../syntax/ast.ts'
import { findBinding } from './columns.ts'
import { addGap, type Context, type Scope } from './context.ts'
import { mergeDeps, NO_DEPS, transformed } from './deps.ts'
import type { OutColumn, Relation } from './relation.ts'

/**
 * The column at a place of a source: of the one that is named, or of the only one there is. `undefined` after a gap has been told.
 * https://docs.snowflake.com/en/user-guide/querying-stage
 */
export function resolvePosition(ctx: Context, scope: Scope, ref: PositionRef): OutColumn | undefined {
  const relations = relationsOf(ctx, scope, ref)
  const found = relations.map((relation) => columnAt(relation, ref.position))
  const [first] = found
  const name = `$${ref.position}`
  if (relations.length === 0) addGap(ctx, 'unknown_column', `no source has a column ${name}`, ref)
  else if (found.some((column) => column === undefined))
    addGap(ctx, 'unknown_column', `which column ${name} is, is not known`, ref)
  // Nothing comes out of a file's columns, whichever of them is meant.
  else if (found.length === 1 || found.every((column) => column?.deps.size === 0)) return first
  else addGap(ctx, 'ambiguous_column', `more than one source may have the column ${name}`, ref)
  return undefined
}

/** Of the innermost query that has sources, or one of that name. */
function relationsOf(ctx: Context, scope: Scope, { qualifier }: PositionRef): readonly Relation[] {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    if (qualifier.length === 0) {
      const shown = level.bindings.filter(({ hidden }) => !hidden)
      if (shown.length > 0) return shown.map(({ relation }) => relation)
    } else {
      const binding = findBinding(ctx, level, qualifier, qualifier.length)
      if (binding !== undefined) return [binding.relation]
    }
  }
  return []
}

/** Behind what is listed stand those that nobody knows: of a table, its own; of a function or a file, what it reads. */
function columnAt({ columns, open, placed }: Relation, position: number): OutColumn | undefined {
  if (position <= placed) return columns[position - 1]
  if (open.length === 0 || open.some(({ table }) => table !== undefined)) return undefined
  const deps = transformed(mergeDeps([...columns.slice(placed), ...open].map((part) => part.deps ?? NO_DEPS)))
  return { name: `$${position}`, deps, transformation: deps.size === 0 ? 'constant' : 'expression' }
}

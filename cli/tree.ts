import { clean } from './text.ts'

export interface Branch<Id = number> {
  /** Null where nothing is known of what comes after it. */
  readonly id: Id | null
  readonly label: string
  /** As it is told where several that are drawn elsewhere share a line; the label when absent. */
  readonly name?: string
}

/** So many that are drawn elsewhere have a line each; more share one. */
const MOST_REPEATED = 3
const MOST_NAMED = 5

/**
 * A graph from one of its nodes on, as a tree. What can be reached by several ways is drawn where it is nearest to the
 * root; elsewhere it is marked ↑ when that is above and ↓ when it is below.
 */
export function drawTree<Id>(root: Branch<Id>, branches: (id: Id) => readonly Branch<Id>[]): readonly string[] {
  const lines = [clean(root.label)]
  const homes = findHomes(root, branches)
  const drawn = new Set<Id>()
  const arrow = (id: Id) => (drawn.has(id) ? '↑' : '↓')
  const draw = (id: Id, indent: string) => {
    drawn.add(id)
    const children = branches(id)
    const isElsewhere = (child: Branch<Id>) => child.id !== null && homes.get(child.id) !== id
    const elsewhere = children.filter(isElsewhere)
    const folded = elsewhere.length > MOST_REPEATED
    const shown = folded ? children.filter((child) => !isElsewhere(child)) : children
    for (const [index, child] of shown.entries()) {
      const last = index === shown.length - 1 && !folded
      const again = isElsewhere(child)
      // What nothing comes after is the same wherever it stands.
      const mark = again && child.id !== null && branches(child.id).length > 0 ? ` ${arrow(child.id)}` : ''
      lines.push(`${indent}${last ? '└─' : '├─'} ${clean(child.label)}${mark}`)
      if (child.id !== null && !again) draw(child.id, `${indent}${last ? '   ' : '│  '}`)
    }
    if (folded) lines.push(`${indent}└─ ${clean(foldText(elsewhere))}`)
  }
  if (root.id !== null) draw(root.id, '')
  return lines
}

function foldText(branches: readonly Branch<unknown>[]): string {
  const names = branches.slice(0, MOST_NAMED).map(({ name, label }) => name ?? label)
  const more = branches.length - names.length
  return `and, drawn elsewhere: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** The parent under which each node is drawn: the first that is nearest to the root. */
function findHomes<Id>(root: Branch<Id>, branches: (id: Id) => readonly Branch<Id>[]): ReadonlyMap<Id, Id | null> {
  const homes = new Map<Id, Id | null>()
  if (root.id === null) return homes
  homes.set(root.id, null)
  // A map yields what is added while it is walked, in the order of adding.
  for (const id of homes.keys()) {
    for (const child of branches(id)) if (child.id !== null && !homes.has(child.id)) homes.set(child.id, id)
  }
  return homes
}

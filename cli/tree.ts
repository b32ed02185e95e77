import { clean } from './text.ts'

export interface Branch {
  /** Null where nothing is known of what comes after it. */
  readonly id: number | null
  readonly label: string
}

/** A graph from one of its nodes on, as a tree; a branch seen before is marked ↑ and not drawn again. */
export function drawTree(root: Branch, branches: (id: number) => readonly Branch[]): readonly string[] {
  const lines = [clean(root.label)]
  const drawn = new Set<number>()
  const draw = (id: number, indent: string) => {
    drawn.add(id)
    const children = branches(id)
    for (const [index, child] of children.entries()) {
      const last = index === children.length - 1
      const again = child.id !== null && drawn.has(child.id) && branches(child.id).length > 0
      lines.push(`${indent}${last ? '└─' : '├─'} ${clean(child.label)}${again ? ' ↑' : ''}`)
      if (child.id !== null && !again) draw(child.id, `${indent}${last ? '   ' : '│  '}`)
    }
  }
  if (root.id !== null) draw(root.id, '')
  return lines
}

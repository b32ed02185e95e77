type Tree = Map<string, Tree | undefined>

/** Keeps of a resource what a `fields` parameter names. https://cloud.google.com/apis/docs/system-parameters */
export function project(value: unknown, fields: string | null): unknown {
  if (fields === null) return value
  const { tree, end } = parse(fields, 0)
  if (end !== fields.length) throw new Error(`fields cannot be read at ${end}: ${fields}`)
  return keep(value, tree)
}

function parse(text: string, start: number): { tree: Tree; end: number } {
  const tree: Tree = new Map()
  let at = start
  while (at < text.length) {
    const name = /^[A-Za-z_]+/.exec(text.slice(at))?.[0]
    if (name === undefined) throw new Error(`a name is missing at ${at}: ${text}`)
    at += name.length
    let inner: Tree | undefined
    if (text[at] === '(') {
      const nested = parse(text, at + 1)
      if (text[nested.end] !== ')') throw new Error(`a parenthesis is missing: ${text}`)
      inner = nested.tree
      at = nested.end + 1
    }
    tree.set(name, inner)
    if (text[at] !== ',') break
    at += 1
  }
  return { tree, end: at }
}

function keep(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((entry) => keep(entry, tree))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => tree.has(key))
  return Object.fromEntries(
    entries.map(([key, inner]) => {
      const below = tree.get(key)
      return [key, below === undefined ? inner : keep(inner, below)]
    }),
  )
}

/** A call of `ref` or `source` in a template. */
export interface Reference {
  readonly kind: 'ref' | 'source'
  /** As the template writes it: `model`, `package.model` or `source.table`. */
  readonly key: string
  readonly name: string
  readonly line: number
}

const CALL = /\b(ref|source)\s*\(\s*(['"])([^'"]+)\2\s*(?:,\s*(['"])([^'"]+)\4\s*)?(?:,[^)]*)?\)/g

/** What a text refers to, each once; what stands in comments is none. */
export function findReferences(text: string): Reference[] {
  const code = text.replace(/\{#[\s\S]*?#\}/g, (comment) => comment.replace(/[^\n]/g, ' '))
  const found = new Map<string, Reference>()
  for (const match of code.matchAll(CALL)) {
    const [, kind, , first = '', , second] = match
    if (kind === 'source' && second === undefined) continue
    const key = second === undefined ? first : `${first}.${second}`
    const line = code.slice(0, match.index).split('\n').length
    const reference = { kind: kind as Reference['kind'], key, name: second ?? first, line }
    if (!found.has(`${kind} ${key}`)) found.set(`${kind} ${key}`, reference)
  }
  return [...found.values()]
}

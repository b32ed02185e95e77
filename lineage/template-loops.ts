/** A text in which loops over lists that it spells out are written out. */
export interface Unrolled {
  readonly text: string
  /** Where an offset of it stands in the text given. */
  readonly origin: (offset: number) => number
}

const LITERAL = String.raw`(?:'[^'{}]*'|"[^"{}]*"|-?\d+(?:\.\d+)?)`
const LIST = String.raw`\[\s*(?:${LITERAL}(?:\s*,\s*${LITERAL})*(?:\s*,)?)?\s*\]`
const SET = new RegExp(String.raw`\{%-?\s*set\s+(\w+)\s*=\s*(${LIST})\s*-?%\}`, 'g')
const FOR = new RegExp(
  String.raw`\{%-?\s*for\s+(\w+)\s+in\s+(\w+|${LIST})\s*-?%\}((?:(?!\{%-?\s*(?:for|endfor)\b)[\s\S])*)\{%-?\s*endfor\s*-?%\}`,
  'g',
)
const EDGE =
  /\{%-?\s*if\s+(not\s+)?loop\.(first|last)\s*-?%\}([\s\S]*?)(?:\{%-?\s*else\s*-?%\}([\s\S]*?))?\{%-?\s*endif\s*-?%\}/g
/** Texts come from outside: lists of lists multiply. */
const MAX_LENGTH = 2_000_000

/** Writes out `{% for x in list %}` where the list is one of literals, there or in a `{% set %}`; inner loops first. */
export function unrollLoops(text: string): Unrolled {
  const lists = new Map<string, readonly string[]>()
  for (const [, name = '', list = ''] of text.matchAll(SET)) lists.set(name, literals(list))
  let unrolled: Unrolled = { text, origin: (offset) => offset }
  for (let level = 0; level < 4; level++) {
    const next = unrollOnce(unrolled, lists)
    if (next === undefined || next.text.length > MAX_LENGTH) return unrolled
    unrolled = next
  }
  return unrolled
}

function literals(list: string): string[] {
  return [...list.matchAll(new RegExp(LITERAL, 'g'))].map(([literal]) => literal.replace(/^['"]|['"]$/g, ''))
}

function unrollOnce(given: Unrolled, lists: ReadonlyMap<string, readonly string[]>): Unrolled | undefined {
  const pieces: string[] = []
  const segments: { readonly at: number; readonly from: number }[] = []
  let length = 0
  let last = 0
  const push = (piece: string, from: number): void => {
    segments.push({ at: length, from })
    pieces.push(piece)
    length += piece.length
  }
  for (const match of given.text.matchAll(FOR)) {
    const [whole, variable = '', list = '', body = ''] = match
    const items = list.startsWith('[') ? literals(list) : lists.get(list)
    if (items === undefined) continue
    push(given.text.slice(last, match.index), last)
    const from = match.index + whole.indexOf(body)
    items.forEach((item, index) => {
      push(turn(body, variable, item, index === 0, index === items.length - 1), from)
    })
    last = match.index + whole.length
  }
  if (last === 0) return undefined
  push(given.text.slice(last), last)
  const origin = (offset: number): number => {
    const segment = segments.findLast(({ at }) => at <= offset)
    return given.origin(segment === undefined ? offset : segment.from + (offset - segment.at))
  }
  return { text: pieces.join(''), origin }
}

/** The body of a loop for one item. */
function turn(body: string, variable: string, item: string, first: boolean, last: boolean): string {
  return body
    .replace(EDGE, (_whole, not: string | undefined, edge: string, then: string, otherwise: string | undefined) =>
      (edge === 'first' ? first : last) === (not === undefined) ? then : (otherwise ?? ''),
    )
    .replace(new RegExp(String.raw`\{\{-?\s*${variable}\s*-?\}\}`, 'g'), () => item)
}

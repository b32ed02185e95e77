import { compareNames, optional } from '../kit/index.ts'
import type { NameRange, Selection } from './catalog.ts'
import { isTooMuchData } from './errors.ts'

/** The characters that names begin with mostly, in the order of their bytes. */
const LETTERS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz']
/** A name is at most 255 characters; so long a common prefix is nobody's. */
const LONGEST_PREFIX = 32

/**
 * Reads a selection; where INFORMATION_SCHEMA answers that this is too much data, its parts: half of the schemas, then
 * the names of one schema by their first letters. The parts come in the order of the whole, so that rows stay ordered.
 */
export async function* readInParts<T>(
  selection: Selection,
  schemas: () => Promise<readonly string[]>,
  read: (selection: Selection) => AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  const rows = read(selection)
  let first: IteratorResult<T, void>
  try {
    // It is refused before the first row, or not at all.
    first = await rows.next()
  } catch (error) {
    if (!isTooMuchData(error)) throw error
    const parts = await partsOf(selection, schemas)
    if (parts === undefined) throw error
    for (const part of parts) yield* readInParts(part, schemas, read)
    return
  }
  try {
    for (let next = first; next.done !== true; next = await rows.next()) yield next.value
  } finally {
    await rows.return()
  }
}

/** Undefined for what cannot be split any further. */
async function partsOf(
  selection: Selection,
  schemas: () => Promise<readonly string[]>,
): Promise<readonly Selection[] | undefined> {
  if ('objects' in selection) {
    const { objects } = selection
    if (objects.length < 2) return undefined
    const middle = Math.ceil(objects.length / 2)
    return [{ objects: objects.slice(0, middle) }, { objects: objects.slice(middle) }]
  }
  const names = selection.schemas ?? ['', ...(await schemas())]
  if (names.length > 1) {
    const middle = Math.ceil(names.length / 2)
    return [{ schemas: names.slice(0, middle) }, { schemas: names.slice(middle) }]
  }
  const parts = rangesOf(selection.names)
  return parts?.map((range) => ({ schemas: names, names: range }))
}

/** A range of names as the ranges of its next letters and what lies between; a range between letters by halving. */
function rangesOf(range: NameRange = { prefix: '' }): readonly NameRange[] | undefined {
  const { prefix } = range
  if (prefix === undefined) return halvesOf(range)
  if (prefix.length >= LONGEST_PREFIX) return undefined
  const ranges: NameRange[] = []
  let from = range.from
  for (const letter of LETTERS) {
    const own = prefix + letter
    ranges.push({ ...optional('from', from), to: own, stem: prefix })
    from = prefix + after(letter)
    ranges.push({ prefix: own, from: own, to: from })
  }
  ranges.push({ ...optional('from', from), ...optional('to', range.to), stem: prefix })
  return ranges.filter(
    ({ from: low, to: high }) => low === undefined || high === undefined || compareNames(low, high) < 0,
  )
}

const END = 0x110000
const SURROGATES = [0xd800, 0xe000] as const

/** By the first character after what both ends begin with; a range of one character is a prefix. */
function halvesOf({ from, to, stem = '' }: NameRange): readonly NameRange[] | undefined {
  const low = (from ?? '').slice(stem.length).codePointAt(0) ?? 0
  const high = to?.startsWith(stem) === true ? (to.slice(stem.length).codePointAt(0) ?? END) : END
  if (high - low > 1) {
    const half = Math.floor((low + high) / 2)
    const middle = half > SURROGATES[0] && half < SURROGATES[1] ? SURROGATES[low < SURROGATES[0] ? 1 : 0] : half
    const name = stem + String.fromCodePoint(middle)
    return [
      { ...optional('from', from), to: name, stem },
      { from: name, ...optional('to', to), stem },
    ]
  }
  if (low === 0 || stem.length >= LONGEST_PREFIX) return undefined
  return rangesOf({ prefix: stem + String.fromCodePoint(low), ...optional('from', from), ...optional('to', to) })
}

const after = (letter: string) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 1)

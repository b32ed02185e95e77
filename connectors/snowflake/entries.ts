import { compareNames, type Json } from '../kit/index.ts'
import type { Row } from './session.ts'

/** One fact about one object: every reading of ours is a list of them, ordered by schema and name. */
export interface Entry {
  /** What it is: an object's own kind, or what it adds to an object: `column`, `grant`, `tag` … */
  readonly kind: string
  /** Empty for the database itself. */
  readonly schema: string
  /** Empty for the schema itself. */
  readonly name: string
  readonly position: number
  /** Of a fact, the kind of object it is about, as Snowflake writes it. */
  readonly type: string
  readonly body: Readonly<Record<string, Json>>
}

/** All that is known under one name: several objects may share it, a table and a function. */
export interface NameGroup {
  readonly schema: string
  readonly name: string
  readonly entries: readonly Entry[]
}

/** A row of a statement made of arms: see `arms.ts`. */
export function toEntry(row: Row): Entry {
  return {
    kind: row.K ?? '',
    schema: row.S ?? '',
    name: row.N ?? '',
    position: Number(row.P ?? 0),
    type: row.T ?? '',
    body: JSON.parse(row.BODY ?? '{}') as Record<string, Json>,
  }
}

function compareEntries(left: Pick<Entry, 'schema' | 'name'>, right: Pick<Entry, 'schema' | 'name'>): number {
  return compareNames(left.schema, right.schema) || compareNames(left.name, right.name)
}

/** Merges lists ordered by schema and name into one; each is read no further than needed. */
export async function* mergeEntries(sources: readonly AsyncIterable<Entry>[]): AsyncGenerator<Entry, void, void> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]())
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()))
    while (true) {
      let least: number | undefined
      for (const [place, head] of heads.entries()) {
        if (head.done === true) continue
        const best = least === undefined ? undefined : heads[least]
        if (best === undefined || best.done === true || compareEntries(head.value, best.value) < 0) least = place
      }
      if (least === undefined) return
      yield (heads[least] as IteratorYieldResult<Entry>).value
      heads[least] = await (iterators[least] as AsyncIterator<Entry>).next()
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}

/** Cuts an ordered list at every change of name. */
export async function* groupEntries(entries: AsyncIterable<Entry>): AsyncGenerator<NameGroup, void, void> {
  let group: Entry[] = []
  for await (const entry of entries) {
    const [first] = group
    if (first !== undefined && compareEntries(first, entry) !== 0) {
      yield { schema: first.schema, name: first.name, entries: group }
      group = []
    }
    group.push(entry)
  }
  const [first] = group
  if (first !== undefined) yield { schema: first.schema, name: first.name, entries: group }
}

export function text(body: Entry['body'], key: string): string | undefined {
  const value = body[key]
  return value === undefined || value === null || value === '' ? undefined : String(value)
}

/** Snowflake says YES and NO, Y and N, true and false. */
export function isYes(value: unknown): boolean {
  return /^(yes|y|true|on|1)$/i.test(String(value ?? ''))
}

import type { Reader } from '../connection.ts'
import type { Row } from '../session.ts'
import type { Digest } from './digest.ts'
import { type FactName, factSet } from './sets.ts'
import { type Objects, rowsOf } from './statements.ts'

/** What is known of one object: the rows of a set that tell of it. */
export type FactsOf = (name: FactName) => readonly Row[]

/** Rows by set and object. Names are compared as they are: a server may find `A` where `a` was asked for. */
export class Facts {
  readonly #rows = new Map<FactName, ReadonlyMap<string, readonly Row[]>>()

  constructor(rows: Iterable<readonly [FactName, readonly Row[]]>) {
    for (const [name, list] of rows)
      this.#rows.set(
        name,
        Map.groupBy(list, ({ object }) => String(object)),
      )
  }

  /** `wider` has the sets that were read with the whole database. */
  of(object: string, wider?: Facts): FactsOf {
    return (name) => this.#rows.get(name)?.get(object) ?? wider?.of(object)(name) ?? []
  }
}

export interface Selection {
  /** The objects to read of; all when absent. */
  readonly objects?: Objects
  /** Which rows of what was asked for count. */
  readonly keeps: (name: FactName, object: string) => boolean
  readonly digest?: Digest
}

/** Reads sets of a database in one round trip. */
export async function readFacts(
  { session, server }: Reader,
  names: readonly FactName[],
  database: string,
  { objects, keeps, digest }: Selection,
): Promise<Facts> {
  const sets = names.flatMap((name) => {
    const set = factSet(name, server)
    return set === undefined ? [] : [{ name, statement: rowsOf(set, server, database, objects) }]
  })
  if (sets.length === 0) return new Facts([])
  const results = await session.run(...sets.map(({ statement }) => statement))
  const found = sets.map(({ name }, at) => {
    const rows = (results[at] ?? []).filter(({ object }) => keeps(name, String(object)))
    digest?.addRows(name, rows)
    return [name, rows] as const
  })
  return new Facts(found)
}

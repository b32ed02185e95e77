import { createHash } from 'node:crypto'
import type { Row } from '../session.ts'
import type { FactName } from './sets.ts'

interface Sum {
  entries: number
  high: number
  low: number
}

/**
 * What a database's facts come to. It is the same whether the server put the stamps together or they were read one by
 * one, in whatever order: so it shows whether what was read is what the server told before.
 */
export class Digest {
  readonly #sums = new Map<FactName, Sum>()

  /** Rows as {@link rowsOf} reads them. */
  addRows(name: FactName, rows: readonly Row[]): void {
    for (const { stamp } of rows) this.#add(name, 1, String(stamp))
  }

  /** A row as {@link stampsOf} reads it. */
  addStamps(name: FactName, { entries, mixed }: Row): void {
    this.#add(name, Number(entries), String(mixed).padStart(16, '0'))
  }

  /** `more` are facts that have no rows. */
  text(...more: readonly string[]): string {
    const sums = [...this.#sums].map(
      ([name, { entries, high, low }]) => `${name} ${entries} ${high >>> 0} ${low >>> 0}`,
    )
    return createHash('sha256')
      .update([...more, ...sums.sort()].join('\n'))
      .digest('hex')
  }

  #add(name: FactName, entries: number, stamp: string): void {
    const sum = this.#sums.get(name) ?? { entries: 0, high: 0, low: 0 }
    this.#sums.set(name, sum)
    sum.entries += entries
    sum.high ^= Number.parseInt(stamp.slice(0, 8), 16)
    sum.low ^= Number.parseInt(stamp.slice(8), 16)
  }
}

/** The values of a statement, each sent once however often the text names it. */
export class Binds {
  readonly #places = new Map<string, string>()

  /** The name of a value in the text: `:1`. */
  add(value: string): string {
    const known = this.#places.get(value)
    if (known !== undefined) return known
    const place = `:${this.#places.size + 1}`
    this.#places.set(value, place)
    return place
  }

  /** A list for IN; never empty. */
  list(values: Iterable<string>): string {
    return [...new Set(values)].map((value) => this.add(value)).join(', ')
  }

  get values(): readonly string[] {
    return [...this.#places.keys()]
  }
}

import { quoteIdentifier } from '../kit/index.ts'
import { descriptionOf, listingOf, sizesOf } from './arms.ts'
import { type Catalog, catalogOf, type Selection } from './catalog.ts'
import type { SnowflakeConfig } from './config.ts'
import { type Entry, toEntry } from './entries.ts'
import type { Session, Statement } from './session.ts'
import { Shows, showAll } from './shows.ts'
import { readInParts } from './split.ts'

/** Reads the catalogue of one database. */
export class Reader {
  readonly catalog: Catalog
  readonly shows: Shows
  readonly #session: Session
  #schemas: Promise<readonly string[]> | undefined

  constructor(session: Session, config: SnowflakeConfig, database: string) {
    this.#session = session
    this.catalog = catalogOf(config, database)
    this.shows = new Shows(session, database)
  }

  get database(): string {
    return this.catalog.database
  }

  rows(text: string) {
    return this.#session.rows(text)
  }

  /** All that a SHOW command lists, given without that word. */
  show(command: string) {
    return showAll((text) => this.#session.rows(text), command)
  }

  /** Every object with what is said of it, by schema and name. */
  listing(): AsyncGenerator<Entry, void, void> {
    return this.#entries({}, listingOf)
  }

  /** Everything about the objects named. */
  description(
    objects: readonly { readonly schema: string; readonly name: string }[],
  ): AsyncGenerator<Entry, void, void> {
    return this.#entries({ objects }, descriptionOf)
  }

  sizes(): AsyncGenerator<Entry, void, void> {
    return this.#entries({}, sizesOf)
  }

  #entries(selection: Selection, statementOf: (catalog: Catalog, part: Selection) => Statement) {
    const read = (part: Selection) => this.#read(statementOf(this.catalog, part))
    return readInParts(selection, () => this.#schemaNames(), read)
  }

  async *#read(statement: Statement): AsyncGenerator<Entry, void, void> {
    for await (const page of this.#session.pages(statement)) for (const row of page) yield toEntry(row)
  }

  /** For splitting: in the order of the server's sorting. */
  #schemaNames(): Promise<readonly string[]> {
    this.#schemas ??= this.show(`TERSE SCHEMAS IN DATABASE ${quoteIdentifier(this.database)}`).then((rows) =>
      rows.map((row) => row.name ?? '').sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))),
    )
    return this.#schemas
  }
}

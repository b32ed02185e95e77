import { quoteIdentifier } from '../kit/index.ts'
import type { Row, Session } from './session.ts'

/** The most rows that a SHOW command answers with. https://docs.snowflake.com/en/sql-reference/sql/show-tables */
const LIMIT = 10_000

/** Commands that cannot be continued from a name on: they list columns. */
const KEYS = new Set(['PRIMARY KEYS', 'UNIQUE KEYS', 'IMPORTED KEYS'])

/** Rows of one kind by their schemas; undefined where the database has more of them than one answer holds. */
type BySchema = ReadonlyMap<string, readonly Row[]> | undefined

/**
 * What only SHOW commands tell, in one database. They need no warehouse. The database is asked once; where it has more
 * than one answer holds, each schema is, page after page.
 */
export class Shows {
  readonly #session: Session
  readonly #database: string
  readonly #answers = new Map<string, Promise<BySchema>>()
  /** The server's time before each question whose answer may grow old. */
  readonly #askedAt = new Map<string, bigint>()
  /** Of the last schema asked for: readers go through schemas in order. */
  readonly #last = new Map<string, { readonly schema: string; readonly rows: Promise<readonly Row[]> }>()

  constructor(session: Session, database: string) {
    this.#session = session
    this.#database = database
  }

  /** What a schema has of it: `shows.of('VIEWS', 'PUBLIC')`. */
  async of(what: string, schema: string): Promise<readonly Row[]> {
    const whole = await this.#whole(what)
    if (whole !== undefined) return whole.get(schema) ?? []
    const last = this.#last.get(what)
    if (last?.schema === schema) return await last.rows
    const rows = this.#inSchema(what, schema)
    rows.catch(() => {})
    this.#last.set(what, { schema, rows })
    return await rows
  }

  /**
   * As `of`, but asked anew where the answer was given before `since` (nanoseconds since the epoch, the server's): when
   * something moved after we had asked, what was shown then is not what it is now.
   */
  async since(since: bigint, what: string, schema: string): Promise<readonly Row[]> {
    if ((this.#askedAt.get(what) ?? 0n) <= since) {
      this.#answers.delete(what)
      this.#last.delete(what)
      this.#askedAt.set(what, await this.#now())
    }
    return await this.of(what, schema)
  }

  async #now(): Promise<bigint> {
    const [row] = await this.#session.rows(`SELECT TO_VARCHAR(DATE_PART('epoch_nanosecond', SYSDATE())) AS NOW`)
    return BigInt(row?.NOW ?? 0)
  }

  #whole(what: string): Promise<BySchema> {
    const known = this.#answers.get(what)
    if (known !== undefined) return known
    const asked = this.#inDatabase(what)
    this.#answers.set(what, asked)
    asked.catch(() => this.#answers.delete(what))
    return asked
  }

  async #inDatabase(what: string): Promise<BySchema> {
    const rows = await this.#session.rows(`SHOW ${what} IN DATABASE ${quoteIdentifier(this.#database)}`)
    return rows.length >= LIMIT ? undefined : Map.groupBy(rows, schemaOf)
  }

  async #inSchema(what: string, schema: string): Promise<readonly Row[]> {
    const place = `${quoteIdentifier(this.#database)}.${quoteIdentifier(schema)}`
    if (KEYS.has(what)) return await this.#session.rows(`SHOW ${what} IN SCHEMA ${place}`)
    const rows: Row[] = []
    for (let after: string | undefined; ; ) {
      const from = after === undefined ? '' : ` FROM ${literal(after)}`
      const page = await this.#session.rows(`SHOW ${what} IN SCHEMA ${place} LIMIT ${LIMIT}${from}`)
      rows.push(...page)
      const last = page.at(-1)?.name ?? undefined
      if (page.length < LIMIT || last === undefined || last === after) return rows
      after = last
    }
  }
}

/** Keys are listed by the table that has them. */
function schemaOf(row: Row): string {
  return row.fk_schema_name ?? row.schema_name ?? ''
}

/** A text in SHOW commands, which take no values beside them; a backslash escapes. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

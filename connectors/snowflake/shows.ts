import { pagesOf, quoteIdentifier, quotePath } from '../kit/index.ts'
import { isHidden } from './errors.ts'
import type { Row, Session } from './session.ts'

/** The most rows that a SHOW command answers with. https://docs.snowflake.com/en/sql-reference/sql/show-tables */
const LIMIT = 10_000

/** Commands that list what lies in tables, and so cannot be continued from a name on: beyond the limit each table is asked. */
const IN_TABLES = new Set(['PRIMARY KEYS', 'UNIQUE KEYS', 'IMPORTED KEYS', 'INDEXES'])
/** Tables asked side by side. */
const CONCURRENCY = 8

/** All rows of a command that lists objects by their names, page after page. */
export async function showAll(
  ask: (text: string) => Promise<readonly Row[]>,
  command: string,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let after: string | undefined; ; ) {
    const from = after === undefined ? '' : ` FROM ${literal(after)}`
    const page = await ask(`SHOW ${command} LIMIT ${LIMIT}${from}`)
    rows.push(...page)
    const last = page.at(-1)?.name ?? undefined
    if (page.length < LIMIT || last === undefined || last === after) return rows
    after = last
  }
}

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
    const place = quotePath([this.#database, schema])
    const ask = (text: string) => this.#session.rows(text)
    if (!IN_TABLES.has(what)) return await showAll(ask, `${what} IN SCHEMA ${place}`)
    const rows = await ask(`SHOW ${what} IN SCHEMA ${place}`)
    return rows.length >= LIMIT ? await this.#byTable(what, schema) : rows
  }

  async #byTable(what: string, schema: string): Promise<readonly Row[]> {
    const place = quotePath([this.#database, schema])
    const tables = await showAll((text) => this.#session.rows(text), `TERSE TABLES IN SCHEMA ${place}`)
    const rows: Row[] = []
    for (const page of pagesOf(tables, CONCURRENCY)) {
      const answers = page.map(async ({ name }) => {
        try {
          return await this.#session.rows(`SHOW ${what} IN TABLE ${quotePath([this.#database, schema, name ?? ''])}`)
        } catch (error) {
          // It may have gone since it was listed.
          if (isHidden(error)) return []
          throw error
        }
      })
      rows.push(...(await Promise.all(answers)).flat())
    }
    return rows
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

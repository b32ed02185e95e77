/** What a date-sharded table is called for all of its shards, as `lineage/` takes it from texts: `events_yyyymmdd`. */
const SUFFIX = 'yyyymmdd'

/** A table that is one day of a family. https://cloud.google.com/bigquery/docs/partitioned-tables#dt_partition_shard */
export interface Shard {
  /** The name of the whole: `events_yyyymmdd`. */
  readonly family: string
  /** `20260131` */
  readonly day: string
}

/** Tells a shard by its name; undefined for any other table. */
export function shardOf(name: string): Shard | undefined {
  const [, stem, day] = /^(.+?)((?:19|20|21)\d{6})$/s.exec(name) ?? []
  if (stem === undefined || day === undefined || /\d$/.test(stem) || !isDate(day)) return undefined
  return { family: `${stem}${SUFFIX}`, day }
}

function isDate(day: string): boolean {
  const [year, month, date] = [Number(day.slice(0, 4)), Number(day.slice(4, 6)), Number(day.slice(6))]
  const time = new Date(Date.UTC(year, month - 1, date))
  return time.getUTCMonth() === month - 1 && time.getUTCDate() === date
}

/** The stem of a family's name: `events_`; undefined for a name that is none. */
export function familyStem(name: string): string | undefined {
  return name.endsWith(SUFFIX) && name.length > SUFFIX.length ? name.slice(0, -SUFFIX.length) : undefined
}

/** What is known of a family from the list of tables alone. */
export interface Family {
  readonly name: string
  /** The newest shard: its schema is the family's. */
  readonly newest: string
  readonly count: number
  readonly first: string
  readonly last: string
}

/** Only the kinds that hold rows come in shards. */
const SHARDED: ReadonlySet<string> = new Set(['TABLE', 'EXTERNAL'])

/** Gathers the shards of a listing, in whatever order they come. */
export function createFamilies(): {
  /** Whether the table is a shard, which is then counted. */
  add(name: string, type: string): boolean
  all(): readonly Family[]
} {
  const families = new Map<string, Family>()
  return {
    add(name, type) {
      const shard = SHARDED.has(type) ? shardOf(name) : undefined
      if (shard === undefined) return false
      const { family, day } = shard
      const known = families.get(family)
      const newer = known === undefined || day > known.last
      families.set(family, {
        name: family,
        newest: newer ? name : known.newest,
        count: (known?.count ?? 0) + 1,
        first: known === undefined || day < known.first ? day : known.first,
        last: newer ? day : known.last,
      })
      return true
    },
    all: () => [...families.values()],
  }
}

/** A table's name as the catalogue has it: a shard's is its family's. */
export function cataloguedName(name: string): string {
  return shardOf(name)?.family ?? name
}

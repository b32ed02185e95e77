import { compilePattern, type NameFilter, quoteIdentifier } from '../kit/index.ts'
import type { Binds } from './binds.ts'
import type { SnowflakeConfig } from './config.ts'

/** Where the catalogue of one database is read. */
export interface Catalog {
  readonly database: string
  readonly config: SnowflakeConfig
  /** True for ACCOUNT_USAGE, which is late, knows immutable ids, and keeps what was dropped. */
  readonly late: boolean
}

export function catalogOf(config: SnowflakeConfig, database: string): Catalog {
  return { database, config, late: config.catalog === 'account_usage' }
}

/** A view of the catalogue; those that ACCOUNT_USAGE does not have are read in the database itself. */
export function viewOf({ database, late }: Catalog, view: string, where: 'either' | 'database' = 'either'): string {
  return late && where === 'either'
    ? `SNOWFLAKE.ACCOUNT_USAGE.${view}`
    : `${quoteIdentifier(database)}.INFORMATION_SCHEMA.${view}`
}

/** What a reading is confined to. */
export type Selection =
  | {
      /** A part of the names, where all of them are too many for one reading. */
      readonly schemas?: readonly string[]
      readonly names?: NameRange
    }
  | { readonly objects: readonly { readonly schema: string; readonly name: string }[] }

/** Names from one (inclusive) to another (exclusive), in the order of their UTF-8 bytes. */
export interface NameRange {
  readonly from?: string
  readonly to?: string
  /** What all of them begin with, where the server is to be told. */
  readonly prefix?: string
  /** What the ends of the range have in common. */
  readonly stem?: string
}

export interface Columns {
  readonly schema: string
  /** Absent where an object is a schema. */
  readonly name?: string
  /** Whether the filter of tables holds for these objects. */
  readonly filtered?: boolean
}

/** The condition of a reading: the selection, and the filters as far as the server can apply them. */
export function conditionOf({ config }: Catalog, selection: Selection, columns: Columns, binds: Binds): string {
  const { schema, name, filtered = false } = columns
  const parts = [`${schema} <> 'INFORMATION_SCHEMA'`, ...schemaConditions(config.schemas, schema, binds)]
  if (filtered && name !== undefined) parts.push(...likeConditions(config.tables, name, binds))
  if ('objects' in selection) {
    parts.push(`${schema} IN (${binds.list(selection.objects.map((object) => object.schema))})`)
    if (name !== undefined) parts.push(`${name} IN (${binds.list(selection.objects.map((object) => object.name))})`)
    return parts.join(' AND ')
  }
  if (selection.schemas !== undefined) parts.push(`${schema} IN (${binds.list(selection.schemas)})`)
  if (selection.names !== undefined) {
    // A schema has no name within itself: it is told with the first of its ranges.
    if (name !== undefined) parts.push(...rangeConditions(selection.names, name, binds))
    else if (selection.names.from !== undefined) parts.push('1 = 0')
  }
  return parts.join(' AND ')
}

function rangeConditions({ from, to, prefix }: NameRange, column: string, binds: Binds): string[] {
  return [
    ...(prefix === undefined ? [] : [`${column} LIKE ${binds.add(`${escapeLike(prefix)}%`)} ESCAPE '!'`]),
    ...(from === undefined ? [] : [`${column} >= ${binds.add(from)}`]),
    ...(to === undefined ? [] : [`${column} < ${binds.add(to)}`]),
  ]
}

/** What is said of the database itself stands under no schema, and is never left out. */
function schemaConditions(filter: NameFilter | undefined, column: string, binds: Binds): string[] {
  const conditions = likeConditions(filter, column, binds)
  return column.startsWith('CASE ') && conditions.length > 0
    ? [`(${column} = '' OR ${conditions.join(' AND ')})`]
    : conditions
}

/** Globs are for the server; regular expressions, which Snowflake reads otherwise, are applied on this side alone. */
function likeConditions(filter: NameFilter | undefined, column: string, binds: Binds): string[] {
  const { allow, deny = [] } = filter ?? {}
  const like = (pattern: string) => `${column} LIKE ${binds.add(globToLike(pattern))} ESCAPE '!'`
  return [
    ...(allow?.every(isGlob) === true ? [`(${allow.map(like).join(' OR ')})`] : []),
    ...deny.filter(isGlob).map((pattern) => `NOT ${like(pattern)}`),
  ]
}

function isGlob(pattern: string): boolean {
  compilePattern(pattern)
  return !/^\/[\s\S]+\/$/.test(pattern)
}

function globToLike(glob: string): string {
  return escapeLike(glob).replaceAll('*', '%').replaceAll('?', '_')
}

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, '!$&')
}

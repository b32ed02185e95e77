import type { DatabaseSync } from 'node:sqlite'
import { compareNames } from '../kit/index.ts'
import { namesInFrom } from './create-other.ts'
import { sqliteCode } from './errors.ts'
import type { Outline, Relation } from './outline.ts'
import { foldName } from './tokens.ts'

/** The authorizer's action code for reading a column: https://www.sqlite.org/c3ref/c_alter_table.html */
const SQLITE_READ = 20
const SQLITE_OK = 0

/** What preparing a query over a view or virtual table told. */
export interface Probe {
  /** A view of what was dropped, or a module that is not here: a fact of the schema, not a failure to read it. */
  readonly error?: string
  /** Names of all the tables read, those behind other views included. */
  readonly reads: ReadonlySet<string>
}

/**
 * Prepares, and does not run, a query over each relation. Older Node versions lack the authorizer, which tells the
 * reads: then there are none. It is set once for all, since setting it makes SQLite compile every statement again.
 */
export function probeRelations(database: DatabaseSync, relations: readonly Relation[]): ReadonlyMap<number, Probe> {
  const canAuthorize = relations.length > 0 && typeof database.setAuthorizer === 'function'
  let reads = new Set<string>()
  if (canAuthorize) {
    database.setAuthorizer((action, table, _column, schema) => {
      if (action === SQLITE_READ && table !== null && schema === 'main') reads.add(table)
      return SQLITE_OK
    })
  }
  try {
    return new Map(
      relations.map(({ rowid, name }) => {
        reads = new Set()
        const error = prepareError(database, `SELECT * FROM main."${name.replaceAll('"', '""')}"`)
        return [rowid, error === undefined ? { reads } : { reads, error }]
      }),
    )
  } finally {
    if (canAuthorize) database.setAuthorizer(null)
  }
}

function prepareError(database: DatabaseSync, sql: string): string | undefined {
  try {
    database.prepare(sql)
    return undefined
  } catch (error) {
    if (!(error instanceof Error) || sqliteCode(error) !== 'SQLITE_ERROR') throw error
    return error.message
  }
}

/**
 * The relations a view reads directly: SQLite has no catalogue of dependencies, but of the tables it says the view
 * reads, these are the ones that stand in the view's own FROM clauses.
 */
export function findUpstreams(view: Relation, sql: string, reads: Probe['reads'], outline: Outline): string[] {
  const named = namesInFrom(sql)
  const found = [...reads].map((name) => outline.find(name)).filter((relation) => relation !== undefined)
  const direct = found.filter((relation) => relation !== view && named.has(foldName(relation.name)))
  return [...new Set(direct.map(({ name }) => name))].sort(compareNames)
}

import type { DatabaseSync } from 'node:sqlite'
import { namesInFrom } from './create-other.ts'
import type { Outline, Relation } from './outline.ts'
import { foldName } from './tokens.ts'

/** The authorizer's action code for reading a column: https://www.sqlite.org/c3ref/c_alter_table.html */
const SQLITE_READ = 20
const SQLITE_OK = 0

/**
 * The relations that a view's own query names and SQLite resolves. SQLite has no catalogue of dependencies, but its
 * authorizer tells which tables a statement reads, those behind other views included; of these, the ones that stand in
 * the view's FROM clauses are its direct upstreams. Older Node versions lack the authorizer: then there are none.
 */
export function createViewReader(database: DatabaseSync, outline: Outline) {
  let read = new Set<string>()
  const canAuthorize = typeof database.setAuthorizer === 'function'
  return (view: Relation, sql: string): { readonly upstreams: readonly Relation[]; readonly error?: unknown } => {
    read = new Set()
    if (canAuthorize) {
      database.setAuthorizer((action, table, _column, schema) => {
        if (action === SQLITE_READ && table !== null && schema === 'main') read.add(table)
        return SQLITE_OK
      })
    }
    try {
      database.prepare(`SELECT * FROM main."${view.name.replaceAll('"', '""')}"`)
    } catch (error) {
      return { upstreams: [], error }
    } finally {
      if (canAuthorize) database.setAuthorizer(null)
    }
    const named = namesInFrom(sql)
    const found = [...read].map((name) => outline.find(name)).filter((relation) => relation !== undefined)
    return { upstreams: found.filter((relation) => relation !== view && named.has(foldName(relation.name))) }
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { type AssetStatistics, type NameFilter, whyLeftOut } from '../kit/index.ts'

const HAS_STATISTICS = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'sqlite_stat1'"
/** The first number is the rows of the table, or of the index where it covers only some of them. */
const ROW_COUNTS = `
  SELECT s.name, max(CAST(t.stat AS INTEGER)) AS rows FROM main.sqlite_stat1 t
  JOIN main.sqlite_schema s ON s.type = 'table' AND s.name = t.tbl WHERE s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
  GROUP BY s.name`

/** Row counts as of the last ANALYZE, if there has been any: counting would read the file from end to end. */
export function readRowCounts(database: DatabaseSync, file: string, tables: NameFilter | undefined): AssetStatistics[] {
  if (database.prepare(HAS_STATISTICS).get() === undefined) return []
  return database
    .prepare(ROW_COUNTS)
    .all()
    .filter(({ name }) => whyLeftOut(tables, String(name)) === undefined)
    .map(({ name, rows }) => ({ group: 'relation', path: [file, String(name)], rowCount: Number(rows) }))
}

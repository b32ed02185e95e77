import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'

export type Row = Readonly<Record<string, SQLOutputValue>>

/** Rows of a page of relations, by the relation's rowid in sqlite_schema. */
export type ByRelation = ReadonlyMap<number, readonly Row[]>

export interface PageRows {
  /** Rows of sqlite_schema by their own rowid: relations, their indexes and triggers. */
  readonly schema: ReadonlyMap<number, Row>
  readonly columns: ByRelation
  readonly indexes: ByRelation
  readonly foreignKeys: ByRelation
}

/** Relations are given by rowid, so that a name need not survive the way through a JavaScript string. */
const OF = 'WHERE s.rowid IN (SELECT value FROM json_each(?))'

// https://www.sqlite.org/pragma.html: the pragmas as table-valued functions; CROSS JOIN keeps their order.
const SCHEMA = `SELECT s.rowid AS id, s.type, s.name, s.sql FROM main.sqlite_schema s ${OF}`
const COLUMNS = `
  SELECT s.rowid AS id, x.cid, x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden
  FROM main.sqlite_schema s CROSS JOIN pragma_table_xinfo(s.name, 'main') x ${OF} ORDER BY s.rowid, x.cid`
const INDEXES = `
  SELECT s.rowid AS id, l.name, l."unique", l.origin, x.seqno, x.name AS "column"
  FROM main.sqlite_schema s CROSS JOIN pragma_index_list(s.name, 'main') l
    CROSS JOIN pragma_index_xinfo(l.name, 'main') x
  ${OF} AND x.key ORDER BY s.rowid, l.seq, x.seqno`
const FOREIGN_KEYS = `
  SELECT s.rowid AS id, f.id AS number, f.seq, f."table", f."from", f."to", f.on_update, f.on_delete
  FROM main.sqlite_schema s CROSS JOIN pragma_foreign_key_list(s.name, 'main') f
  ${OF} ORDER BY s.rowid, f.id DESC, f.seq`

export function createQueries(database: DatabaseSync) {
  const group = (sql: string) => {
    const statement = database.prepare(sql)
    return (rowids: readonly number[]): ByRelation =>
      Map.groupBy(statement.all(JSON.stringify(rowids)), (row) => Number(row.id))
  }
  const [schema, columns, indexes, foreignKeys] = [group(SCHEMA), group(COLUMNS), group(INDEXES), group(FOREIGN_KEYS)]
  return {
    columns,
    /** One page by rowids: ordinary tables, views and virtual tables that work, and everything whose text is wanted. */
    page: (input: Readonly<Record<'tables' | 'others' | 'texts', readonly number[]>>): PageRows => ({
      schema: new Map([...schema(input.texts)].flatMap(([id, [row]]) => (row === undefined ? [] : [[id, row]]))),
      columns: columns([...input.tables, ...input.others]),
      indexes: indexes(input.tables),
      foreignKeys: foreignKeys(input.tables),
    }),
  }
}

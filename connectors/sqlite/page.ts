import type { DatabaseSync } from 'node:sqlite'
import type { AssetRecord } from '../kit/index.ts'
import { readCreateVirtualTable } from './create-other.ts'
import { readCreateTable } from './create-table.ts'
import type { Outline, Relation } from './outline.ts'
import { createQueries, type PageRows } from './queries.ts'
import { toFields, toTableParts, toTriggers } from './records.ts'
import { findUpstreams, type Probe, probeRelations } from './views.ts'

/** Reads the records of a page of relations, in their order. */
export function createPageReader(database: DatabaseSync, file: string, outline: Outline) {
  const queries = createQueries(database)
  return (page: readonly Relation[]): AssetRecord[] => {
    // One broken view would fail a query over many: they are tried first.
    const probes = probeRelations(
      database,
      page.filter((relation) => !isOrdinary(relation)),
    )
    const rows = queries.page({
      tables: page.filter(isOrdinary).map(({ rowid }) => rowid),
      others: [...probes].filter(([, probe]) => probe.error === undefined).map(([rowid]) => rowid),
      texts: page.flatMap(({ rowid, owned }) => [rowid, ...owned]),
    })
    const toTable = tableReader({ file, outline, rows, columnsOf: queries.columns })
    const toOther = otherReader({ file, outline, rows })
    const toRecord = (relation: Relation, probe: Probe | undefined): AssetRecord => ({
      kind: relation.kind,
      path: [file, relation.name],
      parent: { group: 'container', path: [file] },
      ...(probe === undefined ? toTable(relation) : toOther(relation, probe)),
      facets: toTriggers(ownedRows(relation, rows, 'trigger')),
    })
    return page.map((relation) => toRecord(relation, probes.get(relation.rowid)))
  }
}

interface ReaderInput {
  readonly file: string
  readonly outline: Outline
  readonly rows: PageRows
}

/** Reads a page's views and virtual tables. */
function otherReader({ file, outline, rows }: ReaderInput) {
  return (relation: Relation, { error, reads }: Probe): Partial<AssetRecord> => {
    const text = textOf(rows, relation.rowid)
    const fields = error === undefined ? { fields: toFields(rows.columns.get(relation.rowid) ?? []) } : {}
    const trouble = error === undefined ? {} : { error }
    if (relation.kind === 'virtual table') {
      return { ...fields, properties: { ...readCreateVirtualTable(text), ...trouble } }
    }
    const upstreams = findUpstreams(relation, text, reads, outline)
    return {
      ...fields,
      properties: trouble,
      definition: { language: 'sql', text },
      upstreams: upstreams.map((name) => ({ group: 'relation', path: [file, name], origin: 'catalogue' })),
    }
  }
}

interface TableReaderInput extends ReaderInput {
  readonly columnsOf: (rowids: readonly number[]) => PageRows['columns']
}

/** Reads a page's ordinary tables; the tables that their foreign keys refer to are looked up together. */
function tableReader({ file, outline, rows, columnsOf }: TableReaderInput) {
  const keys = [...rows.foreignKeys.values()].flat()
  const named = keys.map((row) => outline.find(String(row.table)))
  const parents = named.filter((relation) => relation !== undefined).filter(isOrdinary)
  const parentColumns = columnsOf([...new Set(parents.map(({ rowid }) => rowid))])
  const parent = (name: string) => {
    const relation = outline.find(name)
    return relation && { name: relation.name, columns: parentColumns.get(relation.rowid) ?? [] }
  }
  return (relation: Relation): Partial<AssetRecord> => {
    const { rowid } = relation
    const text = readCreateTable(textOf(rows, rowid))
    const { withoutRowid, strict, autoincrement } = text
    const parts = toTableParts({
      path: [file, relation.name],
      text,
      columns: rows.columns.get(rowid) ?? [],
      indexes: rows.indexes.get(rowid) ?? [],
      foreignKeys: rows.foreignKeys.get(rowid) ?? [],
      indexTexts: new Map(ownedRows(relation, rows, 'index').map((row) => [String(row.name), String(row.sql)])),
      parent,
    })
    return { ...parts, properties: { withoutRowid, strict, autoincrement } }
  }
}

function isOrdinary({ kind }: Relation): boolean {
  return kind === 'table' || kind === 'shadow table'
}

function ownedRows({ owned }: Relation, { schema }: PageRows, type: 'index' | 'trigger') {
  return owned
    .map((rowid) => schema.get(rowid))
    .filter((row) => row?.type === type)
    .filter((row) => row !== undefined)
}

function textOf({ schema }: PageRows, rowid: number): string {
  return String(schema.get(rowid)?.sql ?? '')
}

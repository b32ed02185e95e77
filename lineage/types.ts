import type { Dialect } from './dialects.ts'

/** The exact parts of a relation's name, outermost first: `[database, schema, table]`, as many as the dialect has. */
export type TableName = readonly string[]

export interface TableSchema {
  readonly name: TableName
  /** In order. */
  readonly columns: readonly string[]
}

/**
 * What the catalogue knows of a table. The name comes folded by the dialect's rule and completed by the defaults; where it is not known
 * as written, one that differs in case alone may be given. Nothing known: `undefined`, never an empty list of columns.
 */
export type SchemaLookup = (name: TableName) => TableSchema | undefined

/** Where unqualified names lead. `schemas` are tried in order, as PostgreSQL's search_path; the first is where new tables go. */
export interface Defaults {
  readonly database?: string
  readonly schemas?: readonly string[]
  /** `schemas` are a guess: an unqualified name is placed only where exactly one of them has it, and left bare otherwise. */
  readonly assumed?: boolean
}

/** How a value comes out of those it reads. */
export type Transformation = 'identity' | 'expression' | 'aggregate' | 'window' | 'constant'

/** OpenLineage's subtypes: the first three are DIRECT, the others INDIRECT. https://openlineage.io/docs/spec/facets/dataset-facets/column_lineage_facet */
export type EdgeSubtype =
  | 'IDENTITY'
  | 'TRANSFORMATION'
  | 'AGGREGATION'
  | 'JOIN'
  | 'GROUP_BY'
  | 'FILTER'
  | 'SORT'
  | 'WINDOW'
  | 'CONDITIONAL'

export interface ColumnRead {
  readonly table: TableName
  readonly column: string
  /** Sorted; one column may be read in several ways. */
  readonly subtypes: readonly EdgeSubtype[]
  /** 1: said by the statement and the catalogue; less where a name was placed by elimination. */
  readonly confidence: number
}

/** One column a statement gives, and all that its value reads. */
export interface DerivedColumn {
  /** `undefined`: the result of a query that writes nowhere. */
  readonly table: TableName | undefined
  readonly column: string
  readonly transformation: Transformation
  /** The expression as written, where it is more than a column. */
  readonly expression: string | undefined
  /** Where that stands, or the statement where nothing more is known. */
  readonly lines: Lines
  readonly reads: readonly ColumnRead[]
}

/** Lines of the text, from 1, both counted in. */
export interface Lines {
  readonly first: number
  readonly last: number
}

/** Columns that decide which rows a table gets, not what is in them: filters, joins, groups, order. */
export interface DerivedInfluence {
  readonly table: TableName | undefined
  readonly reads: readonly ColumnRead[]
}

export type GapReason =
  | 'unknown_table'
  | 'unknown_column'
  | 'ambiguous_column'
  | 'column_count'
  | 'dynamic_sql'
  | 'unsupported_clause'
  | 'unsupported_language'
  | 'template'
  | 'parse_error'
  | 'too_deep'
  | 'timeout'
  /** A fault of the engine itself. */
  | 'internal'

export interface Position {
  /** In UTF-16 units from the beginning of the text, from 0. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

/** Something the lineage does not know, and why. */
export interface Gap {
  readonly reason: GapReason
  readonly message: string
  readonly position: Position | undefined
  /** Output columns that lack edges for it; empty where it is not about single columns. */
  readonly columns: readonly string[]
}

export type StatementKind =
  | 'select'
  | 'create_view'
  | 'create_table'
  | 'insert'
  | 'update'
  | 'delete'
  | 'merge'
  | 'copy'
  | 'clone'
  | 'rename'
  | 'drop'
  | 'other'

export interface TableUse {
  readonly name: TableName
  /** Lives in the session alone; what reads it has its lineage from what fed it. */
  readonly temporary: boolean
  /** Whether the lookup knows it. */
  readonly known: boolean
}

export interface StatementLineage {
  readonly kind: StatementKind
  /** SHA-256 of the statement's text. */
  readonly hash: string
  readonly start: number
  readonly end: number
  readonly lines: Lines
  /** The procedure, function or trigger the statement stands in. */
  readonly routine: TableName | undefined
  /** resolved: nothing is missing · partial: see `gaps` · failed: nothing is known but the gap. */
  readonly outcome: 'resolved' | 'partial' | 'failed'
  /** Relations read, temporary ones resolved into what feeds them. */
  readonly inputs: readonly TableUse[]
  readonly outputs: readonly TableUse[]
  /** Files, folders and stages read and written, as the statement names them: `s3://bucket/key`, `@stage/path`, `/data/x.csv`. They are no tables. */
  readonly filesRead: readonly string[]
  readonly filesWritten: readonly string[]
  readonly columns: readonly DerivedColumn[]
  readonly influences: readonly DerivedInfluence[]
  readonly renames: readonly { readonly from: TableName; readonly to: TableName; readonly swap: boolean }[]
  readonly drops: readonly TableName[]
  readonly gaps: readonly Gap[]
}

export interface DeriveInput {
  readonly text: string
  readonly dialect: Dialect
  readonly defaults?: Defaults
  readonly lookup: SchemaLookup
  /** dbt's manifest, as far as it matters: what `ref` and `source` lead to. */
  readonly manifest?: Manifest
}

export interface Manifest {
  /** By model, or by `package.model`. */
  readonly refs: Readonly<Record<string, TableName>>
  /** By `source.table`. */
  readonly sources: Readonly<Record<string, TableName>>
}

export interface DeriveResult {
  readonly statements: readonly StatementLineage[]
  /** Every name looked up, completed by the defaults: when columns of one change, the text is to be derived again. */
  readonly consulted: readonly TableName[]
}

/** What a text is about, before anything is known of the tables it names. */
export interface Consulted {
  readonly names: readonly TableName[]
  /** Whether it may put what it reads into a table that stays, or could not be read. Views do not: they move nothing. */
  readonly moves: boolean
}

/** A text with the tables it may read, each by a name that it consults: a worker thread cannot ask the store. */
export interface PoolInput extends Omit<DeriveInput, 'lookup'> {
  readonly tables: readonly TableSchema[]
}

import type { AssetKind, AssetRecord } from '../../kit/index.ts'
import type { Server } from '../server.ts'
import type { Types } from '../types.ts'

/** What one page shares: the spellings of types by `oid:modifier`, and the types. */
export interface TypeBook {
  readonly names: ReadonlyMap<string, string>
  readonly types: Types
}

/** Where the rows of a page come from. */
export interface Place {
  readonly database: string
  readonly databaseOid: string
}

/**
 * Objects of some schemas (those of the database's own level are then all meant), or by their ids. `relations` is a
 * condition on the names of relations, `c.relname`.
 */
export type Selection = { readonly schemas: string; readonly relations: string } | { readonly oids: string }

/** What every row begins with. */
export interface ObjectRow {
  readonly oid: string
  /** Null for what is in no schema. */
  readonly schema: string | null
  readonly name: string
}

/** One family of objects: a catalogue, how its objects are listed and what is said of each. */
export interface Family<Row extends ObjectRow = ObjectRow> {
  /** Begins the immutable id: `fn:16384.24577`. */
  readonly prefix: string
  readonly group: AssetKind['group']
  /** Whether its objects are in schemas. */
  readonly inSchemas?: boolean
  /** Of the whole server, and seen from each of its databases that it matters to. */
  readonly shared?: boolean
  /** Answers `oid, schema, name, fingerprint`; takes no locks. */
  stamps(selection: Selection, server: Server): string
  /** Answers the rows that `record` takes. */
  rows(oids: string, server: Server): string
  /** The record but for its immutable id. */
  record(row: Row, place: Place, book: TypeBook): AssetRecord
}

/** The condition for a selection, given where an object's id and its schema's are. */
export function selected(selection: Selection, oid: string, namespace?: string): string {
  if ('oids' in selection) return `${oid} = any('{${selection.oids}}'::oid[])`
  return namespace === undefined ? 'true' : `${namespace} = any('{${selection.schemas}}'::oid[])`
}

/** Ties a family's row type to its record; the engine of this connector holds families of every row type. */
export function defineFamily<Row extends ObjectRow>(family: Family<Row>): Family {
  // A row reaches `record` only from the same family's `rows`.
  return family as unknown as Family
}

/** The immutable id. What is of the whole server carries no database; the database is its own. */
export function nativeIdOf(
  { prefix, shared }: { readonly prefix: string; readonly shared?: boolean },
  oid: string,
  place: Place,
): string {
  return shared ? `${prefix}:${oid}` : `${prefix}:${place.databaseOid}.${oid}`
}

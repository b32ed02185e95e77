import type { NamePath } from '../../model/names.ts'
import type { Json } from '../../model/records.ts'
import type { NamedAsset } from './capabilities.ts'

/** An asset with a definition, as its record tells of it. */
export interface DefinedAsset extends NamedAsset {
  readonly kind: string
  /** The definition's. */
  readonly language: string
  readonly properties: Readonly<Record<string, Json>>
}

/** Where names that a text does not qualify lead. */
export interface NameDefaults {
  readonly database?: string
  /** Tried in order, as PostgreSQL's search_path; the first is where what nobody knows is taken to be. */
  readonly schemas?: readonly string[]
  /**
   * Nothing in the source fixes `schemas`: a relation found in exactly one of them is meant; one found in none or in
   * several is told as not known.
   */
  readonly assumed?: boolean
}

/**
 * How the SQL that a connector brings is to be read: definitions of views and routines, statements of the query log.
 * Names reach these functions as the dialect keeps them, completed by the defaults, outermost part first.
 */
export interface SqlTexts {
  /** One of `lineage/dialects.ts`, such as `postgres`. */
  readonly dialect: string
  /** Raised, below 1,000, whenever names lead elsewhere than before: every text is then read again. 0 when absent. */
  readonly version?: number
  /** Languages of definitions that are no text to read: `c`. Others that are not SQL are told as gaps. */
  readonly opaque?: readonly string[]
  defaults(asset: DefinedAsset): NameDefaults
  /** For a statement of the log of a scope, by the scope's key. */
  logDefaults?(scope: string, database: string | undefined): NameDefaults
  /**
   * The path of the relation that a name means, as records have it; undefined where it is none that could be crawled, or
   * the name says too little. `near` is the path of the asset whose text it is; for a log, of its database.
   */
  assetPath(name: NamePath, near: NamePath): NamePath | undefined
  /** Whether a name that nobody has crawled is the system's own: neither lineage nor a gap. */
  isSystem?(name: NamePath): boolean
  /** For texts about relations that live elsewhere, each maybe in another system: how one is read. */
  foreign?(asset: DefinedAsset): ForeignText
}

/** How a text is read that names relations of other systems: a file of a repository, the custom SQL of a BI tool. */
export interface ForeignText {
  /** Of the edges it yields. */
  readonly origin: 'code' | 'bi'
  /** As {@link SqlTexts.dialect}; `generic` where nobody said. */
  readonly dialect: string
  /** Where the relations live; absent: nobody said, and no name leads anywhere. */
  readonly namespace?: string
  readonly defaults: NameDefaults
  /** Makes SQL of the definition, where that holds more: a tool's own placeholders. Pure; {@link SqlTexts.version} tells of a change. */
  readonly toSql?: (text: string) => string
  /** The relation that a bare query of the text fills, as a dbt model does; absent: the asset itself. */
  readonly target?: NamePath
  /** What `ref` and `source` of a template lead to. */
  readonly manifest?: {
    readonly refs: Readonly<Record<string, NamePath>>
    readonly sources: Readonly<Record<string, NamePath>>
  }
}

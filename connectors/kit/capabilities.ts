import type { IngestError } from '../../model/errors.ts'
import type { NamePath } from '../../model/names.ts'
import type { Json, KindGroup } from '../../model/records.ts'

/**
 * What a connector may offer beyond the catalogue. Each is a method of the handle, and is declared in the manifest, so
 * that it can be asked for without opening a connection.
 */
export type Capability = 'statistics' | 'usage' | 'queryLog' | 'lineage' | 'preview'

/** Names an asset as its record does. */
export interface NamedAsset {
  readonly group: KindGroup
  readonly path: NamePath
}

/** Numbers that move with the data. What the source does not know is absent. */
export interface AssetStatistics extends NamedAsset {
  /** Rows, exact or estimated. */
  readonly rowCount?: number
  /** All that it occupies in the source: indexes, overflow storage and partitions included. */
  readonly bytes?: number
  /** What is checked of it from outside: of a pull request, its head commit by CI. */
  readonly checks?: CheckCounts
}

/** How many checks stand how; none of any where nothing is checked. */
export interface CheckCounts {
  /** The verdict over all of them, in the source's word in lower case: `success`, `failure`, `pending`. */
  readonly state?: string
  readonly passed: number
  readonly failed: number
  /** Waiting or running. */
  readonly pending: number
}

/** How much an asset has been used since `since`, as the source itself counted. What it does not know is absent. */
export interface AssetUsage extends NamedAsset {
  /** Times it was read, in the source's own unit: scans in PostgreSQL, queries in a warehouse, views of a dashboard. */
  readonly reads?: number
  /** Rows or objects written. */
  readonly writes?: number
  /** Distinct users, where the source tells them apart. */
  readonly users?: number
  readonly lastReadAt?: Date
  readonly lastWrittenAt?: Date
  /** When the source began to count. */
  readonly since?: Date
}

/** One statement that the source has run. */
export interface LoggedQuery {
  /** As the source keeps it: often with the constants taken out. */
  readonly text: string
  /** How often it ran since the watermark; since the log began when there was none. */
  readonly calls: number
  readonly user?: string
  readonly database?: string
  /** Milliseconds it took on average, over all of its calls. */
  readonly meanMs?: number
  /** When it ran last, where the source tells. */
  readonly at?: Date
}

/** A column that the source has seen filling another. */
export interface ObservedColumn {
  readonly upstream: NamedAsset
  /** The field's path in each: its name, or the steps to a nested one. */
  readonly from: NamePath
  readonly to: NamePath
}

/** What a source has itself recorded of data going into one asset, by whatever statements or loads. */
export interface ObservedLineage {
  readonly downstream: NamedAsset
  /** Everything it was made from, assets of this source's namespace, crawled or not. */
  readonly upstreams: readonly NamedAsset[]
  /** As far as the source tells of columns. */
  readonly columns: readonly ObservedColumn[]
}

export interface QueryLogVerdict {
  /** Where the next reading starts: opaque text of the connector's, at most a few MB. */
  readonly watermark: string
  /** Why some statements are missing, and what to do. */
  readonly error?: IngestError
}

/** The most rows that a preview may be asked for. */
export const PREVIEW_MAX_ROWS = 1_000
/** How long a source may take over a preview once it is connected, locks included. */
export const PREVIEW_TIMEOUT_MS = 3_000
/** What all values of a preview may take together, about; a longer value is cut, and ends in an ellipsis. */
export const PREVIEW_MAX_CHARACTERS = 4_000_000
const LONGEST_VALUE = 1_000
const SHORTEST_VALUE = 16

/** How many characters of each value a preview of that size has room for. */
export function previewValueLength(rows: number, columns: number): number {
  const room = Math.floor(PREVIEW_MAX_CHARACTERS / Math.max(1, rows * columns))
  return Math.max(SHORTEST_VALUE, Math.min(LONGEST_VALUE, room))
}

export interface PreviewColumn {
  readonly name: string
  readonly nativeType: string
}

/** A few rows as they are now. They are shown to the person who asked, and kept nowhere. */
export interface Preview {
  readonly columns: readonly PreviewColumn[]
  /** A value per column: a number where it holds the value exactly, else text as the source writes it. */
  readonly rows: readonly (readonly Json[])[]
}

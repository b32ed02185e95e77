import type { LineageDirection, ReachedAsset } from './queries-lineage.ts'
import type { Query } from './store.ts'

/** The column of an asset that is meant, in any letter case; one that is known from a text alone counts. */
export async function findLineageColumn(sql: Query, assetId: number, column: string): Promise<string | undefined> {
  const [row] = await sql<{ path: string }[]>`
    select path from (
      select array_to_string(path, '.') as path from tidemark.field where asset_id = ${assetId} and removed_at is null
      union
      select tidemark.field_path(${assetId}, key) from (
        select upstream_field from tidemark.lineage_field_edge where upstream_id = ${assetId} and valid_to is null
        union
        select downstream_field from tidemark.lineage_field_edge where downstream_id = ${assetId} and valid_to is null
      ) told (key) where key <> ''
    ) known
    where lower(path) = lower(${column}) order by path <> ${column}, path limit 1`
  return row?.path
}

/** A column reached by lineage, or an asset as a whole. */
export interface ReachedColumn extends ReachedAsset {
  /** Null: the asset as a whole. */
  readonly column: string | null
}

/** What a column is made from, or what it reaches, up to `depth` steps away. */
export async function listReachedColumns(
  sql: Query,
  { assetId, column }: { readonly assetId: number; readonly column: string },
  direction: LineageDirection,
  depth: number,
): Promise<ReachedColumn[]> {
  return [
    ...(await sql<ReachedColumn[]>`
      select asset_id as "assetId", asset, kind, column_name as "column", depth, path
      from tidemark.reach_columns(${assetId}, tidemark.require_field(${assetId}, ${column}), ${direction === 'downstream'}, ${depth})`),
  ]
}

/** Where lineage of columns is known from. */
export type LineageOrigin = 'definition' | 'log' | 'catalogue' | 'bi' | 'code'

/** Column to column, as a text tells it. */
export interface ColumnEdgeRow {
  readonly upstreamId: number
  readonly upstreamColumn: string
  readonly downstreamId: number
  /** Null: the asset's rows as a whole. */
  readonly downstreamColumn: string | null
  readonly influence: 'direct' | 'indirect'
  readonly transformation: string
  readonly subtypes: readonly string[]
  readonly expression: string | null
  readonly origin: LineageOrigin
  readonly confidence: number
  /** Lines of its text, from 1, both counted in; null where no text says so. */
  readonly line: number | null
  readonly endLine: number | null
  /** Of code: the dotted name of its repository, the path in it, and where to look at it as it was read. */
  readonly repository: string | null
  readonly file: string | null
  readonly commit: string | null
  readonly url: string | null
  /** Since when its source leaves it out; null while it tells of it. */
  readonly staleSince: Date | null
}

const EDGE = [
  ['upstream_id', 'upstreamId'],
  ['upstream_column', 'upstreamColumn'],
  ['downstream_id', 'downstreamId'],
  ['downstream_column', 'downstreamColumn'],
  ['influence', 'influence'],
  ['transformation', 'transformation'],
  ['subtypes', 'subtypes'],
  ['expression', 'expression'],
  ['origin', 'origin'],
  ['confidence', 'confidence'],
  ['line', 'line'],
  ['end_line', 'endLine'],
  ['repository', 'repository'],
  ['file', 'file'],
  ['commit', 'commit'],
  ['url', 'url'],
  ['stale_since', 'staleSince'],
] as const

/** The live column edges between assets of a set, in a fixed order. */
export async function listColumnEdgesAmong(sql: Query, ids: readonly number[]): Promise<ColumnEdgeRow[]> {
  const set = [...ids]
  return [
    ...(await sql<ColumnEdgeRow[]>`
      select ${edgeColumns(sql)} from catalog.column_lineage
      where downstream_id = any (${set}::bigint[]) and upstream_id = any (${set}::bigint[])
      order by downstream, downstream_id, downstream_column nulls last, influence, upstream, upstream_id, upstream_column, origin, file, line`),
  ]
}

/** A column that another is made from, with the name of its asset. */
export interface ColumnSourceRow extends ColumnEdgeRow {
  readonly upstream: string
}

/** What the columns of an asset, and its rows, are made from, one step up. */
export async function listColumnSources(sql: Query, assetId: number): Promise<ColumnSourceRow[]> {
  return [
    ...(await sql<ColumnSourceRow[]>`
      select ${edgeColumns(sql)}, upstream from catalog.column_lineage where downstream_id = ${assetId}
      order by downstream_column nulls last, influence, upstream, upstream_id, upstream_column, origin, file, line`),
  ]
}

const edgeColumns = (sql: Query) =>
  EDGE.map(([column, name], place) => sql`${place === 0 ? sql`` : sql`, `}${sql(column)} as ${sql(name)}`)

/** What became of a text that lineage was derived from. */
export interface TextOutcome {
  readonly outcome: 'resolved' | 'partial' | 'failed'
  readonly statements: number
  readonly resolved: number
  readonly partial: number
  readonly failed: number
  readonly unresolvedReferences: number
  readonly derivedAt: Date
}

/** Of the text that defines an asset; undefined where none was read. */
export async function readTextOutcome(sql: Query, assetId: number): Promise<TextOutcome | undefined> {
  const [row] = await sql<TextOutcome[]>`
    select outcome, statements, resolved, partial, failed, unresolved_references as "unresolvedReferences", derived_at as "derivedAt"
    from tidemark.lineage_text where asset_id = ${assetId}`
  return row
}

/** Something lineage does not know. */
export interface LineageGap {
  readonly source: string
  /** Null, like the asset: a statement of a query log. */
  readonly assetId: number | null
  readonly asset: string | null
  readonly origin: LineageOrigin
  readonly outcome: TextOutcome['outcome']
  readonly reason: string
  readonly message: string
  /** Both from 1; null where it has no place. */
  readonly line: number | null
  readonly position: number | null
  readonly columns: readonly string[]
  /** SHA-256 of the statement, in hex. */
  readonly statement: string | null
}

/** Of one source, or of one asset, or of all of an organization: in order of source, asset and place. */
export async function listGaps(
  sql: Query,
  {
    organization,
    source,
    assetId,
  }: { readonly organization: string; readonly source?: string; readonly assetId?: number },
): Promise<LineageGap[]> {
  return [
    ...(await sql<LineageGap[]>`
      select g.source, g.asset_id as "assetId", g.asset, g.origin, g.outcome, g.reason, g.message, g.line, g.position, g.columns, g.statement
      from catalog.lineage_gaps g
      where g.source_id in (select s.id from tidemark.source s join tidemark.organization o on o.id = s.organization_id
                            where o.name = ${organization} ${source === undefined ? sql`` : sql`and s.name = ${source}`})
        ${assetId === undefined ? sql`` : sql`and g.asset_id = ${assetId}`}
      order by g.source, g.asset nulls last, g.asset_id, g.statement, g.line, g.position, g.reason, g.message`),
  ]
}

/** How much of the lineage in a source's SQL is known, in statements. */
export interface CoverageRow {
  readonly source: string
  readonly texts: number
  readonly statements: number
  readonly resolved: number
  readonly partial: number
  readonly failed: number
  readonly unresolvedReferences: number
  readonly gaps: number
}

/** Of every source of an organization, or of the one of a name. */
export async function listCoverage(sql: Query, organization: string, source?: string): Promise<CoverageRow[]> {
  return [
    ...(await sql<CoverageRow[]>`
      select c.source, c.texts, c.statements, c.resolved, c.partial, c.failed, c.unresolved_references as "unresolvedReferences", c.gaps
      from catalog.lineage_coverage c
      where c.source_id in (select s.id from tidemark.source s join tidemark.organization o on o.id = s.organization_id
                            where o.name = ${organization} ${source === undefined ? sql`` : sql`and s.name = ${source}`})
      order by c.source`),
  ]
}

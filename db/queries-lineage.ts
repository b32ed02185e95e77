import type { FoundAsset } from './queries-assets.ts'
import type { Query } from './store.ts'

export interface LineageEdge {
  /** Null while the name leads nowhere. */
  readonly assetId: number | null
  readonly asset: string
  readonly kind: string | null
  readonly origin: string
}

export type LineageDirection = 'upstream' | 'downstream'

/** The neighbours of an asset, one step away. */
export async function listNeighbours(sql: Query, assetId: number, direction: LineageDirection): Promise<LineageEdge[]> {
  const up = direction === 'upstream'
  return [
    ...(await sql<LineageEdge[]>`
      select ${up ? sql`l.upstream_id` : sql`l.downstream_id`} as "assetId", ${up ? sql`l.upstream` : sql`l.downstream`} as asset,
             a.kind, string_agg(distinct l.origin, ', ') as origin
      from catalog.lineage l left join tidemark.asset a on a.id = ${up ? sql`l.upstream_id` : sql`l.downstream_id`}
      where ${up ? sql`l.downstream_id` : sql`l.upstream_id`} = ${assetId}
      group by 1, 2, 3 order by 2`),
  ]
}

export interface LineageNode {
  readonly downstreamId: number
  readonly upstreamId: number | null
  readonly asset: string
  readonly kind: string | null
}

/** Every edge that leads to an asset, up to `depth` steps up, each once. */
export async function listUpstreamEdges(sql: Query, assetId: number, depth: number): Promise<LineageNode[]> {
  return [
    ...(await sql<LineageNode[]>`
      with recursive above (downstream_id, upstream_id, asset, depth) as (
        select downstream_id, upstream_id, upstream, 1 from catalog.lineage where downstream_id = ${assetId}
        union
        select l.downstream_id, l.upstream_id, l.upstream, a.depth + 1
        from above a join catalog.lineage l on l.downstream_id = a.upstream_id where a.depth < ${depth}
      )
      select distinct e.downstream_id as "downstreamId", e.upstream_id as "upstreamId", e.asset, a.kind
      from above e left join tidemark.asset a on a.id = e.upstream_id order by e.asset`),
  ]
}

/** The view of a source that stands on the tallest pile of others. */
export async function pickView(sql: Query, source: string): Promise<FoundAsset | undefined> {
  const [row] = await sql<FoundAsset[]>`
    with recursive below (root, id, depth) as (
      select l.downstream_id, l.upstream_id, 1 from catalog.lineage l
      join catalog.tables t on t.asset_id = l.downstream_id and t.source = ${source}
      union
      select b.root, l.upstream_id, b.depth + 1 from below b join catalog.lineage l on l.downstream_id = b.id where b.depth < 8
    )
    select t.asset_id as "assetId", t.asset, t.kind
    from (select root, max(depth) as depth, count(distinct id) as reads from below group by root) tallest
    join catalog.tables t on t.asset_id = tallest.root
    order by tallest.depth desc, tallest.reads desc, t.asset collate "C" limit 1`
  return row
}

/** An asset reached by lineage. */
export interface ReachedAsset extends FoundAsset {
  /** Steps away, the fewest. */
  readonly depth: number
  /** Dotted names of one of the shortest ways, both ends included. */
  readonly path: readonly string[]
}

export async function listReached(
  sql: Query,
  assetId: number,
  direction: LineageDirection,
  depth: number,
): Promise<ReachedAsset[]> {
  return [
    ...(await sql<ReachedAsset[]>`
      select asset_id as "assetId", asset, kind, depth, path
      from ${direction === 'upstream' ? sql`catalog.upstream` : sql`catalog.downstream`}(${String(assetId)}, ${depth})`),
  ]
}

export interface EdgeRow {
  readonly upstreamId: number
  readonly downstreamId: number
  /** Whether a text tells of every column between the two. */
  readonly columnsKnown: boolean
  /** Whether its source leaves it out by now, though nothing else of the downstream changed. */
  readonly stale: boolean
}

/** The live edges between assets of a set, each pair once. */
export async function listEdgesAmong(sql: Query, ids: readonly number[]): Promise<EdgeRow[]> {
  const set = [...ids]
  return [
    ...(await sql<EdgeRow[]>`
      select upstream_id as "upstreamId", downstream_id as "downstreamId", bool_or(columns_known) as "columnsKnown",
             bool_and(stale_since is not null) as stale
      from tidemark.lineage_edge
      where valid_to is null and downstream_id = any (${set}::bigint[]) and upstream_id = any (${set}::bigint[])
      group by 1, 2 order by 2, 1`),
  ]
}

/** An asset that a change may reach. */
export interface ImpactRow extends ReachedAsset {
  /** Null: the asset as a whole. */
  readonly column: string | null
  readonly owner: string | null
  /** As its source counts it; null where it does not. */
  readonly lastReadAt: Date | null
  readonly reads: number | null
  /** Whether only edges that their sources no longer tell lead there. */
  readonly stale: boolean
}

export async function listImpact(sql: Query, assetId: number, column: string | null): Promise<ImpactRow[]> {
  return [
    ...(await sql<ImpactRow[]>`
      select asset_id as "assetId", asset, kind, column_name as "column", depth, owner, path, last_read_at as "lastReadAt",
             reads, stale
      from tidemark.impact_details(${assetId}, ${column})`),
  ]
}

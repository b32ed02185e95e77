import type { KindGroup } from '../model/records.ts'
import type { Query } from './store.ts'

/** How a source knows an asset: what its connector needs to look at the asset's rows. */
export interface AssetOrigin {
  readonly group: KindGroup
  readonly path: readonly string[]
  /** The source whose record the asset has; null when nobody has crawled it. */
  readonly source: string | null
}

export async function findOrigin(sql: Query, assetId: number): Promise<AssetOrigin | undefined> {
  const [row] = await sql<AssetOrigin[]>`
    select a.kind_group as "group", a.path, s.name as source
    from tidemark.asset a
    left join tidemark.claim c on c.asset_id = a.id and c.writes
    left join tidemark.source s on s.id = c.source_id
    where a.id = ${assetId} and a.removed_at is null`
  return row
}

import { type FoundAsset, findAsset, findAssets } from '../db/queries-assets.ts'
import { findLineageColumn } from '../db/queries-column-lineage.ts'
import type { Query } from '../db/store.ts'
import { IngestError } from '../model/errors.ts'
import { displayName, parseDisplayName } from '../model/names.ts'
import { requireAsset } from './catalog.ts'
import type { ServiceContext } from './context.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

/** An asset, or one of its columns. */
export interface LineagePlace {
  readonly asset: FoundAsset
  /** Dotted path; null: the asset itself. */
  readonly column: string | null
}

export interface FoundPlace extends LineagePlace {
  /** What else the name could mean: columns whose dotted name is that of an asset. */
  readonly also: readonly LineagePlace[]
}

const MOST_CANDIDATES = 12

/**
 * What is meant by `shop.sales.orders`, `orders.note` or `orders#note`: an asset if there is one so called, else a column
 * of one. @throws IngestError `invalid_config` when there is neither, or several columns fit.
 */
export async function requirePlace(context: Reading, name: string): Promise<FoundPlace> {
  const found = await findAssets(context.store.sql, name, 1)
  const columns = await findColumns(context, name)
  if (found.length > 0) return { asset: await requireAsset(context, name), column: null, also: columns }
  const [only] = columns
  if (only === undefined) return { ...(await refuse(context, name)), also: [] }
  if (columns.length === 1) return { ...only, also: [] }
  throw new IngestError('invalid_config', `${JSON.stringify(name)} fits ${columns.length} columns`, {
    hint: `Name one: ${columns.map(placeName).join(', ')}`,
  })
}

/** The column of an asset. @throws IngestError `invalid_config` for one it has not. */
export async function requireColumn(context: Reading, asset: FoundAsset, column: string): Promise<LineagePlace> {
  const path = await findLineageColumn(context.store.sql, asset.assetId, column)
  if (path !== undefined) return { asset, column: path }
  throw new IngestError('invalid_config', `${asset.asset} has no column ${JSON.stringify(column)}`, {
    hint: `See its columns: tidemark show ${asset.asset}`,
  })
}

/** As one would write it on the command line. */
export function placeName({ asset, column }: LineagePlace): string {
  return column === null ? asset.asset : `${asset.asset}#${column}`
}

/** Each way to cut a name into an asset's and a column's, the longest asset first. */
function cuts(name: string): readonly (readonly [asset: string, column: string])[] {
  const hash = name.lastIndexOf('#')
  if (hash > 0) return [[name.slice(0, hash), name.slice(hash + 1)]]
  const parts = parseDisplayName(name)
  return Array.from({ length: parts.length - 1 }, (_, place) => {
    const length = parts.length - 1 - place
    return [displayName(parts.slice(0, length)), parts.slice(length).join('.')] as const
  })
}

async function findColumns({ store: { sql } }: Reading, name: string): Promise<readonly LineagePlace[]> {
  for (const [asset, column] of cuts(name)) {
    const places: LineagePlace[] = []
    for (const one of await findNamed(sql, asset)) {
      const path = await findLineageColumn(sql, one.assetId, column)
      if (path !== undefined) places.push({ asset: one, column: path })
    }
    if (places.length > 0) return places
  }
  return []
}

/** The assets of a name, or the one of an id. */
async function findNamed(sql: Query, name: string): Promise<readonly FoundAsset[]> {
  const found = await findAssets(sql, name, MOST_CANDIDATES)
  const numbered = found.length === 0 && /^\d{1,15}$/.test(name) ? await findAsset(sql, Number(name)) : undefined
  return numbered === undefined ? found : [numbered]
}

/** Where an asset fits the name's beginning, it is the column that is not there. */
async function refuse(context: Reading, name: string): Promise<LineagePlace> {
  for (const [asset, column] of cuts(name)) {
    const found = await findNamed(context.store.sql, asset)
    const table = found.find(({ kind }) => kind !== 'schema' && kind !== 'database')
    if (table !== undefined) return await requireColumn(context, table, column)
  }
  return { asset: await requireAsset(context, name), column: null }
}

import { nearest } from '../connectors/registry.ts'
import { listOwners, listTags, type OwnerRow, type TagRow } from '../db/annotations.ts'
import {
  type AssetRow,
  type ColumnRow,
  type ConstraintRow,
  countChildren,
  countKinds,
  type FacetRow,
  type FoundAsset,
  findAsset,
  findAssets,
  type IndexRow,
  type KindCount,
  listColumns,
  listConstraints,
  listFacets,
  listIndexes,
  listNames,
  pickTable,
  readAsset,
  type SearchHit,
  type SearchQuery,
  searchAssets,
} from '../db/queries-assets.ts'
import { type ChangeFilter, type ChangeRow, listChanges } from '../db/queries-changes.ts'
import { type ColumnSourceRow, listColumnSources } from '../db/queries-column-lineage.ts'
import {
  type LineageEdge,
  type LineageNode,
  listNeighbours,
  listUpstreamEdges,
  pickView,
} from '../db/queries-lineage.ts'
import { IngestError } from '../model/errors.ts'
import type { ChangeSeverity } from '../model/sync.ts'
import type { ServiceContext } from './context.ts'
import { requireSourceHead } from './lookup.ts'

export type { ColumnRow, FoundAsset, KindCount, SearchHit } from '../db/queries-assets.ts'
export type { ChangeRow } from '../db/queries-changes.ts'
export type { LineageNode } from '../db/queries-lineage.ts'

type Reading = Pick<ServiceContext, 'store' | 'organization'>

const MOST_CANDIDATES = 12

/**
 * The live asset of a dotted name, of the end of one, or of an id. @throws IngestError `invalid_config` when there is none, with
 * what was probably meant, or when there are several.
 */
export async function requireAsset({ store }: Reading, name: string): Promise<FoundAsset> {
  const found = await findAssets(store.sql, name, MOST_CANDIDATES)
  const [only] = found
  if (only !== undefined && found.length === 1) return only
  if (only !== undefined) {
    throw new IngestError(
      'invalid_config',
      `${JSON.stringify(name)} fits ${found.length === MOST_CANDIDATES ? 'many' : found.length} assets`,
      {
        hint: `Name one: ${found.map(({ asset, kind }) => `${asset} (${kind ?? 'not crawled'})`).join(', ')}`,
      },
    )
  }
  const numbered = /^\d{1,15}$/.test(name) ? await findAsset(store.sql, Number(name)) : undefined
  if (numbered !== undefined) return numbered
  const last = name.split('.').at(-1) ?? name
  const near = nearest(last, await listNames(store.sql, last, 5_000))
  const meant = near === undefined ? [] : await findAssets(store.sql, near, 3)
  throw new IngestError('invalid_config', `there is no asset named ${JSON.stringify(name)}`, {
    hint:
      meant.length === 0
        ? `Look for it: tidemark search ${last}`
        : `Did you mean ${meant.map(({ asset }) => asset).join(' or ')}?`,
  })
}

/** Whether a name fits any live asset. */
export async function isAssetName({ store }: Reading, name: string): Promise<boolean> {
  return (await findAssets(store.sql, name, 1)).length > 0
}

export interface AssetDetails extends AssetRow {
  readonly columns: readonly ColumnRow[]
  readonly constraints: readonly ConstraintRow[]
  readonly indexes: readonly IndexRow[]
  readonly facets: readonly FacetRow[]
  readonly children: readonly KindCount[]
  readonly upstream: readonly LineageEdge[]
  readonly downstream: readonly LineageEdge[]
  readonly changes: readonly ChangeRow[]
  readonly owners: readonly OwnerRow[]
  readonly tags: readonly TagRow[]
  /** What its columns, and its rows, are made from, one step up. */
  readonly columnSources: readonly ColumnSourceRow[]
}

export async function readAssetDetails({ store }: Pick<Reading, 'store'>, assetId: number): Promise<AssetDetails> {
  const { sql } = store
  const asset = await readAsset(sql, assetId)
  if (asset === undefined) throw new IngestError('not_found', `asset ${assetId} is gone`)
  const [columns, constraints, indexes, facets, children, upstream, downstream, changes, owners, tags, columnSources] =
    await Promise.all([
      listColumns(sql, assetId),
      listConstraints(sql, assetId),
      listIndexes(sql, assetId),
      listFacets(sql, assetId),
      countChildren(sql, assetId),
      listNeighbours(sql, assetId, 'upstream'),
      listNeighbours(sql, assetId, 'downstream'),
      listChanges(sql, { assetId, limit: 10 }),
      listOwners(sql, assetId),
      listTags(sql, assetId),
      listColumnSources(sql, assetId),
    ])
  return {
    ...asset,
    columns,
    constraints,
    indexes,
    facets,
    children,
    upstream,
    downstream,
    changes,
    owners,
    tags,
    columnSources,
  }
}

export async function search({ store }: Reading, query: SearchQuery): Promise<SearchHit[]> {
  return await searchAssets(store.sql, query)
}

const SEVERITIES: readonly ChangeSeverity[] = ['breaking', 'risky', 'safe']

export interface ChangeWish extends Omit<ChangeFilter, 'severities' | 'assetId'> {
  readonly asset?: string
  /** This severe or more. */
  readonly severity?: ChangeSeverity
}

export async function readChanges(context: Reading, { asset, severity, ...filter }: ChangeWish): Promise<ChangeRow[]> {
  if (filter.source !== undefined) await requireSourceHead(context, filter.source)
  const assetId = asset === undefined ? undefined : (await requireAsset(context, asset)).assetId
  return await listChanges(context.store.sql, {
    ...filter,
    ...(assetId === undefined ? {} : { assetId }),
    ...(severity === undefined ? {} : { severities: SEVERITIES.slice(0, SEVERITIES.indexOf(severity) + 1) }),
  })
}

/** What a person who has just crawled a source would like to see of it. */
export interface SourceOverview {
  readonly source: string
  readonly kinds: readonly (KindCount & { readonly columns: number })[]
  /** A table worth showing, with its columns. */
  readonly table?: FoundAsset & {
    readonly columns: readonly ColumnRow[]
    readonly constraints: readonly ConstraintRow[]
  }
  /** The view that stands on the most others, with every edge that leads to it. */
  readonly view?: FoundAsset & { readonly edges: readonly LineageNode[] }
}

const LINEAGE_DEPTH = 10

export async function readOverview({ store }: Pick<ServiceContext, 'store'>, source: string): Promise<SourceOverview> {
  const { sql } = store
  const [kinds, table, view] = await Promise.all([
    countKinds(sql, source),
    pickTable(sql, source),
    pickView(sql, source),
  ])
  return {
    source,
    kinds,
    ...(table === undefined
      ? {}
      : {
          table: {
            ...table,
            columns: await listColumns(sql, table.assetId),
            constraints: await listConstraints(sql, table.assetId),
          },
        }),
    ...(view === undefined
      ? {}
      : { view: { ...view, edges: await listUpstreamEdges(sql, view.assetId, LINEAGE_DEPTH) } }),
  }
}

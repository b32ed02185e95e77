import { canonicalJson, hashText } from '../../model/hash.ts'
import { displayName, nameKey } from '../../model/names.ts'
import type { AssetRecord, KindGroup } from '../../model/records.ts'
import { tellsLineage } from '../../model/told-lineage.ts'
import { copyLine, copyLines, jsonText } from '../copy.ts'
import type { Transaction } from '../store.ts'
import type { PartContext, StagedRecord } from './parts.ts'

/** One described item: what the source says it yields now. */
export interface MergeItem {
  readonly key: string
  readonly nativeId: string | null
  /** Hex. */
  readonly fingerprint: string
  readonly records: readonly AssetRecord[]
}

/** Group and name levels of the kinds that the source's manifest declares. */
export type KindLevels = ReadonlyMap<string, { readonly group: KindGroup; readonly levels: readonly string[] }>

/**
 * The batch as rows, in temporary tables that the merge's statements work on. `ordinal` ties an asset and its parts
 * together; `asset_id` and `state` of `stage_asset` are filled in by the merge. Parts are staged for existing assets
 * only. The tables stay with the connection and are empty after each transaction: making them anew for every batch
 * would cost the server more than filling them.
 */
export async function createStage(tx: Transaction): Promise<void> {
  await tx.unsafe(STAGE.map(([name, columns]) => createTable(name, columns)).join(';'))
}

const createTable = (name: string, columns: string) =>
  `create temp table if not exists ${name} (${columns}) on commit delete rows`

const STAGE: readonly (readonly [name: string, columns: string])[] = [
  ['stage_item', 'item_id bigint, key text collate "C", native_id text, fingerprint text'],
  [
    'stage_asset',
    `ordinal int, item_key text collate "C", writer boolean, kind_group text, name_key text collate "C", kind text,
     path text[], display text, name text, database_name text, schema_name text, parent_group text,
     parent_key text collate "C", native_id text, owner text, comment text, url text, properties jsonb, hash bytea,
     tells_lineage boolean, omitted_lineage jsonb, asset_id bigint, state text, same_object boolean`,
  ],
  [
    'stage_field',
    `ordinal int, name_key text collate "C", name text, path text[], position int, native_type text, type text,
     nullable boolean, default_value text, generated text, comment text, native_id text, properties jsonb`,
  ],
  [
    'stage_constraint',
    `ordinal int, kind text, name text, columns text[], referenced_namespace_id bigint, referenced_group text,
     referenced_key text collate "C", referenced_display text, referenced_columns text[], definition text, origin text,
     confidence real, properties jsonb`,
  ],
  [
    'stage_index',
    `ordinal int, name text, columns text[], is_unique boolean, is_primary boolean, definition text, properties jsonb`,
  ],
  ['stage_facet', 'ordinal int, kind text, name text, body jsonb'],
  ['stage_definition', 'ordinal int, language text, text text'],
  [
    'stage_edge',
    `ordinal int, origin text, upstream_namespace_id bigint, upstream_group text, upstream_key text collate "C",
     upstream_path text[], upstream_display text, columns_known boolean, matched_by text, stale_since timestamptz`,
  ],
  ['stage_version', 'ordinal int, record jsonb'],
]

export interface StageContext extends PartContext {
  readonly kinds: KindLevels
}

/** Fills the stage with items and assets; returns the records by their ordinals, for the parts of those that are written. */
export async function stageItems(
  tx: Transaction,
  items: readonly MergeItem[],
  context: StageContext,
): Promise<ReadonlyMap<number, StagedRecord>> {
  const records = new Map<number, StagedRecord>()
  const itemLines: string[] = []
  const assetLines: string[] = []
  const written = new Set<string>()
  for (const item of items) {
    itemLines.push(copyLine([item.key, item.nativeId, item.fingerprint]))
    for (const record of item.records) {
      const ordinal = records.size + 1
      const text = canonicalJson(record)
      assetLines.push(assetLine({ ordinal, item, record, hash: hashText(text), context, written }))
      records.set(ordinal, { record, text })
    }
  }
  await copyLines(tx, 'stage_item (key, native_id, fingerprint)', itemLines)
  await copyLines(tx, `stage_asset (${ASSET_COLUMNS})`, assetLines)
  return records
}

const ASSET_COLUMNS = `ordinal, item_key, writer, kind_group, name_key, kind, path, display, name, database_name,
  schema_name, parent_group, parent_key, native_id, owner, comment, url, properties, hash,
  tells_lineage`

interface StagedAsset {
  readonly ordinal: number
  readonly item: MergeItem
  readonly record: AssetRecord
  /** Of the canonical record, hex. */
  readonly hash: string
  readonly context: StageContext
  /** Identities already staged: where two items of a batch yield one asset, the first writes it. */
  readonly written: Set<string>
}

function assetLine({ ordinal, item, record, hash, context, written }: StagedAsset): string {
  const kind = context.kinds.get(record.kind)
  if (kind === undefined) throw new RangeError(`the connector's manifest does not declare the kind ${record.kind}`)
  const key = nameKey(record.path)
  const identity = `${kind.group} ${key}`
  const level = (name: string) => record.path[kind.levels.indexOf(name)]
  const writer = !written.has(identity)
  written.add(identity)
  return copyLine([
    ordinal,
    item.key,
    writer,
    kind.group,
    key,
    record.kind,
    record.path,
    displayName(record.path),
    record.path.at(-1),
    level('database'),
    level('schema'),
    record.parent?.group,
    record.parent === undefined ? null : nameKey(record.parent.path),
    record.nativeId,
    record.owner,
    record.comment,
    record.url,
    jsonText(record.properties ?? {}),
    `\\x${hash}`,
    tellsLineage(record),
  ])
}

/** The namespaces, other than their own, that records point to. */
export function namespacesOf(items: readonly MergeItem[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { records } of items) {
    for (const { upstreams, constraints } of records) {
      for (const { namespace } of upstreams ?? []) if (namespace !== undefined) names.add(namespace)
      for (const { references } of constraints ?? []) {
        if (references?.asset.namespace !== undefined) names.add(references.asset.namespace)
      }
    }
  }
  return names
}

/** Ids of namespaces by their names, made when new; aliases lead to the namespace they stand for. */
export async function resolveNamespaces(
  tx: Transaction,
  organizationId: number,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  if (names.size === 0) return new Map()
  const wanted = [...names].sort()
  await tx`
    insert into tidemark.namespace (organization_id, name)
    select ${organizationId}, w.name from unnest(${wanted}::text[]) as w (name)
    where not exists (select 1 from tidemark.namespace n where n.organization_id = ${organizationId} and w.name = any (n.aliases))
    on conflict (organization_id, name) do nothing`
  const rows = await tx<{ name: string; id: number }[]>`
    select w.name, n.id from unnest(${wanted}::text[]) as w (name)
    join tidemark.namespace n on n.organization_id = ${organizationId} and (n.name = w.name or w.name = any (n.aliases))`
  return new Map(rows.map((row) => [row.name, row.id]))
}

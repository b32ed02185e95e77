import { displayName, nameKey } from '../../model/names.ts'
import type { AssetRecord, KindGroup } from '../../model/records.ts'
import { type CopyValue, copyInto, copyLine, jsonText } from '../copy.ts'
import type { Transaction } from '../store.ts'

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
 * The batch's records as rows, in temporary tables that the merge's statements work on. `ordinal` ties the parts of one
 * asset together; `asset_id`, `hash` and `state` of `stage_asset` are filled in by the merge.
 */
export async function createStage(tx: Transaction): Promise<void> {
  await tx.unsafe(`
    create temp table stage_item (
      item_id bigint, key text collate "C", native_id text, fingerprint text
    ) on commit drop;
    create temp table stage_asset (
      ordinal int, item_key text collate "C", writer boolean, kind_group text, name_key text collate "C", kind text,
      path text[], display text, name text, database_name text, schema_name text,
      parent_group text, parent_key text collate "C", native_id text, owner text, comment text, url text,
      properties jsonb, definition_language text, definition_text text, record jsonb,
      asset_id bigint, hash bytea, state text, same_object boolean
    ) on commit drop;
    create temp table stage_field (
      ordinal int, name_key text collate "C", name text, path text[], position int, native_type text, type text,
      nullable boolean, default_value text, generated text, comment text, native_id text, properties jsonb
    ) on commit drop;
    create temp table stage_constraint (
      ordinal int, kind text, name text, columns text[], referenced_namespace_id bigint, referenced_group text,
      referenced_key text collate "C", referenced_display text, referenced_columns text[], definition text, origin text,
      confidence real, properties jsonb
    ) on commit drop;
    create temp table stage_index (
      ordinal int, name text, columns text[], is_unique boolean, is_primary boolean, definition text, properties jsonb
    ) on commit drop;
    create temp table stage_facet (ordinal int, kind text, name text, body jsonb) on commit drop;
    create temp table stage_edge (
      ordinal int, origin text, upstream_namespace_id bigint, upstream_group text, upstream_key text collate "C",
      upstream_path text[], upstream_display text
    ) on commit drop`)
}

interface StageText {
  item: string
  asset: string
  field: string
  constraint: string
  index: string
  facet: string
  edge: string
}

export interface StageContext {
  readonly kinds: KindLevels
  readonly namespaceId: number
  /** Ids of the other namespaces that the records refer to. */
  readonly namespaces: ReadonlyMap<string, number>
}

/** Fills the stage from records. */
export async function copyStage(tx: Transaction, items: readonly MergeItem[], context: StageContext): Promise<void> {
  const text: StageText = { item: '', asset: '', field: '', constraint: '', index: '', facet: '', edge: '' }
  const written = new Set<string>()
  let ordinal = 0
  for (const item of items) {
    text.item += copyLine([null, item.key, item.nativeId, item.fingerprint])
    for (const record of item.records) {
      ordinal += 1
      addAsset(text, { ordinal, item, record, context, written })
      addParts(text, ordinal, record, context)
    }
  }
  await copyInto(tx, 'stage_item (item_id, key, native_id, fingerprint)', [text.item])
  await copyInto(tx, `stage_asset (${ASSET_COLUMNS})`, [text.asset])
  await copyInto(tx, 'stage_field', [text.field])
  if (text.constraint !== '') await copyInto(tx, 'stage_constraint', [text.constraint])
  if (text.index !== '') await copyInto(tx, 'stage_index', [text.index])
  if (text.facet !== '') await copyInto(tx, 'stage_facet', [text.facet])
  if (text.edge !== '') await copyInto(tx, 'stage_edge', [text.edge])
}

const ASSET_COLUMNS = `ordinal, item_key, writer, kind_group, name_key, kind, path, display, name, database_name,
  schema_name, parent_group, parent_key, native_id, owner, comment, url, properties, definition_language,
  definition_text, record`

interface StagedAsset {
  readonly ordinal: number
  readonly item: MergeItem
  readonly record: AssetRecord
  readonly context: StageContext
  /** Identities already staged: where two items of a batch yield one asset, the first writes it. */
  readonly written: Set<string>
}

function addAsset(text: StageText, { ordinal, item, record, context, written }: StagedAsset): void {
  const kind = context.kinds.get(record.kind)
  if (kind === undefined) throw new RangeError(`the connector's manifest does not declare the kind ${record.kind}`)
  const key = nameKey(record.path)
  const identity = `${kind.group} ${key}`
  const level = (name: string) => record.path[kind.levels.indexOf(name)]
  text.asset += copyLine([
    ordinal,
    item.key,
    !written.has(identity),
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
    record.definition?.language,
    record.definition?.text,
    jsonText(record),
  ])
  written.add(identity)
}

function addParts(text: StageText, ordinal: number, record: AssetRecord, context: StageContext): void {
  for (const field of record.fields ?? []) {
    const path = field.path ?? [field.name]
    text.field += copyLine([
      ordinal,
      nameKey(path),
      field.name,
      path,
      field.position,
      field.nativeType,
      field.type,
      field.nullable,
      field.default,
      field.generated,
      field.comment,
      field.nativeId,
      properties(field.properties),
    ])
  }
  for (const constraint of record.constraints ?? []) {
    text.constraint += copyLine([ordinal, ...constraintValues(constraint, context)])
  }
  for (const { name, columns, unique, primary, definition, properties: extra } of record.indexes ?? []) {
    text.index += copyLine([ordinal, name, columns, unique, primary, definition, properties(extra)])
  }
  for (const { kind, name, body } of record.facets ?? []) text.facet += copyLine([ordinal, kind, name, jsonText(body)])
  for (const { origin, namespace, group, path } of record.upstreams ?? []) {
    text.edge += copyLine([ordinal, origin, idOf(namespace, context), group, nameKey(path), path, displayName(path)])
  }
}

const properties = (value: unknown): string => (value === undefined ? '{}' : jsonText(value))

function constraintValues(
  constraint: NonNullable<AssetRecord['constraints']>[number],
  context: StageContext,
): CopyValue[] {
  const { references } = constraint
  const target =
    references === undefined
      ? [null, null, null, null, null]
      : [
          idOf(references.asset.namespace, context),
          references.asset.group,
          nameKey(references.asset.path),
          displayName(references.asset.path),
          references.columns,
        ]
  return [
    constraint.kind,
    constraint.name,
    constraint.columns,
    ...target,
    constraint.definition,
    constraint.origin ?? 'declared',
    constraint.confidence ?? 1,
    properties(constraint.properties),
  ]
}

function idOf(namespace: string | undefined, context: StageContext): number {
  return namespace === undefined ? context.namespaceId : (context.namespaces.get(namespace) as number)
}

/** Ids of the namespaces that records point to, made when new; aliases lead to the namespace they stand for. */
export async function resolveNamespaces(
  tx: Transaction,
  organizationId: number,
  items: readonly MergeItem[],
): Promise<ReadonlyMap<string, number>> {
  const names = new Set<string>()
  for (const { records } of items) {
    for (const { upstreams, constraints } of records) {
      for (const { namespace } of upstreams ?? []) if (namespace !== undefined) names.add(namespace)
      for (const { references } of constraints ?? []) {
        if (references?.asset.namespace !== undefined) names.add(references.asset.namespace)
      }
    }
  }
  if (names.size === 0) return new Map()
  const wanted = [...names].sort()
  await tx`
    insert into tidemark.namespace (organization_id, name)
    select ${organizationId}, name from unnest(${wanted}::text[]) as name
    where not exists (select 1 from tidemark.namespace n where n.organization_id = ${organizationId} and name = any (n.aliases))
    on conflict (organization_id, name) do nothing`
  const rows = await tx<{ name: string; id: number }[]>`
    select w.name, n.id from unnest(${wanted}::text[]) as w (name)
    join tidemark.namespace n on n.organization_id = ${organizationId} and (n.name = w.name or w.name = any (n.aliases))`
  return new Map(rows.map((row) => [row.name, row.id]))
}

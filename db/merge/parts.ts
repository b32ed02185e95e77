import { displayName, nameKey } from '../../model/names.ts'
import type { AssetRecord, UpstreamRecord } from '../../model/records.ts'
import type { OmittedLineage } from '../../model/told-lineage.ts'
import { type CopyValue, copyLine, copyLines, jsonText, safeJson } from '../copy.ts'
import type { Transaction } from '../store.ts'

/** A record on its way into the store. */
export interface StagedRecord {
  readonly record: AssetRecord
  /** Its canonical JSON. */
  readonly text: string
  /** What was told before and is to be kept as stale. */
  readonly omitted?: OmittedLineage
}

export interface PartContext {
  readonly namespaceId: number
  /** Ids of the other namespaces that the records refer to. */
  readonly namespaces: ReadonlyMap<string, number>
}

/** What all rows of a transaction have in common. */
export interface StoreContext {
  readonly runId: number
  readonly sourceId: number
  /** The transaction's time, as PostgreSQL writes it. */
  readonly now: string
}

/** One kind of row that a record makes besides its asset's. */
interface Part {
  /** The temporary table for parts of existing assets; its first column is the record's ordinal. */
  readonly stage: string
  readonly table: string
  /** The column of `table` that names the asset. */
  readonly owner: string
  readonly columns: string
  readonly rows: (staged: StagedRecord, context: PartContext) => Iterable<readonly CopyValue[]>
  /** Columns of `table` that the stage has no need of. */
  readonly more?: readonly [columns: string, values: (context: StoreContext) => readonly CopyValue[]]
}

const PARTS: readonly Part[] = [
  {
    stage: 'stage_field',
    table: 'field',
    owner: 'asset_id',
    columns: `name_key, name, path, position, native_type, type, nullable, default_value, generated, comment, native_id,
      properties`,
    rows: ({ record }) => (record.fields ?? []).map(fieldValues),
  },
  {
    stage: 'stage_constraint',
    table: 'asset_constraint',
    owner: 'asset_id',
    columns: `kind, name, columns, referenced_namespace_id, referenced_group, referenced_key, referenced_display,
      referenced_columns, definition, origin, confidence, properties`,
    rows: ({ record }, context) =>
      (record.constraints ?? []).map((constraint) => constraintValues(constraint, context)),
  },
  {
    stage: 'stage_index',
    table: 'asset_index',
    owner: 'asset_id',
    columns: 'name, columns, is_unique, is_primary, definition, properties',
    rows: ({ record }) =>
      (record.indexes ?? []).map((index) => {
        const { name, columns, unique, primary, definition } = index
        return [name, columns, unique, primary, definition, propertiesText(index.properties)]
      }),
  },
  {
    stage: 'stage_facet',
    table: 'facet',
    owner: 'asset_id',
    columns: 'kind, name, body',
    rows: ({ record }) => (record.facets ?? []).map(({ kind, name, body }) => [kind, name, jsonText(body)]),
  },
  {
    stage: 'stage_definition',
    table: 'definition',
    owner: 'asset_id',
    columns: 'language, text',
    rows: ({ record: { definition } }) => (definition === undefined ? [] : [[definition.language, definition.text]]),
  },
  {
    stage: 'stage_edge',
    table: 'lineage_edge',
    owner: 'downstream_id',
    columns: `origin, upstream_namespace_id, upstream_group, upstream_key, upstream_path, upstream_display, columns_known,
      matched_by, stale_since`,
    rows: edgeRows,
    more: ['source_id, valid_from, last_seen_at', ({ sourceId, now }) => [sourceId, now, now]],
  },
  {
    stage: 'stage_version',
    table: 'asset_version',
    owner: 'asset_id',
    columns: 'record',
    rows: ({ text }) => [[safeJson(text)]],
    more: ['valid_from, run_id', ({ now, runId }) => [now, runId]],
  },
]

/** Stages the parts of records, by the records' ordinals. */
export async function stageParts(
  tx: Transaction,
  records: ReadonlyMap<number, StagedRecord>,
  context: PartContext,
): Promise<void> {
  for (const part of PARTS) {
    await copyLines(tx, `${part.stage} (ordinal, ${part.columns})`, partLines(part, records, context, []))
  }
}

/** Writes the parts of assets that are new in this transaction, by their ids: there is nothing to compare them with. */
export async function storeParts(
  tx: Transaction,
  records: ReadonlyMap<number, StagedRecord>,
  context: PartContext & StoreContext,
): Promise<void> {
  for (const part of PARTS) {
    const [columns, values] = part.more ?? ['', () => []]
    const target = `tidemark.${part.table} (${[part.owner, part.columns, columns].filter(Boolean).join(', ')})`
    await copyLines(tx, target, partLines(part, records, context, values(context)))
  }
}

function* partLines(
  { rows }: Part,
  records: ReadonlyMap<number, StagedRecord>,
  context: PartContext,
  more: readonly CopyValue[],
): Generator<string, void, void> {
  for (const [owner, staged] of records) {
    for (const values of rows(staged, context)) yield copyLine([owner, ...values, ...more])
  }
}

const propertiesText = (value: unknown): string => (value === undefined ? '{}' : jsonText(value))

function fieldValues(field: NonNullable<AssetRecord['fields']>[number]): CopyValue[] {
  const path = field.path ?? [field.name]
  return [
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
    propertiesText(field.properties),
  ]
}

function constraintValues(
  constraint: NonNullable<AssetRecord['constraints']>[number],
  context: PartContext,
): CopyValue[] {
  const { references } = constraint
  const target =
    references === undefined
      ? [null, null, null, null, null]
      : [
          namespaceIdOf(references.asset.namespace, context),
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
    propertiesText(constraint.properties),
  ]
}

/** A record may name an upstream twice; the edge is one. */
function edgeRows({ record: { upstreams = [] }, omitted }: StagedRecord, context: PartContext): readonly CopyValue[][] {
  const rows = new Map<string, CopyValue[]>()
  const all: readonly (UpstreamRecord & { since?: string })[] = [...(omitted?.upstreams ?? []), ...upstreams]
  for (const { origin, namespace, group, path, columnsKnown = false, matchedBy, since } of all) {
    const identity = [origin, namespaceIdOf(namespace, context), group, nameKey(path)]
    rows.set(JSON.stringify(identity), [...identity, path, displayName(path), columnsKnown, matchedBy, since])
  }
  return [...rows.values()]
}

function namespaceIdOf(namespace: string | undefined, { namespaceId, namespaces }: PartContext): number {
  return namespace === undefined ? namespaceId : (namespaces.get(namespace) as number)
}

import type { Query, Transaction } from './store.ts'

/** An asset as its OpenLineage events need it. */
export interface ExportedAsset {
  readonly assetId: number
  readonly namespace: string
  readonly name: string
  /** Whether data is in it; else it is something that moves data. */
  readonly isDataset: boolean
  readonly kind: string
  readonly comment: string | null
  readonly owners: readonly string[]
  readonly connector: string | null
  /** The text that defines it. */
  readonly definition: string | null
  readonly language: string | null
  readonly changedAt: Date
  /** When the definition was read for lineage. */
  readonly derivedAt: Date | null
  readonly fields: readonly ExportedField[]
  /** What it is made from; of a routine what it reads. */
  readonly inputs: readonly ExportedEnd[]
  /** Of a routine: what it writes. */
  readonly outputs: readonly ExportedEnd[]
  readonly columns: readonly ExportedColumn[]
}

export interface ExportedField {
  /** All the steps of a nested field, outermost first. */
  readonly path: readonly string[]
  readonly nativeType: string
  readonly comment: string | null
  readonly position: number
}

/** A dataset at the other end of an edge. */
export interface ExportedEnd {
  readonly namespace: string
  readonly name: string
  /** Whether a query log tells of it; what others tell too comes twice. */
  readonly fromLog: boolean
}

/** A column edge of one of the asset's texts, or of a query log into it. */
export interface ExportedColumn {
  readonly output: { readonly namespace: string; readonly name: string }
  /** Null: the output's rows as a whole. */
  readonly field: string | null
  readonly input: { readonly namespace: string; readonly name: string; readonly field: string }
  readonly subtypes: readonly string[]
  readonly expression: string | null
  readonly fromLog: boolean
}

const DATASET_GROUPS = ['relation', 'file', 'report', 'dataset', 'message']
const JOB_GROUPS = ['routine', 'job']
const PAGE = 200

export interface ExportScope {
  readonly organization: string
  /** Only what this source writes. */
  readonly source?: string
}

/**
 * Hands every live asset that is a dataset or moves data to `take`, page by page, in order of namespace, group and name,
 * all of them as of one moment.
 */
export async function eachExported(
  sql: Query,
  scope: ExportScope,
  take: (asset: ExportedAsset) => Promise<void>,
): Promise<void> {
  await sql.begin('isolation level repeatable read read only', async (tx) => {
    const namespaces = await tx<Namespace[]>`
      select n.id, n.name from tidemark.namespace n join tidemark.organization o on o.id = n.organization_id
      where o.name = ${scope.organization} order by n.name collate "C"`
    for (const namespace of namespaces)
      for (const group of [...DATASET_GROUPS, ...JOB_GROUPS])
        await eachOfGroup(tx, { ...scope, namespace, group }, take)
  })
}

interface Namespace {
  readonly id: number
  readonly name: string
}

interface Place extends ExportScope {
  readonly namespace: Namespace
  readonly group: string
}

async function eachOfGroup(
  tx: Transaction,
  place: Place,
  take: (asset: ExportedAsset) => Promise<void>,
): Promise<void> {
  let after: string | undefined
  while (true) {
    const page = await readPage(tx, place, after)
    for (const asset of await complete(tx, page)) await take(asset)
    after = page.at(-1)?.nameKey
    if (after === undefined || page.length < PAGE) return
  }
}

type Head = Omit<ExportedAsset, 'fields' | 'inputs' | 'outputs' | 'columns'> & { readonly nameKey: string }

/** The next after a key, in the order of the index on names. */
async function readPage(tx: Transaction, { source, namespace, group }: Place, after?: string): Promise<Head[]> {
  return [
    ...(await tx<Head[]>`
      select a.id as "assetId", ${namespace.name} as namespace, a.name_key as "nameKey", a.display as name,
             ${DATASET_GROUPS.includes(group)}::boolean as "isDataset", a.kind, a.comment, s.connector,
             array(select owner from catalog.owners o where o.asset_id = a.id order by owner collate "C") as owners,
             d.text as definition, d.language, a.changed_at as "changedAt", t.derived_at as "derivedAt"
      from tidemark.asset a
      left join tidemark.claim c on c.asset_id = a.id and c.writes
      left join tidemark.source s on s.id = c.source_id
      left join tidemark.definition d on d.asset_id = a.id
      left join tidemark.lineage_text t on t.asset_id = a.id
      where a.namespace_id = ${namespace.id} and a.kind_group = ${group} and a.removed_at is null and not a.placeholder
        ${source === undefined ? tx`` : tx`and s.name = ${source}`}
        ${after === undefined ? tx`` : tx`and a.name_key > ${after}`}
      order by a.name_key limit ${PAGE}`),
  ]
}

async function complete(tx: Transaction, page: readonly Head[]): Promise<ExportedAsset[]> {
  const ids = page.map(({ assetId }) => assetId)
  const fields = byAsset(await readFields(tx, ids))
  const inputs = byAsset(await readInputs(tx, ids))
  const outputs = byAsset(await readOutputs(tx, ids))
  const columns = byAsset(await readColumns(tx, ids))
  return page.map(({ nameKey: _key, ...head }) => ({
    ...head,
    fields: fields(head.assetId),
    inputs: inputs(head.assetId),
    outputs: outputs(head.assetId),
    columns: columns(head.assetId),
  }))
}

function byAsset<Row extends { readonly assetId: number }>(
  rows: readonly Row[],
): (assetId: number) => readonly Omit<Row, 'assetId'>[] {
  const groups = Map.groupBy(rows, ({ assetId }) => assetId)
  return (assetId) => (groups.get(assetId) ?? []).map(({ assetId: _id, ...row }) => row)
}

const readFields = async (tx: Transaction, ids: readonly number[]) =>
  await tx<(ExportedField & { assetId: number })[]>`
  select asset_id as "assetId", path, native_type as "nativeType", comment, position from tidemark.field
  where asset_id = any (${[...ids]}::bigint[]) and removed_at is null order by asset_id, position`

const readInputs = async (tx: Transaction, ids: readonly number[]) =>
  await tx<(ExportedEnd & { assetId: number })[]>`
  select e.downstream_id as "assetId", n.name as namespace, u.display as name, e.origin = 'log' as "fromLog"
  from tidemark.lineage_edge e
  join tidemark.asset u on u.id = e.upstream_id and u.removed_at is null and u.kind_group = any (${DATASET_GROUPS}::text[])
  join tidemark.namespace n on n.id = u.namespace_id
  where e.downstream_id = any (${[...ids]}::bigint[]) and e.valid_to is null
  group by e.downstream_id, u.id, n.name, u.display, e.origin = 'log'
  order by e.downstream_id, n.name collate "C", u.display collate "C", u.id`

const readOutputs = async (tx: Transaction, ids: readonly number[]) =>
  await tx<(ExportedEnd & { assetId: number })[]>`
  select e.upstream_id as "assetId", n.name as namespace, d.display as name, false as "fromLog"
  from tidemark.lineage_edge e
  join tidemark.asset u on u.id = e.upstream_id and u.kind_group = any (${JOB_GROUPS}::text[])
  join tidemark.asset d on d.id = e.downstream_id and d.removed_at is null and d.kind_group = any (${DATASET_GROUPS}::text[])
  join tidemark.namespace n on n.id = d.namespace_id
  join tidemark.lineage_text t on t.id = e.text_id and t.asset_id = e.upstream_id
  where e.upstream_id = any (${[...ids]}::bigint[]) and e.valid_to is null
  group by e.upstream_id, d.id, n.name, d.display
  order by e.upstream_id, n.name collate "C", d.display collate "C", d.id`

/** Of the texts that define the assets, and of query logs into them. */
const readColumns = async (tx: Transaction, ids: readonly number[]) =>
  await tx<(ExportedColumn & { assetId: number })[]>`
  select coalesce(t.asset_id, c.downstream_id) as "assetId",
         jsonb_build_object('namespace', dn.name, 'name', c.downstream) as output, c.downstream_column as field,
         jsonb_build_object('namespace', un.name, 'name', c.upstream, 'field', c.upstream_column) as input,
         c.subtypes, c.expression, t.asset_id is null as "fromLog"
  from (
    select id, asset_id from tidemark.lineage_text where asset_id = any (${[...ids]}::bigint[])
    union
    select t.id, t.asset_id from tidemark.lineage_text t
    join tidemark.lineage_field_edge e on e.text_id = t.id and e.valid_to is null
    where e.downstream_id = any (${[...ids]}::bigint[]) and t.asset_id is null
  ) t
  join catalog.column_lineage c on c.text_id = t.id and (t.asset_id is not null or c.downstream_id = any (${[...ids]}::bigint[]))
  join tidemark.asset d on d.id = c.downstream_id
  join tidemark.namespace dn on dn.id = d.namespace_id
  join tidemark.asset u on u.id = c.upstream_id
  join tidemark.namespace un on un.id = u.namespace_id
  order by 1, dn.name collate "C", c.downstream collate "C", c.downstream_column collate "C", un.name collate "C",
           c.upstream collate "C", c.upstream_column collate "C", c.influence, c.text_id`

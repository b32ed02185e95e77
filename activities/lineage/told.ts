import type { ConnectorCategory } from '../../connectors/kit/index.ts'
import { namespaceIds } from '../../db/lineage/namespaces.ts'
import type { DefinitionRow, WantedRelation } from '../../db/lineage/read.ts'
import type { DerivedFieldEdge, DerivedText, EdgeEnd, StoredGap } from '../../db/lineage/stage.ts'
import { hashText } from '../../model/hash.ts'
import { displayName, nameKey } from '../../model/names.ts'
import type { FieldUpstreamRecord } from '../../model/records.ts'
import { influenceOf } from '../../model/told-lineage.ts'
import type { ActivityDeps } from '../deps.ts'
import type { Relations } from './relations.ts'
import { fieldKey, type Translated } from './translate.ts'

/** One field, or the rows, of an asset and a field of another that it is made from, as a record says. */
interface ToldEntry {
  /** The key of the downstream field; empty: the rows as a whole. */
  readonly field: string
  readonly upstream: EdgeEnd
  readonly told: FieldUpstreamRecord
  readonly since: string | undefined
}

/** What a record tells of lineage, with its names led to namespaces. */
export interface ToldLineage {
  /** Of its edges: what a record of such a source says. */
  readonly origin: NonNullable<DerivedText['origin']>
  readonly end: EdgeEnd
  readonly entries: readonly ToldEntry[]
  readonly gaps: readonly StoredGap[]
  /** The assets that it names, its own left out. */
  readonly upstreams: readonly EdgeEnd[]
}

/** What the records of assets tell, by asset; those that tell nothing are absent. */
export async function readTold(
  { registry, store }: ActivityDeps,
  rows: readonly DefinitionRow[],
): Promise<ReadonlyMap<number, ToldLineage>> {
  const named = rows.flatMap((row) =>
    entriesOf(row).flatMap(({ told }) =>
      told.namespace === undefined ? [] : [{ sourceId: row.sourceId, name: told.namespace }],
    ),
  )
  const ids = await namespaceIds(store.sql, distinct(named))
  const categories = new Map(registry.list().map(({ manifest }) => [manifest.type, manifest.category]))
  return new Map(
    rows.flatMap((row) => {
      if (row.told === null) return []
      const namespaceOf = (name: string | undefined) =>
        name === undefined ? row.namespaceId : (ids.get(`${row.sourceId} ${name}`) ?? row.namespaceId)
      return [[row.assetId, toTold(row, originOf(categories.get(row.connector)), namespaceOf)] as const]
    }),
  )
}

function originOf(category: ConnectorCategory | undefined): ToldLineage['origin'] {
  return category === 'bi' || category === 'code' ? category : 'catalogue'
}

function distinct<T extends { readonly sourceId: number; readonly name: string }>(named: readonly T[]): T[] {
  return [...new Map(named.map((one) => [`${one.sourceId} ${one.name}`, one])).values()]
}

type Entry = Omit<ToldEntry, 'upstream'>

function entriesOf({ told }: DefinitionRow): Entry[] {
  if (told === null) return []
  const { fields, influences, omitted } = told
  const entry = (path: readonly string[] | undefined, upstream: FieldUpstreamRecord, since?: string): Entry => ({
    field: path === undefined ? '' : nameKey(path),
    told: upstream,
    since,
  })
  return [
    ...fields.flatMap(({ path, upstreams }) => upstreams.map((upstream) => entry(path, upstream))),
    ...influences.map((upstream) => entry(undefined, upstream)),
    ...(omitted?.fields ?? []).map(({ path, upstream }) => entry(path, upstream, upstream.since)),
    ...(omitted?.influences ?? []).map((upstream) => entry(undefined, upstream, upstream.since)),
  ]
}

function toTold(
  row: DefinitionRow,
  origin: ToldLineage['origin'],
  namespaceOf: (name: string | undefined) => number,
): ToldLineage {
  const end: EdgeEnd = {
    namespaceId: row.namespaceId,
    group: row.group,
    key: row.key,
    path: row.path,
    display: row.display,
  }
  const ends = new Map<string, EdgeEnd>([[identityOf(end), end]])
  const entries = entriesOf(row).map((entry): ToldEntry => {
    const { namespace, group, path } = entry.told
    const named = { namespaceId: namespaceOf(namespace), group, key: nameKey(path), path, display: displayName(path) }
    const upstream = ends.get(identityOf(named)) ?? named
    ends.set(identityOf(upstream), upstream)
    return { ...entry, upstream }
  })
  const gaps = (row.told?.gaps ?? []).map(({ reason, message, columns = [] }): StoredGap => {
    return { reason, message, statement: null, line: null, column: null, columns }
  })
  return { origin, end, entries, gaps, upstreams: [...ends.values()].slice(1) }
}

function identityOf({ namespaceId, group, key }: EdgeEnd): string {
  return `${namespaceId} ${group} ${key}`
}

/** What the store is to look up for it. */
export function wantedByTold({ upstreams }: ToldLineage): WantedRelation[] {
  return upstreams.map(({ namespaceId, group, key, path }) => ({
    namespaceId,
    group,
    key,
    name: path.at(-1) ?? '',
    loose: false,
  }))
}

/** The edges between fields that a record tells; those between assets are the record's own. */
export function translateTold({ end, entries, gaps }: ToldLineage, relations: Relations): Translated {
  const edges = new Map<string, DerivedFieldEdge>()
  const find = ({ namespaceId, key, group }: EdgeEnd) => relations.find(namespaceId, key, false, group)
  for (const { field, upstream, told, since } of entries) {
    const upstreamField = upstream === end ? nameKey(told.field) : fieldKey(find(upstream), told.field)
    const influence = influenceOf(told)
    const identity = [field, identityOf(upstream), upstreamField, influence].join('\u0000')
    const before = edges.get(identity)
    // Names that differ in case alone may lead to one column: what is told now says more than what was left out.
    if (before !== undefined && before.staleSince === undefined && since !== undefined) continue
    const subtypes = [...new Set([...(before?.subtypes ?? []), subtypeOf(told, influence)])].sort()
    edges.set(identity, {
      upstream,
      upstreamField,
      downstream: end,
      downstreamField: field,
      influence,
      transformation: influence === 'direct' ? flowOf(told) : subtypes.join(', ').toLowerCase(),
      subtypes,
      expression: told.expression,
      confidence: 1,
      statementHash: hashText(told.expression ?? ''),
      ...(since === undefined ? {} : { staleSince: since }),
    })
  }
  return {
    outcome: gaps.length > 0 ? 'partial' : 'resolved',
    statements: 0,
    resolved: 0,
    partial: 0,
    failed: 0,
    unresolvedReferences: new Set(
      entries.flatMap(({ upstream, since }) =>
        since === undefined && upstream !== end && find(upstream) === undefined ? [upstream] : [],
      ),
    ).size,
    gaps,
    edges: [],
    fieldEdges: [...edges.values()],
  }
}

function flowOf({ transformation = 'identity' }: FieldUpstreamRecord): string {
  return transformation in FLOWS ? transformation : 'expression'
}

const FLOWS: Readonly<Record<string, string>> = {
  identity: 'IDENTITY',
  expression: 'TRANSFORMATION',
  aggregate: 'AGGREGATION',
  window: 'TRANSFORMATION',
}

const DECISIONS: Readonly<Record<string, string>> = {
  join: 'JOIN',
  group_by: 'GROUP_BY',
  filter: 'FILTER',
  sort: 'SORT',
  window: 'WINDOW',
}

function subtypeOf({ transformation = 'identity' }: FieldUpstreamRecord, influence: 'direct' | 'indirect'): string {
  if (influence === 'direct') return FLOWS[transformation] ?? 'TRANSFORMATION'
  return DECISIONS[transformation] ?? 'CONDITIONAL'
}

/** What a text says together with what its asset's record tells. */
export function joinTold(text: Translated, told: Translated): Translated {
  return {
    ...text,
    outcome: text.outcome === 'resolved' ? told.outcome : text.outcome,
    unresolvedReferences: text.unresolvedReferences + told.unresolvedReferences,
    gaps: [...text.gaps, ...told.gaps],
    fieldEdges: joinEdges(text.fieldEdges, told.fieldEdges),
  }
}

/** Where both tell of an edge the text says more. */
function joinEdges(text: readonly DerivedFieldEdge[], told: readonly DerivedFieldEdge[]): DerivedFieldEdge[] {
  const identity = ({ upstream, upstreamField, downstream, downstreamField, influence }: DerivedFieldEdge) =>
    [identityOf(downstream), downstreamField, identityOf(upstream), upstreamField, influence].join('\u0000')
  return [...new Map([...told, ...text].map((edge) => [identity(edge), edge])).values()]
}

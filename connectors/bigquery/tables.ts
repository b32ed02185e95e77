import {
  type AssetRecord,
  type AssetRef,
  type ConstraintRecord,
  type FacetRecord,
  type Json,
  optional,
  toldOf,
  withFacets,
  withProperties,
} from '../kit/index.ts'
import { toFields } from './fields.ts'
import type { PolicyTags } from './policy-tags.ts'
import type { DatasetRef, Table, TableReference } from './resources.ts'
import { cataloguedName, type Family } from './shards.ts'

/**
 * What a record is made of, so that nothing volatile is sent: with `view=BASIC` neither sizes nor row counts are computed.
 * https://cloud.google.com/bigquery/docs/reference/rest/v2/tables
 */
export const TABLE_QUERY = {
  view: 'BASIC',
  fields: `tableReference,type,creationTime,expirationTime,friendlyName,description,labels,resourceTags,location,schema,
    timePartitioning,rangePartitioning,partitionDefinition,requirePartitionFilter,clustering,defaultCollation,defaultRoundingMode,
    encryptionConfiguration(kmsKeyName),view,materializedView(query,enableRefresh,refreshIntervalMs,maxStaleness,allowNonIncrementalDefinition),
    maxStaleness,externalDataConfiguration(sourceUris,sourceFormat,compression,connectionId,autodetect,hivePartitioningOptions,objectMetadata,metadataCacheMode),
    snapshotDefinition,cloneDefinition,tableConstraints,tableReplicationInfo(sourceTable,replicationIntervalMs),
    biglakeConfiguration,managedTableType,externalCatalogTableOptions(connectionId,parameters)`.replace(/\s+/g, ''),
} as const

const KINDS: Readonly<Record<string, string>> = {
  TABLE: 'table',
  VIEW: 'view',
  MATERIALIZED_VIEW: 'materialized view',
  EXTERNAL: 'external table',
  SNAPSHOT: 'snapshot',
  CLONE: 'clone',
}

export interface TableFacts {
  readonly ref: DatasetRef
  /** The table, or the newest shard of a family. */
  readonly table: Table
  readonly family?: Family
  /** What was read of its access and of its row access policies. */
  readonly facets: readonly FacetRecord[]
}

export async function toTableRecord(facts: TableFacts, tags: PolicyTags): Promise<AssetRecord> {
  const { ref, table, family, facets } = facts
  const name = family?.name ?? table.tableReference?.tableId ?? ''
  const definition = definitionOf(table)
  const upstreams = upstreamsOf(table)
  const constraints = constraintsOf(table)
  return {
    kind: family === undefined ? kindOf(table) : 'sharded table',
    path: [ref.project, ref.dataset, name],
    parent: { group: 'container', path: [ref.project, ref.dataset] },
    ...(family === undefined ? { nativeId: nativeIdOf(ref, name, table) } : {}),
    ...optional('comment', table.description),
    ...withProperties({ ...propertiesOf(table), ...(family === undefined ? {} : shardProperties(family)) }),
    fields: await toFields(table.schema?.fields, tags),
    ...(constraints.length === 0 ? {} : { constraints }),
    ...withFacets(facets),
    ...(definition === undefined ? {} : { definition }),
    ...(upstreams.length === 0 ? {} : { upstreams }),
  }
}

/** A clone is a table that began as another's copy. */
function kindOf({ type = '', cloneDefinition }: Table): string {
  return cloneDefinition === undefined ? (KINDS[type] ?? 'table') : 'clone'
}

/** BigQuery has no id of its own: a table made anew under its name has another time of creation. */
function nativeIdOf({ project, dataset }: DatasetRef, name: string, { creationTime = '' }: Table): string {
  return `${project}.${dataset}.${name}@${creationTime}`
}

function shardProperties({ count, first, last }: Family): Record<string, Json> {
  return { shards: { count, first, last } }
}

function propertiesOf(table: Table): Record<string, Json | undefined> {
  const { view, materializedView, externalDataConfiguration: external, snapshotDefinition } = table
  return {
    friendlyName: table.friendlyName,
    labels: table.labels,
    tags: table.resourceTags,
    location: table.location,
    expiresAt: timeOf(table.expirationTime),
    partitioning: partitioningOf(table),
    clustering: table.clustering?.fields,
    collation: table.defaultCollation || undefined,
    roundingMode: table.defaultRoundingMode,
    kmsKey: table.encryptionConfiguration?.kmsKeyName,
    legacySql: view?.useLegacySql === true ? true : undefined,
    privacyPolicy: plain(view?.privacyPolicy),
    refresh: materializedView === undefined ? undefined : plain({ ...materializedView, query: undefined }),
    maxStaleness: table.maxStaleness,
    external: plain(external),
    base: referenceText(table.cloneDefinition?.baseTableReference ?? snapshotDefinition?.baseTableReference),
    snapshotAt: snapshotDefinition?.snapshotTime,
    replicaOf: referenceText(table.tableReplicationInfo?.sourceTable),
    storage: plain(table.biglakeConfiguration),
    managed: table.managedTableType === 'BIGLAKE' ? 'BigLake' : undefined,
    catalog: plain(table.externalCatalogTableOptions),
  }
}

/** Plain data of the API without what is undefined; undefined when nothing is left. */
function plain(value: object | undefined): Json | undefined {
  if (value === undefined) return undefined
  const json = JSON.parse(JSON.stringify(value)) as Json
  return typeof json === 'object' && json !== null && Object.keys(json).length === 0 ? undefined : json
}

const timeOf = (ms: string | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(Number(ms)).toISOString()

function partitioningOf(table: Table): Json | undefined {
  const { timePartitioning: time, rangePartitioning: range, requirePartitionFilter } = table
  const filter =
    requirePartitionFilter === true || time?.requirePartitionFilter === true ? { filterRequired: true } : {}
  if (time !== undefined) {
    const { type = 'DAY', field = '_PARTITIONTIME', expirationMs } = time
    return toldOf({ by: type.toLowerCase(), column: field, expirationMs, ...filter })
  }
  if (range !== undefined) {
    const { start, end, interval } = range.range ?? {}
    return plain({ by: 'range', column: range.field, start, end, interval, ...filter })
  }
  return plain(table.partitionDefinition)
}

function definitionOf({ view, materializedView }: Table): AssetRecord['definition'] {
  if (view?.query !== undefined) {
    return { language: view.useLegacySql === true ? 'legacy sql' : 'sql', text: view.query }
  }
  return materializedView?.query === undefined ? undefined : { language: 'sql', text: materializedView.query }
}

function constraintsOf({ tableConstraints }: Table): ConstraintRecord[] {
  const { primaryKey, foreignKeys = [] } = tableConstraints ?? {}
  // BigQuery believes keys, it does not check them.
  const properties = { enforced: false }
  const primary: ConstraintRecord[] =
    primaryKey?.columns === undefined
      ? []
      : [{ name: 'pk$', kind: 'primary key', columns: [...primaryKey.columns], properties }]
  const foreign = foreignKeys.map(({ name, referencedTable, columnReferences = [] }, index): ConstraintRecord => {
    const columns = (key: 'referencingColumn' | 'referencedColumn') => columnReferences.map((pair) => pair[key] ?? '')
    const asset = refOf(referencedTable)
    return {
      name: name ?? `fk$${index + 1}`,
      kind: 'foreign key',
      columns: columns('referencingColumn'),
      ...(asset === undefined ? {} : { references: { asset, columns: columns('referencedColumn') } }),
      properties,
    }
  })
  return [...foreign, ...primary].sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** What a copy, a snapshot or a replica was made of. */
function upstreamsOf(table: Table): NonNullable<AssetRecord['upstreams']> {
  const { cloneDefinition, snapshotDefinition, tableReplicationInfo } = table
  const references = [
    cloneDefinition?.baseTableReference,
    snapshotDefinition?.baseTableReference,
    tableReplicationInfo?.sourceTable,
  ]
  return references.flatMap((reference) => {
    const ref = refOf(reference)
    return ref === undefined ? [] : [{ ...ref, origin: 'catalogue' as const }]
  })
}

export function refOf(reference: TableReference | undefined): AssetRef | undefined {
  const { projectId, datasetId, tableId } = reference ?? {}
  if (projectId === undefined || datasetId === undefined || tableId === undefined) return undefined
  return { group: 'relation', path: [projectId, datasetId, cataloguedName(tableId)] }
}

function referenceText(reference: TableReference | undefined): string | undefined {
  return reference === undefined ? undefined : `${reference.projectId}.${reference.datasetId}.${reference.tableId}`
}

import {
  type AssetRecord,
  type Described,
  IngestError,
  type InventoryItem,
  type InventoryVerdict,
  type ItemRef,
  itemWithRecords,
  keyPath,
  optional,
  pagesOf,
  withFacets,
  withProperties,
} from '../kit/index.ts'
import { datasetFacets, ownerOf } from './access.ts'
import type { Client } from './client.ts'
import { whyTableLeftOut } from './filter.ts'
import { listModels, listRoutines, listTables } from './listing.ts'
import { MODEL_FIELDS, modelStamp, toModelRecord } from './models.ts'
import { readTable } from './read-table.ts'
import type { Reading } from './reading.ts'
import {
  type Dataset,
  type DatasetRef,
  datasetPath,
  grantOn,
  itemKey,
  type Model,
  modelGroup,
  routineGroup,
  tableGroup,
} from './resources.ts'
import { toRoutineRecord } from './routines.ts'
import { createFamilies, type Family, familyStem, shardOf } from './shards.ts'

/** Tables read before a page goes to the engine. */
const PAGE = 100
/** Of a table that could not be read: it is described again each time, until it can be. */
const UNREAD = 'unread'
/** What concerns one table alone; of anything else the rest of the dataset would fail too. */
const OF_ONE_TABLE: ReadonlySet<string> = new Set(['permission', 'data_integrity', 'unsupported', 'invalid_config'])

interface Target {
  readonly name: string
  readonly family?: Family
}

/** A dataset and what is in it. Each table is asked for: no listing tells when one was changed. */
export async function* listDataset(
  reading: Reading,
  ref: DatasetRef,
): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const { client, config } = reading
  yield [itemWithRecords({ key: itemKey(ref), records: [await readDataset(client, ref)] })]
  const families = createFamilies()
  for await (const page of listTables(client, ref)) {
    const targets = page.filter(({ name, type }) => !families.add(name, type) && !whyTableLeftOut(config, name))
    for (const chunk of pagesOf(targets, PAGE)) yield await readItems(reading, ref, chunk)
  }
  const kept = families.all().filter(({ name }) => whyTableLeftOut(config, name) === undefined)
  for (const chunk of pagesOf(kept, PAGE)) {
    yield await readItems(
      reading,
      ref,
      chunk.map((family) => ({ name: family.newest, family })),
    )
  }
  const refusals = [
    yield* withoutRight(
      mapPages(listRoutines(client, ref), (routine) => {
        const key = itemKey(ref, routineGroup, routine.routineReference?.routineId ?? '')
        return itemWithRecords({ key, records: [toRoutineRecord(ref, routine)] })
      }),
    ),
    yield* withoutRight(
      mapPages(listModels(client, ref), (model) => ({
        key: itemKey(ref, modelGroup, model.modelReference?.modelId ?? ''),
        fingerprint: modelStamp(model),
      })),
    ),
  ]
  const error = refusals.find((refusal) => refusal !== undefined)
  return error === undefined ? { listing: 'complete' } : { listing: 'partial', error }
}

async function readDataset(client: Client, ref: DatasetRef): Promise<AssetRecord> {
  const dataset = await client.get<Dataset>({
    path: datasetPath(ref),
    what: `dataset ${ref.project}.${ref.dataset}`,
    grant: grantOn(ref.project, client.account.principal, 'roles/bigquery.metadataViewer'),
  })
  const linked = dataset.linkedDatasetSource?.sourceDataset
  return {
    kind: 'dataset',
    path: [ref.project, ref.dataset],
    parent: { group: 'container', path: [ref.project] },
    nativeId: `${ref.project}.${ref.dataset}@${dataset.creationTime ?? ''}`,
    ...optional('owner', ownerOf(dataset.access)),
    ...optional('comment', dataset.description),
    ...withProperties({
      friendlyName: dataset.friendlyName,
      location: dataset.location,
      labels: dataset.labels,
      tags: dataset.resourceTags,
      defaultTableExpirationMs: dataset.defaultTableExpirationMs,
      defaultPartitionExpirationMs: dataset.defaultPartitionExpirationMs,
      collation: dataset.defaultCollation || undefined,
      roundingMode: dataset.defaultRoundingMode,
      caseInsensitive: dataset.isCaseInsensitive === true ? true : undefined,
      timeTravelHours: dataset.maxTimeTravelHours,
      storageBilling: dataset.storageBillingModel,
      kmsKey: dataset.defaultEncryptionConfiguration?.kmsKeyName,
      linkedTo: linked === undefined ? undefined : `${linked.projectId}.${linked.datasetId}`,
      external: dataset.externalDatasetReference?.externalSource,
    }),
    ...withFacets(datasetFacets(dataset.access)),
  }
}

/** The tables with their records; those gone since the listing are not there, those that may not be read wait for `describe`. */
async function readItems(
  reading: Reading,
  ref: DatasetRef,
  targets: readonly Target[],
): Promise<readonly InventoryItem[]> {
  const items = await Promise.all(
    targets.map(async ({ name, family }): Promise<InventoryItem[]> => {
      const key = itemKey(ref, tableGroup, family?.name ?? name)
      try {
        const record = await readTable(reading, ref, name, family)
        return [itemWithRecords({ key, ...optional('nativeId', record.nativeId), records: [record] })]
      } catch (error) {
        if (!(error instanceof IngestError)) throw error
        // Where the newest shard has gone there may be others.
        if (error.category === 'not_found') return family === undefined ? [] : [{ key, fingerprint: UNREAD }]
        if (!OF_ONE_TABLE.has(error.category)) throw error
        return [{ key, fingerprint: UNREAD }]
      }
    }),
  )
  return items.flat()
}

async function* mapPages<T>(
  pages: AsyncGenerator<readonly T[], void, void>,
  toItem: (entry: T) => InventoryItem,
): AsyncGenerator<readonly InventoryItem[], void, void> {
  for await (const page of pages) if (page.length > 0) yield page.map(toItem)
}

/** Goes on without a list that the account may not read; its error makes the listing partial. */
async function* withoutRight(
  pages: AsyncGenerator<readonly InventoryItem[], void, void>,
): AsyncGenerator<readonly InventoryItem[], IngestError | undefined, void> {
  try {
    yield* pages
    return undefined
  } catch (error) {
    if (error instanceof IngestError && error.category === 'permission') return error
    throw error
  }
}

/** Models, and the tables that could not be read with their listing. */
export async function* describeItems(
  reading: Reading,
  ref: DatasetRef | undefined,
  items: readonly ItemRef[],
): AsyncGenerator<readonly Described[], void, void> {
  // What a project has besides its datasets carries its records.
  if (ref === undefined) return
  const families = items.some(({ key }) => familyStem(nameOf(key)) !== undefined)
    ? await listFamilies(reading.client, ref)
    : new Map<string, Family>()
  for (const chunk of pagesOf(items, PAGE)) {
    const described = await Promise.all(chunk.map(({ key }) => describeItem(reading, ref, key, families)))
    yield described.flat()
  }
}

const nameOf = (key: string): string => keyPath(key)?.[3] ?? ''

async function describeItem(
  reading: Reading,
  ref: DatasetRef,
  key: string,
  families: ReadonlyMap<string, Family>,
): Promise<readonly Described[]> {
  const { client } = reading
  const [, , group, name = ''] = keyPath(key) ?? []
  try {
    if (group === modelGroup) {
      const model = await client.get<Model>({
        path: [...datasetPath(ref), 'models', name],
        query: { fields: MODEL_FIELDS },
        what: `model ${ref.project}.${ref.dataset}.${name}`,
      })
      return [{ key, records: [toModelRecord(ref, model)] }]
    }
    const family = families.get(name)
    const record = await readTable(reading, ref, family?.newest ?? name, family)
    return [{ key, records: [record], fingerprint: itemWithRecords({ key, records: [record] }).fingerprint }]
  } catch (error) {
    if (!(error instanceof IngestError)) throw error
    if (error.category === 'not_found') return []
    if (!OF_ONE_TABLE.has(error.category)) throw error
    return [{ key, error }]
  }
}

async function listFamilies(client: Client, ref: DatasetRef): Promise<ReadonlyMap<string, Family>> {
  const families = createFamilies()
  for await (const page of listTables(client, ref)) {
    for (const { name, type } of page) if (shardOf(name) !== undefined) families.add(name, type)
  }
  return new Map(families.all().map((family) => [family.name, family]))
}

import { createHash } from 'node:crypto'
import {
  IngestError,
  type InventoryItem,
  type InventoryVerdict,
  itemWithRecords,
  type JsonObject,
  nameKey,
  pagesOf,
} from '../kit/index.ts'
import type { Content } from './content.ts'
import { groupRecord, projectRecord, siteRecord } from './describe/containers.ts'
import { type Directory, keepsProject } from './directory.ts'
import { WARNED } from './questions.ts'
import type { Reader } from './reader.ts'
import type { WarningNode } from './shapes.ts'

const PAGE_ITEMS = 1_000
/**
 * The Metadata API's index follows what is published by minutes, up to an hour on busy sites: what has moved within the hour
 * is described now, and once more when the hour is over.
 */
const INDEX_LAG_MS = 3_600_000

/** A site: what is in it, listed by the REST API. Nothing is looked into. */
export async function* iterateItems(reader: Reader): AsyncGenerator<readonly InventoryItem[], InventoryVerdict, void> {
  const directory = await reader.list()
  const crawled = await reader.crawled()
  const warnings = await readWarnings(reader)
  yield* pagesOf(containerItems(reader, directory), PAGE_ITEMS)
  for (const page of pagesOf([...crawled], PAGE_ITEMS)) {
    yield page.map(([key, content]) => ({
      key,
      nativeId: content.luid,
      fingerprint: fingerprintOf(content, directory, warnings),
    }))
  }
  const { unsteady, account } = directory
  return {
    listing: unsteady.length === 0 ? 'complete' : 'partial',
    visibility: account,
    ...(unsteady.length === 0 ? {} : { error: movedMeanwhile(unsteady) }),
  }
}

function containerItems({ config }: Reader, { projects, groups }: Directory): InventoryItem[] {
  const kept = [...projects.values()].filter(({ path }) => keepsProject(config, path))
  const known = new Set(kept.map(({ path }) => path))
  return [
    itemWithRecords({ key: nameKey(['site', config.site]), records: [siteRecord(config)] }),
    ...groups.map((row) =>
      itemWithRecords({
        key: nameKey(['group', String(row.name)]),
        nativeId: String(row.id),
        records: [groupRecord(config, row)],
      }),
    ),
    ...kept.map((project) =>
      itemWithRecords({
        key: nameKey(['project', project.path]),
        nativeId: project.luid,
        records: [projectRecord(config, project, known)],
      }),
    ),
  ]
}

function movedMeanwhile(lists: readonly string[]): IngestError {
  return new IngestError('data_integrity', `the list of ${lists.join(', ')} moved each time it was read`, {
    hint: 'Nothing is removed this time. Sync when fewer people publish.',
  })
}

/** Data quality warnings move no stamp: those in force are asked for, a page for all of them as a rule. */
async function readWarnings({ metadata }: Reader): Promise<ReadonlyMap<string, readonly WarningNode[]>> {
  const warnings = new Map<string, readonly WarningNode[]>()
  for await (const page of metadata.pages<{ luid: string; dataQualityWarnings?: readonly WarningNode[] }>(WARNED))
    for (const { luid, dataQualityWarnings } of page) warnings.set(luid, dataQualityWarnings ?? [])
  return warnings
}

/** What moves with use and size, and what comes from elsewhere. */
const LEFT_OUT = new Set(['size', 'usage', 'project', 'owner', 'tags', 'views', 'location', 'dataAccelerationConfig'])

function fingerprintOf(
  content: Content,
  { views, at }: Directory,
  warnings: ReadonlyMap<string, readonly WarningNode[]>,
): string {
  const { sort, luid, name, project, inProject, owner, tags, row } = content
  const facts = [
    [sort, luid, name, project, inProject, owner ?? null, tags],
    scalarsOf(row),
    views.get(luid) ?? null,
    warnings.get(luid) ?? null,
    at - Date.parse(String(row.updatedAt ?? '')) < INDEX_LAG_MS,
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('base64url')
}

function scalarsOf(row: JsonObject): (readonly [string, unknown])[] {
  return Object.entries(row)
    .filter(([key, value]) => !LEFT_OUT.has(key) && typeof value !== 'object')
    .sort(([left], [right]) => (left < right ? -1 : 1))
}

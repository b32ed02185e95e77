import { type AssetUsage, asObject, pagesOf } from '../kit/index.ts'
import { contentPath } from './content.ts'
import { keepsProject, viewAddress } from './directory.ts'
import { dataSourceRef, reportRef } from './names.ts'
import { REFRESHED_PUBLISHED } from './questions.ts'
import type { Reader } from './reader.ts'
import { readList } from './rest.ts'
import type { RefreshedNode } from './shapes.ts'

const PAGE = 1_000
const REMEMBERED = 'usage/views'

/** How often a view was opened when last looked at, and when that number was first seen. */
type Seen = Readonly<Record<string, readonly [views: number, at: string | null]>>

/**
 * Views of sheets and dashboards, summed up for their workbooks, and when extracts were refreshed. Tableau counts views since
 * the content was published and does not say when the last one was: it was before the count was first seen as it is.
 */
export async function* readUsage(reader: Reader): AsyncGenerator<readonly AssetUsage[], void, void> {
  yield* pagesOf(await readViews(reader), PAGE)
  yield* pagesOf(await readRefreshes(reader), PAGE)
}

async function readViews({ session, config, context, directory }: Reader): Promise<AssetUsage[]> {
  const { content } = await directory()
  const { items, at } = await readList(session, {
    path: 'views',
    wrap: ['views', 'view'],
    sorted: true,
    query: { includeUsageStatistics: true },
  })
  const before = JSON.parse((await context.memory?.read([REMEMBERED]))?.get(REMEMBERED) ?? '{}') as Seen
  const seen: Record<string, readonly [number, string | null]> = {}
  const usage: AssetUsage[] = []
  const workbooks = new Map<string, { reads: number; lastReadAt: string | null }>()
  for (const view of items) {
    const reads = Number(asObject(view.usage)?.totalViewCount ?? Number.NaN)
    const luid = String(asObject(view.workbook)?.id ?? '')
    const workbook = content.get(luid)
    if (Number.isNaN(reads) || workbook === undefined || !keepsProject(config, workbook.project)) continue
    const known = before[String(view.id)]
    // What nobody has counted before may be years old.
    const lastReadAt = known === undefined ? null : known[0] === reads ? known[1] : new Date(at).toISOString()
    seen[String(view.id)] = [reads, lastReadAt]
    const sum = workbooks.get(luid) ?? { reads: 0, lastReadAt: null }
    workbooks.set(luid, { reads: sum.reads + reads, lastReadAt: later(sum.lastReadAt, lastReadAt) })
    const name = String(view.name ?? '')
    if (viewAddress(view) !== undefined && name !== '')
      usage.push({ ...reportRef([...contentPath(workbook), name]), reads, ...lastRead(lastReadAt) })
  }
  for (const [luid, { reads, lastReadAt }] of workbooks) {
    const workbook = content.get(luid)
    if (workbook !== undefined) usage.push({ ...reportRef(contentPath(workbook)), reads, ...lastRead(lastReadAt) })
  }
  await context.memory?.write(new Map([[REMEMBERED, JSON.stringify(seen)]]))
  return usage
}

function later(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right
  return left > right ? left : right
}

function lastRead(at: string | null): { lastReadAt?: Date } {
  return at === null ? {} : { lastReadAt: new Date(at) }
}

async function readRefreshes({ metadata, config, directory }: Reader): Promise<AssetUsage[]> {
  const { content } = await directory()
  const usage: AssetUsage[] = []
  for await (const page of metadata.pages<RefreshedNode>(REFRESHED_PUBLISHED)) {
    for (const node of page) {
      const source = content.get(node.luid)
      const stamps = [node.extractLastUpdateTime, node.extractLastRefreshTime, node.extractLastIncrementalUpdateTime]
      const last = stamps
        .filter((stamp) => typeof stamp === 'string')
        .sort()
        .at(-1)
      if (source === undefined || last === undefined || !keepsProject(config, source.project)) continue
      usage.push({ ...dataSourceRef(contentPath(source)), lastWrittenAt: new Date(last) })
    }
  }
  return usage
}

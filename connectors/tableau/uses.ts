import { type AssetRecord, type Described, keyPath } from '../kit/index.ts'
import { type Content, contentKey } from './content.ts'
import { FED_BY } from './questions.ts'
import type { Reader } from './reader.ts'

/**
 * Which content names which other content: a workbook its published data sources, a data source its flows and virtual
 * connections. The records of the one hold the name of the other, so they are described again when that moves, is renamed or
 * goes. What each names is remembered when it is described: once something is gone, Tableau no longer tells who used it.
 */

const memoryKey = (luid: string) => `uses/${luid}`

/** Groups of assets that content of this sort is. */
const SORT_OF_GROUP: Readonly<Record<string, Content['sort']>> = {
  dataset: 'datasource',
  job: 'flow',
  storage: 'connection',
}

export async function rememberUses(
  { context, directory: read }: Reader,
  some: readonly (readonly [string, Content])[],
  described: readonly Described[],
): Promise<void> {
  const { memory } = context
  if (memory === undefined) return
  const { content } = await read()
  const luidOf = new Map([...content.values()].map((one) => [contentKey(one), one.luid]))
  const recordsOf = new Map(described.flatMap((one) => ('records' in one ? [[one.key, one.records] as const] : [])))
  const entries = new Map<string, string>()
  for (const [key, { luid }] of some) {
    const records = recordsOf.get(key)
    if (records === undefined) continue
    const keys = usedKeys(records)
    const luids = keys.flatMap((used) => luidOf.get(used) ?? [])
    entries.set(memoryKey(luid), JSON.stringify([...keys, ...luids]))
  }
  const known = await memory.read([...entries.keys()])
  const news = [...entries].filter(([key, value]) => known.get(key) !== value)
  if (news.length > 0) await memory.write(new Map(news))
}

function usedKeys(records: readonly AssetRecord[]): string[] {
  const keys = records.flatMap(({ upstreams, path: own }) =>
    (upstreams ?? []).flatMap(({ namespace, group, path }) => {
      const [project, name] = path
      const sort = SORT_OF_GROUP[group]
      const outside = namespace === undefined && sort !== undefined && project !== undefined && name !== undefined
      // An embedded data source is a part of its workbook, and of its own item.
      if (!outside || (group === 'dataset' && path.length > 2) || (own[0] === project && own[1] === name)) return []
      return [contentKey({ sort, project, name })]
    }),
  )
  return [...new Set(keys)].sort()
}

/** The keys of what names one of these. */
export async function findDependents(reader: Reader, keys: readonly string[]): Promise<string[]> {
  const crawled = await reader.crawled()
  const moved = new Set(
    keys.filter((key) => !['workbook', 'project', 'site', 'group'].includes(keyPath(key)?.[0] ?? '')),
  )
  if (moved.size === 0) return []
  for (const key of [...moved]) {
    const luid = crawled.get(key)?.luid
    if (luid !== undefined) moved.add(luid)
  }
  const users = [...crawled].filter(([, { sort }]) => sort !== 'flow')
  const { memory } = reader.context
  if (memory === undefined) return await askForDependents(reader, [...moved])
  const uses = await memory.read(users.map(([, { luid }]) => memoryKey(luid)))
  return users.flatMap(([key, { luid }]) => {
    const used = JSON.parse(uses.get(memoryKey(luid)) ?? '[]') as string[]
    return !moved.has(key) && used.some((one) => moved.has(one)) ? [key] : []
  })
}

async function askForDependents(reader: Reader, moved: readonly string[]): Promise<string[]> {
  const crawled = await reader.crawled()
  const published = moved.flatMap((key) => (keyPath(key)?.[0] === 'datasource' ? (crawled.get(key)?.luid ?? []) : []))
  const nodes = await reader.metadata.byIds<{ id: string; downstreamWorkbooks?: readonly { luid: string }[] }>(
    FED_BY,
    published,
  )
  const fed = new Set(nodes.flatMap(({ downstreamWorkbooks }) => (downstreamWorkbooks ?? []).map(({ luid }) => luid)))
  return [...crawled].flatMap(([key, { luid }]) => (fed.has(luid) ? [key] : []))
}

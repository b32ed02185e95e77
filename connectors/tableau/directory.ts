import { createHash } from 'node:crypto'
import type { ErrorCategory } from '../../model/errors.ts'
import { asObject, asText, IngestError, type JsonObject, judgeName } from '../kit/index.ts'
import type { TableauConfig } from './config.ts'
import {
  CONTENT_LISTS,
  type Content,
  type ContentSort,
  contentKey,
  type Project,
  readContent,
  readProjects,
  readTags,
} from './content.ts'
import { type ListOptions, readList } from './rest.ts'
import type { Session } from './session.ts'

/**
 * A site as the REST API lists it: what there is, what it is called, when it moved. What is in workbooks and data sources
 * is read apart; this is a row for each of them, at hand while a handle is open.
 */
export interface Directory {
  readonly projects: ReadonlyMap<string, Project>
  readonly groups: readonly JsonObject[]
  /** By luid, those of left out projects too: they may be named by others. */
  readonly content: ReadonlyMap<string, Content>
  /** By the luid of the workbook, what its views are: moves with each of them. */
  readonly views: ReadonlyMap<string, string>
  /** The addresses of views that are stories: `Workbook/Story1`. */
  readonly stories: ReadonlySet<string>
  /** The lists that moved while they were read. */
  readonly unsteady: readonly string[]
  /** When it was read, by the server's clock. */
  readonly at: number
  /** Whom it was read as, and with which role. */
  readonly account: string
}

export async function readDirectory(session: Session): Promise<Directory> {
  const unsteady: string[] = []
  let at = Date.now()
  const list = async (options: ListOptions, ...spared: readonly ErrorCategory[]): Promise<readonly JsonObject[]> => {
    const read = await readList(session, options).catch(unless(spared))
    if (read === undefined) return []
    if (!read.complete) unsteady.push(options.path)
    at = Math.min(at, read.at)
    return read.items
  }
  const { userId } = await session.signedIn()
  // Only administrators may list people; content tells the names of its owners all the same.
  const people = await list({ path: 'users', wrap: ['users', 'user'], sorted: false }, 'permission')
  const users = new Map(people.map((row) => [String(row.id), String(row.name ?? row.id)]))
  const role = people.find((row) => row.id === userId)?.siteRole
  const groups = await list({ path: 'groups', wrap: ['groups', 'group'], sorted: false }, 'permission')
  const projects = readProjects(await list({ path: 'projects', wrap: ['projects', 'project'], sorted: true }), users)
  const content: Content[] = []
  for (const sort of Object.keys(CONTENT_LISTS) as ContentSort[]) {
    // Older servers have no virtual connections, and those without Tableau Prep no flows.
    const spared = sort === 'connection' || sort === 'flow' ? (['not_found'] as const) : []
    const rows = await list(CONTENT_LISTS[sort], ...spared)
    content.push(...rows.map((row) => readContent(sort, row, projects, users)))
  }
  const { digests, stories } = digestViews(await list({ path: 'views', wrap: ['views', 'view'], sorted: true }))
  return {
    projects,
    groups,
    content: new Map(tellApart(content).map((one) => [one.luid, one])),
    views: digests,
    stories,
    unsteady,
    at,
    account: `${userId} ${String(role ?? '')}`,
  }
}

function unless(spared: readonly ErrorCategory[]): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof IngestError && spared.includes(error.category)) return undefined
    throw error
  }
}

/** Should names be shared against Tableau's own rules, they carry part of their id. */
function tellApart(content: readonly Content[]): Content[] {
  const byKey = Map.groupBy(content, contentKey)
  return content.map((one) => {
    const alike = byKey.get(contentKey(one)) ?? []
    return alike.length === 1 ? one : { ...one, name: `${one.name} #${one.luid.slice(0, 8)}` }
  })
}

/** A digest for each workbook that does not depend on the order of its views. */
function digestViews(rows: readonly JsonObject[]) {
  const digests = new Map<string, string>()
  const stories = new Set<string>()
  for (const row of rows) {
    const workbook = String(asObject(row.workbook)?.id ?? '')
    const address = viewAddress(row)
    if (row.sheetType === 'story' && address !== undefined) stories.add(address)
    const facts = [row.id, row.name, address, row.sheetType, readTags(row)]
    const own = createHash('sha256').update(JSON.stringify(facts)).digest()
    const before = digests.get(workbook)
    digests.set(workbook, (before === undefined ? own : xor(Buffer.from(before, 'base64'), own)).toString('base64'))
  }
  return { digests, stories }
}

function xor(left: Buffer, right: Buffer): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)))
}

/** `Workbook/sheets/View1` as the REST API has it, `Workbook/View1` as the Metadata API does. */
export function viewAddress(row: JsonObject): string | undefined {
  return asText(row.contentUrl)?.replace('/sheets/', '/')
}

/** Whether the source's filter keeps what is in a project. */
export function keepsProject(config: TableauConfig, project: string): boolean {
  return judgeName(config.projects, project).kept
}

/** What is crawled, by key. */
export function crawledContent(config: TableauConfig, { content }: Directory): Map<string, Content> {
  const kept = [...content.values()].filter(({ project }) => keepsProject(config, project))
  return new Map(kept.map((one) => [contentKey(one), one]))
}

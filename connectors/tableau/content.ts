import { asObject, asText, type JsonObject, type NamePath, nameKey } from '../kit/index.ts'
import { projectPath } from './names.ts'
import type { ListOptions } from './rest.ts'

/** What is listed of a site, each a list of the REST API. */
export type ContentSort = 'workbook' | 'datasource' | 'flow' | 'connection'

/** A workbook, data source, flow or virtual connection, as the list tells of it. */
export interface Content {
  readonly sort: ContentSort
  readonly luid: string
  readonly name: string
  /** The path of its project, or of somebody's personal space, as one part. */
  readonly project: string
  /** Whether {@link Content.project} is a project. */
  readonly inProject: boolean
  readonly owner?: string
  readonly tags: readonly string[]
  readonly row: JsonObject
}

export interface Project {
  readonly luid: string
  /** All names, outermost first. */
  readonly names: readonly string[]
  readonly path: string
  readonly parent?: string
  readonly owner?: string
  readonly row: JsonObject
}

export const CONTENT_LISTS: Readonly<Record<ContentSort, ListOptions>> = {
  workbook: { path: 'workbooks', wrap: ['workbooks', 'workbook'], sorted: true },
  datasource: { path: 'datasources', wrap: ['datasources', 'datasource'], sorted: true },
  flow: { path: 'flows', wrap: ['flows', 'flow'], sorted: true },
  connection: { path: 'virtualConnections', wrap: ['virtualConnections', 'virtualConnection'], sorted: false },
}

/** Names of one sort are unique in their project. */
export function contentKey({ sort, project, name }: Pick<Content, 'sort' | 'project' | 'name'>): string {
  return nameKey([sort, project, name])
}

export function contentPath({ project, name }: Pick<Content, 'project' | 'name'>): NamePath {
  return [project, name]
}

export function readProjects(rows: readonly JsonObject[], users: ReadonlyMap<string, string>): Map<string, Project> {
  const byId = new Map(rows.map((row) => [String(row.id), row]))
  const namesOf = (row: JsonObject, depth = 0): string[] => {
    const parent = byId.get(String(row.parentProjectId ?? ''))
    const own = String(row.name ?? '')
    // Tableau nests ten deep; a circle would be its mistake.
    return parent === undefined || depth > 50 ? [own] : [...namesOf(parent, depth + 1), own]
  }
  return new Map(
    rows.map((row) => {
      const names = namesOf(row)
      const owner = ownerOf(row, users)
      const project: Project = {
        luid: String(row.id),
        names,
        path: projectPath(names),
        ...(names.length > 1 ? { parent: projectPath(names.slice(0, -1)) } : {}),
        ...(owner === undefined ? {} : { owner }),
        row,
      }
      return [project.luid, project]
    }),
  )
}

export function readContent(
  sort: ContentSort,
  row: JsonObject,
  projects: ReadonlyMap<string, Project>,
  users: ReadonlyMap<string, string>,
): Content {
  const told = asObject(row.project)
  const project = projects.get(String(told?.id ?? ''))
  const owner = ownerOf(row, users)
  return {
    sort,
    luid: String(row.id),
    name: String(row.name ?? row.id),
    // A project that the account does not see has its name all the same.
    project: project?.path ?? projectPath([asText(told?.name) ?? `Personal space of ${owner ?? 'somebody'}`]),
    inProject: project !== undefined,
    ...(owner === undefined ? {} : { owner }),
    tags: readTags(row),
    row,
  }
}

/** Tags are labels in Tableau: a word each. */
export function readTags(row: JsonObject): string[] {
  const tags = asObject(row.tags)?.tag
  const labels = (Array.isArray(tags) ? tags : []).flatMap((tag: unknown) => asText(asObject(tag)?.label) ?? [])
  return [...new Set(labels)].sort()
}

function ownerOf(row: JsonObject, users: ReadonlyMap<string, string>): string | undefined {
  const owner = asObject(row.owner)
  return users.get(String(owner?.id ?? '')) ?? asText(owner?.name)
}

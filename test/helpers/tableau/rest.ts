import type { FakeProject, FakeView, Listed, TableauWorld } from './world.ts'

/** The lists of the REST API, as documented: texts for numbers and truths, names that wrap the items. */

type Row = Readonly<Record<string, unknown>>

export interface RestAnswer {
  readonly status?: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export function restError(status: number, code: string, summary: string, detail: string): RestAnswer {
  return { status, body: { error: { summary, detail, code } } }
}

/** A path below the site. */
export function answerList(world: TableauWorld, origin: string, path: string, query: URLSearchParams): RestAnswer {
  const lists: Readonly<Record<string, readonly [string, () => readonly Row[]]>> = {
    users: ['user', () => world.users.map(({ id, name, siteRole }) => ({ id, name, siteRole }))],
    groups: ['group', () => world.groups.map((group) => ({ ...group, domain: { name: 'local' } }))],
    projects: ['project', () => world.projects.map(projectRow)],
    workbooks: [
      'workbook',
      () =>
        world.workbooks.map((one) => ({
          ...contentRow(one),
          contentUrl: one.contentUrl,
          webpageUrl: `${origin}/#/workbooks/${one.luid}`,
          showTabs: 'true',
          size: '1',
        })),
    ],
    datasources: [
      'datasource',
      () =>
        world.published.map((one) => ({
          ...contentRow(one),
          contentUrl: one.name,
          webpageUrl: `${origin}/#/datasources/${one.luid}`,
          type: 'postgres',
          isCertified: one.isCertified,
          ...(one.isCertified ? { certificationNote: one.certificationNote } : {}),
          hasExtracts: one.hasExtracts,
        })),
    ],
    flows: ['flow', () => world.flows.map((one) => ({ ...contentRow(one), fileType: 'tfl' }))],
    virtualConnections: ['virtualConnection', () => world.connections.map(contentRow)],
    views: [
      'view',
      () =>
        world.workbooks
          .flatMap((one) => [...one.sheets, ...one.dashboards])
          .filter(({ luid }) => luid !== '')
          .map((view) => viewRow(view, query)),
    ],
  }
  const [list, item] = [path, lists[path]]
  if (item === undefined) {
    const user = world.users.find(({ id }) => path === `users/${id}`)
    if (user !== undefined) return { body: { user } }
    return restError(404, '404000', 'Resource Not Found', `There is no ${path}.`)
  }
  const rows = [...item[1]()]
  if (query.get('sort') === 'createdAt:asc')
    rows.sort((left, right) => (String(left.createdAt) < String(right.createdAt) ? -1 : 1))
  const size = Number(query.get('pageSize') ?? 100)
  const number = Number(query.get('pageNumber') ?? 1)
  if (size > 1_000) return restError(400, '400006', 'Bad Request', 'Invalid page size')
  return {
    body: {
      pagination: { pageNumber: String(number), pageSize: String(size), totalAvailable: String(rows.length) },
      [list]: { [item[0]]: rows.slice((number - 1) * size, number * size) },
    },
  }
}

function projectRow({ luid, name, description, contentPermissions, parent, owner, createdAt }: FakeProject): Row {
  return {
    id: luid,
    name,
    description,
    contentPermissions,
    createdAt,
    owner: { id: owner.id },
    ...(parent === undefined ? {} : { parentProjectId: parent.luid }),
  }
}

function contentRow({ luid, name, description, project, owner, labels, createdAt, updatedAt }: Listed): Row {
  return {
    id: luid,
    name,
    description,
    project: { id: project.luid, name: project.name },
    owner: { id: owner.id },
    tags: labels.length === 0 ? {} : { tag: labels.map((label) => ({ label })) },
    createdAt,
    updatedAt,
  }
}

function viewRow(view: FakeView, query: URLSearchParams): Row {
  const { luid, name, path, tags, workbook, story, views, createdAt } = view
  return {
    id: luid,
    name,
    contentUrl: path.replace('/', '/sheets/'),
    createdAt,
    updatedAt: workbook.updatedAt,
    sheetType: story ? 'story' : view.__typename === 'Sheet' ? 'worksheet' : 'dashboard',
    workbook: { id: workbook.luid },
    owner: { id: workbook.owner.id },
    tags: tags.length === 0 ? {} : { tag: tags.map(({ name: label }) => ({ label })) },
    ...(query.get('includeUsageStatistics') === 'true' ? { usage: { totalViewCount: String(views) } } : {}),
  }
}

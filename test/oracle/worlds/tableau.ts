import { startFakeTableau } from '../../helpers/tableau/server.ts'
import { buildShop } from '../../helpers/tableau/shop.ts'
import type {
  FakeDataSource,
  FakeField,
  FakeProject,
  FakePublished,
  FakeWorkbook,
  Listed,
  TableauWorld,
} from '../../helpers/tableau/world.ts'
import type { OracleWorld } from '../world.ts'

type Picks = readonly number[]
type Operation = (world: TableauWorld, picks: Picks) => void

const NAMES = ['Overview', 'Detail', 'Orders', 'People', 'a.b/c', 'Quarter "4"']
const COLUMNS = ['id', 'amount', 'region', 'Customer Name', '[odd]']

const pick = <T>(list: readonly T[], number = 0): T | undefined => list[number % Math.max(1, list.length)]
const workbookOf = (world: TableauWorld, [number]: Picks) => pick(world.workbooks, number)
const publishedOf = (world: TableauWorld, [number]: Picks) => pick(world.published, number)
const embeddedOf = (workbook: FakeWorkbook | undefined, number?: number) =>
  pick(workbook?.embeddedDatasources ?? [], number)

/** Tableau keeps the names of one sort apart in a project. */
function free(list: readonly Listed[], project: FakeProject, number: number | undefined): string | undefined {
  const name = pick(NAMES, number) ?? ''
  return list.some((one) => one.project === project && one.name === name) ? undefined : name
}

/** What stands on a published data source has what it has, once it is refreshed. */
function republish(world: TableauWorld, published: FakePublished): void {
  for (const { embeddedDatasources } of world.workbooks)
    for (const source of embeddedDatasources)
      if (source.upstreamDatasources.includes(published as FakeDataSource)) world.relay(source, published)
  // Only the data source is stamped: its workbooks stand as they are.
  world.touch(published)
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  'new workbook': (world, [project, name]) => {
    const home = pick(world.projects, project) as FakeProject
    const own = free(world.workbooks, home, name)
    if (own === undefined) return
    world.tick()
    const workbook = world.addWorkbook(own, home)
    const source = world.addEmbedded(workbook, 'Local', world.tables.slice(0, 2))
    world.addSheet(workbook, 'Sheet 1', source.fields.slice(0, 2) as FakeField[])
  },
  'rename workbook': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const name = workbook === undefined ? undefined : free(world.workbooks, workbook.project, picks[1])
    if (workbook === undefined || name === undefined) return
    workbook.name = name
    world.touch(workbook)
  },
  'move workbook': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const project = pick(world.projects, picks[1])
    if (workbook === undefined || project === undefined) return
    if (world.workbooks.some((one) => one.project === project && one.name === workbook.name)) return
    workbook.project = project
    world.touch(workbook)
  },
  'delete workbook': (world, picks) => {
    const workbook = workbookOf(world, picks)
    if (workbook !== undefined) world.remove(world.workbooks, workbook)
  },
  'restore workbook': (world, picks) => {
    const gone = bins.get(world)?.pop()
    const workbook = workbookOf(world, picks)
    if (gone !== undefined) {
      const taken = world.workbooks.some((one) => one.project === gone.project && one.name === gone.name)
      // It comes back as it was, its stamp and its luid too.
      if (!taken && world.projects.includes(gone.project)) world.workbooks.push(gone)
    } else if (workbook !== undefined) {
      world.remove(world.workbooks, workbook)
      bins.set(world, [...(bins.get(world) ?? []), workbook])
    }
    world.tick()
  },
  'tag workbook': (world, picks) => {
    const workbook = workbookOf(world, picks)
    if (workbook === undefined) return
    world.tick()
    // Tags move no stamp.
    workbook.labels = [`tag ${(picks[1] ?? 0) % 3}`]
  },
  'tag sheet': (world, picks) => {
    const sheet = pick(workbookOf(world, picks)?.sheets.filter(({ luid }) => luid !== '') ?? [], picks[1])
    if (sheet === undefined) return
    world.tick()
    sheet.tags = [{ name: `view tag ${(picks[2] ?? 0) % 3}` }]
  },
  'new owner': (world, picks) => {
    const content = pick<Listed>([...world.workbooks, ...world.published], picks[0])
    const user = pick(world.users, picks[1])
    if (content === undefined || user === undefined) return
    world.tick()
    content.owner = user
  },
  'rename user': (world, [number, name]) => {
    const user = pick(world.users, number)
    world.tick()
    if (user !== undefined) user.name = `user ${(name ?? 0) % 5}`
  },
  'new sheet': (world, picks) => {
    const workbook = workbookOf(world, picks)
    if (workbook === undefined) return
    const fields = embeddedOf(workbook, picks[1])?.fields.slice(0, 1 + ((picks[2] ?? 0) % 4)) as FakeField[] | undefined
    world.addSheet(workbook, pick(NAMES, picks[2]) ?? '', fields ?? [], (picks[3] ?? 0) % 3 === 0)
    world.touch(workbook)
  },
  'delete sheet': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const sheet = pick(workbook?.sheets ?? [], picks[1])
    if (workbook === undefined || sheet === undefined) return
    world.remove(workbook.sheets, sheet)
    for (const dashboard of workbook.dashboards)
      dashboard.sheets = dashboard.sheets?.filter((one) => one !== sheet) ?? []
    world.touch(workbook)
  },
  'new dashboard': (world, picks) => {
    const workbook = workbookOf(world, picks)
    if (workbook === undefined) return
    world.addDashboard(workbook, pick(NAMES, picks[1]) ?? '', workbook.sheets.slice(0, 2), (picks[2] ?? 0) % 3 === 0)
    world.touch(workbook)
  },
  'new data source': (world, picks) => {
    const workbook = workbookOf(world, picks)
    if (workbook === undefined) return
    world.addEmbedded(workbook, pick(NAMES, picks[1]) ?? '', world.tables.slice((picks[2] ?? 0) % 3))
    world.touch(workbook)
  },
  'connect to published': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const published = publishedOf(world, [picks[1] ?? 0])
    if (workbook === undefined || published === undefined) return
    world.connect(workbook, published)
    world.touch(workbook)
  },
  'custom sql': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const table = world.tables[0]
    if (workbook === undefined || table?.database === undefined) return
    const sql = world.addCustomSql(
      table.database,
      `select ${(picks[1] ?? 0) % 4} as n, id from orders`,
      ['n', 'id'],
      [table],
    )
    world.addEmbedded(workbook, 'With SQL', [sql])
    world.touch(workbook)
  },
  'calculate in workbook': (world, picks) => {
    const workbook = workbookOf(world, picks)
    const source = embeddedOf(workbook, picks[1])
    if (workbook === undefined || source === undefined) return
    const over = source.fields.slice(0, 2).map((field) => field?.name ?? '')
    world.calculate(source, `Calculation ${(picks[2] ?? 0) % 3}`, `SUM([${over[0]}]) // ${(picks[3] ?? 0) % 3}`, over)
    world.touch(workbook)
  },
  'new published': (world, [project, name, tables]) => {
    const home = pick(world.projects, project) as FakeProject
    const own = free(world.published, home, name)
    if (own === undefined) return
    world.tick()
    world.addPublished(own, home, world.tables.slice(0, 1 + ((tables ?? 0) % 2)))
  },
  'rename published': (world, picks) => {
    const published = publishedOf(world, picks)
    const name = published === undefined ? undefined : free(world.published, published.project, picks[1])
    if (published === undefined || name === undefined) return
    published.name = name
    world.touch(published)
  },
  'move published': (world, picks) => {
    const published = publishedOf(world, picks)
    const project = pick(world.projects, picks[1])
    if (published === undefined || project === undefined) return
    if (world.published.some((one) => one.project === project && one.name === published.name)) return
    published.project = project
    world.touch(published)
  },
  'calculate in published': (world, picks) => {
    const published = publishedOf(world, picks)
    if (published === undefined) return
    const over = published.fields.slice(0, 1).map((field) => field?.name ?? '')
    world.calculate(published as FakeDataSource, `Published ${(picks[1] ?? 0) % 4}`, `AVG([${over[0]}])`, over)
    republish(world, published)
  },
  'rename field of published': (world, picks) => {
    const published = publishedOf(world, picks)
    const field = pick(published?.fields ?? [], picks[1])
    if (published === undefined || field === undefined || field === null) return
    field.name = pick(COLUMNS, picks[2]) ?? ''
    republish(world, published)
  },
  'drop field of published': (world, picks) => {
    const published = publishedOf(world, picks)
    const field = pick(published?.fields ?? [], picks[1])
    if (published === undefined || field === undefined || field === null || published.fields.length < 2) return
    published.fields = published.fields.filter((one) => one !== field)
    for (const one of published.fields)
      if (one !== null) one.upstreamFields = one.upstreamFields.filter((upstream) => upstream !== field)
    republish(world, published)
  },
  'delete published': (world, picks) => {
    const published = publishedOf(world, picks)
    if (published === undefined) return
    for (const { embeddedDatasources } of world.workbooks)
      for (const source of embeddedDatasources) {
        if (!source.upstreamDatasources.includes(published as FakeDataSource)) continue
        // The layer is left behind, over nothing, and its workbook is not stamped.
        source.upstreamDatasources = []
        for (const field of source.fields) if (field !== null) field.upstreamFields = []
      }
    world.remove(world.published, published)
  },
  certify: (world, picks) => {
    const published = publishedOf(world, picks)
    if (published === undefined) return
    world.tick()
    published.isCertified = !published.isCertified
  },
  'data quality warning': (world, picks) => {
    const published = publishedOf(world, picks)
    if (published === undefined) return
    world.tick()
    published.dataQualityWarnings =
      (picks[1] ?? 0) % 3 === 0
        ? []
        : [
            {
              id: 'warning',
              warningType: 'STALE',
              message: `since ${(picks[1] ?? 0) % 4}`,
              isActive: true,
              isSevere: false,
            },
          ]
  },
  'refresh extract': (world, picks) => {
    const published = publishedOf(world, picks)
    if (published === undefined) return
    world.touch(published)
    published.extractLastUpdateTime = world.stamp()
  },
  'new project': (world, [number, parent]) => {
    const name = `Project ${(number ?? 0) % 4}`
    const above = (parent ?? 0) % 2 === 0 ? undefined : pick(world.projects, parent)
    if (world.projects.some((one) => one.name === name && one.parent === above)) return
    world.tick()
    world.addProject(name, above)
  },
  'rename project': (world, [number, name]) => {
    const project = pick(world.projects, number)
    const own = pick(['Sales', 'Finance', 'A/B', 'Sandbox'], name) ?? ''
    if (project === undefined || world.projects.some((one) => one.name === own && one.parent === project.parent)) return
    world.tick()
    project.name = own
  },
  'describe project': (world, [number, text]) => {
    const project = pick(world.projects, number)
    if (project === undefined) return
    world.tick()
    project.description = `About ${(text ?? 0) % 3}`
    project.contentPermissions = (text ?? 0) % 2 === 0 ? 'LockedToProject' : 'ManagedByOwner'
  },
  'rename flow': (world, [number, name]) => {
    const flow = pick(world.flows, number)
    const own = flow === undefined ? undefined : free(world.flows, flow.project, name)
    if (flow === undefined || own === undefined) return
    flow.name = own
    world.touch(flow)
  },
  'rename virtual connection': (world, [number, name]) => {
    const connection = pick(world.connections, number)
    const own = connection === undefined ? undefined : free(world.connections, connection.project, name)
    if (connection === undefined || own === undefined) return
    connection.name = own
    world.touch(connection)
  },
  'new group': (world, [number]) => {
    const name = `Group ${(number ?? 0) % 4}`
    world.tick()
    if (!world.groups.some((one) => one.name === name))
      world.groups.push({ id: world.newId(), name, minimumSiteRole: 'Viewer' })
  },
}

/** Workbooks that were deleted, and may come back. */
const bins = new WeakMap<TableauWorld, FakeWorkbook[]>()

/** A site at a fake Tableau. It has no transactions: what would be in one happens at once. */
export async function tableauWorld(): Promise<OracleWorld> {
  const world = buildShop()
  const fake = await startFakeTableau(world)
  const apply = async (operation: string, picks: Picks) => OPERATIONS[operation]?.(world, picks)
  return {
    type: 'tableau',
    config: { baseUrl: fake.url, site: 'shop', pat: { name: 'tidemark', secret: 'of the oracle' } },
    operations: [
      ...Object.keys(OPERATIONS),
      'rename published',
      'rename field of published',
      'new sheet',
      'connect to published',
    ],
    apply,
    applyInTransaction: apply,
    commit: async () => {},
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  }
}

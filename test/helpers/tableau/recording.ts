import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type FakeColumn,
  type FakeDatabase,
  type FakeDataSource,
  type FakeField,
  type FakeTable,
  TableauWorld,
} from './world.ts'

/** Answers of a real Metadata API, one file a query. Their shapes are what was asked then, so everything may be absent. */
// biome-ignore lint/suspicious/noExplicitAny: a recording has no schema of ours
export type Recorded = any

/** The nodes that a recorded answer holds. */
export function recordedNodes(folder: string, file: string): readonly Recorded[] {
  const { data } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
    data: Record<string, { nodes: Recorded[] }>
  }
  return Object.values(data)[0]?.nodes ?? []
}

/** What the recording tells of the upstreams of fields: by the end of the data source's id, a file each. */
export function recordedUpstreams(folder: string): ReadonlyMap<string, readonly Recorded[]> {
  const files = readdirSync(folder).filter((file) => file.includes('FieldUpstream_'))
  return new Map(files.map((file) => [/_([0-9a-f]{12})_all/.exec(file)?.[1] ?? file, recordedNodes(folder, file)]))
}

/** A world that answers as the recording does, whatever is asked of it. */
export function recordedWorld(folder: string): TableauWorld {
  const world = new TableauWorld()
  world.addUser('admin', 'SiteAdministratorExplorer')
  const build = new Builder(world)
  for (const node of recordedNodes(folder, 'databaseTablesConnection_all.json')) build.table(node)
  for (const node of recordedNodes(folder, 'customSQLTablesConnection_all.json')) build.customSql(node)
  for (const node of recordedNodes(folder, 'publishedDatasourcesConnection_all.json')) build.published(node)
  for (const node of recordedNodes(folder, 'workbooksConnection_all.json')) build.workbook(node)
  for (const node of recordedNodes(folder, 'embeddedDatasourcesConnection_all.json')) build.embedded(node)
  build.orphans(recordedNodes(folder, 'customSQLTablesConnection_all.json'))
  for (const nodes of recordedUpstreams(folder).values()) for (const node of nodes) build.upstreams(node)
  for (const node of recordedNodes(folder, 'sheetsConnection_all.json')) build.sheet(node)
  for (const node of recordedNodes(folder, 'dashboardsConnection_all.json')) build.dashboard(node)
  world.tick()
  return world
}

class Builder {
  readonly #world: TableauWorld
  readonly #databases = new Map<string, FakeDatabase>()
  readonly #tables = new Map<string, FakeTable>()
  readonly #sources = new Map<string, FakeDataSource>()
  readonly #fields = new Map<string, FakeField>()

  constructor(world: TableauWorld) {
    this.#world = world
  }

  #project(name: string) {
    return this.#world.projects.find((project) => project.name === name) ?? this.#world.addProject(name)
  }

  #user(name: string | undefined) {
    if (name === undefined) return this.#world.users[0] as never
    return this.#world.users.find((user) => user.name === name) ?? this.#world.addUser(name)
  }

  /** The recording asked for no hosts. */
  #database(name: string, connectionType: string): FakeDatabase {
    const key = `${connectionType} ${name}`
    const kind = connectionType === 'postgres' || connectionType === 'bigquery' ? 'DatabaseServer' : 'File'
    const database = this.#databases.get(key) ?? {
      __typename: connectionType.startsWith('webdata') ? 'WebDataConnector' : kind,
      id: `database ${key}`,
      name,
      connectionType,
      isEmbedded: kind === 'File',
    }
    this.#databases.set(key, database)
    return database
  }

  table(node: Recorded): FakeTable {
    const known = this.#tables.get(node.id)
    if (known !== undefined) return known
    const table: FakeTable = {
      __typename: 'DatabaseTable',
      id: node.id,
      name: node.name,
      description: node.description ?? null,
      schema: node.schema,
      fullName: node.fullName,
      connectionType: node.connectionType,
      isEmbedded: node.isEmbedded === true,
      database: this.#database(node.database.name, node.connectionType),
      columns: [],
    }
    table.columns = (node.columns ?? []).map((column: Recorded) => this.#column(table, column))
    this.#tables.set(table.id, table)
    this.#world.tables.push(table)
    return table
  }

  #column(table: FakeTable, column: Recorded): FakeColumn {
    return {
      id: column.id ?? `${table.id} ${column.name}`,
      name: column.name,
      remoteType: column.remoteType ?? null,
      description: column.description ?? null,
      table,
    }
  }

  customSql(node: Recorded): void {
    const tables: FakeTable[] = node.tables.map((table: Recorded) => this.table(table))
    const table: FakeTable = {
      __typename: 'CustomSQLTable',
      id: node.id,
      name: node.name,
      description: null,
      query: node.query,
      isUnsupportedCustomSql: node.isUnsupportedCustomSql === true,
      database:
        node.database === undefined ? undefined : this.#database(node.database.name, node.database.connectionType),
      columns: [],
      tables,
    }
    table.columns = node.columns.map((column: Recorded) => this.#column(table, column))
    this.#tables.set(table.id, table)
    this.#world.customSql.push(table)
  }

  #fill(source: FakeDataSource, node: Recorded): void {
    source.upstreamTables = (node.upstreamTables ?? []).map((table: Recorded) => this.table(table))
    source.upstreamDatasources = (node.upstreamDatasources ?? []).flatMap(
      ({ id }: Recorded) => this.#sources.get(id) ?? [],
    )
    source.fields = (node.fields ?? []).map((field: Recorded) => this.#field(source, field))
    this.#sources.set(source.id, source)
  }

  #field(datasource: FakeField['datasource'], node: Recorded): FakeField {
    const { datasource: _told, columns: _columns, remoteField: _remote, ...facts } = node
    const field: FakeField = { ...facts, datasource, upstreamFields: [], upstreamColumns: [] }
    this.#fields.set(field.id, field)
    return field
  }

  published(node: Recorded): void {
    const source = this.#world.addPublished(node.name, this.#project(node.projectName))
    const { id, luid, description } = node
    Object.assign(source, { id, luid, description, labels: (node.tags ?? []).map(({ name }: Recorded) => name) })
    Object.assign(source, { owner: this.#user(node.owner?.username), hasExtracts: node.hasExtracts === true })
    this.#fill(source as FakeDataSource, node)
  }

  workbook(node: Recorded): void {
    const workbook = this.#world.addWorkbook(node.name, this.#project(node.projectName))
    const { id, luid, description, createdAt, updatedAt } = node
    Object.assign(workbook, { id, luid, description, createdAt, updatedAt, owner: this.#user(node.owner?.username) })
    workbook.labels = (node.tags ?? []).map(({ name }: Recorded) => name)
  }

  embedded(node: Recorded): void {
    const workbook = this.#world.workbooks.find(({ id }) => id === node.workbook.id)
    if (workbook === undefined) return
    const source = this.#world.addEmbedded(workbook, node.name, [])
    Object.assign(source, { id: node.id, hasExtracts: node.hasExtracts })
    this.#fill(source, node)
  }

  /** A data source that is told by its custom SQL alone: what is told of its fields is the columns they show. */
  orphans(nodes: readonly Recorded[]): void {
    for (const node of nodes) {
      for (const column of node.columns) {
        for (const { datasource } of column.referencedByFields) {
          const known = this.#sources.get(datasource.id) ?? this.#orphan(datasource)
          if (known === undefined || !this.#orphaned.has(known.id)) continue
          const table = this.#tables.get(node.id)
          const read = table?.columns.find(({ id }) => id === column.id)
          known.fields.push(
            this.#world.field(known, 'ColumnField', column.name, { upstreamColumns: read === undefined ? [] : [read] }),
          )
        }
      }
    }
  }

  readonly #orphaned = new Set<string>()

  #orphan(node: Recorded): FakeDataSource | undefined {
    if (node.__typename !== 'PublishedDatasource') return undefined
    this.published({ ...node, fields: [] })
    this.#orphaned.add(node.id)
    return this.#sources.get(node.id)
  }

  upstreams(node: Recorded): void {
    const field = this.#fields.get(node.id)
    if (field === undefined) return
    field.upstreamFields = (node.upstreamFields ?? []).map(({ name, datasource }: Recorded) => {
      const source = this.#sources.get(datasource.id)
      const known = source?.fields.find((one) => one?.name === name)
      return (
        known ?? { __typename: 'ColumnField', id: `${datasource.id} ${name}`, name, datasource: source ?? datasource }
      )
    })
    field.upstreamColumns = (node.upstreamColumns ?? []).map(({ name, table: told }: Recorded) => {
      const table = this.#tables.get(told.id)
      return (
        table?.columns.find((column) => column.name === name) ?? {
          id: `${told.id} ${name}`,
          name,
          table: table ?? told,
        }
      )
    })
    const [remote] = field.upstreamFields
    if (field.__typename === 'DatasourceField' && remote !== undefined) field.remoteField = remote
  }

  sheet(node: Recorded): void {
    const workbook = this.#world.workbooks.find(({ id }) => id === node.workbook.id)
    if (workbook === undefined) return
    const fields = node.datasourceFields.map((field: Recorded) => {
      const source = this.#sources.get(field.datasource?.id)
      return this.#fields.get(field.id) ?? this.#field(source ?? field.datasource, field)
    })
    const sheet = this.#world.addSheet(workbook, node.name, fields)
    Object.assign(sheet, {
      id: node.id,
      luid: node.luid ?? '',
      path: node.path,
      createdAt: node.createdAt,
      tags: node.tags,
    })
  }

  dashboard(node: Recorded): void {
    const workbook = this.#world.workbooks.find(({ id }) => id === node.workbook.id)
    if (workbook === undefined) return
    const sheets = workbook.sheets.filter(({ id }) => node.sheets.some((sheet: Recorded) => sheet.id === id))
    const dashboard = this.#world.addDashboard(workbook, node.name, sheets)
    Object.assign(dashboard, { id: node.id, luid: node.luid ?? '', path: node.path, createdAt: node.createdAt })
  }
}

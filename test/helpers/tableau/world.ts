import { createHash } from 'node:crypto'

/** What is on a site, as the Metadata API links it: objects that name each other, plain to read by their fields' names. */

export interface FakeUser {
  readonly id: string
  name: string
  siteRole: string
}

export interface FakeProject {
  readonly luid: string
  name: string
  description: string
  contentPermissions: string
  parent: FakeProject | undefined
  owner: FakeUser
  readonly createdAt: string
}

export interface FakeColumn {
  readonly id: string
  name: string | null
  remoteType: string | null
  description: string | null
  table: FakeTable | undefined
  upstreamColumns?: FakeColumn[]
}

export interface FakeDatabase {
  readonly __typename: string
  readonly id: string
  name: string
  connectionType: string
  isEmbedded: boolean
  hostName?: string
  port?: number
  service?: string
}

export interface FakeTable {
  readonly __typename: 'DatabaseTable' | 'CustomSQLTable' | 'VirtualConnectionTable'
  readonly id: string
  luid?: string
  name: string | null
  description: string | null
  schema?: string
  fullName?: string
  connectionType?: string
  isEmbedded?: boolean
  database?: FakeDatabase | undefined
  columns: FakeColumn[]
  query?: string
  isUnsupportedCustomSql?: boolean
  /** Of custom SQL: what it reads. */
  tables?: FakeTable[]
  upstreamTables?: FakeTable[]
  virtualConnection?: FakeConnection
}

export interface FakeField {
  readonly __typename: string
  readonly id: string
  name: string | null
  description?: string | null
  isHidden?: boolean
  folderName?: string | null
  role?: string
  dataType?: string
  dataCategory?: string
  defaultFormat?: string | null
  aggregation?: string | null
  formula?: string
  binSize?: string
  datasource: FakeDataSource | { readonly __typename: string; readonly id: string; readonly name: string }
  upstreamFields: FakeField[]
  upstreamColumns: FakeColumn[]
  remoteField?: FakeField
  fields?: FakeField[]
}

export interface FakeDataSource {
  readonly __typename: 'EmbeddedDatasource' | 'PublishedDatasource'
  readonly id: string
  luid?: string
  name: string
  hasExtracts: boolean
  extractLastRefreshTime: string | null
  extractLastIncrementalUpdateTime: string | null
  extractLastUpdateTime: string | null
  containsUnsupportedCustomSql: boolean
  fields: (FakeField | null)[]
  upstreamTables: FakeTable[]
  upstreamDatasources: FakeDataSource[]
  workbook?: FakeWorkbook
  upstreamFlows?: FakeFlow[]
  parameters?: FakeParameter[]
  dataQualityWarnings?: FakeWarning[]
  certifierDisplayName?: string | null
}

interface FakeParameter {
  readonly id: string
  name: string
}

export interface FakeWarning {
  readonly id: string
  warningType: string
  message: string
  isActive: boolean
  isSevere: boolean
}

export interface FakeView {
  readonly __typename: 'Sheet' | 'Dashboard'
  readonly id: string
  luid: string
  name: string
  path: string
  readonly createdAt: string
  tags: { name: string }[]
  workbook: FakeWorkbook
  story: boolean
  views: number
  datasourceFields?: FakeField[]
  sheets?: FakeView[]
}

/** What all content has in the lists of the REST API. */
export interface Listed {
  readonly luid: string
  name: string
  description: string
  project: FakeProject
  owner: FakeUser
  labels: string[]
  readonly createdAt: string
  updatedAt: string
}

export interface FakeWorkbook extends Listed {
  readonly __typename: 'Workbook'
  readonly id: string
  contentUrl: string
  parameters: FakeParameter[]
  sheets: FakeView[]
  dashboards: FakeView[]
  embeddedDatasources: FakeDataSource[]
}

export interface FakePublished extends Listed, Omit<FakeDataSource, 'luid' | 'name'> {
  isCertified: boolean
  certificationNote: string
}

export interface FakeFlow extends Listed {
  readonly __typename: 'Flow'
  readonly id: string
  upstreamTables: FakeTable[]
  upstreamDatasources: FakeDataSource[]
  outputSteps: { readonly id: string; readonly name: string }[]
}

export interface FakeConnection extends Listed {
  readonly __typename: 'VirtualConnection'
  readonly id: string
  connectionType: string
  tables: FakeTable[]
}

/** A site and its catalogue, changed as people do: each change moves the stamps that Tableau moves. */
export class TableauWorld {
  /** Milliseconds. */
  now = Date.parse('2026-01-10T08:00:00Z')
  readonly users: FakeUser[] = []
  readonly groups: { readonly id: string; name: string; minimumSiteRole: string }[] = []
  readonly projects: FakeProject[] = []
  readonly workbooks: FakeWorkbook[] = []
  readonly published: FakePublished[] = []
  readonly flows: FakeFlow[] = []
  readonly connections: FakeConnection[] = []
  readonly tables: FakeTable[] = []
  readonly customSql: FakeTable[] = []
  #ids = 0
  /** What the Metadata API answers from while its index has not caught up. */
  index: TableauWorld | undefined

  /** An id that looks like Tableau's own, the same in each world. */
  newId(): string {
    this.#ids += 1
    const hex = createHash('sha256').update(`tableau ${this.#ids}`).digest('hex')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
  }

  stamp(): string {
    return new Date(this.now).toISOString().replace(/\.\d+Z$/, 'Z')
  }

  /** Time goes by between two changes, more than the index lags. */
  tick(ms = 2 * 3_600_000): void {
    this.now += ms
  }

  touch(content: Listed): void {
    this.tick()
    content.updatedAt = this.stamp()
  }

  addUser(name: string, siteRole = 'Explorer'): FakeUser {
    const user = { id: this.newId(), name, siteRole }
    this.users.push(user)
    return user
  }

  addProject(name: string, parent?: FakeProject): FakeProject {
    const owner = this.users[0] ?? this.addUser('admin', 'ServerAdministrator')
    const project = {
      luid: this.newId(),
      name,
      description: '',
      contentPermissions: 'ManagedByOwner',
      parent,
      owner,
      createdAt: this.stamp(),
    }
    this.projects.push(project)
    return project
  }

  listed(name: string, project: FakeProject): Listed {
    return {
      luid: this.newId(),
      name,
      description: '',
      project,
      owner: project.owner,
      labels: [],
      createdAt: this.stamp(),
      updatedAt: this.stamp(),
    }
  }

  addTable(database: FakeDatabase, schema: string, name: string, columns: readonly string[]): FakeTable {
    const table: FakeTable = {
      __typename: 'DatabaseTable',
      id: this.newId(),
      luid: this.newId(),
      name,
      description: '',
      schema,
      fullName: schema === '' ? `[${name}]` : `[${schema}].[${name}]`,
      connectionType: database.connectionType,
      isEmbedded: database.isEmbedded,
      database,
      columns: [],
    }
    table.columns = columns.map((column) => this.#column(table, column))
    this.tables.push(table)
    return table
  }

  addCustomSql(database: FakeDatabase, query: string, columns: readonly string[], tables: FakeTable[]): FakeTable {
    const table: FakeTable = {
      __typename: 'CustomSQLTable',
      id: this.newId(),
      name: 'Custom SQL Query',
      description: null,
      query,
      isUnsupportedCustomSql: false,
      database,
      connectionType: database.connectionType,
      columns: [],
      tables,
    }
    table.columns = columns.map((column) => this.#column(table, column))
    this.customSql.push(table)
    return table
  }

  #column(table: FakeTable, name: string): FakeColumn {
    return { id: this.newId(), name, remoteType: 'WSTR', description: null, table }
  }

  addPublished(name: string, project: FakeProject, tables: FakeTable[] = []): FakePublished {
    const published: FakePublished = {
      ...this.#dataSource('PublishedDatasource', tables),
      ...this.listed(name, project),
      upstreamFlows: [],
      parameters: [],
      dataQualityWarnings: [],
      certifierDisplayName: null,
      isCertified: false,
      certificationNote: '',
    }
    this.columnFields(published as FakeDataSource, tables)
    this.published.push(published)
    return published
  }

  #dataSource(typename: FakeDataSource['__typename'], tables: FakeTable[]): Omit<FakeDataSource, 'luid' | 'name'> {
    return {
      __typename: typename,
      id: this.newId(),
      hasExtracts: false,
      extractLastRefreshTime: null,
      extractLastIncrementalUpdateTime: null,
      extractLastUpdateTime: null,
      containsUnsupportedCustomSql: false,
      fields: [],
      upstreamTables: tables.filter((table) => table.__typename === 'DatabaseTable'),
      upstreamDatasources: [],
    }
  }

  /** A field for each column, as Tableau makes them when tables are dragged in. */
  columnFields(source: FakeDataSource, tables: readonly FakeTable[]): void {
    for (const column of tables.flatMap((table) => table.columns))
      source.fields.push(
        this.field(source, 'ColumnField', column.name, {
          upstreamColumns: [column],
          role: 'DIMENSION',
          dataType: 'STRING',
        }),
      )
  }

  field(
    datasource: FakeDataSource,
    typename: string,
    name: string | null,
    facts: Partial<Omit<FakeField, '__typename' | 'id' | 'name' | 'datasource'>> = {},
  ): FakeField {
    return {
      __typename: typename,
      id: this.newId(),
      name,
      description: null,
      isHidden: false,
      folderName: null,
      datasource,
      upstreamFields: [],
      upstreamColumns: [],
      ...facts,
    }
  }

  /** A calculation over fields of the same data source. */
  calculate(source: FakeDataSource, name: string, formula: string, over: readonly string[]): FakeField {
    const used = source.fields.filter((field) => field !== null && over.includes(field.name ?? '')) as FakeField[]
    const field = this.field(source, 'CalculatedField', name, {
      formula,
      role: 'MEASURE',
      dataType: 'REAL',
      upstreamFields: used,
    })
    source.fields.push(field)
    return field
  }

  addWorkbook(name: string, project: FakeProject): FakeWorkbook {
    const workbook: FakeWorkbook = {
      __typename: 'Workbook',
      id: this.newId(),
      ...this.listed(name, project),
      contentUrl: name.replaceAll(/\W/g, ''),
      parameters: [],
      sheets: [],
      dashboards: [],
      embeddedDatasources: [],
    }
    this.workbooks.push(workbook)
    return workbook
  }

  addEmbedded(workbook: FakeWorkbook, name: string, tables: FakeTable[]): FakeDataSource {
    const source: FakeDataSource = { ...this.#dataSource('EmbeddedDatasource', tables), name, workbook }
    this.columnFields(source, tables)
    workbook.embeddedDatasources.push(source)
    return source
  }

  /** A workbook's layer over a published data source: a field for each of its. */
  connect(workbook: FakeWorkbook, published: FakePublished): FakeDataSource {
    const source = this.addEmbedded(workbook, published.name, [])
    source.upstreamDatasources = [published as FakeDataSource]
    this.relay(source, published)
    return source
  }

  /** Brings the layer up to what the published data source has. */
  relay(source: FakeDataSource, published: FakePublished): void {
    source.fields = published.fields.flatMap((remote) => {
      if (remote === null) return []
      const known = source.fields.find((field) => field?.remoteField === remote)
      if (known !== undefined && known !== null) {
        known.name = remote.name
        return [known]
      }
      return [this.field(source, 'DatasourceField', remote.name, { remoteField: remote, upstreamFields: [remote] })]
    })
  }

  addSheet(workbook: FakeWorkbook, name: string, fields: readonly FakeField[], hidden = false): FakeView {
    const sheet: FakeView = { ...this.#view('Sheet', workbook, name, hidden), datasourceFields: [...fields] }
    workbook.sheets.push(sheet)
    return sheet
  }

  addDashboard(workbook: FakeWorkbook, name: string, sheets: readonly FakeView[], story = false): FakeView {
    const dashboard: FakeView = { ...this.#view('Dashboard', workbook, name, false), sheets: [...sheets], story }
    workbook.dashboards.push(dashboard)
    return dashboard
  }

  #view(typename: FakeView['__typename'], workbook: FakeWorkbook, name: string, hidden: boolean): FakeView {
    return {
      __typename: typename,
      id: this.newId(),
      luid: hidden ? '' : this.newId(),
      name,
      path: hidden ? '' : `${workbook.contentUrl}/${name.replaceAll(/\W/g, '')}`,
      createdAt: workbook.createdAt,
      tags: [],
      workbook,
      story: false,
      views: 0,
    }
  }

  addFlow(name: string, project: FakeProject, reads: FakeTable[], fills: FakePublished): FakeFlow {
    const flow: FakeFlow = {
      __typename: 'Flow',
      id: this.newId(),
      ...this.listed(name, project),
      upstreamTables: reads,
      upstreamDatasources: [],
      outputSteps: [{ id: this.newId(), name: 'Output' }],
    }
    this.flows.push(flow)
    fills.upstreamFlows = [...(fills.upstreamFlows ?? []), flow]
    return flow
  }

  addConnection(name: string, project: FakeProject, over: readonly FakeTable[]): FakeConnection {
    const connection: FakeConnection = {
      __typename: 'VirtualConnection',
      id: this.newId(),
      ...this.listed(name, project),
      connectionType: 'postgres',
      tables: [],
    }
    connection.tables = over.map((base) => {
      const table: FakeTable = {
        __typename: 'VirtualConnectionTable',
        id: this.newId(),
        name: base.name,
        description: null,
        columns: [],
        upstreamTables: [base],
        virtualConnection: connection,
      }
      table.columns = base.columns.map((column) => ({
        ...this.#column(table, column.name ?? ''),
        upstreamColumns: [column],
      }))
      return table
    })
    this.connections.push(connection)
    return connection
  }

  remove<T>(list: T[], item: T): void {
    this.tick()
    const at = list.indexOf(item)
    if (at !== -1) list.splice(at, 1)
  }

  /** From now on the Metadata API knows nothing new. */
  stopIndexing(): void {
    const { users, groups, projects, workbooks, published, flows, connections, tables, customSql } = this
    const copy = structuredClone({
      users,
      groups,
      projects,
      workbooks,
      published,
      flows,
      connections,
      tables,
      customSql,
    })
    this.index = Object.assign(new TableauWorld(), copy)
  }
}

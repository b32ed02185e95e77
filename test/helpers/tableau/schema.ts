/** The part of the Metadata API's schema that Tidemark asks, as documented: names, nullability, arguments, interfaces. */

const TYPES = [
  'Workbook',
  'Sheet',
  'Dashboard',
  'EmbeddedDatasource',
  'PublishedDatasource',
  'Field',
  'DatabaseTable',
  'CustomSQLTable',
  'VirtualConnectionTable',
  'VirtualConnection',
  'Flow',
] as const

/** How the API calls the connection of a type. */
export const CONNECTIONS: Readonly<Record<string, (typeof TYPES)[number]>> = {
  workbooksConnection: 'Workbook',
  sheetsConnection: 'Sheet',
  dashboardsConnection: 'Dashboard',
  embeddedDatasourcesConnection: 'EmbeddedDatasource',
  publishedDatasourcesConnection: 'PublishedDatasource',
  databaseTablesConnection: 'DatabaseTable',
  customSQLTablesConnection: 'CustomSQLTable',
  virtualConnectionTablesConnection: 'VirtualConnectionTable',
  virtualConnectionsConnection: 'VirtualConnection',
  flowsConnection: 'Flow',
}

const ARGUMENTS = '(filter: Filter, first: Int, after: String, offset: Int, orderBy: [SortOrder])'

const FIELD = `
  id: ID!
  name: String
  description: String
  isHidden: Boolean
  folderName: String
  datasource: Datasource
  upstreamFields: [Field!]
  upstreamColumns: [Column!]`

const DATA = `
  dataCategory: String
  role: String
  dataType: String
  defaultFormat: String
  aggregation: String`

const DATASOURCE = `
  id: ID!
  name: String
  hasExtracts: Boolean
  containsUnsupportedCustomSql: Boolean
  extractLastRefreshTime: String
  extractLastIncrementalUpdateTime: String
  extractLastUpdateTime: String
  fields: [Field]!
  fieldsConnection${ARGUMENTS}: FieldsConnection!
  upstreamTables: [DatabaseTable!]
  upstreamDatasources: [PublishedDatasource!]
  downstreamSheets: [Sheet!]
  downstreamWorkbooks: [Workbook!]
  upstreamFlows: [Flow!]`

const TABLE = `
  id: ID!
  name: String
  description: String
  columns: [Column!]!`

export const SCHEMA = `
enum OrderField { ID NAME }
enum OrderDirection { ASC DESC }
input SortOrder { field: OrderField! direction: OrderDirection! }
input Filter { id: ID idWithin: [ID] luid: String luidWithin: [String] hasActiveWarning: Boolean }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Tag { name: String }
type Parameter { id: ID! name: String }
type TableauUser { id: ID! name: String username: String }

interface Datasource {${DATASOURCE}
}
interface Table {${TABLE}
}
interface Field {${FIELD}
}

type Workbook {
  id: ID!
  luid: String!
  name: String
  projectName: String
  containsUnsupportedCustomSql: Boolean
  parameters: [Parameter!]
  sheets: [Sheet!]!
  dashboards: [Dashboard!]!
  embeddedDatasources: [EmbeddedDatasource!]!
  upstreamDatasources: [PublishedDatasource!]
}
type Sheet {
  id: ID!
  luid: String
  name: String
  path: String
  createdAt: String
  tags: [Tag!]
  workbook: Workbook
  datasourceFields: [Field!]
}
type Dashboard {
  id: ID!
  luid: String
  name: String
  path: String
  createdAt: String
  tags: [Tag!]
  workbook: Workbook
  sheets: [Sheet!]
}
type EmbeddedDatasource implements Datasource {${DATASOURCE}
  workbook: Workbook
}
type DataQualityWarning { id: ID! warningType: String message: String isActive: Boolean isSevere: Boolean }
type PublishedDatasource implements Datasource {${DATASOURCE}
  luid: String!
  projectName: String
  certifierDisplayName: String
  hasActiveWarning: Boolean
  parameters: [Parameter!]
  dataQualityWarnings: [DataQualityWarning!]
}

type ColumnField implements Field {${FIELD}${DATA}
  columns: [Column!]
}
type CalculatedField implements Field {${FIELD}${DATA}
  formula: String
}
type GroupField implements Field {${FIELD}${DATA}
}
type BinField implements Field {${FIELD}${DATA}
  formula: String
  binSize: String
}
type SetField implements Field {${FIELD}
}
type HierarchyField implements Field {${FIELD}
  fields: [Field!]
}
type DatasourceField implements Field {${FIELD}
  remoteField: Field
}

type Column {
  id: ID!
  name: String
  remoteType: String
  description: String
  table: Table
  upstreamColumns: [Column!]
}
interface Database { id: ID! name: String connectionType: String isEmbedded: Boolean }
type DatabaseServer implements Database {
  id: ID!
  name: String
  connectionType: String
  isEmbedded: Boolean
  hostName: String
  port: Int
  service: String
}
type File implements Database { id: ID! name: String connectionType: String isEmbedded: Boolean }
type WebDataConnector implements Database { id: ID! name: String connectionType: String isEmbedded: Boolean }
type DatabaseTable implements Table {${TABLE}
  luid: String
  schema: String
  fullName: String
  connectionType: String
  isEmbedded: Boolean
  database: Database
}
type CustomSQLTable implements Table {${TABLE}
  query: String
  isUnsupportedCustomSql: Boolean
  connectionType: String
  database: Database
  tables: [DatabaseTable!]
}
type VirtualConnectionTable implements Table {${TABLE}
  virtualConnection: VirtualConnection
  upstreamTables: [DatabaseTable!]
}
type VirtualConnection {
  id: ID!
  luid: String!
  name: String
  projectName: String
  connectionType: String
  tables: [VirtualConnectionTable!]!
}
type FlowOutputStep { id: ID! name: String }
type Flow {
  id: ID!
  luid: String!
  name: String
  upstreamTables: [DatabaseTable!]
  upstreamDatasources: [PublishedDatasource!]
  outputSteps: [FlowOutputStep!]
}

${TYPES.map((type) => `type ${type}sConnection { nodes: [${type}${type === 'Field' ? '' : '!'}]! pageInfo: PageInfo! totalCount: Int! }`).join('\n')}

type Query {
${Object.entries(CONNECTIONS)
  .map(([name, type]) => `  ${name}${ARGUMENTS}: ${type}sConnection!`)
  .join('\n')}
}
`

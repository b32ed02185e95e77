import type { Question } from './metadata.ts'

/**
 * The queries to the Metadata API. Ordered by id, so that pages do not shift; children in queries of their own, so that
 * one with many does not cost its siblings.
 * https://help.tableau.com/current/api/metadata_api/en-us/reference/index.html
 */

/** No page is larger: past 1,000 the server cuts without a word. */
export const MAX_PAGE = 1_000

const ORDER = 'orderBy: {field: ID, direction: ASC}'

/** By id, or by luid where that is the field. */
function byIds(name: string, filter: 'idWithin' | 'luidWithin', nodes: string, start: number): Question {
  const type = filter === 'idWithin' ? '[ID]' : '[String]'
  return {
    name,
    start,
    max: 500,
    text: `query ${name}($ids: ${type}, $first: Int) {
  ${name}(filter: {${filter}: $ids}, first: $first, ${ORDER}) {
    nodes { ${nodes} }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`,
  }
}

export const WORKBOOKS = byIds(
  'workbooksConnection',
  'luidWithin',
  `id luid containsUnsupportedCustomSql
    parameters { id name }
    sheets { id } dashboards { id } embeddedDatasources { id }`,
  50,
)

export const SHEETS = byIds(
  'sheetsConnection',
  'idWithin',
  `id luid name path createdAt
    tags { name }
    datasourceFields {
      __typename id name description
      datasource { __typename id name ... on PublishedDatasource { luid } }
      ... on ColumnField { role dataType aggregation }
      ... on CalculatedField { role dataType aggregation formula }
      ... on GroupField { role dataType }
      ... on BinField { role dataType }
      ... on DatasourceField {
        remoteField {
          __typename
          ... on ColumnField { role dataType aggregation }
          ... on CalculatedField { role dataType aggregation formula }
          ... on GroupField { role dataType }
          ... on BinField { role dataType }
        }
      }
    }`,
  100,
)

export const DASHBOARDS = byIds(
  'dashboardsConnection',
  'idWithin',
  'id luid name path createdAt tags { name } sheets { id }',
  100,
)

const DATA_SOURCE = `id name hasExtracts containsUnsupportedCustomSql
    upstreamTables { id }
    upstreamDatasources { id luid name projectName }`

export const EMBEDDED = byIds('embeddedDatasourcesConnection', 'idWithin', DATA_SOURCE, 100)

export const PUBLISHED = byIds(
  'publishedDatasourcesConnection',
  'luidWithin',
  `luid ${DATA_SOURCE}
    certifierDisplayName
    parameters { id name }
    upstreamFlows { luid }
    dataQualityWarnings { id warningType message isActive isSevere }`,
  100,
)

const FIELD = `__typename id name description isHidden folderName
        upstreamFields { name datasource { __typename id name ... on PublishedDatasource { luid } } }
        upstreamColumns { name table { __typename id } }
        ... on ColumnField { dataCategory role dataType defaultFormat aggregation }
        ... on CalculatedField { role dataType defaultFormat aggregation formula }
        ... on GroupField { role dataType }
        ... on BinField { role dataType formula binSize }
        ... on HierarchyField { fields { name } }
        ... on DatasourceField {
          remoteField {
            __typename
            ... on ColumnField { dataCategory role dataType defaultFormat aggregation }
            ... on CalculatedField { role dataType defaultFormat aggregation formula }
            ... on GroupField { role dataType }
            ... on BinField { role dataType }
          }
        }`

/** Some data sources (`ids`), and of each a page of its fields (`fields` at a time, `after`). */
function fieldsOf(name: string): Question {
  return {
    name,
    start: 10,
    max: 50,
    text: `query fieldsOf_${name}($ids: [ID], $first: Int, $fields: Int, $after: String) {
  ${name}(filter: {idWithin: $ids}, first: $first, ${ORDER}) {
    nodes {
      id
      fieldsConnection(first: $fields, after: $after, ${ORDER}) {
        nodes { ${FIELD} }
        pageInfo { hasNextPage endCursor }
        totalCount
      }
    }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`,
  }
}

export const EMBEDDED_FIELDS = fieldsOf('embeddedDatasourcesConnection')
export const PUBLISHED_FIELDS = fieldsOf('publishedDatasourcesConnection')

export const TABLES = byIds(
  'databaseTablesConnection',
  'idWithin',
  `id luid name schema fullName connectionType isEmbedded description
    database {
      __typename id name connectionType isEmbedded
      ... on DatabaseServer { hostName port service }
    }`,
  200,
)

const COLUMNS = 'columns { id name remoteType description }'

export const TABLE_COLUMNS = byIds('databaseTablesConnection', 'idWithin', `id ${COLUMNS}`, 20)

export const CUSTOM_SQL = byIds(
  'customSQLTablesConnection',
  'idWithin',
  `id name query isUnsupportedCustomSql
    database { __typename id name connectionType isEmbedded ... on DatabaseServer { hostName port service } }
    tables { id }
    ${COLUMNS}`,
  50,
)

export const CONNECTION_TABLES = byIds(
  'virtualConnectionTablesConnection',
  'idWithin',
  'id name virtualConnection { luid name projectName }',
  200,
)

export const CONNECTIONS = byIds(
  'virtualConnectionsConnection',
  'luidWithin',
  `id luid connectionType
    tables { id name description upstreamTables { id } columns { id name remoteType description upstreamColumns { name table { __typename id } } } }`,
  10,
)

export const FLOWS = byIds(
  'flowsConnection',
  'luidWithin',
  `id luid
    upstreamTables { id }
    upstreamDatasources { id luid name projectName }
    outputSteps { id name }`,
  50,
)

/** For whoever keeps nothing between runs: which workbooks a published data source feeds. */
export const FED_BY = byIds('publishedDatasourcesConnection', 'luidWithin', 'id downstreamWorkbooks { luid }', 100)

/** All data sources of one kind with when their extracts were refreshed, or those that carry a warning. */
function all(name: string, arguments_: string, nodes: string): Question {
  return {
    name,
    start: MAX_PAGE,
    max: MAX_PAGE,
    text: `query all_${name}($first: Int, $after: String) {
  ${name}(${arguments_}first: $first, after: $after, ${ORDER}) {
    nodes { ${nodes} }
    pageInfo { hasNextPage endCursor }
    totalCount
  }
}`,
  }
}

export const REFRESHED_PUBLISHED = all(
  'publishedDatasourcesConnection',
  '',
  'id luid extractLastRefreshTime extractLastIncrementalUpdateTime extractLastUpdateTime',
)
export const WARNED = all(
  'publishedDatasourcesConnection',
  'filter: {hasActiveWarning: true}, ',
  'luid dataQualityWarnings { id warningType message isActive isSevere }',
)

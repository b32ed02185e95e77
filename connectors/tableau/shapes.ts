/** Answers of the Metadata API, as `questions.ts` asks. Any text may be null: Tableau knows no constraint here. */

type Text = string | null | undefined

export interface NodeRef {
  readonly id: string
}

export interface Named {
  readonly id: string
  readonly name: Text
}

export interface DataSourceNode {
  readonly __typename?: string
  readonly id: string
  readonly name?: Text
  readonly luid?: Text
  readonly projectName?: Text
}

export interface WorkbookNode extends NodeRef {
  readonly luid: string
  readonly containsUnsupportedCustomSql?: boolean | null
  readonly parameters?: readonly Named[] | null
  readonly sheets: readonly NodeRef[]
  readonly dashboards: readonly NodeRef[]
  readonly embeddedDatasources: readonly NodeRef[]
}

interface Tagged {
  readonly tags?: readonly { readonly name: Text }[] | null
}

export interface SheetNode extends Tagged, Named {
  readonly luid: Text
  readonly path: Text
  readonly createdAt: Text
  readonly datasourceFields?: readonly SheetFieldNode[] | null
}

export interface DashboardNode extends Tagged, Named {
  readonly luid: Text
  readonly path: Text
  readonly createdAt: Text
  readonly sheets?: readonly NodeRef[] | null
}

export interface FieldFacts {
  readonly __typename: string
  readonly role?: Text
  readonly dataType?: Text
  readonly dataCategory?: Text
  readonly defaultFormat?: Text
  readonly aggregation?: Text
  readonly formula?: Text
  readonly binSize?: Text
}

export interface SheetFieldNode extends FieldFacts {
  readonly id: string
  readonly name: Text
  readonly description?: Text
  readonly datasource?: DataSourceNode | null
  readonly remoteField?: FieldFacts | null
}

export interface FieldNode extends FieldFacts {
  readonly id: string
  readonly name: Text
  readonly description?: Text
  readonly isHidden?: boolean | null
  readonly folderName?: Text
  readonly upstreamFields?: readonly { readonly name: Text; readonly datasource?: DataSourceNode | null }[] | null
  readonly upstreamColumns?: readonly UpstreamColumnNode[] | null
  readonly remoteField?: FieldFacts | null
  readonly fields?: readonly { readonly name: Text }[] | null
}

export interface UpstreamColumnNode {
  readonly name: Text
  readonly table?: { readonly __typename: string; readonly id: string } | null
}

export interface EmbeddedNode extends Named {
  readonly hasExtracts?: boolean | null
  readonly containsUnsupportedCustomSql?: boolean | null
  readonly upstreamTables?: readonly NodeRef[] | null
  readonly upstreamDatasources?: readonly DataSourceNode[] | null
}

export interface WarningNode {
  readonly id: string
  readonly warningType?: Text
  readonly message?: Text
  readonly isActive?: boolean | null
  readonly isSevere?: boolean | null
}

export interface PublishedNode extends EmbeddedNode {
  readonly luid: string
  readonly certifierDisplayName?: Text
  readonly parameters?: readonly Named[] | null
  readonly upstreamFlows?: readonly { readonly luid: string }[] | null
  readonly dataQualityWarnings?: readonly WarningNode[] | null
}

export interface DatabaseNode {
  readonly __typename: string
  readonly id: string
  readonly name: Text
  readonly connectionType: Text
  readonly isEmbedded?: boolean | null
  readonly hostName?: Text
  readonly port?: number | string | null
  readonly service?: Text
}

export interface ColumnNode extends Named {
  readonly remoteType?: Text
  readonly description?: Text
}

export interface TableNode extends Named {
  readonly luid?: Text
  readonly schema?: Text
  readonly fullName?: Text
  readonly connectionType?: Text
  readonly isEmbedded?: boolean | null
  readonly description?: Text
  readonly database?: DatabaseNode | null
}

export interface CustomSqlNode extends Named {
  readonly query: Text
  readonly isUnsupportedCustomSql?: boolean | null
  readonly database?: DatabaseNode | null
  readonly tables?: readonly NodeRef[] | null
  readonly columns?: readonly ColumnNode[] | null
}

export interface ConnectionTableNode extends Named {
  readonly virtualConnection?: { readonly luid: Text; readonly name: Text; readonly projectName: Text } | null
}

export interface ConnectionNode extends NodeRef {
  readonly luid: string
  readonly connectionType?: Text
  readonly tables?:
    | readonly (Named & {
        readonly description?: Text
        readonly upstreamTables?: readonly NodeRef[] | null
        readonly columns?:
          | readonly (ColumnNode & { readonly upstreamColumns?: readonly UpstreamColumnNode[] | null })[]
          | null
      })[]
    | null
}

export interface FlowNode extends NodeRef {
  readonly luid: string
  readonly upstreamTables?: readonly NodeRef[] | null
  readonly upstreamDatasources?: readonly DataSourceNode[] | null
  readonly outputSteps?: readonly Named[] | null
}

export interface RefreshedNode extends NodeRef {
  readonly luid: string
  readonly extractLastRefreshTime?: Text
  readonly extractLastIncrementalUpdateTime?: Text
  readonly extractLastUpdateTime?: Text
}

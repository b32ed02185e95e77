import {
  type AssetRecord,
  asText,
  compareNames,
  type FieldRecord,
  type NamePath,
  optional,
  withProperties,
} from '../../kit/index.ts'
import type { TableauConfig } from '../config.ts'
import { type Content, contentPath } from '../content.ts'
import type { Directory } from '../directory.ts'
import type { Metadata } from '../metadata.ts'
import { dataSourceRef, reportRef, uniqueNames } from '../names.ts'
import type {
  DashboardNode,
  DataSourceNode,
  EmbeddedNode,
  FieldNode,
  SheetFieldNode,
  SheetNode,
  WorkbookNode,
} from '../shapes.ts'
import { fieldKind, fieldType } from '../types.ts'
import { blank, contentFacts, facetsOf, siteUrl, truth } from './containers.ts'
import { definedOf, type FieldNames, type FindBlended, fieldNames, publishedPath, readParts } from './data-source.ts'
import { createEdges, type Edges, type FieldUpstream } from './edges.ts'
import { noteGaps } from './notes.ts'
import { parameterFacets } from './published.ts'
import type { Tables } from './tables.ts'

/** All that was read of one workbook. */
export interface WorkbookParts {
  readonly content: Content
  readonly node: WorkbookNode
  readonly sheets: readonly SheetNode[]
  readonly dashboards: readonly DashboardNode[]
  readonly dataSources: readonly { readonly node: EmbeddedNode; readonly fields: readonly FieldNode[] }[]
}

interface WorkbookContext {
  readonly config: TableauConfig
  readonly directory: Directory
  readonly metadata: Metadata
  readonly tables: Tables
  readonly workbook: NamePath
  readonly content: Content
  /** By the data source's id. */
  readonly sources: ReadonlyMap<string, { readonly path: NamePath; readonly names: FieldNames }>
  readonly blended: FindBlended
  /** By the id of the sheet, dashboard or story. */
  readonly views: ReadonlyMap<string, NamePath>
}

/** A workbook, its data sources with what is below them, its sheets, dashboards and stories. */
export function workbookRecords(
  parts: WorkbookParts,
  shared: Pick<WorkbookContext, 'config' | 'directory' | 'metadata' | 'tables'>,
): AssetRecord[] {
  const { content, node } = parts
  const workbook = contentPath(content)
  const dataSources = sorted(parts.dataSources, (one) => one.node)
  const dataSourceNames = uniqueNames(dataSources.map((one) => one.node))
  const sources = new Map(
    dataSources.map((one, index) => [
      one.node.id,
      { path: [...workbook, dataSourceNames[index] as string], names: fieldNames(one.fields) },
    ]),
  )
  // Names are unique among sheets, dashboards and stories together.
  const views = sorted([...parts.sheets, ...parts.dashboards], (one) => one)
  const viewNames = uniqueNames(views)
  const context: WorkbookContext = {
    ...shared,
    workbook,
    content,
    sources,
    blended(name) {
      const named = dataSources.filter(({ node: one }) => one.name === name)
      return named.length === 1 ? sources.get(named[0]?.node.id ?? '') : undefined
    },
    views: new Map(views.map(({ id }, index) => [id, [...workbook, viewNames[index] as string]])),
  }
  return [
    workbookRecord(content, node, context),
    ...dataSources.flatMap((one) => embeddedRecords(one, context)),
    ...sorted(parts.sheets, (one) => one).map((sheet) => sheetRecord(sheet, context)),
    ...sorted(parts.dashboards, (one) => one).map((dashboard) => dashboardRecord(dashboard, context)),
  ]
}

function sorted<T>(
  list: readonly T[],
  named: (one: T) => { readonly id: string; readonly name?: string | null | undefined },
): T[] {
  return [...list].sort((left, right) => {
    const [one, two] = [named(left), named(right)]
    return compareNames(one.name ?? one.id, two.name ?? two.id) || compareNames(one.id, two.id)
  })
}

function workbookRecord(content: Content, node: WorkbookNode, { config, metadata }: WorkbookContext): AssetRecord {
  const { row, tags } = content
  const edges = createEdges()
  noteGaps(metadata, edges)
  return {
    kind: 'workbook',
    path: [...contentPath(content)],
    ...contentFacts(config, content),
    ...withProperties({
      contentUrl: asText(row.contentUrl),
      createdAt: asText(row.createdAt),
      showTabs: truth(row.showTabs),
      encryptExtracts: asText(row.encryptExtracts),
      containsUnsupportedCustomSql: node.containsUnsupportedCustomSql === true ? true : undefined,
    }),
    ...facetsOf(tags, parameterFacets(node.parameters)),
    ...edges.gaps(),
  }
}

function embeddedRecords(
  { node, fields }: WorkbookParts['dataSources'][number],
  { tables, directory, workbook, content, sources, blended }: WorkbookContext,
): AssetRecord[] {
  const path = sources.get(node.id)?.path ?? workbook
  const parts = readParts({ node, path, fields }, tables, directory, blended)
  return [
    {
      kind: 'embedded data source',
      path: [...path],
      parent: reportRef(workbook),
      nativeId: node.id,
      ...optional('owner', content.owner),
      ...withProperties({
        hasExtracts: node.hasExtracts ?? undefined,
        passedOn: (node.upstreamDatasources ?? []).length > 0 ? true : undefined,
        containsUnsupportedCustomSql: node.containsUnsupportedCustomSql === true ? true : undefined,
      }),
      ...(parts.fields.length === 0 ? {} : { fields: parts.fields }),
      ...parts.edges.upstreams(),
      ...parts.edges.gaps(),
    },
    ...parts.records,
  ]
}

function sheetRecord(sheet: SheetNode, context: WorkbookContext): AssetRecord {
  const edges = createEdges()
  const fields = sheetFields(sheet, edges, context)
  return {
    ...viewRecord('sheet', sheet, context),
    ...(fields.length === 0 ? {} : { fields }),
    ...edges.upstreams(),
    ...edges.gaps(),
  }
}

function sheetFields({ datasourceFields }: SheetNode, edges: Edges, context: WorkbookContext): FieldRecord[] {
  const unique = [...new Map((datasourceFields ?? []).map((field) => [field.id, field])).values()]
  const counts = Map.groupBy(unique, ({ id, name }) => name ?? id)
  // Blended data sources bring fields of one name: those say where they are from.
  const told = unique.map((field) => {
    const name = field.name ?? field.id
    const alone = counts.get(name)?.length === 1
    return { ...field, name: alone ? name : `${name} (${field.datasource?.name ?? 'unknown'})`, plain: field.name }
  })
  const list = sorted(told, (one) => one)
  const names = uniqueNames(list)
  return list.map((field, index) => {
    const name = names[index] as string
    const facts = { ...field.remoteField, ...definedOf(field) }
    const dataType = blank(facts.dataType)
    const upstream = sheetUpstream({ ...field, name: field.plain }, name, edges, context)
    return {
      name,
      position: index + 1,
      nativeType: dataType ?? fieldKind(field.__typename),
      type: fieldType(dataType ?? ''),
      nullable: true,
      ...optional('comment', blank(field.description)),
      nativeId: field.id,
      ...withProperties({
        kind: fieldKind(field.remoteField?.__typename ?? field.__typename),
        role: blank(facts.role)?.toLowerCase(),
        aggregation: blank(facts.aggregation),
        formula: blank(facts.formula),
      }),
      ...(upstream === undefined ? {} : { upstreams: [upstream] }),
    }
  })
}

function sheetUpstream(
  { id, name: plain, datasource }: SheetFieldNode,
  name: string,
  edges: Edges,
  { sources, directory }: WorkbookContext,
): FieldUpstream | undefined {
  if (datasource === null || datasource === undefined) {
    edges.gap('unnamed_field', 'Tableau names no data source of the field', name)
    return undefined
  }
  const source = sources.get(datasource.id)
  const ref = dataSourceRef(source?.path ?? publishedOrUnknown(datasource, directory))
  const field = source?.names.byId.get(id) ?? (plain === null || plain === undefined ? undefined : plain)
  edges.asset({ ref }, field !== undefined)
  if (field === undefined) {
    edges.gap('unnamed_field', 'Tableau tells a field without its name', name)
    return undefined
  }
  return { ...ref, field: [field], transformation: 'identity' }
}

function publishedOrUnknown(datasource: DataSourceNode, directory: Directory): NamePath {
  return publishedPath(datasource, directory)
}

/** Dashboards hold sheets, and stories dashboards and sheets: as a whole. */
function dashboardRecord(dashboard: DashboardNode, context: WorkbookContext): AssetRecord {
  const edges = createEdges()
  for (const { id } of dashboard.sheets ?? []) {
    const path = context.views.get(id)
    if (path === undefined) edges.gap('unseen_sheet', 'it holds a sheet that the account does not see')
    else edges.asset({ ref: reportRef(path) }, false)
  }
  const story = context.directory.stories.has(dashboard.path ?? '')
  return {
    ...viewRecord(story ? 'story' : 'dashboard', dashboard, context),
    ...edges.upstreams(),
    ...edges.gaps(),
  }
}

function viewRecord(
  kind: 'sheet' | 'dashboard' | 'story',
  { id, luid, path: address, createdAt, tags }: SheetNode | DashboardNode,
  { config, content, workbook, views }: WorkbookContext,
): AssetRecord {
  const shown = blank(address)
  const labels = (tags ?? []).flatMap(({ name }) => blank(name) ?? [])
  return {
    kind,
    path: [...(views.get(id) ?? workbook)],
    parent: reportRef(workbook),
    // Hidden sheets have no luid.
    nativeId: blank(luid) ?? id,
    ...optional('owner', content.owner),
    ...(shown === undefined ? {} : { url: `${siteUrl(config)}views/${shown}` }),
    ...withProperties({ hidden: shown === undefined ? true : undefined, createdAt: blank(createdAt) }),
    ...facetsOf(labels),
  }
}

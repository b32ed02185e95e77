import { transformationOf } from '../../../lineage/formulas/calculations.ts'
import { type FormulaRole, readFormula } from '../../../lineage/formulas/tableau.ts'
import {
  type AssetRecord,
  compareNames,
  type FieldRecord,
  type Json,
  type NamePath,
  nameKey,
  optional,
  withProperties,
} from '../../kit/index.ts'
import type { Directory } from '../directory.ts'
import { dataSourceRef, projectPath, uniqueNames } from '../names.ts'
import type { DataSourceNode, EmbeddedNode, FieldFacts, FieldNode } from '../shapes.ts'
import { fieldKind, fieldType } from '../types.ts'
import { blank } from './containers.ts'
import { createEdges, type Edges, type FieldUpstream, sortUpstreams } from './edges.ts'
import { type PlacedTables, placeTables, type TableId, type Tables } from './tables.ts'

/** A data source as it is read, before it becomes a record. */
export interface DataSource {
  readonly node: EmbeddedNode
  readonly path: NamePath
  readonly fields: readonly FieldNode[]
}

/** What the fields of a data source are called, by their ids and by the names that Tableau has for them. */
export interface FieldNames {
  readonly byId: ReadonlyMap<string, string>
  readonly byName: ReadonlyMap<string, string>
}

/** A data source of the same workbook, by the name that formulas call it. */
export type FindBlended = (name: string) => { readonly path: NamePath; readonly names: FieldNames } | undefined

export interface DataSourceParts {
  readonly fields: FieldRecord[]
  readonly edges: Edges
  /** Custom SQL and tables that are below the data source. */
  readonly records: readonly AssetRecord[]
}

/** In the order of their names. */
function sortedFields(fields: readonly FieldNode[]): FieldNode[] {
  return [...fields].sort(
    (left, right) => compareNames(left.name ?? left.id, right.name ?? right.id) || compareNames(left.id, right.id),
  )
}

export function fieldNames(fields: readonly FieldNode[]): FieldNames {
  const sorted = sortedFields(fields)
  const names = uniqueNames(sorted)
  return {
    byId: new Map(sorted.map(({ id }, index) => [id, names[index] as string])),
    // Of fields that share a name, the first.
    byName: new Map(sorted.map(({ id, name }, index) => [name ?? id, names[index] as string] as const).reverse()),
  }
}

/** The tables that a data source reads itself; one that only passes on a published one's has none. */
export function tablesOf({ node, fields }: Pick<DataSource, 'node' | 'fields'>): TableId[] {
  const columns = fields.flatMap((field) => (isPassedOn(field) ? [] : (field.upstreamColumns ?? [])))
  const named = columns.flatMap(({ name, table }): TableId[] =>
    table === null || table === undefined ? [] : [{ ...table, ...optional('column', name) }],
  )
  const passedOn = (node.upstreamDatasources ?? []).length > 0
  return passedOn
    ? named
    : [...named, ...(node.upstreamTables ?? []).map(({ id }) => ({ __typename: 'DatabaseTable', id }))]
}

function isPassedOn({ __typename }: FieldFacts): boolean {
  return __typename === 'DatasourceField'
}

/** The fields with what they are made from, and what the data source brings along. */
export function readParts(
  { node, path, fields }: DataSource,
  tables: Tables,
  directory: Directory,
  blended?: FindBlended,
): DataSourceParts {
  const edges = createEdges()
  const placed = placeTables(path, tablesOf({ node, fields }), tables, directory)
  const names = fieldNames(fields)
  const records = sortedFields(fields).map((field, index) =>
    fieldRecord(field, names.byId.get(field.id) as string, index + 1, {
      node,
      path,
      names,
      placed,
      edges,
      directory,
      blended,
    }),
  )
  const targets = tablesOf({ node, fields }).flatMap((table) => placed.targetOf(table) ?? [])
  const alone = new Set(targets.map(({ ref }) => JSON.stringify(ref))).size === 1
  // Several are joined, related or united, and Tableau does not tell by which columns: those decide rows too.
  for (const target of targets) edges.asset(target, alone)
  for (const upstream of node.upstreamDatasources ?? [])
    edges.asset({ ref: dataSourceRef(publishedPath(upstream, directory)) }, true)
  for (const { reason, message } of placed.gaps) edges.gap(reason, message)
  return { fields: records, edges, records: placed.records }
}

interface FieldContext {
  readonly node: EmbeddedNode
  readonly path: NamePath
  readonly names: FieldNames
  readonly placed: PlacedTables
  readonly edges: Edges
  readonly directory: Directory
  readonly blended: FindBlended | undefined
}

function fieldRecord(field: FieldNode, name: string, position: number, context: FieldContext): FieldRecord {
  const facts = { ...field.remoteField, ...definedOf(field) }
  const dataType = blank(facts.dataType)
  return {
    name,
    position,
    nativeType: dataType ?? fieldKind(field.__typename),
    type: fieldType(dataType ?? ''),
    nullable: true,
    ...optional('comment', blank(field.description)),
    nativeId: field.id,
    ...fieldProperties(field, facts),
    ...sortUpstreams(upstreamsOf(field, name, context)),
  }
}

/** A field passed on from a published data source has its facts there; what it says itself comes first. */
export function definedOf<T extends object>(facts: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>
}

function fieldProperties(field: FieldNode, facts: Partial<FieldFacts>) {
  const remote = field.remoteField?.__typename
  const members = (field.fields ?? []).flatMap(({ name }): Json[] =>
    name === null || name === undefined ? [] : [name],
  )
  return withProperties({
    kind: fieldKind(remote ?? field.__typename),
    passedOn: isPassedOn(field) ? true : undefined,
    role: blank(facts.role)?.toLowerCase(),
    dataCategory: blank(facts.dataCategory)?.toLowerCase(),
    aggregation: blank(facts.aggregation),
    defaultFormat: blank(facts.defaultFormat),
    formula: blank(facts.formula),
    binSize: blank(facts.binSize),
    folder: blank(field.folderName),
    hidden: field.isHidden === true ? true : undefined,
    levels: members.length === 0 ? undefined : members,
  })
}

/** What a formula does with a field that it names: its value flows, or it only decides; or both. */
function transformationsOf(roles: readonly FormulaRole[]): NonNullable<FieldUpstream['transformation']>[] {
  const both = roles.includes('value') && roles.includes('condition')
  return [transformationOf({ roles }), ...(both ? (['conditional'] as const) : [])]
}

function upstreamsOf(field: FieldNode, name: string, context: FieldContext): FieldUpstream[] {
  const read = formulaUpstreams(field, name, context)
  const known = new Set(read.map(({ path, field: upstream }) => nameKey([...path, ...upstream])))
  const told = fieldUpstreams(field, name, context)
  return [
    ...read,
    ...told.filter(({ path, field: upstream }) => !known.has(nameKey([...path, ...upstream]))),
    ...columnUpstreams(field, name, context),
  ]
}

/** The fields that a calculation names, as it is written; what the API tells of them says less. */
function formulaUpstreams(field: FieldNode, name: string, context: FieldContext): FieldUpstream[] {
  const formula = isPassedOn(field) ? undefined : blank(field.formula)
  if (formula === undefined) return []
  const { path, names, edges, blended } = context
  const { references, gaps } = readFormula(formula)
  for (const { reason, message } of gaps) edges.gap(reason, message, name)
  return references.flatMap(({ name: wanted, dataSource, parameter, roles }): FieldUpstream[] => {
    if (parameter !== undefined) return []
    const other = dataSource === undefined || dataSource === context.node.name ? undefined : blended?.(dataSource)
    const known = (other?.names ?? names).byName.get(wanted)
    const foreign = dataSource !== undefined && dataSource !== context.node.name
    if (known === undefined || (foreign && other === undefined)) return []
    if (other !== undefined) edges.asset({ ref: dataSourceRef(other.path) }, true)
    if (other === undefined && known === name) return []
    return transformationsOf(roles).map((transformation) => ({
      ...dataSourceRef(other?.path ?? path),
      field: [known],
      transformation,
      expression: formula,
    }))
  })
}

function fieldUpstreams(field: FieldNode, name: string, context: FieldContext): FieldUpstream[] {
  const { node, path, names, edges, directory } = context
  const formula = isPassedOn(field) ? undefined : blank(field.formula)
  const how = isPassedOn(field)
    ? ({ transformation: 'identity' } as const)
    : { transformation: 'expression' as const, ...optional('expression', formula) }
  return (field.upstreamFields ?? []).flatMap((upstream): FieldUpstream[] => {
    const { datasource } = upstream
    if (datasource === null || datasource === undefined || upstream.name === null || upstream.name === undefined) {
      edges.gap('unnamed_field', 'Tableau names no field or no data source of what it is made from', name)
      return []
    }
    if (datasource.id === node.id)
      return [{ ...dataSourceRef(path), field: [names.byName.get(upstream.name) ?? upstream.name], ...how }]
    const ref = dataSourceRef(publishedPath(datasource, directory))
    edges.asset({ ref }, true)
    return [{ ...ref, field: [upstream.name], ...how }]
  })
}

function columnUpstreams(field: FieldNode, name: string, { placed, edges }: FieldContext): FieldUpstream[] {
  if (isPassedOn(field)) return []
  const plain = field.__typename === 'ColumnField'
  return (field.upstreamColumns ?? []).flatMap(({ name: column, table }): FieldUpstream[] => {
    const target = table === null || table === undefined ? undefined : placed.targetOf(table)
    if (target === undefined || column === null || column === undefined) {
      edges.gap('unnamed_column', 'Tableau names no column or no table of what it is made from', name)
      return []
    }
    const gap = placed.gaps.find(({ id }) => id === table?.id)
    if (gap !== undefined) edges.gap(gap.reason, gap.message, name)
    return [{ ...target.ref, field: [column], transformation: plain ? 'identity' : 'expression' }]
  })
}

/** Where a published data source is catalogued, by its luid; by its name where the account does not see it. */
export function publishedPath({ luid, name, projectName }: DataSourceNode, directory: Directory): NamePath {
  const content = directory.content.get(luid ?? '')
  if (content !== undefined) return [content.project, content.name]
  return [projectPath([blank(projectName) ?? 'unknown']), name ?? 'unknown']
}

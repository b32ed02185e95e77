import {
  type AssetRecord,
  compareNames,
  matchConnection,
  matchTable,
  type NamePath,
  optional,
  withProperties,
} from '../../kit/index.ts'
import type { Directory } from '../directory.ts'
import type { Metadata } from '../metadata.ts'
import { connectionRef, dataSourceRef, projectPath, tableRef, uniqueNames } from '../names.ts'
import { CONNECTION_TABLES, CUSTOM_SQL, TABLE_COLUMNS, TABLES } from '../questions.ts'
import type { ColumnNode, ConnectionTableNode, CustomSqlNode, DatabaseNode, TableNode } from '../shapes.ts'
import { columnType } from '../types.ts'
import { blank } from './containers.ts'
import { createEdges, type Target } from './edges.ts'

/** A table that something names, by what it is in the Metadata API. */
export interface TableId {
  readonly __typename: string
  readonly id: string
  /** The column that is named. */
  readonly column?: string
}

/** Where a table is catalogued, or why it is nowhere. */
type Match = { readonly target: Target } | { readonly gap: { readonly reason: string; readonly message: string } }

/** The tables that a few data sources, flows or connections name. */
export interface Tables {
  readonly database: ReadonlyMap<string, TableNode>
  readonly customSql: ReadonlyMap<string, CustomSqlNode>
  readonly connection: ReadonlyMap<string, ConnectionTableNode>
  /** Of those that no crawled system can have. */
  readonly columns: ReadonlyMap<string, readonly ColumnNode[]>
}

export async function readTables(metadata: Metadata, ids: readonly TableId[]): Promise<Tables> {
  const of = (typename: string) => [...new Set(ids.filter((one) => one.__typename === typename).map(({ id }) => id))]
  const customSql = byId(await metadata.byIds<CustomSqlNode>(CUSTOM_SQL, of('CustomSQLTable')))
  const named = [...customSql.values()].flatMap(({ tables }) => (tables ?? []).map(({ id }) => id))
  const wanted = [...new Set([...of('DatabaseTable'), ...named])]
  const database = byId(await metadata.byIds<TableNode>(TABLES, wanted))
  const connection = byId(await metadata.byIds<ConnectionTableNode>(CONNECTION_TABLES, of('VirtualConnectionTable')))
  const unmatched = [...database.values()].filter((table) => 'gap' in matchDatabaseTable(table)).map(({ id }) => id)
  const columned = await metadata.byIds<{ id: string; columns?: readonly ColumnNode[] }>(TABLE_COLUMNS, unmatched)
  const columns = new Map(columned.map((table) => [table.id, table.columns ?? []]))
  return { database, customSql, connection, columns }
}

function byId<T extends { readonly id: string }>(nodes: readonly T[]): Map<string, T> {
  return new Map(nodes.map((node) => [node.id, node]))
}

/** The system, by the connection that Tableau tells. */
function connectionOf(database: DatabaseNode | null | undefined, type: string | null | undefined, schema?: string) {
  const port = database?.port
  return matchConnection({
    type: blank(type) ?? blank(database?.connectionType) ?? '',
    ...optional('host', blank(database?.hostName)),
    ...(port === undefined || port === null ? {} : { port }),
    ...optional('database', blank(database?.service) ?? blank(database?.name)),
    ...optional('schema', schema),
  })
}

/** The warehouse's own asset where the connection says which it is. */
export function matchDatabaseTable(table: TableNode): Match {
  const schema = blank(table.schema)
  const connection = connectionOf(table.database, table.connectionType, schema)
  const matched = matchTable(connection, {
    name: table.name ?? '',
    ...optional('schema', schema),
    ...optional('fullName', blank(table.fullName)),
  })
  if ('gap' in matched) return { gap: matched.gap }
  const { namespace, path, matchedBy } = matched
  return { target: { ref: { namespace, group: 'relation', path: [...path] }, matchedBy } }
}

/** The tables of one data source: where each is catalogued, and the records of those that only the data source has. */
export interface PlacedTables {
  /** Undefined for what the account does not see. */
  targetOf(table: TableId): Target | undefined
  readonly records: readonly AssetRecord[]
  readonly gaps: readonly { readonly reason: string; readonly message: string; readonly id: string }[]
}

/** A place of its own: custom SQL, and tables of files and systems that nothing else catalogues, are below their data source. */
export function placeTables(
  dataSource: NamePath,
  used: readonly TableId[],
  tables: Tables,
  directory: Directory,
): PlacedTables {
  const sql = pick(used, 'CustomSQLTable', tables.customSql)
  const inSql = sql.flatMap((node) => (node.tables ?? []).map(({ id }) => ({ __typename: 'DatabaseTable', id })))
  const named = pick([...used, ...inSql], 'DatabaseTable', tables.database)
  const targets = new Map<string, Target>()
  const gaps: { reason: string; message: string; id: string }[] = []
  const own: TableNode[] = []
  for (const table of named) {
    const match = matchDatabaseTable(table)
    if ('target' in match) targets.set(table.id, match.target)
    else {
      own.push(table)
      gaps.push({ ...match.gap, id: table.id })
    }
  }
  for (const table of pick(used, 'VirtualConnectionTable', tables.connection)) {
    const target = connectionTableTarget(table, directory)
    if (target !== undefined) targets.set(table.id, target)
  }
  own.push(...unseenTables(used, tables))
  // One table may be known under several ids, with and without its columns.
  const alike = [...Map.groupBy(own, identityOf).values()]
  const placed = [...sql, ...alike.map(([first]) => first as TableNode)]
  const names = uniqueNames(placed)
  const pathOf = new Map(placed.map(({ id }, index) => [id, [...dataSource, names[index] as string]]))
  for (const { id } of sql) targets.set(id, { ref: tableRef(pathOf.get(id) ?? []) })
  for (const group of alike)
    for (const { id } of group) targets.set(id, { ref: tableRef(pathOf.get((group[0] as TableNode).id) ?? []) })
  const targetOf = ({ id }: TableId) => targets.get(id)
  return {
    targetOf,
    gaps,
    records: [
      ...sql.map((node) => customSqlRecord(node, pathOf.get(node.id) ?? [], dataSource, tables, targetOf)),
      ...alike.map((group) =>
        tableRecord(group, pathOf.get((group[0] as TableNode).id) ?? [], dataSource, (id) =>
          tables.database.has(id) ? (tables.columns.get(id) ?? []) : namedColumns(used, id),
        ),
      ),
    ].sort((left, right) => compareNames(left.path.join('\0'), right.path.join('\0'))),
  }
}

/** Tables that fields lead to, and that the API does not show otherwise: known by their ids. */
function unseenTables(used: readonly TableId[], { database, customSql, connection }: Tables): TableNode[] {
  const ids = used.filter(
    ({ id, column }) => column !== undefined && ![database, customSql, connection].some((one) => one.has(id)),
  )
  return [...new Set(ids.map(({ id }) => id))].sort().map((id) => ({ id, name: null, fullName: id }))
}

function namedColumns(used: readonly TableId[], table: string): ColumnNode[] {
  const names = used.flatMap(({ id, column }) => (id === table && column !== undefined ? [column] : []))
  return [...new Set(names)].map((name) => ({ id: name, name }))
}

function pick<T extends { readonly id: string }>(
  used: readonly TableId[],
  typename: string,
  nodes: ReadonlyMap<string, T>,
): T[] {
  const ids = [...new Set(used.filter((one) => one.__typename === typename).map(({ id }) => id))].sort()
  return ids.flatMap((id) => nodes.get(id) ?? [])
}

function identityOf({ database, schema, fullName, name, connectionType }: TableNode): string {
  return JSON.stringify([connectionType ?? null, database?.name ?? null, blank(schema) ?? null, fullName ?? name])
}

function connectionTableTarget({ name, virtualConnection }: ConnectionTableNode, directory: Directory) {
  const connection = directory.content.get(virtualConnection?.luid ?? '')
  const project = connection?.project ?? projectPath([virtualConnection?.projectName ?? ''])
  const own = connection?.name ?? virtualConnection?.name
  if (own === undefined || own === null || name === null || name === undefined) return undefined
  return { ref: connectionRef([project, own, name]) }
}

function tableRecord(
  group: readonly TableNode[],
  path: NamePath,
  dataSource: NamePath,
  columnsOf: (table: string) => readonly ColumnNode[],
): AssetRecord {
  const [table] = group as readonly [TableNode, ...TableNode[]]
  const merged = new Map(group.flatMap(({ id }) => columnsOf(id)).map((column) => [column.name, column]))
  return {
    kind: 'table',
    path: [...path],
    parent: dataSourceRef(dataSource),
    ...optional(
      'comment',
      blank(group.map(({ description }) => blank(description)).find((text) => text !== undefined)),
    ),
    ...withProperties({
      connectionType: blank(table.connectionType),
      database: blank(table.database?.name),
      host: blank(table.database?.hostName),
      schema: blank(table.schema),
      fullName: blank(table.fullName),
    }),
    ...fieldsOf([...merged.values()]),
  }
}

function fieldsOf(columns: readonly ColumnNode[]): Pick<AssetRecord, 'fields'> {
  const sorted = [...columns].sort((left, right) => compareNames(left.name ?? left.id, right.name ?? right.id))
  const names = uniqueNames(sorted)
  if (sorted.length === 0) return {}
  return {
    fields: sorted.map(({ remoteType, description }, index) => ({
      name: names[index] as string,
      position: index + 1,
      nativeType: blank(remoteType) ?? 'UNKNOWN',
      type: columnType(remoteType ?? ''),
      nullable: true,
      ...optional('comment', blank(description)),
    })),
  }
}

/** The lineage step reads the text; what Tableau itself has read out of it counts too. */
function customSqlRecord(
  { id, query, columns, database: told, tables: reads, isUnsupportedCustomSql: unsupported }: CustomSqlNode,
  path: NamePath,
  dataSource: NamePath,
  tables: Tables,
  targetOf: PlacedTables['targetOf'],
): AssetRecord {
  const edges = createEdges()
  for (const table of reads ?? []) {
    const target = targetOf({ __typename: 'DatabaseTable', id: table.id })
    if (target !== undefined) edges.asset(target, false)
  }
  // Where Tableau does not say the database, the tables that it found in the query do.
  const [first] = (reads ?? []).flatMap((table) => tables.database.get(table.id) ?? [])
  const database = told ?? first?.database
  const type = blank(told?.connectionType) ?? blank(first?.connectionType)
  if (unsupported === true)
    edges.gap('unsupported_custom_sql', 'Tableau could not read the query: what it tells of lineage may be incomplete')
  const connection = connectionOf(database, type)
  if (connection.namespace === undefined && connection.gap !== undefined)
    edges.gap(connection.gap.reason, connection.gap.message)
  return {
    kind: 'custom sql',
    path: [...path],
    parent: dataSourceRef(dataSource),
    nativeId: id,
    definition: { language: 'sql', text: query ?? '' },
    properties: {
      sql: {
        dialect: connection.dialect,
        ...optional('namespace', connection.namespace),
        ...optional('database', connection.defaults.database),
        ...(connection.defaults.schemas === undefined ? {} : { schemas: [...connection.defaults.schemas] }),
      },
      ...(type === undefined ? {} : { connectionType: type }),
    },
    ...fieldsOf(columns ?? []),
    ...edges.upstreams(),
    ...edges.gaps(),
  }
}

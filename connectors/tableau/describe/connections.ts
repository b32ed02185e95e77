import {
  type AssetRecord,
  asText,
  compareNames,
  type FieldRecord,
  type NamePath,
  optional,
  withProperties,
} from '../../kit/index.ts'
import { type Content, contentPath } from '../content.ts'
import type { Metadata } from '../metadata.ts'
import { connectionRef, uniqueNames } from '../names.ts'
import { CONNECTIONS } from '../questions.ts'
import type { Reader } from '../reader.ts'
import type { ConnectionNode } from '../shapes.ts'
import { columnType } from '../types.ts'
import { blank, contentFacts, facetsOf, truth } from './containers.ts'
import { createEdges, type Edges, type FieldUpstream, sortUpstreams } from './edges.ts'
import { noteGaps } from './notes.ts'
import { matchDatabaseTable, readTables, type Tables } from './tables.ts'

type ConnectionTable = NonNullable<ConnectionNode['tables']>[number]

/** The records of some virtual connections with their tables, by luid. */
export async function describeConnections(
  { config, metadata, directory: read }: Reader,
  contents: readonly Content[],
): Promise<Map<string, AssetRecord[]>> {
  const directory = await read()
  const nodes = await metadata.byIds<ConnectionNode>(
    CONNECTIONS,
    contents.map(({ luid }) => luid),
  )
  const named = nodes.flatMap(({ tables }) => (tables ?? []).flatMap(({ upstreamTables }) => upstreamTables ?? []))
  const tables = await readTables(
    metadata,
    named.map(({ id }) => ({ __typename: 'DatabaseTable', id })),
  )
  return new Map(
    nodes.flatMap((node): [string, AssetRecord[]][] => {
      const content = directory.content.get(node.luid)
      if (content === undefined) return []
      const path = contentPath(content)
      const own = [...(node.tables ?? [])].sort(
        (left, right) => compareNames(left.name ?? left.id, right.name ?? right.id) || compareNames(left.id, right.id),
      )
      const names = uniqueNames(own)
      const record: AssetRecord = {
        kind: 'virtual connection',
        path: [...path],
        ...contentFacts(config, content),
        ...withProperties({
          connectionType: blank(node.connectionType),
          createdAt: asText(content.row.createdAt),
          certified: truth(content.row.isCertified),
          hasExtracts: truth(content.row.hasExtracts),
        }),
        ...facetsOf(content.tags),
      }
      const below = own.map((table, index) =>
        tableRecord(table, [...path, names[index] as string], path, tables, metadata),
      )
      return [[node.luid, [record, ...below]]]
    }),
  )
}

function tableRecord(
  table: ConnectionTable,
  path: NamePath,
  connection: NamePath,
  tables: Tables,
  metadata: Metadata,
): AssetRecord {
  const edges = createEdges()
  for (const { id } of table.upstreamTables ?? []) noteTable(id, edges, tables)
  noteGaps(metadata, edges)
  const fields = tableFields(table, edges, tables)
  return {
    kind: 'virtual connection table',
    path: [...path],
    parent: connectionRef(connection),
    nativeId: table.id,
    ...optional('comment', blank(table.description)),
    ...(fields.length === 0 ? {} : { fields }),
    ...edges.upstreams(),
    ...edges.gaps(),
  }
}

function noteTable(id: string, edges: Edges, tables: Tables) {
  const table = tables.database.get(id)
  const match = table === undefined ? undefined : matchDatabaseTable(table)
  if (match === undefined) return undefined
  if ('target' in match) {
    edges.asset(match.target, false)
    return match.target
  }
  edges.gap(match.gap.reason, `${table?.fullName ?? table?.name ?? id}: ${match.gap.message}`)
  return undefined
}

function tableFields({ columns }: ConnectionTable, edges: Edges, tables: Tables): FieldRecord[] {
  const sorted = [...(columns ?? [])].sort((left, right) => compareNames(left.name ?? left.id, right.name ?? right.id))
  const names = uniqueNames(sorted)
  return sorted.map(({ id, remoteType, description, upstreamColumns }, index) => {
    const upstreams = (upstreamColumns ?? []).flatMap(({ name, table }): FieldUpstream[] => {
      const target = table === null || table === undefined ? undefined : noteTable(table.id, edges, tables)
      return target === undefined || name === null || name === undefined ? [] : [{ ...target.ref, field: [name] }]
    })
    return {
      name: names[index] as string,
      position: index + 1,
      nativeType: blank(remoteType) ?? 'UNKNOWN',
      type: columnType(remoteType ?? ''),
      nullable: true,
      ...optional('comment', blank(description)),
      nativeId: id,
      ...sortUpstreams(upstreams),
    }
  })
}

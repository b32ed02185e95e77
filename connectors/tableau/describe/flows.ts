import { type AssetRecord, asText, withProperties } from '../../kit/index.ts'
import { type Content, contentPath } from '../content.ts'
import { dataSourceRef } from '../names.ts'
import { FLOWS } from '../questions.ts'
import type { Reader } from '../reader.ts'
import type { FlowNode } from '../shapes.ts'
import { contentFacts, facetsOf } from './containers.ts'
import { publishedPath } from './data-source.ts'
import { createEdges } from './edges.ts'
import { noteGaps } from './notes.ts'
import { matchDatabaseTable, readTables } from './tables.ts'

/** The records of some flows, by luid. A flow stands between what it reads and the data sources that it fills. */
export async function describeFlows(
  { config, metadata, directory: read }: Reader,
  contents: readonly Content[],
): Promise<Map<string, AssetRecord[]>> {
  const directory = await read()
  const nodes = await metadata.byIds<FlowNode>(
    FLOWS,
    contents.map(({ luid }) => luid),
  )
  const named = nodes.flatMap(({ upstreamTables }) => upstreamTables ?? [])
  const tables = await readTables(
    metadata,
    named.map(({ id }) => ({ __typename: 'DatabaseTable', id })),
  )
  return new Map(
    nodes.flatMap(({ luid, upstreamTables, upstreamDatasources, outputSteps }): [string, AssetRecord[]][] => {
      const content = directory.content.get(luid)
      if (content === undefined) return []
      const edges = createEdges()
      for (const { id } of upstreamTables ?? []) {
        const table = tables.database.get(id)
        const match = table === undefined ? undefined : matchDatabaseTable(table)
        if (match === undefined) continue
        if ('target' in match) edges.asset(match.target, false)
        else edges.gap(match.gap.reason, `${table?.fullName ?? table?.name ?? id}: ${match.gap.message}`)
      }
      for (const source of upstreamDatasources ?? [])
        edges.asset({ ref: dataSourceRef(publishedPath(source, directory)) }, false)
      noteGaps(metadata, edges)
      const steps = [...new Set((outputSteps ?? []).flatMap(({ name }) => name ?? []))].sort()
      const record: AssetRecord = {
        kind: 'flow',
        path: [...contentPath(content)],
        ...contentFacts(config, content),
        ...withProperties({
          createdAt: asText(content.row.createdAt),
          fileType: asText(content.row.fileType),
          outputs: steps.length === 0 ? undefined : steps,
        }),
        ...facetsOf(content.tags),
        ...edges.upstreams(),
        ...edges.gaps(),
      }
      return [[luid, [record]]]
    }),
  )
}

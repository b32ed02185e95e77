import { IngestError } from '../../model/errors.ts'
import { dotColumns, dotLineage } from '../../services/diagrams/dot.ts'
import { mermaidColumns, mermaidFlowchart } from '../../services/diagrams/mermaid.ts'
import { readLineage } from '../../services/lineage.ts'
import { placeName } from '../../services/lineage-place.ts'
import type { Invocation } from '../invocation.ts'
import { printColumns, printSide } from '../lineage-text.ts'
import { openSession } from '../session.ts'
import { runGaps } from './lineage-gaps.ts'

interface Options {
  readonly up?: true
  readonly down?: true
  readonly depth: number
  readonly columns?: true
  readonly gaps?: true
  readonly source?: string
  readonly mermaid?: true
  readonly dot?: true
}

export async function run(invocation: Invocation<Options>): Promise<undefined> {
  const { io, args, options, signal } = invocation
  const [asset] = args
  if (options.gaps === true) return await runGaps(invocation)
  if (asset === undefined || options.source !== undefined) {
    throw new IngestError('invalid_config', asset === undefined ? 'there is no asset' : '--source goes with --gaps', {
      hint: 'Name an asset or a column: tidemark lineage ASSET[.column]; or see what is not known: tidemark lineage --gaps',
    })
  }
  await using session = await openSession({ signal })
  const { up, down, depth } = options
  // Without a direction: both.
  const upstream = up === true || down !== true
  const downstream = down === true || up !== true
  const { also, ...graph } = await readLineage(session, {
    asset,
    upstream,
    downstream,
    depth,
    columns: options.columns === true,
  })
  io.data(graph)
  if (also.length > 0) io.note(`(${asset} could also mean the column ${also.map(placeName).join(', ')})`)
  const { columnEdges } = graph
  if (options.mermaid === true) {
    return void io.print((columnEdges === null ? mermaidFlowchart(graph) : mermaidColumns(graph)).trimEnd())
  }
  if (options.dot === true) {
    return void io.print((columnEdges === null ? dotLineage(graph) : dotColumns(graph)).trimEnd())
  }
  if (upstream) printSide(io, graph, 'upstream')
  if (upstream && downstream) io.print()
  if (downstream) printSide(io, graph, 'downstream')
  if (columnEdges !== null && graph.column === null) printColumns(io, graph, columnEdges)
}

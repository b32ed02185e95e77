import { type LineageNode, readOverview, type SourceOverview } from '../../services/catalog.ts'
import type { ServiceContext } from '../../services/context.ts'
import type { RunHistoryRow } from '../../services/runs.ts'
import { readSourceStates } from '../../services/status.ts'
import { columnTable } from '../asset-text.ts'
import type { Io } from '../io.ts'
import { clean, count, relative, seconds, timestamp } from '../text.ts'
import { drawTree } from '../tree.ts'

const COLUMNS = 12

/** Tells what the first syncs found, as a person would want to read it. */
export async function printReport(
  io: Io,
  context: ServiceContext,
  facts: { readonly runs: readonly RunHistoryRow[]; readonly tookMs: number; readonly uiUrl?: string },
): Promise<void> {
  const overviews = await Promise.all(facts.runs.map((run) => readOverview(context, run.source)))
  io.print()
  for (const overview of overviews)
    printCounts(
      io,
      overview,
      facts.runs.find((run) => run.source === overview.source),
    )
  const table = overviews.find((overview) => overview.table !== undefined)?.table
  if (table !== undefined) {
    io.print(
      `\n${io.style('bold', clean(table.asset))}  ${table.kind ?? ''}, ${count(table.columns.length, 'column')} (* primary key)`,
    )
    for (const line of columnTable(table.columns.slice(0, COLUMNS))) io.print(`  ${line}`)
    if (table.columns.length > COLUMNS) io.print(`  … and ${table.columns.length - COLUMNS} more`)
    for (const { references, columns } of table.constraints.filter((key) => key.references !== null)) {
      io.print(`  ${columns.join(', ')} → ${references}`)
    }
  }
  const view = overviews.find((overview) => overview.view !== undefined)?.view
  if (view !== undefined) {
    io.print(`\nWhere ${io.style('bold', clean(view.asset))} (${view.kind ?? ''}) comes from`)
    for (const line of lineageTree(view)) io.print(`  ${line}`)
  }
  await printOutlook(io, context, facts)
}

function printCounts(io: Io, { source, kinds }: SourceOverview, run: RunHistoryRow | undefined): void {
  const total = kinds.reduce((sum, kind) => sum + kind.count, 0)
  const columns = kinds.reduce((sum, kind) => sum + kind.columns, 0)
  const took = run?.durationSeconds === null || run === undefined ? '' : `, synced in ${seconds(run.durationSeconds)}`
  io.print(`${io.style('bold', source)}: ${count(total, 'asset')} with ${count(columns, 'column')}${took}`)
  io.print(`  ${kinds.map((kind) => count(kind.count, kind.kind)).join(', ')}`)
}

async function printOutlook(
  io: Io,
  context: ServiceContext,
  { tookMs, uiUrl }: { readonly tookMs: number; readonly uiUrl?: string },
): Promise<void> {
  io.print(`\nAll of it took ${seconds(tookMs / 1000)}.`)
  for (const { source, schedule, nextSyncAt } of await readSourceStates(context)) {
    const next = nextSyncAt === null ? '' : `, next at ${timestamp(nextSyncAt)} (${relative(nextSyncAt)})`
    io.print(
      `${source} syncs ${schedule ?? 'by hand'}${context.temporal === undefined ? ', once Temporal is there' : next}.`,
    )
  }
  if (uiUrl !== undefined) io.print(`Temporal UI: ${uiUrl}`)
}

/** What an asset is made from. */
function lineageTree(root: {
  readonly assetId: number
  readonly asset: string
  readonly edges: readonly LineageNode[]
}): readonly string[] {
  const sources = Map.groupBy(root.edges, (edge) => edge.downstreamId)
  return drawTree({ id: root.assetId, label: root.asset }, (id) =>
    (sources.get(id) ?? []).map(({ upstreamId, asset, kind }) => ({
      id: upstreamId,
      label: `${asset}  (${kind ?? 'not crawled'})`,
    })),
  )
}

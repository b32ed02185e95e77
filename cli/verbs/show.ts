import { readAssetDetails, requireAsset } from '../../services/catalog.ts'
import { dotErDiagram } from '../../services/diagrams/dot.ts'
import { mermaidErDiagram } from '../../services/diagrams/mermaid.ts'
import { readEntities } from '../../services/entities.ts'
import { readTextLineage } from '../../services/lineage-gaps.ts'
import { isNameTaken } from '../../services/lookup.ts'
import { readSourceConfig, readSourceStates } from '../../services/status.ts'
import { printAsset } from '../asset-text.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { openSession, type Session } from '../session.ts'
import { count, relative, timestamp } from '../text.ts'

interface Options {
  readonly erd?: true
  readonly mermaid?: true
  readonly dot?: true
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const [name = ''] = args
  if (options.erd === true || options.mermaid === true || options.dot === true) {
    const graph = await readEntities(session, name)
    io.data(graph)
    return void io.print((options.dot === true ? dotErDiagram(graph) : mermaidErDiagram(graph)).trimEnd())
  }
  if (await isNameTaken(session, name)) return await showSource(io, session, name)
  const { assetId } = await requireAsset(session, name)
  const [details, lineage] = await Promise.all([readAssetDetails(session, assetId), readTextLineage(session, assetId)])
  const asset = { ...details, lineage }
  io.data({ asset })
  printAsset(io, asset)
}

async function showSource(io: Io, session: Session, name: string): Promise<undefined> {
  const [source] = await readSourceStates(session, name)
  const config = await readSourceConfig(session, name)
  io.data({ source: { ...source, config } })
  if (source === undefined) return
  io.print(`${io.style('bold', name)}  ${source.connector} source, ${source.status}, ${source.namespace}`)
  io.print(`${count(source.assets, 'asset')}, added ${timestamp(source.createdAt)}`)
  io.print(
    `schedule: ${source.schedule ?? 'none'}${source.nextSyncAt === null ? '' : `, next ${relative(source.nextSyncAt)}`}`,
  )
  io.print(
    `last sync: ${source.lastSyncAt === null ? 'never' : `${source.lastSyncStatus} ${relative(source.lastSyncAt)}`}`,
  )
  if (source.lastError !== null) io.print(`  ${source.lastError}`)
  if (source.openProposals > 0)
    io.print(`${count(source.openProposals, 'removal')} held: tidemark approve ${name} --list`)
  io.print(`config: ${JSON.stringify(config)} (secrets are not shown)`)
}

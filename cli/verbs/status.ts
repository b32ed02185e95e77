import { readDashboard, type SourceBoard } from '../../services/dashboard.ts'
import type { Invocation } from '../invocation.ts'
import { EXIT, type Io } from '../io.ts'
import { openSession, type Session } from '../session.ts'
import { clean, count, relative, table } from '../text.ts'

export async function run({ io, signal }: Invocation): Promise<number> {
  await using session = await openSession({ signal })
  const board = await readDashboard(await looking(session))
  io.data(board)
  if (board.sources.length === 0) io.print('No source is configured yet: tidemark add postgres://user@host/database')
  else printBoard(io, board.sources)
  const troubled = board.sources.filter(({ attention }) => attention.length > 0)
  if (troubled.length > 0) io.print()
  for (const { source, attention } of troubled) {
    for (const what of attention) io.print(`${io.style('yellow', '!')} ${source}: ${clean(what)}`)
  }
  if (board.sources.length > 0) io.print(`\n${io.style(board.ok ? 'green' : 'yellow', board.verdict)}`)
  return board.ok ? EXIT.done : EXIT.attention
}

/** With Temporal where there is one: it knows the next turn of every schedule. */
async function looking(session: Session): Promise<Parameters<typeof readDashboard>[0]> {
  if (session.readOnly !== undefined) return session
  return await session.context({ temporal: true }).catch(() => session)
}

function printBoard(io: Io, sources: readonly SourceBoard[]): void {
  const lines = table(sources, [
    { title: 'SOURCE', value: ({ source }) => source },
    { title: 'CONNECTOR', value: ({ connector }) => connector },
    { title: 'HEALTH', value: healthText },
    { title: 'FRESHNESS', value: ({ freshness }) => freshness },
    { title: 'LAST SYNC', value: ({ lastSyncAt }) => (lastSyncAt === null ? 'never' : relative(lastSyncAt)) },
    { title: 'OUTCOME', value: ({ lastSyncStatus }) => lastSyncStatus },
    { title: 'NEXT', value: nextText },
    { title: 'HELD', value: ({ openProposals }) => openProposals || '', align: 'right' },
    { title: 'ASSETS', value: ({ assets }) => assets, align: 'right' },
    { title: 'LINEAGE', value: lineageText },
    { title: 'NOW', value: runningText },
  ])
  const [head = '', ...rows] = lines
  io.print(io.style('bold', head))
  rows.forEach((line, place) => {
    const { attention, status } = sources[place] as SourceBoard
    io.print(attention.length > 0 ? io.style('yellow', line) : status === 'paused' ? io.style('dim', line) : line)
  })
}

function healthText({ healthy, unhealthySince, status }: SourceBoard): string {
  if (status === 'paused') return 'paused'
  return healthy || unhealthySince === null ? 'healthy' : `unhealthy, ${relative(unhealthySince)}`
}

function nextText({ nextSyncAt, schedule, status }: SourceBoard): string {
  if (status === 'paused') return ''
  if (nextSyncAt !== null) return relative(nextSyncAt)
  return schedule === null ? 'by hand' : ''
}

/** Rounded down: all of it is told of all of it alone. */
function lineageText({ lineage }: SourceBoard): string {
  if (lineage === null || lineage.statements === 0) return ''
  const { resolved, statements } = lineage
  return `${Math.floor((100 * resolved) / statements)} % of ${count(statements, 'statement')}`
}

function runningText({ running }: SourceBoard): string {
  if (running === null) return ''
  const { scopes, scopesDone, listed, described, runId } = running
  return `run ${runId}: ${scopesDone} of ${count(scopes, 'scope')}, ${listed} listed, ${described} described`
}

import { readSourceStates } from '../../services/status.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { relative, table } from '../text.ts'

export async function run({ io, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ signal })
  const sources = await readSourceStates(session)
  io.data({ sources })
  if (sources.length === 0) return void io.print('No sources yet: tidemark add postgres://user@host/database')
  const lines = table(sources, [
    { title: 'SOURCE', value: (source) => source.source },
    { title: 'CONNECTOR', value: (source) => source.connector },
    { title: 'STATUS', value: (source) => source.status },
    { title: 'ASSETS', value: (source) => source.assets, align: 'right' },
    { title: 'LAST SYNC', value: (source) => (source.lastSyncAt === null ? 'never' : relative(source.lastSyncAt)) },
    { title: 'OUTCOME', value: (source) => source.lastSyncStatus },
    { title: 'SCHEDULE', value: (source) => source.schedule ?? 'none' },
    { title: 'NEXT', value: (source) => (source.nextSyncAt === null ? '' : relative(source.nextSyncAt)) },
    { title: 'HELD', value: (source) => (source.openProposals === 0 ? '' : source.openProposals), align: 'right' },
    { title: 'NOTE', value: (source) => source.lastError, width: 60 },
  ])
  for (const line of lines) io.print(line)
}

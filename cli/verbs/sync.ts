import { readSourceStates } from '../../services/status.ts'
import type { Invocation } from '../invocation.ts'
import { openSession, type Session } from '../session.ts'
import { chooseEngine, syncSources } from '../sync.ts'

interface Options {
  readonly full?: true
  readonly local?: true
  readonly scope: readonly string[]
  readonly wait: boolean
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<number> {
  await using session = await openSession({ onStatus: io.note, signal })
  const sources = args.length > 0 ? [...new Set(args)] : await activeSources(session)
  if (sources.length === 0) io.note('no source is configured: tidemark add postgres://user@host/database')
  const order = {
    sources,
    mode: options.full === true ? ('full' as const) : ('incremental' as const),
    local: options.local === true,
    ...(options.scope.length === 0 ? {} : { scopes: options.scope }),
  }
  if (!options.wait) return await askOnly({ io, session, order })
  const { requireSourceHead } = await import('../../services/lookup.ts')
  for (const source of sources) await requireSourceHead(session, source)
  const { runs, exitCode } = await syncSources(session, order, io, signal)
  io.data({ runs })
  return exitCode
}

async function activeSources(session: Session): Promise<string[]> {
  const sources = await readSourceStates(session)
  return sources.filter(({ status }) => status === 'active').map(({ source }) => source)
}

async function askOnly({
  io,
  session,
  order,
}: {
  readonly io: Invocation['io']
  readonly session: Session
  readonly order: Parameters<typeof syncSources>[1]
}): Promise<number> {
  const { requestSync, startSync } = await import('../../services/sync.ts')
  const { engine, context } = await chooseEngine(session, false, io)
  const requests = []
  for (const source of order.sources) {
    const requested = await requestSync(context, { source, ...order })
    if (engine === 'temporal') await startSync(context, requested)
    requests.push({ requestId: requested.requestId, source })
    io.print(
      `${source}: asked for${engine === 'temporal' ? '' : ', to be honoured by its next sync'} (request ${requested.requestId})`,
    )
  }
  io.data({ requests })
  return 0
}

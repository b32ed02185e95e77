import { approveRemovals, readProposals } from '../../services/proposals.ts'
import { type DecideOptions, printProposals, readWish } from '../decide.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { chooseEngine, honourRequest } from '../sync.ts'
import { count } from '../text.ts'

export async function run({ io, args, options, signal }: Invocation<DecideOptions>): Promise<number> {
  await using session = await openSession({ onStatus: io.note, signal })
  const wish = readWish(args)
  if (options.list === true) {
    const proposals = await readProposals(session, wish.source)
    io.data({ proposals })
    printProposals(io, proposals)
    return 0
  }
  const { engine, context } = await chooseEngine(session, options.local === true, io)
  const { decided, requested } = await approveRemovals(context, wish)
  io.print(requested === undefined ? 'Nothing waits for approval.' : `${count(decided.length, 'removal')} approved.`)
  if (requested === undefined || !options.sync) {
    io.data({ decided, run: null })
    return 0
  }
  const { runs, exitCode } = await honourRequest(engine, context, requested, io, signal)
  io.data({ decided, run: runs[0] ?? null })
  return exitCode
}

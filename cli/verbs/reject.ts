import { readProposals, rejectRemovals } from '../../services/proposals.ts'
import { type DecideOptions, printProposals, readWish } from '../decide.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count } from '../text.ts'

export async function run({ io, args, options, signal }: Invocation<DecideOptions>): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const wish = readWish(args)
  if (options.list === true) {
    const proposals = await readProposals(session, wish.source)
    io.data({ proposals })
    printProposals(io, proposals)
    return
  }
  const { decided } = await rejectRemovals(await session.context(), wish)
  io.data({ decided })
  io.print(
    decided.length === 0 ? 'Nothing waits for a decision.' : `${count(decided.length, 'asset')} kept in the catalog.`,
  )
}

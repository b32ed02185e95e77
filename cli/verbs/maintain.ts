import { maintenanceInput } from '../../services/care-schedules.ts'
import type { Invocation } from '../invocation.ts'
import { localDeps } from '../local.ts'
import { openSession } from '../session.ts'

/** One round of what the maintenance schedule does, in this process. */
export async function run({ io, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const context = await session.context()
  const { describeTally, runLocalMaintenance } = await import('../../worker/care.ts')
  const input = maintenanceInput(context, context.actor)
  const done = await runLocalMaintenance(input, { deps: localDeps(context), signal })
  io.data({ done })
  io.print(describeTally(done))
}

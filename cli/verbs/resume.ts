import { resumeSource } from '../../services/sources.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const [name = ''] = args
  await resumeSource(await session.context({ temporal: true }), name)
  io.data({ source: { name, status: 'active' } })
  io.print(`${name} is active again.`)
}

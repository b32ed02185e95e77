import { rescheduleSource } from '../../services/sources.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const [name = '', when = ''] = args
  const { text, next } = await rescheduleSource(await session.context({ temporal: true }), name, when)
  io.data({ source: { name, schedule: text, nextSyncAt: next ?? null } })
  io.print(`${name} syncs ${text === 'none' ? 'by hand only' : text}.`)
}

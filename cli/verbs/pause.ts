import { pauseSource } from '../../services/sources.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ onStatus: io.note, signal })
  const [name = ''] = args
  await pauseSource(await session.context({ temporal: true }), name)
  io.data({ source: { name, status: 'paused' } })
  io.print(
    `${name} is paused: its schedule stands still, syncs by hand still work. Resume it with: tidemark resume ${name}`,
  )
}

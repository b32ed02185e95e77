import { rotateKeys } from '../../services/rotate-key.ts'
import type { Invocation } from '../invocation.ts'
import { EXIT } from '../io.ts'
import { openSession } from '../session.ts'
import { count } from '../text.ts'

interface Options {
  readonly dataKeys?: true
}

export async function run({ io, options, signal }: Invocation<Options>): Promise<number> {
  await using session = await openSession({ onStatus: io.note, signal })
  const dataKeys = options.dataKeys === true
  const rotation = await rotateKeys(await session.context(), { home: session.home, dataKeys })
  io.data(rotation)
  const { masterKeyId, sources, failed } = rotation
  io.print(`${count(sources.length, 'source')} under master key ${masterKeyId}${dataKeys ? ', encrypted anew' : ''}.`)
  for (const { message } of failed) io.note(`not moved: ${message}`)
  return failed.length === 0 ? EXIT.done : EXIT.failed
}

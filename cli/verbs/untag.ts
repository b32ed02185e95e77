import { untagAsset } from '../../services/annotations.ts'
import { printTags } from '../annotation-text.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ signal })
  const [name = '', ...tags] = args
  printTags(io, await untagAsset(await session.context(), name, tags))
}

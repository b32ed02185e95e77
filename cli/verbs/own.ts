import { ownAsset } from '../../services/annotations.ts'
import { printOwners } from '../annotation-text.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  await using session = await openSession({ signal })
  const [name = '', ...owners] = args
  printOwners(io, await ownAsset(await session.context(), name, owners))
}

import { search } from '../../services/catalog.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { table } from '../text.ts'

interface Options {
  readonly kind: readonly string[]
  readonly limit: number
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const words = args.flatMap((word) => word.split(/\s+/)).filter((word) => word !== '')
  const assets = await search(session, { words, kinds: options.kind, limit: options.limit })
  io.data({ assets })
  if (assets.length === 0) return void io.print('Nothing found.')
  const lines = table(assets, [
    { title: 'ASSET', value: (hit) => hit.asset },
    { title: 'KIND', value: (hit) => hit.kind },
    { title: 'SOURCE', value: (hit) => hit.source },
    {
      title: 'FOUND IN',
      value: (hit) => (hit.matched === 'column' ? `columns ${hit.columns?.join(', ')}` : hit.matched),
      width: 50,
    },
    { title: 'COMMENT', value: (hit) => hit.comment, width: 60 },
  ])
  for (const line of lines) io.print(line)
  if (assets.length === options.limit) io.note(`(the first ${options.limit}; more with --limit)`)
}

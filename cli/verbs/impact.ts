import { readImpact } from '../../services/lineage.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

interface Options {
  readonly column?: string
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const found = await readImpact(session, args[0] ?? '', options.column)
  io.data(found)
  const { asset, column, impact } = found
  const what = column === null ? asset.asset : `${asset.asset}#${column}`
  if (impact.length === 0) return void io.print(`Nothing is known to be made from ${what}.`)
  const lines = table(impact, [
    { title: 'STEPS', value: (row) => row.depth, align: 'right' },
    { title: 'ASSET', value: (row) => row.asset },
    { title: 'KIND', value: (row) => row.kind ?? 'not crawled' },
    { title: 'OWNER', value: (row) => row.owner },
    { title: 'BY WAY OF', value: (row) => row.path.slice(1, -1).join(' → '), width: 80 },
  ])
  for (const line of lines) io.print(line)
  io.note(`(a change of ${what} may reach ${count(impact.length, 'asset')})`)
  if (column !== null) io.note('(lineage is known of whole assets: not all of them need read that column)')
}

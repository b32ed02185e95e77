import { readImpact } from '../../services/lineage.ts'
import { placeName } from '../../services/lineage-place.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

interface Options {
  readonly column?: string
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const [name = ''] = args
  const { also, ...found } = await readImpact(session, name, options.column)
  io.data(found)
  if (also.length > 0) io.note(`(${name} could also mean the column ${also.map(placeName).join(', ')})`)
  const { column, impact } = found
  const what = placeName(found)
  if (impact.length === 0) return void io.print(`Nothing is known to be made from ${what}.`)
  const lines = table(impact, [
    { title: 'STEPS', value: (row) => row.depth, align: 'right' },
    { title: 'ASSET', value: (row) => row.asset },
    { title: 'COLUMN', value: (row) => row.column, width: 60 },
    { title: 'KIND', value: (row) => row.kind ?? 'not crawled' },
    { title: 'OWNER', value: (row) => row.owner },
    { title: 'READS', value: (row) => row.reads, align: 'right' },
    { title: 'LAST READ', value: (row) => row.lastReadAt },
    { title: 'STALE', value: (row) => (row.stale ? 'stale' : '') },
    { title: 'BY WAY OF', value: (row) => row.path.slice(1, -1).join(' → '), width: 80 },
  ])
  for (const line of lines) io.print(line)
  const assets = new Set(impact.map(({ assetId }) => assetId)).size
  io.note(`(a change of ${what} may reach ${count(assets, 'asset')})`)
  if (impact.some(({ stale }) => stale)) io.note('(stale: only edges that their sources no longer tell lead there)')
  const wholes = impact.filter((row) => row.column === null).length
  if (column !== null && wholes > 0) {
    io.note(`(${count(wholes, 'asset')} as a whole: it decides their rows, or not every column on the way is known)`)
  }
}

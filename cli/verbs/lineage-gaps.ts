import { type LineageGap, readGaps } from '../../services/lineage-gaps.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { count, table } from '../text.ts'

interface Options {
  readonly source?: string
}

/** What lineage does not know, of everything, a source or an asset. */
export async function runGaps({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const [asset] = args
  const { gaps, reasons, coverage } = await readGaps(session, {
    ...(asset === undefined ? {} : { asset }),
    ...(options.source === undefined ? {} : { source: options.source }),
  })
  io.data({ gaps, reasons, coverage })
  const lines = table(gaps, [
    { title: 'SOURCE', value: (gap) => gap.source },
    { title: 'TEXT OF', value: textOf, width: 70 },
    { title: 'IS', value: (gap) => gap.outcome },
    { title: 'AT', value: (gap) => (gap.line === null ? '' : `${gap.line}:${gap.position ?? 1}`) },
    { title: 'REASON', value: (gap) => gap.reason },
    { title: 'COLUMNS', value: (gap) => gap.columns.join(', '), width: 40 },
    { title: 'WHAT IS NOT KNOWN', value: (gap) => gap.message, width: 120 },
  ])
  if (gaps.length > 0) for (const line of lines) io.print(line)
  if (gaps.length > 0) io.print()
  for (const [reason, number] of Object.entries(reasons)) io.print(`${reason}: ${count(number, 'gap')}`)
  const { statements, resolved } = coverage
  if (asset === undefined) {
    io.print(
      statements === 0
        ? 'No text has been read for lineage yet.'
        : `${gaps.length === 0 ? 'No gaps: ' : ''}${resolved.toLocaleString('en')} of ${count(statements, 'statement')} are wholly known.`,
    )
  } else if (gaps.length === 0) io.print('No gaps.')
}

function textOf({ asset, statement }: LineageGap): string {
  return asset ?? `query log, statement ${statement?.slice(0, 12) ?? 'unknown'}`
}

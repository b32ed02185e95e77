import { deriveCases } from '../../services/derive.ts'
import { parseDuration } from '../../services/duration.ts'
import type { Invocation } from '../invocation.ts'
import { table } from '../text.ts'

interface Options {
  readonly timeLimit: string
}

/** Lineage of the statements in a file, as judges and people trying the engine want it; no store is opened. */
export async function run({ io, args, options }: Invocation<Options>): Promise<undefined> {
  const results = await deriveCases(args[0] ?? '', parseDuration(options.timeLimit))
  io.data(results)
  const lines = table(results, [
    { title: 'CASE', value: (result) => result.name, width: 40 },
    { title: 'INPUTS', value: (result) => result.inputs.join(', '), width: 60 },
    { title: 'OUTPUTS', value: (result) => result.outputs.join(', '), width: 40 },
    { title: 'COLUMNS', value: (result) => `${result.columns.length}` },
    { title: 'GAPS', value: (result) => result.gaps.map((gap) => gap.reason).join(', '), width: 40 },
  ])
  for (const line of lines) io.print(line)
}

import { readRuns } from '../../services/runs.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { seconds, table } from '../text.ts'

interface Options {
  readonly limit: number
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const [source] = args
  const runs = await readRuns(session, { limit: options.limit, ...(source === undefined ? {} : { source }) })
  io.data({ runs })
  if (runs.length === 0) return void io.print('No syncs yet.')
  const lines = table(runs, [
    { title: 'RUN', value: (run) => run.runId, align: 'right' },
    { title: 'SOURCE', value: (run) => run.source },
    { title: 'STARTED', value: (run) => run.startedAt },
    {
      title: 'TOOK',
      value: (run) => (run.durationSeconds === null ? '' : seconds(run.durationSeconds)),
      align: 'right',
    },
    { title: 'OUTCOME', value: (run) => run.outcome ?? 'running' },
    { title: 'MODE', value: (run) => run.mode },
    { title: 'TRIGGER', value: (run) => run.trigger },
    { title: 'LISTED', value: (run) => run.listed, align: 'right' },
    { title: 'DESCRIBED', value: (run) => run.described, align: 'right' },
    { title: 'ADDED', value: (run) => run.added, align: 'right' },
    { title: 'CHANGED', value: (run) => run.changed, align: 'right' },
    { title: 'REMOVED', value: (run) => run.removed, align: 'right' },
    { title: 'NOTE', value: (run) => run.errorMessage, width: 60 },
  ])
  for (const line of lines) io.print(line)
}

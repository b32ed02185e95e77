import type { ChangeSeverity } from '../../model/sync.ts'
import { readChanges } from '../../services/catalog.ts'
import { changeLine } from '../change-text.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { timestamp } from '../text.ts'
import { readTime } from '../time.ts'

interface Options {
  readonly since: string
  readonly run?: number
  readonly asset?: string
  readonly severity?: ChangeSeverity
  readonly baseline?: true
  readonly limit: number
}

export async function run({ io, args, options, signal }: Invocation<Options>): Promise<undefined> {
  await using session = await openSession({ signal })
  const { run: runId, asset, severity, baseline, limit } = options
  const [source] = args
  const changes = await readChanges(session, {
    limit,
    ...(source === undefined ? {} : { source }),
    ...(runId === undefined ? { since: readTime(options.since) } : { runId }),
    ...(asset === undefined ? {} : { asset }),
    ...(severity === undefined ? {} : { severity }),
    ...(baseline === undefined ? {} : { baseline }),
  })
  io.data({ changes })
  if (changes.length === 0) io.print('No changes.')
  for (const change of changes) {
    io.print(`${io.style('dim', `${timestamp(change.changedAt)}  run ${change.runId}`)}  ${changeLine(io, change)}`)
  }
  if (changes.length === limit) io.note(`(the latest ${limit}; more with --limit)`)
}

import { IngestError } from '../../model/errors.ts'
import type { ChangeSeverity } from '../../model/sync.ts'
import { readChanges } from '../../services/catalog.ts'
import { parseDuration } from '../../services/duration.ts'
import { changeLine } from '../change-text.ts'
import type { Invocation } from '../invocation.ts'
import { openSession } from '../session.ts'
import { timestamp } from '../text.ts'

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

function readTime(text: string): Date {
  const time = /^\d{4}-/.test(text) ? new Date(text) : new Date(Date.now() - parseDuration(text))
  if (!Number.isNaN(time.getTime())) return time
  throw new IngestError('invalid_config', `${JSON.stringify(text)} is neither a date nor a duration`, {
    hint: 'Write --since 2026-11-01 or --since 2d',
  })
}

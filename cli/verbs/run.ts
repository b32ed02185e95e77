import { IngestError } from '../../model/errors.ts'
import { type RunDetails, type RunScopeRow, readRunDetails } from '../../services/runs.ts'
import { changeLine } from '../change-text.ts'
import type { Invocation } from '../invocation.ts'
import type { Io } from '../io.ts'
import { runSummary } from '../run-text.ts'
import { openSession } from '../session.ts'
import { count, seconds, table, timestamp } from '../text.ts'

const LIMITS = { scopes: 200, changes: 100 }

export async function run({ io, args, signal }: Invocation): Promise<undefined> {
  const id = Number(args[0])
  if (!Number.isInteger(id) || id < 1) {
    throw new IngestError('invalid_config', `${JSON.stringify(args[0])} is not the number of a run`, {
      hint: 'See them with: tidemark runs',
    })
  }
  await using session = await openSession({ signal })
  const details = await readRunDetails(session, id, LIMITS)
  io.data(details)
  printRun(io, details)
}

function printRun(io: Io, { run, scopes, changes }: RunDetails): void {
  io.print(`${io.style('bold', run.source)}: ${runSummary(run)}`)
  io.print(`${run.mode}, ${run.trigger} by ${run.actor}, started ${timestamp(run.startedAt)}`)
  io.print(costText(run))
  if (run.errorMessage !== null) io.print(`${run.errorCategory}: ${run.errorMessage}`)
  io.print()
  const lines = table(scopes, [
    { title: 'SCOPE', value: (scope) => scope.scope },
    { title: 'STATUS', value: scopeStatus },
    {
      title: 'TOOK',
      value: (scope) => (scope.durationSeconds === null ? '' : seconds(scope.durationSeconds)),
      align: 'right',
    },
    { title: 'LISTED', value: (scope) => scope.listed, align: 'right' },
    { title: 'DESCRIBED', value: (scope) => scope.described, align: 'right' },
    { title: 'ABSENT', value: (scope) => scope.absent || '', align: 'right' },
    { title: 'FAILED', value: (scope) => scope.failedItems || '', align: 'right' },
    { title: 'ADDED', value: (scope) => scope.added, align: 'right' },
    { title: 'CHANGED', value: (scope) => scope.changed, align: 'right' },
  ])
  for (const line of lines) io.print(line)
  for (const { scope, error } of scopes) {
    if (error === null) continue
    io.print(`\n${scope}: ${error.category}: ${error.message}`)
    if (error.hint !== undefined) io.print(`  ${io.style('cyan', 'hint:')} ${error.hint}`)
  }
  for (const { scope, notes } of scopes) for (const note of notes) io.print(`\n${scope}: ${note}`)
  if (changes.length > 0) io.print('\nChanges')
  for (const change of changes) io.print(`  ${changeLine(io, change)}`)
  if (changes.length === LIMITS.changes) io.print(`  … more with: tidemark changes --run ${run.runId} --limit 1000`)
}

function costText({ requests, bytes, throttles, cost, budget }: RunDetails['run']): string {
  return [
    `${count(requests, 'request')} to the source`,
    ...(bytes > 0 ? [`${bytes.toLocaleString('en')} bytes`] : []),
    ...(throttles > 0 ? [`told ${count(throttles, 'time')} to slow down`] : []),
    ...(cost === null ? [] : [`cost ${cost.toLocaleString('en')}`]),
    ...Object.entries(budget ?? {}).map(([resource, { allowed, remaining, resetsAt }]) => {
      const left = `${remaining.toLocaleString('en')} of ${allowed.toLocaleString('en')} left`
      return `limit ${resource}: ${left} until ${timestamp(new Date(resetsAt))}`
    }),
  ].join(', ')
}

function scopeStatus({ status, listing }: RunScopeRow): string {
  return listing === null || listing === 'complete' ? status : `${status} (${listing})`
}

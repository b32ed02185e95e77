import type { RunHistoryRow } from '../services/runs.ts'
import type { SyncProgress } from '../services/sync.ts'
import { count, seconds } from './text.ts'

/** Where a request stands, in a line. */
export function progressText({ run, blockedBy }: SyncProgress): string {
  if (run === undefined) return blockedBy === undefined ? 'starting' : `waiting for run ${blockedBy}`
  const parts = [
    run.scopes > 0 ? `${run.scopesDone} of ${count(run.scopes, 'scope')}` : 'listing scopes',
    ...(run.listed > 0 ? [`${run.listed} listed`] : []),
    ...(run.described > 0 ? [`${run.described} described`] : []),
    ...(run.waiting > 0 ? [`${run.waiting} to go`] : []),
  ]
  return parts.join(', ')
}

/** What a run came to, in a line. */
export function runSummary(run: RunHistoryRow): string {
  const moved = (['added', 'changed', 'renamed', 'removed'] as const)
    .filter((what) => run[what] > 0)
    .map((what) => `${run[what]} ${what}`)
  const plan = run.mode === 'plan'
  const parts = [
    `${run.outcome ?? 'running'}${run.durationSeconds === null ? '' : ` in ${seconds(run.durationSeconds)}`}`,
    `${run.listed} listed`,
    ...(plan ? [] : [`${run.described} described`]),
    ...(plan ? [] : moved.length === 0 ? ['nothing changed'] : moved),
    ...(run.proposed > 0 ? [`${run.proposed} removals held`] : []),
    ...(run.gaps > 0 ? [count(run.gaps, 'gap')] : []),
  ]
  return `${parts.join(', ')} (run ${run.runId})`
}

/** What is wrong with a run, and what to do about it. */
export function runTrouble(run: RunHistoryRow): readonly string[] {
  if (run.outcome === null) return []
  if (run.outcome === 'succeeded') return run.notes === 0 ? [] : [unseenText(run)]
  const lines = run.errorMessage === null ? [] : [named(run.source, run.errorMessage)]
  if (run.outcome === 'held') {
    lines.push(
      `${run.source}: ${count(run.proposed, 'removal')} held back, as more vanished than a sync may remove by itself.`,
      `  see them: tidemark approve ${run.source} --list · remove them: tidemark approve ${run.source} · keep them: tidemark reject ${run.source}`,
    )
  } else if (run.outcome !== 'cancelled') lines.push(`  more: tidemark run ${run.runId}`)
  return lines
}

function unseenText({ source, notes, runId }: RunHistoryRow): string {
  return `${source}: its account does not see everything (${count(notes, 'note')}): tidemark run ${runId}`
}

/** Errors of the source itself begin with its name already. */
function named(source: string, message: string): string {
  return message.startsWith(`${source}: `) ? message : `${source}: ${message}`
}

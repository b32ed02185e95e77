import type { SourceStatus } from '../db/queries-sources.ts'
import { formatDuration } from './duration.ts'
import { nextTime, type Schedule } from './schedule-text.ts'

/** As late as this, a sync has been left out and not merely put off by jitter or a busy worker. */
const LATE_TURNS = 2
const SLACK_MS = 10 * 60_000

type Aging = Pick<SourceStatus, 'status' | 'lastSuccessAt' | 'createdAt'>

/** Whether a source's last successful sync is as young as its schedule promises; undefined without such a promise. */
export function judgeFreshness(source: Aging, schedule: Schedule | null | undefined): 'fresh' | 'stale' | undefined {
  const turn = source.status === 'active' && schedule ? turnMs(schedule) : undefined
  if (turn === undefined) return undefined
  return ageMs(source) > LATE_TURNS * turn + SLACK_MS ? 'stale' : 'fresh'
}

/** How long no sync has succeeded, to the minute. */
export function ageText(source: Aging): string {
  return formatDuration(Math.round(ageMs(source) / 60_000) * 60_000)
}

function ageMs({ lastSuccessAt, createdAt }: Aging): number {
  return Date.now() - (lastSuccessAt ?? createdAt).getTime()
}

/** The time from one turn of a schedule to the next, jitter included; undefined where only Temporal can tell. */
function turnMs(schedule: Schedule): number | undefined {
  const first = nextTime(schedule, new Date())
  const second = first === undefined ? undefined : nextTime(schedule, first)
  return first === undefined || second === undefined
    ? undefined
    : second.getTime() - first.getTime() + schedule.jitterSeconds * 1000
}

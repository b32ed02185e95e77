import { nearest } from '../connectors/registry.ts'
import { IngestError } from '../model/errors.ts'
import { readCalendars } from './calendar.ts'
import { type Calendar, cronCalendars, nextCronTimes } from './cron.ts'
import { formatDuration, parseDuration } from './duration.ts'

/** When a source syncs by itself, as stored with it. Either an interval or calendars. */
export interface Schedule {
  /** What was written, complete, in one way of writing. */
  readonly text: string
  readonly everySeconds?: number
  readonly offsetSeconds?: number
  readonly calendars?: readonly Calendar[]
  /** Cron of the calendars, where one says the same. */
  readonly cron?: string
  readonly timezone: string
  readonly jitterSeconds: number
  /** A run missed for no longer than this, as nothing was up, is made up for. */
  readonly catchupSeconds: number
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const CLAUSES = ['in', 'offset', 'jitter', 'catchup'] as const
type Clauses = Partial<Record<(typeof CLAUSES)[number], string>>

const MINUTE = 60
const DAY = 86_400

/**
 * Reads `every 15m`, `@daily`, a cron line, a calendar in JSON or `none` (undefined), each followed by any of
 * `in <time zone>`, `offset`, `jitter` and `catchup <duration>`. @throws IngestError `invalid_config`.
 */
export function parseSchedule(text: string, now: Date = new Date()): Schedule | undefined {
  const [base = '', ...rest] = text.trim().split(new RegExp(`\\s+(${CLAUSES.join('|')})\\s+`, 'i'))
  if (/^(none|manual|off|never)$/i.test(base)) return undefined
  const clauses: Clauses = {}
  for (let index = 0; index < rest.length; index += 2) {
    clauses[(rest[index] as string).toLowerCase() as keyof Clauses] = (rest[index + 1] as string).trim()
  }
  const timezone = checkTimezone(clauses.in ?? 'UTC')
  const jitterSeconds = seconds(clauses.jitter ?? '0s')
  const times = readTimes(base, clauses)
  const catchupSeconds =
    clauses.catchup === undefined ? defaultCatchup(times, timezone, now) : Math.max(10, seconds(clauses.catchup))
  return {
    ...times,
    text: [
      times.text,
      ...(timezone === 'UTC' ? [] : [`in ${timezone}`]),
      ...(jitterSeconds === 0 ? [] : [`jitter ${formatDuration(jitterSeconds * 1000)}`]),
      ...(clauses.catchup === undefined ? [] : [`catchup ${formatDuration(catchupSeconds * 1000)}`]),
    ].join(' '),
    timezone,
    jitterSeconds,
    catchupSeconds,
  }
}

type Times = Pick<Schedule, 'text' | 'everySeconds' | 'offsetSeconds' | 'calendars' | 'cron'>

function readTimes(base: string, clauses: Clauses): Times {
  const interval = /^(?:every|@every)\s+(.+)$/i.exec(base)
  if (interval !== null) return readInterval(interval[1] as string, clauses.offset)
  if (clauses.offset !== undefined)
    throw badSchedule(`${JSON.stringify(base)} is no interval: only those have an offset`)
  if (/^[{[]/.test(base)) return { text: base, ...readCalendars(base) }
  const cron = base.startsWith('@') ? MACROS[base.toLowerCase()] : base
  if (cron === undefined) {
    const near = nearest(base, Object.keys(MACROS))
    throw badSchedule(`${JSON.stringify(base)} is not known${near === undefined ? '' : ` (did you mean ${near}?)`}`)
  }
  if (!cron.includes(' ')) throw badSchedule(`${JSON.stringify(base)} is not understood`)
  return {
    text: base.startsWith('@') ? base.toLowerCase() : base.replaceAll(/\s+/g, ' '),
    calendars: cronCalendars(cron),
    cron,
  }
}

function readInterval(text: string, offset: string | undefined): Times {
  // "every hour", "every day": one of it.
  const everySeconds = seconds(/^\d/.test(text) ? text : `1 ${text}`)
  if (everySeconds < 1) throw badSchedule('an interval is at least one second')
  const offsetSeconds = offset === undefined ? 0 : seconds(offset) % everySeconds
  const suffix = offsetSeconds === 0 ? '' : ` offset ${formatDuration(offsetSeconds * 1000)}`
  return { text: `every ${formatDuration(everySeconds * 1000)}${suffix}`, everySeconds, offsetSeconds }
}

const seconds = (text: string) => Math.round(parseDuration(text) / 1000)

function checkTimezone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    const near = nearest(name, Intl.supportedValuesOf('timeZone'))
    throw badSchedule(
      `time zone ${JSON.stringify(name)} is not known${near === undefined ? '' : ` (did you mean ${near}?)`}`,
    )
  }
}

/** One turn of the schedule: a nightly sync missed at three is made up for in the morning, but not a week of them. */
function defaultCatchup(times: Times, timezone: string, now: Date): number {
  const [first, second] = times.cron === undefined ? [] : nextCronTimes(times.cron, timezone, now, 2)
  const gap = first === undefined || second === undefined ? DAY : (second.getTime() - first.getTime()) / 1000
  return Math.min(DAY, Math.max(MINUTE, times.everySeconds ?? gap))
}

/** When the schedule acts next, jitter aside; undefined where only Temporal can tell. */
export function nextTime(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.everySeconds !== undefined) {
    const [every, offset] = [schedule.everySeconds * 1000, (schedule.offsetSeconds ?? 0) * 1000]
    return new Date((Math.floor((after.getTime() - offset) / every) + 1) * every + offset)
  }
  return schedule.cron === undefined ? undefined : nextCronTimes(schedule.cron, schedule.timezone, after, 1)[0]
}

function badSchedule(problem: string): IngestError {
  return new IngestError('invalid_config', `bad schedule: ${problem}`, {
    hint: 'Write "every 15m", "@daily", a cron line such as "0 3 * * mon-fri in Europe/Berlin", or "none".',
  })
}

import { CronExpressionParser } from 'cron-parser'
import { IngestError } from '../model/errors.ts'

/** The times of a day on which a schedule acts, as numbers; an absent field is any. All fields must match. */
export interface Calendar {
  readonly second: readonly number[]
  readonly minute: readonly number[]
  readonly hour: readonly number[]
  readonly dayOfMonth?: readonly number[]
  /** 1 is January. */
  readonly month?: readonly number[]
  /** 0 is Sunday. */
  readonly dayOfWeek?: readonly number[]
  readonly year?: readonly number[]
}

export const CRON_FIELDS = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const
export type CronField = (typeof CRON_FIELDS)[number]

const TITLES: Readonly<Record<CronField, string>> = {
  minute: 'minute',
  hour: 'hour',
  dayOfMonth: 'day of month',
  month: 'month',
  dayOfWeek: 'day of week',
}

const NAMED: ReadonlySet<CronField> = new Set(['month', 'dayOfWeek'])

/**
 * Cron's five fields as calendars. Where both days are given cron means either of them, hence two calendars.
 * @throws IngestError `invalid_config` that names the field and what is wrong with it.
 */
export function cronCalendars(expression: string): readonly Calendar[] {
  const texts = expression.trim().split(/\s+/)
  if (texts.length !== CRON_FIELDS.length) {
    throw badCron(`has ${texts.length} fields instead of 5`)
  }
  const values = Object.fromEntries(
    CRON_FIELDS.map((field, index) => [field, expandField(field, texts[index] as string)]),
  ) as Record<CronField, readonly number[] | undefined>
  return values.dayOfMonth !== undefined && values.dayOfWeek !== undefined
    ? [toCalendar({ ...values, dayOfWeek: undefined }), toCalendar({ ...values, dayOfMonth: undefined })]
    : [toCalendar(values)]
}

export function toCalendar(values: Readonly<Record<CronField, readonly number[] | undefined>>): Calendar {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = values
  return {
    second: [0],
    minute: minute ?? range(0, 59),
    hour: hour ?? range(0, 23),
    ...(dayOfMonth === undefined ? {} : { dayOfMonth }),
    ...(month === undefined ? {} : { month }),
    ...(dayOfWeek === undefined ? {} : { dayOfWeek }),
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** The values of one cron field; undefined for `*`. */
export function expandField(field: CronField, text: string): readonly number[] | undefined {
  if (text === '*') return undefined
  const allowed = NAMED.has(field) ? /^(\d+|[a-z]{3}|[*,/-])+$/i : /^[\d*,/-]+$/
  if (!allowed.test(text)) throw badCron(`${TITLES[field]} ${JSON.stringify(text)} is not understood`)
  const probe = CRON_FIELDS.map((other) => (other === field ? text : '*')).join(' ')
  try {
    const { values } = CronExpressionParser.parse(probe).fields[field]
    const numbers = values.map(Number).map((value) => (field === 'dayOfWeek' ? value % 7 : value))
    return [...new Set(numbers)].sort((left, right) => left - right)
  } catch (error) {
    const why = (error as Error).message.replace(/^\w+ error, /, '')
    throw badCron(`${TITLES[field]} ${JSON.stringify(text)}: ${why}`)
  }
}

function badCron(problem: string): IngestError {
  return new IngestError('invalid_config', `bad schedule: ${problem}`, {
    hint: 'Write minute, hour, day of month, month and day of week, such as "0 3 * * mon-fri"; or "every 15m", "@daily", "none".',
  })
}

/** The first times after `after` that a cron expression names in a time zone. */
export function nextCronTimes(expression: string, timezone: string, after: Date, count: number): Date[] {
  try {
    const times = CronExpressionParser.parse(expression, { tz: timezone, currentDate: after })
    return times.take(count).map((time) => time.toDate())
  } catch (error) {
    // Every field was right by itself: a day that no month has.
    throw badCron(`${JSON.stringify(expression)} never comes: ${(error as Error).message}`)
  }
}

import { isDeepStrictEqual } from 'node:util'
import type { CalendarSpec, ScheduleSpec, ScheduleSpecDescription } from '@temporalio/client'
import type { Calendar } from './cron.ts'
import type { Schedule } from './schedule-text.ts'

const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const

/** A schedule as Temporal takes it. */
export function scheduleSpec(schedule: Schedule): ScheduleSpec {
  const { everySeconds, offsetSeconds, calendars, timezone, jitterSeconds, text } = schedule
  return {
    ...(everySeconds === undefined
      ? {}
      : { intervals: [{ every: everySeconds * 1000, offset: (offsetSeconds ?? 0) * 1000 }] }),
    ...(calendars === undefined ? {} : { calendars: calendars.map((calendar) => calendarSpec(calendar, text)) }),
    timezone,
    jitter: jitterSeconds * 1000,
  }
}

function calendarSpec(calendar: Calendar, comment: string): CalendarSpec {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek, year } = calendar
  const named = <T>(values: readonly number[], name: (value: number) => T) => values.map(name)
  return {
    second: ranges(second),
    minute: ranges(minute),
    hour: ranges(hour),
    ...(dayOfMonth === undefined ? {} : { dayOfMonth: ranges(dayOfMonth) }),
    ...(month === undefined ? {} : { month: named(month, (value) => MONTHS[value - 1] ?? 'JANUARY') }),
    ...(dayOfWeek === undefined ? {} : { dayOfWeek: named(dayOfWeek, (value) => DAYS[value] ?? 'SUNDAY') }),
    ...(year === undefined ? {} : { year: ranges(year) }),
    comment,
  }
}

/** Runs of consecutive numbers as ranges. */
function ranges(values: readonly number[]): { start: number; end: number; step: number }[] {
  const found: { start: number; end: number; step: number }[] = []
  for (const value of values) {
    const last = found.at(-1)
    if (last !== undefined && last.end + 1 === value) last.end = value
    else found.push({ start: value, end: value, step: 1 })
  }
  return found
}

/** Whether Temporal's own account of a schedule says what was asked for, however it is written. */
export function sameSpec(found: ScheduleSpecDescription, wanted: ScheduleSpec): boolean {
  return isDeepStrictEqual(canonical(found), canonical(wanted))
}

type AnySpec = ScheduleSpec | ScheduleSpecDescription

function canonical(spec: AnySpec): unknown {
  return {
    intervals: (spec.intervals ?? []).map(({ every, offset }) => [Number(every), Number(offset ?? 0)]),
    calendars: (spec.calendars ?? []).map(canonicalCalendar),
    skip: (spec.skip ?? []).length,
    timezone: spec.timezone || 'UTC',
    // Temporal's default of a second is what no jitter comes back as.
    jitter: Number(spec.jitter ?? 0) <= 1000 ? 0 : Number(spec.jitter),
  }
}

function canonicalCalendar(calendar: object): unknown {
  const fields = calendar as Readonly<Record<string, unknown>>
  const parts = [
    valuesOf(fields.second, 0, 59),
    valuesOf(fields.minute, 0, 59),
    valuesOf(fields.hour, 0, 23),
    valuesOf(fields.dayOfMonth, 1, 31),
    valuesOf(fields.month, 1, 12, MONTHS, 1),
    valuesOf(fields.dayOfWeek, 0, 6, DAYS),
    valuesOf(fields.year, 0, 0),
  ]
  return parts.map((values) => values.join(','))
}

/** All the numbers of a field; an absent one is the whole of `from` to `to`. */
function valuesOf(
  field: unknown,
  from: number,
  to: number,
  names: readonly string[] = [],
  base = 0,
): readonly number[] {
  const entries =
    field === undefined || (Array.isArray(field) && field.length === 0) ? [{ start: from, end: to }] : [field].flat()
  const number = (value: unknown) => (typeof value === 'string' ? names.indexOf(value) + base : Number(value))
  const values = new Set<number>()
  for (const entry of entries) {
    const range =
      typeof entry === 'object' && entry !== null
        ? (entry as { start: unknown; end?: unknown; step?: number })
        : { start: entry }
    const last = range.end === undefined ? number(range.start) : Math.max(number(range.start), number(range.end))
    for (let value = number(range.start); value <= last; value += Math.max(1, range.step ?? 1)) values.add(value)
  }
  return [...values].sort((left, right) => left - right)
}

import { z } from 'zod'
import { IngestError } from '../model/errors.ts'
import { type Calendar, CRON_FIELDS, type CronField, expandField, toCalendar } from './cron.ts'

const range = z.strictObject({
  start: z.union([z.int(), z.string()]),
  end: z.union([z.int(), z.string()]).optional(),
  step: z.int().min(1).optional(),
})
const value = z.union([z.int(), z.string(), range])
const field = z.union([value, z.array(value).min(1)]).optional()

/** A calendar as Temporal writes it: `{"hour": 3, "dayOfWeek": ["MONDAY", {"start": "THURSDAY", "end": "FRIDAY"}]}`. */
const calendar = z.strictObject({
  minute: field,
  hour: field,
  dayOfMonth: field,
  month: field,
  dayOfWeek: field,
  year: z.union([z.int(), z.array(z.int()).min(1)]).optional(),
})
type CalendarInput = z.infer<typeof calendar>

/** Calendars from JSON, one or an array of them, and the cron line that says the same if there is one. */
export function readCalendars(text: string): { readonly calendars: readonly Calendar[]; readonly cron?: string } {
  const inputs = parseInputs(text)
  const calendars = inputs.map(toNumbers)
  const [only] = inputs
  const cron = inputs.length === 1 && only !== undefined ? cronOf(only) : undefined
  return { calendars, ...(cron === undefined ? {} : { cron }) }
}

function parseInputs(text: string): readonly CalendarInput[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new IngestError('invalid_config', `bad schedule: the calendar is not JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
  const result = z
    .array(calendar)
    .min(1)
    .safeParse(Array.isArray(parsed) ? parsed : [parsed])
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.slice(1).join('.')
  throw new IngestError('invalid_config', `bad schedule: calendar${where ? ` ${where}` : ''}: ${issue?.message}`, {
    hint: 'A calendar has minute, hour, dayOfMonth, month, dayOfWeek and year; minute and hour are 0 when absent.',
  })
}

function toNumbers(input: CalendarInput): Calendar {
  const values = Object.fromEntries(
    CRON_FIELDS.map((name) => [name, expandField(name, fieldText(input, name))]),
  ) as Record<CronField, readonly number[] | undefined>
  const year = input.year === undefined ? {} : { year: [input.year].flat() }
  return { ...toCalendar(values), ...year }
}

/** As Temporal has it: an absent time of day is zero, an absent day or month is any. */
function fieldText(input: CalendarInput, name: CronField): string {
  const given = input[name]
  if (given === undefined) return name === 'minute' || name === 'hour' ? '0' : '*'
  return [given].flat().map(valueText).join(',')
}

function valueText(given: z.infer<typeof value>): string {
  if (typeof given !== 'object') return shortName(given)
  const { start, end, step } = given
  const span = end === undefined ? shortName(start) : `${shortName(start)}-${shortName(end)}`
  return step === undefined ? span : `${span}/${step}`
}

/** Cron knows `MON` where Temporal writes `MONDAY`. */
const shortName = (text: string | number) => String(text).replaceAll(/[a-z]{4,}/gi, (name) => name.slice(0, 3))

function cronOf(input: CalendarInput): string | undefined {
  if (input.year !== undefined || (input.dayOfMonth !== undefined && input.dayOfWeek !== undefined)) return undefined
  return CRON_FIELDS.map((name) => fieldText(input, name)).join(' ')
}

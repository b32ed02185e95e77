import { IngestError } from '../model/errors.ts'
import { parseDuration } from '../services/duration.ts'

/** A time as a person gives it: a date, or how long ago. @throws IngestError `invalid_config` */
export function readTime(text: string): Date {
  const time = /^\d{4}-/.test(text) ? new Date(text) : new Date(Date.now() - parseDuration(text))
  if (!Number.isNaN(time.getTime())) return time
  throw new IngestError('invalid_config', `${JSON.stringify(text)} is neither a date nor a duration`, {
    hint: 'Write a date such as 2026-11-01, or how long ago: 2d.',
  })
}

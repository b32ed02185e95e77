import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../services/duration.ts'
import { nextTime, parseSchedule, type Schedule } from '../../services/schedule-text.ts'

const NOW = new Date('2026-11-21T04:34:56Z')

const parse = (text: string) => parseSchedule(text, NOW) as Schedule

describe('when the schedule acts next', () => {
  test.each([
    ['every 15m', '2026-11-21T04:45:00Z'],
    ['every hour', '2026-11-21T05:00:00Z'],
    ['every 1h offset 20m', '2026-11-21T05:20:00Z'],
    ['every 10s', '2026-11-21T04:35:00Z'],
    ['@hourly', '2026-11-21T05:00:00Z'],
    ['@daily in Asia/Tokyo', '2026-11-21T15:00:00Z'],
    ['*/20 * * * *', '2026-11-21T04:40:00Z'],
    ['0 3 * * mon-fri in Europe/Berlin', '2026-11-23T02:00:00Z'],
    // As cron has it: either of the days.
    ['0 0 1 * fri', '2026-11-27T00:00:00Z'],
    ['{"hour": 3, "dayOfWeek": ["MONDAY", {"start": "THURSDAY", "end": "FRIDAY"}]}', '2026-11-23T03:00:00Z'],
  ])('%s', (text, expected) => {
    expect(nextTime(parse(text), NOW)).toEqual(new Date(expected))
  })
})

test('none leaves a source to syncs by hand', () => {
  expect(['none', 'manual', 'off', ' None '].map((text) => parseSchedule(text))).toEqual(Array(4).fill(undefined))
})

test('time zone, jitter and catch-up are part of the text', () => {
  expect(parse('every 90m jitter 120s catchup 1d')).toMatchObject({
    text: 'every 1h 30m jitter 2m catchup 1d',
    jitterSeconds: 120,
    catchupSeconds: 86_400,
  })
  expect(parse('0  3 * * *  in europe/berlin')).toMatchObject({
    text: '0 3 * * * in Europe/Berlin',
    catchupSeconds: 86_400,
  })
  expect(parse('every 1m').catchupSeconds).toBe(60)
})

describe('bad input names what is wrong', () => {
  test.each([
    ['61 * * * *', 'minute "61": got value 61 expected range 0-59'],
    ['0 24 * * *', 'hour "24"'],
    ['0 0 0 * *', 'day of month "0"'],
    ['0 0 * * foo', 'day of week "foo"'],
    ['0 0 * jam *', 'month "jam"'],
    ['*/0 * * * *', 'minute "*/0"'],
    ['5-1 * * * *', 'minute "5-1"'],
    ['0 0 L * *', 'day of month "L" is not understood'],
    ['* * *', 'has 3 fields instead of 5'],
    ['0 0 31 2 *', 'never comes'],
    ['@houry', 'did you mean @hourly?'],
    ['soon', '"soon" is not understood'],
    ['every 5x', '"5x" is not a duration'],
    ['every 100ms', 'at least one second'],
    ['every 1h in Europe/Berln', 'did you mean Europe/Berlin?'],
    ['@daily offset 3m', 'only those have an offset'],
    ['{"hours": 3}', 'calendar'],
    ['{"hour": 25}', 'hour "25"'],
    ['{"hour": 3', 'not JSON'],
  ])('%s', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ category: 'invalid_config' }))
    expect(() => parse(text)).toThrow(message)
  })
})

test('the text of a schedule reads as the same schedule', () => {
  const duration = fc.integer({ min: 1, max: 100_000 }).map((seconds) => `${seconds}s`)
  const clause = (name: string) =>
    fc.option(
      duration.map((text) => ` ${name} ${text}`),
      { nil: '' },
    )
  const base = fc.oneof(
    fc.tuple(duration, clause('offset')).map(([every, offset]) => `every ${every}${offset}`),
    fc.tuple(fc.nat(59), fc.nat(23), fc.integer({ min: 1, max: 28 })).map(([m, h, d]) => `${m} ${h} ${d} * *`),
    fc.constantFrom('@daily', '@weekly', '0 3 * jan,jul mon-fri', '{"minute": [0, 30], "year": 2030}'),
  )
  const zone = fc.constantFrom('', ' in Europe/Berlin', ' in America/New_York')
  fc.assert(
    fc.property(base, zone, clause('jitter'), clause('catchup'), (...parts) => {
      const schedule = parse(parts.join(''))
      expect(parse(schedule.text)).toEqual(schedule)
    }),
  )
})

test('durations are written so that they read the same', () => {
  fc.assert(fc.property(fc.nat(10 ** 10), (ms) => parseDuration(formatDuration(ms)) === ms))
})

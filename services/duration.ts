import { IngestError } from '../model/errors.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
}

/** Milliseconds of `500ms`, `90s`, `15m`, `1h 30m`, `2 days`. @throws IngestError `invalid_config`. */
export function parseDuration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)\s*/giy)]
  const read = parts.map((part) => part[0]).join('')
  const values = parts.map(([, count, unit = '']) => Number(count) * (unitOf(unit.toLowerCase()) ?? Number.NaN))
  const total = values.reduce((sum, value) => sum + value, 0)
  if (parts.length > 0 && read.length === text.trim().length && Number.isFinite(total)) return total
  throw new IngestError('invalid_config', `${JSON.stringify(text)} is not a duration`, {
    hint: 'Write a number and a unit: 500ms, 30s, 15m, 2h, 1d.',
  })
}

function unitOf(unit: string): number | undefined {
  return UNITS[unit] ?? UNITS[unit.replace(/s$/, '')]
}

const SHORT = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const

/** The shortest exact form that {@link parseDuration} reads: `90m` is `1h 30m`. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds)
  const parts: string[] = []
  for (const [unit, size] of SHORT) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) parts.push(`${count}${unit}`)
  }
  return parts.join(' ') || '0s'
}

import type { ChangeRow } from '../services/catalog.ts'
import type { Io } from './io.ts'
import { clean } from './text.ts'

const STYLES = { breaking: 'red', risky: 'yellow', safe: 'green' } as const
const WIDTHS = { severity: 8, operation: 9 }

/** A change in a line: how severe, what, and from what to what. */
export function changeLine(io: Io, change: ChangeRow): string {
  const severity = (change.severity ?? '?').padEnd(WIDTHS.severity)
  const shown = change.severity === null ? severity : io.style(STYLES[change.severity], severity)
  const subject = change.column === null ? change.asset : `${change.asset} · ${change.column}`
  const detail = describeChange(change)
  return `${shown}  ${change.operation.padEnd(WIDTHS.operation)}  ${clean(subject)}${detail === '' ? '' : `  ${clean(detail)}`}`
}

function describeChange({ operation, before, after, baseline }: ChangeRow): string {
  if (baseline) return `first described: ${JSON.stringify(after ?? {})}`
  if (operation === 'added') return text(after?.kind ?? after?.nativeType)
  if (operation === 'removed') return text(before?.kind ?? before?.nativeType)
  const parts = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])]
  return parts.map((part) => `${part}: ${text(before?.[part])} → ${text(after?.[part])}`).join('; ')
}

const LONGEST = 60

function text(value: unknown): string {
  if (value === undefined || value === null) return '–'
  const written = typeof value === 'string' ? value : JSON.stringify(value)
  return written.length > LONGEST ? `${written.slice(0, LONGEST - 1)}…` : written
}

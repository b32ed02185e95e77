import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'
import { stepLabels } from '../activities/wrap.ts'

export type { Logger } from 'pino'

/**
 * The worker's log, on stderr: readable on a terminal, JSON elsewhere. Each line written while a step runs says which
 * step, run and source. LOG_LEVEL changes what is told: debug, info, warn, error or silent.
 */
export function createLog(fallback: 'info' | 'warn'): Logger {
  const terminal = process.stderr.isTTY === true
  return pino(
    {
      level: levelOf(process.env.LOG_LEVEL) ?? fallback,
      mixin: () => stepLabels(),
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    terminal ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination(2),
  )
}

function levelOf(text: string | undefined): string | undefined {
  const level = text?.toLowerCase()
  return level !== undefined && (level === 'silent' || level in pino.levels.values) ? level : undefined
}

import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** The worker's log, on stderr: readable on a terminal, JSON elsewhere. TIDEMARK_LOG_LEVEL changes what is told. */
export function createLog(): Logger {
  const level = process.env.TIDEMARK_LOG_LEVEL || 'warn'
  const terminal = process.stderr.isTTY === true
  return pino(
    { level },
    terminal ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }) : pino.destination(2),
  )
}

import { styleText } from 'node:util'
import { type ErrorCategory, IngestError } from '../model/errors.ts'
import { tellError } from '../services/errors.ts'

type Style = Parameters<typeof styleText>[0]

/** Where a verb's words go: results to stdout, everything else to stderr; with --json stdout is one JSON document. */
export interface Io {
  readonly json: boolean
  /** Whether a person watches: progress may be drawn over, questions asked. */
  readonly interactive: boolean
  /** A line of the result, for people. */
  print(line?: string): void
  /** The result for programs. */
  data(value: unknown): void
  /** A line about what is going on. */
  note(line: string): void
  error(error: unknown): void
  /** Colours on a terminal alone; NO_COLOR is honoured. */
  style(style: Style, text: string): string
}

export const EXIT = { done: 0, failed: 1, usage: 2, attention: 3 } as const

export function createIo(options: { readonly json: boolean }): Io {
  const { json } = options
  const write = (stream: NodeJS.WriteStream, line: string) => stream.write(`${line}\n`)
  const coloured = (stream: NodeJS.WriteStream) => (style: Style, text: string) => styleText(style, text, { stream })
  const onStderr = coloured(process.stderr)
  return {
    json,
    interactive: !json && [process.stdin, process.stdout, process.stderr].every((stream) => stream.isTTY === true),
    print: (line = '') => {
      if (!json) write(process.stdout, line)
    },
    data: (value) => {
      if (json) write(process.stdout, JSON.stringify(value, undefined, 2))
    },
    note: (line) => {
      if (!json) write(process.stderr, line)
    },
    error: (error) => {
      const told = tellError(error)
      if (json) write(process.stdout, JSON.stringify({ error: told }))
      write(process.stderr, `${onStderr(['red', 'bold'], 'error:')} ${told.message}`)
      if (told.hint !== null) write(process.stderr, `${onStderr(['cyan', 'bold'], 'hint:')} ${told.hint}`)
    },
    style: coloured(process.stdout),
  }
}

/** Bad input, whoever notices it, is a usage error. */
const USAGE: ReadonlySet<ErrorCategory> = new Set(['invalid_config'])

export function exitCodeFor(error: unknown): number {
  return error instanceof IngestError && USAGE.has(error.category) ? EXIT.usage : EXIT.failed
}

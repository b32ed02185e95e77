import { once } from 'node:events'
import { styleText } from 'node:util'
import { type ErrorCategory, IngestError } from '../model/errors.ts'
import { tellError } from '../services/errors.ts'
import { writeDocument } from './document.ts'

type Style = Parameters<typeof styleText>[0]

/** How results come: as text for people, or as one document for programs. */
export const FORMS = ['table', 'json', 'yaml', 'csv'] as const
export type Form = (typeof FORMS)[number]

/** Where a verb's words go: results to stdout, everything else to stderr; in the other forms than `table` stdout is one document. */
export interface Io {
  readonly form: Form
  /** Whether stdout is one document, whatever its form. */
  readonly json: boolean
  /** Whether a person watches: progress may be drawn over, questions asked. */
  readonly interactive: boolean
  /** Help and the like, whatever the form asked for. */
  write(text: string): void
  /** A piece of a long result, whatever the form: done when whoever reads it can take more. */
  send(text: string): Promise<void>
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

export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: Output
  readonly stderr: Output
}
type Output = NodeJS.WritableStream & { readonly isTTY?: boolean }

export function createIo({ form }: { readonly form: Form }, { stdin, stdout, stderr }: Streams = process): Io {
  const json = form !== 'table'
  const write = (stream: Output, line: string) => stream.write(`${line}\n`)
  const coloured = (stream: Output) => (style: Style, text: string) => styleText(style, text, { stream })
  const onStderr = coloured(stderr)
  return {
    form,
    json,
    interactive: !json && [stdin, stdout, stderr].every((stream) => stream.isTTY === true),
    write: (text) => {
      stdout.write(text)
    },
    send: async (text) => {
      if (!stdout.write(text)) await once(stdout, 'drain')
    },
    print: (line = '') => {
      if (!json) write(stdout, line)
    },
    data: (value) => {
      if (form !== 'table') stdout.write(writeDocument(form, value))
    },
    note: (line) => {
      if (!json) write(stderr, line)
    },
    error: (error) => {
      const told = tellError(error)
      if (form === 'json') write(stdout, JSON.stringify({ error: told }))
      if (form === 'yaml') stdout.write(writeDocument(form, { error: told }))
      write(stderr, `${onStderr(['red', 'bold'], 'error:')} ${told.message}`)
      if (told.hint !== null) write(stderr, `${onStderr(['cyan', 'bold'], 'hint:')} ${told.hint}`)
    },
    style: coloured(stdout),
  }
}

/** Bad input, whoever notices it, is a usage error. */
const USAGE: ReadonlySet<ErrorCategory> = new Set(['invalid_config'])

export function exitCodeFor(error: unknown): number {
  return error instanceof IngestError && USAGE.has(error.category) ? EXIT.usage : EXIT.failed
}
